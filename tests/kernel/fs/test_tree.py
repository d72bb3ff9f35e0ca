"""The tree at boot, and the view from outside that `cat` and `ls` have of it."""

from __future__ import annotations

import pytest

from kshell.abi.errno import EACCES, EFBIG, EINVAL, EISDIR, ENOENT, ENOTDIR, EOPNOTSUPP, EPERM
from kshell.abi.fcntl import O_CREAT, O_RDWR, O_TMPFILE
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.fs.dcache import d_add
from kshell.kernel.fs.file import Kiocb
from kshell.kernel.fs.inode import Inode
from kshell.kernel.fs.uio import IovIter
from kshell.kernel.kernel import Kernel
from kshell.shell.machine_files import contents, listing
from tests.kernel.file_lab import Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()


def names(lab: Lab, where: str) -> list[str]:
    found = listing(lab.k, where)
    assert not isinstance(found, int)
    return [entry.name for entry in found]


def test_the_tree_has_what_programs_look_for(lab: Lab) -> None:
    assert {"dev", "etc", "proc", "root", "sys", "tmp"} <= set(names(lab, "/"))
    assert {"null", "zero", "full", "tty", "random", "urandom", "console"} == set(names(lab, "/dev"))
    assert contents(lab.k, "/etc/hostname") == b"kshell\n"
    assert {"self", "modules", "kallsyms", "version"} < set(names(lab, "/proc"))
    assert (names(lab, "/sys"), names(lab, "/tmp")) == (["module"], [])
    entries = listing(lab.k, "/etc")
    assert not isinstance(entries, int)
    assert [entry.target for entry in entries if entry.name == "mtab"] == ["/proc/self/mounts"]


def test_everybody_may_write_in_tmp_but_not_remove_what_others_made(lab: Lab) -> None:
    lab.run(
        [["open", ["path", "/tmp/f"], O_CREAT, 0o666], ["as_user"], ["open", ["path", "/tmp/mine"], O_CREAT, 0o600]]
    )
    assert lab.call("unlink", ["path", "/tmp/f"]) == -EPERM
    assert lab.call("unlink", ["path", "/tmp/mine"]) == 0


def test_looking_from_outside_opens_no_descriptor(lab: Lab) -> None:
    before = lab.k.current.files.items()
    contents(lab.k, "/etc/passwd")
    listing(lab.k, "/dev")
    assert lab.k.current.files.items() == before


def test_looking_from_outside_starts_at_the_current_directory(lab: Lab) -> None:
    assert lab.call("chdir", ["path", "/etc"]) == 0
    assert contents(lab.k, "hostname") == b"kshell\n"
    assert contents(lab.k, "../etc/./hostname") == b"kshell\n"
    assert "hostname" in names(lab, ".")


def test_a_listing_of_a_file_is_that_file(lab: Lab) -> None:
    assert names(lab, "/etc/hostname") == ["/etc/hostname"]


def test_looking_at_what_is_not_there_gives_the_errno(lab: Lab) -> None:
    k = lab.k
    assert (contents(k, "/nope"), listing(k, "/nope"), contents(k, "")) == (-ENOENT, -ENOENT, -ENOENT)
    assert contents(k, "/etc") == -EISDIR
    assert contents(k, "/etc/hostname/x") == -ENOTDIR
    assert contents(k, "/dev/zero") == contents(k, "/dev/tty") == -EINVAL
    assert contents(k, "/dev/null") == b""


def test_a_file_that_is_mostly_a_hole_is_not_shown(lab: Lab) -> None:
    steps = [["open", ["path", "/tmp/f"], O_CREAT | O_RDWR, 0o600], ["pwrite64", 3, ["data", "x"], 1, 1 << 40]]
    assert [value for value, _ in lab.run(steps)] == [3, 1]
    assert contents(lab.k, "/tmp/f") == -EFBIG


def test_the_current_task_s_credentials_count_from_outside_too(lab: Lab) -> None:
    lab.run([["open", ["path", "/tmp/secret"], O_CREAT | O_RDWR, 0o600], ["write", 3, ["data", "x"], 1], ["as_user"]])
    assert contents(lab.k, "/tmp/secret") == -EACCES
    assert listing(lab.k, "/root") == -EACCES
    assert names(lab, "/tmp/secret") == ["/tmp/secret"]


def test_two_kernels_share_no_file(lab: Lab) -> None:
    lab.call("mkdir", ["path", "/tmp/mine"], 0o755)
    assert names(Lab(), "/tmp") == []
    assert names(lab, "/tmp") == ["mine"]


def test_nothing_can_be_made_in_proc_and_sys(lab: Lab) -> None:
    made = [lab.call("mkdir", ["path", f"{where}/x"], 0o755) for where in ("/proc", "/sys")]
    opened = [lab.call("open", ["path", f"{where}/x"], O_CREAT, 0) for where in ("/proc", "/sys")]
    assert made == [-ENOENT, -EPERM]
    assert opened == [-ENOENT, -EACCES]
    assert lab.call("open", ["path", "/sys"], O_TMPFILE | O_RDWR, 0) == -EOPNOTSUPP
    lab.call("as_user")
    assert lab.call("mkdir", ["path", "/proc/x"], 0o755) == -ENOENT
    assert lab.call("mkdir", ["path", "/sys/x"], 0o755) == -EACCES


def test_a_file_may_make_its_bytes_when_it_is_read(lab: Lab) -> None:
    class Uptime(Inode):
        """A file that is its own read function."""

        __slots__ = ()

        def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
            copied = to.copy_to_iter(b"12.34 5.67\n"[iocb.pos : iocb.pos + to.count])
            iocb.pos += copied
            return copied

    fs = lab.k.fs
    d_add(fs.root, b"uptime", Uptime(fs.root.inode.sb, 0o100444, 0))
    steps = [
        ["open", ["path", "/uptime"], 0, 0],
        ["read", 3, ["buf", 5], 5],
        ["read", 3, ["buf", 9], 9],
        ["read", 3, 0, 9],
    ]
    results = lab.run(steps)
    assert [value for value, _ in results] == [3, 5, 6, 0]
    assert bytes.fromhex(results[2][1][0]) == b" 5.67\n\0\0\0"


def test_a_new_task_has_its_screen_though_dev_tty_was_unlinked() -> None:
    k = boot("course")
    unlinked, _, written = run_stub(k, 87, [b"/dev/tty"]), run_stub(k, 231, [0]), run_stub(k, 1, [1, b"x", 1])
    assert unlinked.call is not None
    assert unlinked.call.ret == 0
    assert written.call is not None
    assert written.call.ret == 1
