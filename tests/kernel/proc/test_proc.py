"""/proc: what it shows, to whom, and that it behaves as Linux's own does."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kshell.abi.errno import EACCES, EFAULT, EINVAL, EIO, ENOENT, ENOTDIR, EPERM, ESRCH
from kshell.abi.fcntl import O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY
from kshell.kernel.boot.start import boot
from kshell.kernel.core.layout import PER_CPU, PER_CPU_CURRENT, PER_CPU_TSS
from kshell.kernel.entry.exec import Buffer, load_program, run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.proc.sysctl import get_number
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import do_exit
from kshell.shell.machine_files import contents, listing
from kshell.shell.modules.insmod import rmmod
from tests.kernel.file_lab import Lab
from tests.kernel.module_lab import Lab as ModuleLab

OPEN, READ, UNAME = 2, 0, 63
CPU_TSS = PER_CPU + PER_CPU_TSS  # the lowest address that has a name
NATIVE = pytest.mark.skipif(sys.platform != "linux" or not os.path.exists("/proc/self/status"), reason="no Linux here")


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def modules(tmp_path: Path) -> ModuleLab:
    return ModuleLab(tmp_path)


def text(k: Kernel, path: str) -> str:
    found = contents(k, path)
    assert isinstance(found, bytes), f"{path}: {found}"
    return found.decode()


def files(k: Kernel, where: str) -> list[str]:
    """Every regular file below a directory."""
    found = []
    entries = listing(k, where)
    assert not isinstance(entries, int)
    for entry in entries:
        path = f"{where}/{entry.name}"
        if entry.inode.mode >> 12 == 0o04:
            found += files(k, path)
        elif entry.inode.mode >> 12 == 0o10:
            found.append(path)
    return found


def read_all(lab: Lab, path: str, size: int) -> bytes:
    fd = lab.call("open", ["path", path], O_RDONLY, 0)
    assert fd >= 0
    data = b""
    while True:
        (done, buffers) = lab.run([["read", fd, ["buf", size], size]])[0]
        assert done >= 0
        if not done:
            break
        data += bytes.fromhex(buffers[0])[:done]
    lab.call("close", fd)
    return data


# What is read.


def test_user_code_reads_the_version_that_the_log_and_uname_say() -> None:
    k = boot("6.19")
    opened = run_stub(k, OPEN, [b"/proc/version", O_RDONLY]).call
    assert opened is not None
    assert opened.ret is not None
    read = run_stub(k, READ, [opened.ret, Buffer(200), 200])
    assert read.call is not None
    assert read.call.ret is not None
    banner = read.buffers[0][2][: read.call.ret].decode()
    assert banner == k.log.since(0)[0].text + "\n"
    uname = run_stub(k, UNAME, [Buffer(390)]).buffers[0][2]
    release, version = (uname[65 * at : 65 * at + 65].rstrip(b"\0").decode() for at in (2, 3))
    assert release in banner
    assert version in banner
    assert text(k, "/proc/sys/kernel/osrelease") == f"{release}\n"
    assert text(k, "/proc/sys/kernel/version") == f"{version}\n"
    assert text(k, "/proc/sys/kernel/hostname") == uname[65:130].rstrip(b"\0").decode() + "\n"


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_buffer_of_any_size_gets_the_same_bytes_in_order(lab: Lab, size: int) -> None:
    for path in files(lab.k, "/proc"):
        whole = contents(lab.k, path)
        assert isinstance(whole, bytes)
        is_number = path.startswith("/proc/sys/") and whole.strip().replace(b"\t", b"").isdigit()
        if not path.endswith(("/uptime", "/status")):  # these two change while they are read
            assert read_all(lab, path, size) == (whole[:size] if is_number else whole), path


def test_every_file_is_0444_and_of_size_0_but_for_a_few(lab: Lab) -> None:
    writable = []
    for path in files(lab.k, "/proc"):
        entry = listing(lab.k, path)
        assert not isinstance(entry, int)
        assert entry[0].inode.size == 0
        if entry[0].inode.mode & 0o7777 != 0o444:
            writable.append(path.rpartition("/")[2])
    assert sorted(writable) == ["comm", "kptr_restrict", "tainted"]


def test_what_is_open_stays_as_it_was_and_a_seek_to_the_start_shows_it_afresh(lab: Lab, modules: ModuleLab) -> None:
    lab.call("open", ["path", "/proc/modules"], O_RDONLY, 0)
    assert lab.call("read", 3, ["buf", 99], 99) == 0
    lab.call("open", ["path", "/proc/self/maps"], O_RDONLY, 0)
    before = lab.run([["read", 4, ["buf", 20], 20]])[0][1][0]
    assert lab.call("open", ["path", "/proc/self/comm"], O_WRONLY, 0) == 5
    first = text(lab.k, "/proc/self/maps")
    lab.k.current.mm.map(0x10_0000, 0x1000, 1, 0x22)
    rest = lab.run([["read", 4, ["buf", 4000], 4000]])[0]
    assert bytes.fromhex(before) + bytes.fromhex(rest[1][0])[: rest[0]] == first.encode()
    assert lab.call("lseek", 4, 0, 0) == 0
    again = lab.run([["read", 4, ["buf", 4000], 4000]])[0]
    assert bytes.fromhex(again[1][0])[: again[0]].decode() == text(lab.k, "/proc/self/maps") != first


def test_the_command_line_is_what_the_boot_loader_passed() -> None:
    assert text(boot("course", "nosmap nosmep"), "/proc/cmdline") == "nosmap nosmep\n"
    assert text(boot("course"), "/proc/cmdline") == "\n"
    found = listing(boot("6.19", "nosmap"), "/proc/cmdline")
    assert not isinstance(found, int)
    assert found[0].inode.size == 7  # since 6.1 stat tells its length


def test_mtab_leads_to_the_mounts(lab: Lab) -> None:
    lines = text(lab.k, "/etc/mtab").splitlines()
    assert [line.split()[1] for line in lines] == ["/", "/dev", "/proc", "/sys"]
    kinds = [line.split()[2] for line in lines]
    assert set(kinds) <= {line.removeprefix("nodev\t") for line in text(lab.k, "/proc/filesystems").splitlines()}


def test_memory_is_what_sysinfo_says(lab: Lab) -> None:
    total, free = (int(line.split()[1]) for line in text(lab.k, "/proc/meminfo").splitlines()[:2])
    assert total == lab.k.ram.frames_total * 4
    assert free == total - lab.k.ram.frames_used * 4


# Modules and addresses.


def test_modules_has_a_line_for_each_with_size_users_state_address_and_taints(modules: ModuleLab) -> None:
    modules.load("shared: Stub[[int]] = Stub('shared')\nEXPORT_SYMBOL(shared)\n", "lower")
    i = "def i(k: Kernel) -> int: return k[shared] is not None\nmodule_init(i)\n"
    modules.load("shared: Stub[[int]] = extern('shared')\n" + i, "upper")
    upper, lower = text(modules.k, "/proc/modules").splitlines()
    at = modules.k.modules["upper"].address
    assert upper == f"upper 8192 0 [permanent], Live {at:#018x} (O)"
    assert re.fullmatch(r"lower 8192 1 upper, Live 0xffffffffc[0-9a-f]{7} \(O\)", lower)


def test_a_module_that_died_is_loading_or_unloading_for_ever(modules: ModuleLab) -> None:
    modules.refused("def i(k: Kernel) -> int: return 1 // 0\nmodule_init(i)\n", "stuck")
    modules.load(
        "def i(k: Kernel) -> int: return 0\ndef e(k: Kernel) -> None: BUG()\nmodule_init(i)\nmodule_exit(e)\n", "going"
    )
    with pytest.raises(Exception, match="rmmod going"):
        rmmod(modules.k, "going")
    going, stuck = text(modules.k, "/proc/modules").splitlines()
    assert re.fullmatch(r"going 12288 -1 - Unloading 0x[0-9a-f]{16} \(O-\)", going)
    assert re.fullmatch(r"stuck 8192 1 \[permanent\], Loading 0x[0-9a-f]{16} \(O\+\)", stuck)


def test_kallsyms_names_the_module_of_a_symbol_behind_a_tab(modules: ModuleLab) -> None:
    modules.load("def i(k: Kernel) -> int: return 0\ndef e(k: Kernel) -> None: pass\nmodule_init(i)\nmodule_exit(e)\n")
    lines = text(modules.k, "/proc/kallsyms").splitlines()
    symbol = modules.k.symbols.lookup("sys_call_table")
    assert symbol is not None
    assert f"{symbol.address:016x} R sys_call_table" in lines
    assert f"{modules.address('i'):016x} t i\t[m]" in lines
    assert len(lines) == len(modules.k.symbols)
    rmmod(modules.k, "m")
    assert "[m]" not in text(modules.k, "/proc/kallsyms")


def test_who_is_not_root_reads_zeros_for_addresses(modules: ModuleLab) -> None:
    modules.load("")
    k = modules.k
    k.shell_task.struct.cred.euid.val = 1000
    assert {line.split()[0] for line in text(k, "/proc/kallsyms").splitlines()} == {"0" * 16}
    assert text(k, "/proc/modules") == "m 4096 0 - Live 0x0000000000000000 (O)\n"


def test_who_opened_the_file_counts_and_not_who_reads_it(lab: Lab) -> None:
    lab.run([["open", ["path", "/proc/kallsyms"], 0, 0], ["as_user"], ["open", ["path", "/proc/kallsyms"], 0, 0]])
    by_root, by_user = (bytes.fromhex(lab.run([["read", fd, ["buf", 16], 16]])[0][1][0]) for fd in (3, 4))
    assert by_root == b"%016x" % PER_CPU_CURRENT
    assert by_user == b"0" * 16


def test_kptr_restrict_2_hides_addresses_from_root_too(lab: Lab) -> None:
    other = Lab()
    steps = [["open", ["path", "/proc/sys/kernel/kptr_restrict"], O_WRONLY, 0], ["write", 3, ["data", "2\n"], 2]]
    assert [value for value, _ in lab.run(steps)] == [3, 2]
    assert text(lab.k, "/proc/sys/kernel/kptr_restrict") == "2\n"
    assert {line.split()[0] for line in text(lab.k, "/proc/kallsyms").splitlines()} == {"0" * 16}
    first, second = text(other.k, "/proc/kallsyms").splitlines()[:2]
    assert (first, second) == (f"{PER_CPU_CURRENT:016x} A current_task", f"{CPU_TSS:016x} D cpu_tss_rw")


def test_what_is_written_to_tainted_is_added(lab: Lab) -> None:
    fd = lab.call("open", ["path", "/proc/sys/kernel/tainted"], O_RDWR | O_TRUNC, 0)
    assert lab.call("write", fd, ["data", "64\n"], 3) == 3
    assert lab.call("lseek", fd, 0, 0) == 0
    assert lab.call("write", fd, ["data", "0x1\n"], 4) == 4
    assert text(lab.k, "/proc/sys/kernel/tainted") == "65\n"
    assert lab.k.taint.mask == 65
    assert lab.call("write", fd, ["data", "2\n"], 2) == 2  # not at the start: taken, and nothing happens
    assert lab.call("lseek", fd, 0, 0) == 0
    assert lab.call("write", fd, ["data", "-1\n"], 3) == -EINVAL
    assert lab.k.taint.mask == 65
    lab.call("lseek", fd, 0, 0)
    lab.call("as_user")
    assert lab.call("write", fd, ["data", "2\n"], 2) == -EPERM


def test_taint_flags_that_the_release_does_not_know_are_ignored() -> None:
    for profile, mask in (("course", 0), ("6.19", 1 << 19)):
        k = boot(profile)
        opened = run_stub(k, OPEN, [b"/proc/sys/kernel/tainted", O_WRONLY]).call
        assert opened is not None
        assert opened.ret is not None
        run_stub(k, 1, [opened.ret, b"%d" % (1 << 19 | 1 << 40), 13])
        assert text(k, "/proc/sys/kernel/tainted") == f"{mask}\n"


@pytest.mark.parametrize(  # measured on 6.18
    ("data", "taken"),
    [
        (b"0", 1), (b"0\n", 2), (b" 0", 2), (b"0x0", 3), (b"0 \n", 3), (b"0 0", 2), (b"0x", None), (b"x", None),
        (b"\n", None), (b"-1", 2), (b"0,0", None), (b"0\0", None), (b"0a", None), (b"  ", None), (b"00", 2),
        (b"0\n5\n", 2), (b"0" * 30, None), (b"-0", 2), (b"+0", None), (b"08", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_sysctl_reads_it(data: bytes, taken: int | None) -> None:
    found = get_number(data, negative=True)
    assert (None if found is None else found[1]) == taken


def test_numbers_come_in_all_of_c_s_notations() -> None:
    assert [get_number(each, True) for each in (b"10", b"010", b"0x10", b"-10")] == [(10, 2), (8, 3), (16, 4), (-10, 3)]
    assert get_number(b"-10", negative=False) is None


# Tasks.


def test_self_is_another_directory_for_each_task() -> None:
    k = boot("course")
    program = load_program(k, [Segment(0x40_1000, b"\x90", 1, "r-x")], 0x40_1000, "prog", ["prog", "a b", ""], ["X=1"])
    assert text(k, "/proc/self/status").splitlines()[5] == f"Pid:\t{program.pid}"
    assert text(k, "/proc/self/cmdline") == "prog\0a b\0\0"
    assert text(k, f"/proc/{k.shell_task.pid}/cmdline") == ""
    assert "State:\tS (sleeping)" in text(k, f"/proc/{k.shell_task.pid}/status")
    k.switch_to(k.shell_task)
    assert text(k, "/proc/self/status").splitlines()[5] == f"Pid:\t{k.shell_task.pid}"


def test_an_open_file_of_a_dead_task_answers_ESRCH_and_its_directory_is_gone() -> None:
    lab = Lab()
    k = lab.k
    child = load_program(k, [Segment(0x40_1000, b"\x90", 1, "r-x")], 0x40_1000, "prog", ["prog"])
    k.switch_to(k.shell_task)
    fd = lab.call("open", ["path", f"/proc/{child.pid}/status"], O_RDONLY, 0)
    directory = lab.call("open", ["path", f"/proc/{child.pid}"], O_RDONLY, 0)
    do_exit(k, child, 0)
    assert lab.call("read", fd, ["buf", 9], 9) == -ESRCH
    assert lab.call("open", ["path", f"/proc/{child.pid}"], O_RDONLY, 0) == -ENOENT
    assert lab.call("openat", directory, ["path", "status"], O_RDONLY, 0) == -ENOENT


def test_identity_and_capabilities_are_the_task_s_own(lab: Lab) -> None:
    assert "CapEff:\t0000003fffffffff\n" in text(lab.k, "/proc/self/status")
    assert "CapEff:\t000001ffffffffff\n" in text(boot("6.19"), "/proc/self/status")
    lab.call("as_user")
    status = text(lab.k, "/proc/self/status")
    assert "Uid:\t1000\t1000\t1000\t1000\n" in status
    assert "CapEff:\t0000000000000000\n" in status
    found = listing(lab.k, "/proc/self/status")
    assert not isinstance(found, int)
    assert found[0].inode.uid == 1000


def test_the_sizes_of_status_add_up_to_those_of_maps(lab: Lab) -> None:
    lab.call("unlink", ["path", "/nope"])  # puts its path into memory
    status = dict(line.split(":", 1) for line in text(lab.k, "/proc/self/status").splitlines())
    total = 0
    for line in text(lab.k, "/proc/self/maps").splitlines():
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        total += end - start if not line.endswith("[vsyscall]") else 0
    assert status["VmSize"].split() == [str(total >> 10), "kB"]
    resident = len(list(lab.k.current.mm.resident()))
    assert status["VmRSS"].split() == [str(4 * resident), "kB"]
    assert int(status["VmPTE"].split()[0]) >= 4 * 3


def test_a_mapped_file_is_named_by_its_path(lab: Lab) -> None:
    k = lab.k
    lab.run([["open", ["path", "/tmp/f"], O_CREAT | O_RDWR, 0o644], ["write", 3, ["data", "x"], 1]])
    inode = k.current.files.items()[-1][1].inode
    k.current.mm.map(0x20_0000, 0x1000, 1, 2, inode=inode, offset=0)  # type: ignore[arg-type]
    line = next(line for line in text(k, "/proc/self/maps").splitlines() if line.startswith("00200000"))
    assert re.fullmatch(rf"00200000-00201000 r--p 00000000 00:12 {inode.ino} +/tmp/f", line)
    lab.call("unlink", ["path", "/tmp/f"])
    assert "(deleted)" in text(k, "/proc/self/maps")


def test_another_user_s_maps_cannot_be_opened(lab: Lab) -> None:
    k = lab.k
    child = load_program(k, [Segment(0x40_1000, b"\x90", 1, "r-x")], 0x40_1000, "prog", ["prog"])
    k.switch_to(k.shell_task)
    lab.call("as_user")
    assert lab.call("open", ["path", f"/proc/{child.pid}/maps"], O_RDONLY, 0) == -EACCES
    assert contents(k, f"/proc/{child.pid}/maps") == -EACCES
    assert lab.call("open", ["path", f"/proc/{child.pid}/fd"], O_RDONLY, 0) == -EACCES
    assert lab.call("open", ["path", f"/proc/{child.pid}/status"], O_RDONLY, 0) >= 0


def test_fd_has_a_link_for_each_descriptor(lab: Lab) -> None:
    lab.run([["open", ["path", "/tmp/f"], O_CREAT | O_WRONLY, 0o644], ["unlink", ["path", "/tmp/f"]]])
    lab.call("pipe", ["buf", 8])
    entries = listing(lab.k, "/proc/self/fd")
    assert not isinstance(entries, int)
    found = {entry.name: (entry.target, entry.inode.mode & 0o777) for entry in entries}
    assert found["0"] == ("/dev/tty", 0o700)
    assert found["3"] == ("/tmp/f (deleted)", 0o300)
    assert re.fullmatch(r"pipe:\[\d+\]", found["4"][0] or "")
    assert (found["4"][1], found["5"][1]) == (0o500, 0o300)
    lab.call("close", 3)
    assert "3" not in {entry.name for entry in listing(lab.k, "/proc/self/fd")}  # type: ignore[union-attr]


def test_a_sysctl_gives_all_of_its_bytes_or_none_and_is_fetched_whole_since_5_8() -> None:
    """Measured on Linux: the last byte of memory is not enough for `0` and its newline."""
    end = 0x3000_1000
    for version, answer in (("4.19", -EINVAL), ("6.19", -EFAULT)):
        k = boot(version)
        assert k.current.mm.map(end - 4096, 4096, 3, 0x22) == end - 4096
        assert [
            _answer(k, number, *arguments)
            for number, *arguments in (
                *((2, b"/proc/sys/kernel/tainted", O_RDWR, 0), (1, 3, end - 4096, 5000)),  # zeros, which are no number
                *((0, 3, end - 1, 16), (0, 3, end - 2, 16)),
            )
        ] == [3, answer, -EFAULT, 2]


def _answer(k: Kernel, number: int, *arguments: int | bytes) -> int | None:
    made = run_stub(k, number, list(arguments)).call
    return made.ret if made is not None else None


def test_the_links_of_proc_lead_to_the_very_file_whatever_their_text_says(lab: Lab) -> None:
    """Measured on Linux, as root and as a user."""
    for _ in range(2):
        lab.call("pipe", ["buf", 8])
        reader = max(opened for opened, file in lab.k.current.files.items() if file.dentry.name.startswith(b"pipe")) - 1
        link = f"/proc/self/fd/{reader}"
        for flags in (O_RDONLY, O_WRONLY, O_RDWR, O_CREAT | O_WRONLY):
            assert lab.call("open", ["path", link], flags, 0) > reader
        assert lab.call("open", ["path", link], 3, 0) == -EINVAL
        assert lab.call("open", ["path", f"{link}/"], O_RDONLY, 0) == -ENOTDIR
        assert lab.call("chdir", ["path", link]) == -ENOTDIR
        removed = lab.call("open", ["path", "/tmp/f"], O_CREAT | O_RDWR, 0o600)
        lab.call("unlink", ["path", "/tmp/f"])
        assert lab.call("open", ["path", f"/proc/self/fd/{removed}"], O_RDWR, 0) > removed
        assert lab.call("open", ["path", f"/proc/self/fd/{removed}/x"], O_RDWR, 0) == -ENOTDIR
        for name, path in (("mkdir", "/tmp/d"), ("chdir", "/tmp/d"), ("rmdir", "/tmp/d")):
            assert lab.call(name, ["path", path], *([0o755] if name == "mkdir" else [])) == 0
        assert lab.call("open", ["path", "/proc/self/cwd/.."], O_RDONLY, 0) > removed
        assert lab.call("open", ["path", "/proc/self/cwd/x"], O_CREAT, 0o600) == -ENOENT
        assert lab.call("open", ["path", "/proc/self/root/etc/hostname"], O_RDONLY, 0) > removed
        # The directory is the task's own, whatever its mode says: what cannot be done there is refused for itself.
        assert lab.call("unlink", ["path", link]) == -EPERM
        assert lab.call("rmdir", ["path", link]) == -ENOTDIR
        assert lab.call("mkdir", ["path", "/proc/self/fd/x"], 0o755) == -ENOENT
        lab.call("as_user")


def test_a_task_renames_itself_through_comm(lab: Lab) -> None:
    lab.call("open", ["path", "/proc/self/comm"], O_WRONLY, 0)
    assert lab.call("write", 3, ["data", "a\\b\nc, and much more"], 19) == 19
    assert text(lab.k, "/proc/self/comm") == "a\\b\nc, and much\n"[:15] + "\n"
    assert text(lab.k, "/proc/self/status").startswith("Name:\ta\\\\b\\nc, and much\n")


# As Linux's own.


@NATIVE
def test_status_has_linux_s_lines_in_linux_s_order() -> None:
    # A small program's: the sizes of this process, with its many machines, outgrow their columns.
    small = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True)
    native = small.stdout.splitlines()
    names = [line.partition(":")[0] for line in native]
    ours = text(boot("6.19"), "/proc/self/status").splitlines()
    order = [line.partition(":")[0] for line in ours]
    assert [name for name in names if name in order] == [name for name in order if name in names]
    for line in ours:
        name = line.partition(":")[0]
        if name in names and name not in ("Name", "Groups", "Cpus_allowed_list") and not name.startswith("Spec"):
            assert _widths(line) == _widths(next(each for each in native if each.startswith(name + ":"))), name


def _widths(line: str) -> tuple[object, ...]:
    """A line with its numbers left out; where they are padded, how far."""
    name, _, value = line.partition(":")
    padded = len(value) if value.endswith(" kB") and len(value) == 12 else 0
    mask = len(value) if re.fullmatch(r"\t[0-9a-f]{16}", value) else 0
    return name, padded, mask, re.sub(r"0x[0-9a-f]+|[0-9a-f]+", "#", value) if not padded and not mask else ""


@NATIVE
def test_maps_puts_names_into_linux_s_column() -> None:
    native = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    ours = text(boot("6.19"), "/proc/self/maps").splitlines()
    short = [line for line in native if len(line.split()[0]) <= 25 and len(line.split()) == 6]
    assert {len(line) - len(line.split()[5]) for line in short} == {73}
    assert {len(line) - len(line.split()[5]) for line in ours} == {73}
    pattern = r"[0-9a-f]{8,}-[0-9a-f]{8,} [r-][w-][x-][ps] [0-9a-f]{8} [0-9a-f]{2}:[0-9a-f]{2} \d+ .*"
    assert all(re.fullmatch(pattern, line) for line in [*native, *ours])


@NATIVE
@pytest.mark.parametrize("name", ["meminfo", "filesystems", "uptime", "self/mounts", "sys/kernel/printk"])
def test_a_file_is_laid_out_as_linux_s(name: str) -> None:
    shapes = {
        "meminfo": r"\w+(\(\w+\))?: +\d+( kB)?",
        "filesystems": r"(nodev)?\t\w+",
        "uptime": r"\d+\.\d\d \d+\.\d\d",
        "self/mounts": r"\S+ \S+ \S+ \S+ 0 0",
        "sys/kernel/printk": r"\d+\t\d+\t\d+\t\d+",
    }
    native = Path("/proc", name).read_text(encoding="utf-8")
    ours = text(boot("6.19"), f"/proc/{name}")
    for lines in (native, ours):
        assert lines.endswith("\n")
        assert all(re.fullmatch(shapes[name], line) for line in lines.splitlines())
    if name == "meminfo":
        fields = [line.split(":")[0] for line in native.splitlines()]
        assert [line.split(":")[0] for line in ours.splitlines() if line.split(":")[0] not in fields] == []
        assert len(ours.splitlines()[0]) == len(native.splitlines()[0])


OPERATIONS: list[list[Any]] = [
    ["read", O_RDONLY, ("read", 5), ("read", 0), ("lseek", 2, 0), ("read", 3), ("lseek", 1, 1), ("lseek", 0, 2)],
    ["seek", O_RDONLY, ("lseek", -1, 0), ("lseek", 0, 3), ("lseek", 0, 4), ("lseek", 0, 9), ("lseek", 1 << 40, 0)],
    ["past", O_RDONLY, ("lseek", 1 << 30, 0), ("read", 5), ("write", b"x")],
    ["write", O_WRONLY, ("write", b""), ("write", b"x"), ("read", 1), ("lseek", 0, 0)],
    ["make", O_WRONLY | O_CREAT | O_TRUNC, ("write", b"x")],
    ["both", O_RDWR, ("read", 5), ("write", b"x")],
    ["excl", O_WRONLY | O_CREAT | os.O_EXCL],
    ["dir", O_RDONLY | os.O_DIRECTORY],
]
PATHS = (
    "version", "modules", "kallsyms", "cmdline", "uptime", "self/status", "self/maps", "self/cmdline", "self/mounts",
    "mounts", "sys/kernel/ostype", "sys/kernel/osrelease", "sys/kernel/ngroups_max", "self", "self/fd", "sys/kernel",
    "sys", "", "nope", "self/nope", "sys/kernel/nope", "version/x", "999999",
)  # fmt: skip


def _outcome(action: Callable[[], Any]) -> object:
    try:
        value = action()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return len(value) if isinstance(value, bytes) else value


def native(path: str, flags: int, *operations: tuple[Any, ...]) -> list[object]:
    """What Linux answers to each operation."""
    found = [_outcome(lambda: os.open(path, flags, 0o600) * 0)]
    if found != [0]:
        return found
    fd = os.open(path, flags, 0o600)
    calls: dict[str, Callable[..., Any]] = {"read": os.read, "write": os.write, "lseek": os.lseek}
    for name, *arguments in operations:
        found.append(_outcome(lambda name=name, arguments=arguments: calls[name](fd, *arguments)))  # type: ignore[misc]
    os.close(fd)
    return found


def simulated(lab: Lab, path: str, flags: int, *operations: tuple[Any, ...]) -> list[object]:
    """What kshell answers."""
    fd = lab.call("open", ["path", path], flags, 0o600)
    found: list[object] = [errno.errorcode[-fd] if fd < 0 else 0]
    for name, *arguments in operations if fd >= 0 else ():
        if name == "read":
            arguments = [["buf", arguments[0]] if arguments[0] else 0, arguments[0]]
        elif name == "write":
            arguments = [["data", arguments[0].decode()], len(arguments[0])]
        value = lab.call(name, fd, *arguments)
        found.append(errno.errorcode[-value] if value < 0 else value)
    if fd >= 0:
        lab.call("close", fd)
    return found


@NATIVE
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root may open these files for writing")
@pytest.mark.parametrize("name", PATHS)
def test_opening_reading_seeking_and_writing_answer_as_linux_does(name: str) -> None:
    path = f"/proc/{name}"
    if name in ("modules",) and not os.path.exists(path):
        pytest.skip("this Linux has no modules")
    lab = Lab()
    lab.k.cmdline = "nosmap nosmep uid=0"
    arguments = b"python3\0-m\0pytest\0"
    lab.memory.poke(lab.memory.base + 0x8000, arguments)
    mm = lab.k.current.mm
    mm.arg_start, mm.arg_end = lab.memory.base + 0x8000, lab.memory.base + 0x8000 + len(arguments)
    for program in OPERATIONS:
        flags, operations = program[1], program[2:]
        assert simulated(lab, path, flags, *operations) == native(path, flags, *operations), program[0]


def test_what_linux_answers_where_no_linux_is_at_hand(lab: Lab) -> None:
    assert simulated(lab, "/proc/version", O_WRONLY, ("write", b"x")) == [0, "EIO"]
    assert simulated(lab, "/proc/self/status", O_WRONLY, ("write", b"x")) == [0, "EINVAL"]
    for flags in (O_WRONLY, O_RDWR, O_TRUNC, 3):  # the mode binds root too
        assert simulated(lab, "/proc/sys/kernel/ostype", flags) == ["EACCES"]
        assert simulated(lab, "/proc/sys/kernel/tainted", flags) == [0]
    assert simulated(lab, "/proc/version", O_TRUNC) == [0]
    assert simulated(lab, "/proc/self/nope", O_CREAT | O_RDWR) == ["ENOENT"]
    assert lab.call("mkdir", ["path", "/proc/self/x"], 0o755) == -ENOENT
    assert lab.call("unlink", ["path", "/proc/version"]) == -EPERM
    assert lab.call("rmdir", ["path", "/proc/self/fd"]) == -EPERM
    assert lab.call("write", lab.call("open", ["path", "/proc/uptime"], O_WRONLY, 0), ["data", ""], 0) == -EIO
