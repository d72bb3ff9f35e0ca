"""/sys/module: it comes and goes with the modules, and its files say and set what they do on Linux."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from kshell.abi.errno import EACCES, EFAULT, EINVAL, EISDIR, ENODEV, ENOENT, EPERM, ERANGE
from kshell.abi.fcntl import O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY
from kshell.kernel.entry.exec import Buffer, run_stub
from kshell.shell.machine_files import contents, listing
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.refusals import ModuleError
from tests.kernel import file_lab
from tests.kernel.module_lab import Lab as ModuleLab
from tests.kernel.proc.test_proc import OPERATIONS, native, simulated

READ, WRITE, OPEN, CLOSE, CHDIR = 0, 1, 2, 3, 80
PARAMETERS = """\
level = Param("level", 1)
module_param(level, "int", 0o644)
name = Param("name", "joe")
module_param(name, "charp", 0o600)
quiet = Param("quiet", 1)
module_param(quiet, "bool", 0o444)
mute = Param("mute", 5)
module_param(mute, "int", 0o200)
hidden = Param("hidden", 5)
module_param(hidden, "int", 0)
def m_init(k: Kernel) -> int: return 0
def m_exit(k: Kernel) -> None: pass
module_init(m_init)
module_exit(m_exit)
"""


class Lab(ModuleLab):
    """A kernel with a folder for modules; `text` looks from outside, `raw` makes calls from ring 3."""

    def text(self, path: str) -> str:
        found = contents(self.k, f"/sys/module/{path}")
        assert isinstance(found, bytes), f"{path}: {found}"
        return found.decode()

    def names(self, path: str = "") -> list[str]:
        found = listing(self.k, f"/sys/module/{path}")
        assert not isinstance(found, int)
        return [entry.name for entry in found]

    def mode(self, path: str) -> str:
        found = listing(self.k, f"/sys/module/{path}")
        assert not isinstance(found, int)
        return f"{found[0].inode.mode & 0o7777:o}"

    def raw(self, nr: int, *args: int | bytes | Buffer) -> int:
        run = run_stub(self.k, nr, args)
        assert run.call is not None
        assert run.call.ret is not None
        return run.call.ret

    def open(self, path: str, flags: int) -> int:
        return self.raw(OPEN, f"/sys/module/{path}".encode(), flags, 0o666)

    def write_to(self, path: str, data: bytes) -> int:
        fd = self.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        if fd < 0:
            return fd
        done = self.raw(WRITE, fd, data, len(data))
        self.raw(CLOSE, fd)
        return done


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_module_s_directory_is_there_from_insmod_to_rmmod(lab: Lab) -> None:
    assert lab.names() == []
    lab.load("")
    assert lab.names() == ["m"]
    assert lab.names("m") == ["coresize", "holders", "initsize", "initstate", "refcnt", "sections", "taint"]
    rmmod(lab.k, "m")
    assert lab.names() == []
    assert lab.open("m/initstate", O_RDONLY) == -ENOENT


def test_its_files_say_what_lsmod_says(lab: Lab) -> None:
    module = lab.load("")
    assert lab.text("m/coresize") == f"{module.size + module.data_size}\n"
    assert lab.text("m/refcnt") == "0\n"
    assert lab.text("m/taint") == "O\n"
    assert lab.text("m/initstate") == "live\n"


def test_a_module_that_died_is_coming_or_going_for_ever(lab: Lab) -> None:
    lab.refused("def i(k: Kernel) -> int: return 1 // 0\nmodule_init(i)\n", "stuck")
    assert lab.text("stuck/initstate") == "coming\n"
    lab.load(
        "def i(k: Kernel) -> int: return 0\ndef e(k: Kernel) -> None: BUG()\nmodule_init(i)\nmodule_exit(e)\n", "leaver"
    )
    with pytest.raises(ModuleError):
        rmmod(lab.k, "leaver")
    assert lab.text("leaver/initstate") == "going\n"
    assert lab.text("leaver/refcnt") == "-1\n"


def test_a_module_that_was_refused_leaves_nothing(lab: Lab) -> None:
    lab.refused("def i(k: Kernel) -> int: return -5\nmodule_init(i)\n")
    assert lab.names() == []


def test_holders_are_links_to_who_uses_its_symbols(lab: Lab) -> None:
    lab.load("shared: Stub[[int]] = Stub('shared')\nEXPORT_SYMBOL(shared)\n", "lower")
    upper = "shared: Stub[[int]] = extern('shared')\ndef i(k: Kernel) -> int: return k[shared] is not None\n"
    lab.load(upper + "module_init(i)\ndef e(k: Kernel) -> None: pass\nmodule_exit(e)\n", "upper")
    found = listing(lab.k, "/sys/module/lower/holders")
    assert not isinstance(found, int)
    assert [(entry.name, entry.target) for entry in found] == [("upper", "../../upper")]
    assert lab.text("lower/holders/upper/initstate") == "live\n"
    assert lab.text("lower/refcnt") == "1\n"
    rmmod(lab.k, "upper")
    assert lab.names("lower/holders") == []


def test_addresses_of_sections_are_root_s_to_read(lab: Lab) -> None:
    module = lab.load(PARAMETERS)
    assert lab.text("m/sections/.text") == f"{module.address:#018x}\n"
    assert lab.text("m/sections/.data") == f"{module.address + module.size:#018x}\n"
    assert lab.mode("m/sections/.text") == "400"
    lab.k.symbols.kptr_restrict = 2
    assert lab.text("m/sections/.text") == "0x0000000000000000\n"
    lab.k.shell_task.struct.cred.euid.val = 1000
    assert lab.open("m/sections/.text", O_RDONLY) == -EACCES


# Parameters.


def test_a_parameter_has_a_file_of_the_mode_that_module_param_gave_it(lab: Lab) -> None:
    lab.load(PARAMETERS, level="3")
    assert lab.names("m/parameters") == ["level", "mute", "name", "quiet"]
    assert [lab.mode(f"m/parameters/{name}") for name in lab.names("m/parameters")] == ["644", "200", "600", "444"]
    assert [lab.text(f"m/parameters/{name}") for name in ("level", "name", "quiet")] == ["3\n", "joe\n", "Y\n"]


def test_a_module_whose_parameters_have_no_mode_has_no_folder_for_them(lab: Lab) -> None:
    lab.load("a = Param('a', 1)\nmodule_param(a, 'int', 0)\n")
    assert "parameters" not in lab.names("m")


def test_user_code_reads_and_sets_a_parameter(lab: Lab) -> None:
    module = lab.load(PARAMETERS)
    assert lab.write_to("m/parameters/level", b"42\n") == 3
    assert module.parameters["level"].load(lab.k) == 42
    fd = lab.open("m/parameters/level", O_RDWR)
    run = run_stub(lab.k, READ, [fd, Buffer(9), 9])
    assert run.buffers[0][2] == b"42\n" + bytes(6)
    assert lab.raw(WRITE, fd, b"-7", 2) == 2  # wherever the position is
    assert lab.text("m/parameters/level") == "-7\n"


@pytest.mark.parametrize(
    ("data", "err"), [(b"x\n", EINVAL), (b"", 0), (b"4x", EINVAL), (b"1 2", EINVAL), (b"9999999999\n", ERANGE)]
)
def test_what_is_no_value_changes_nothing(lab: Lab, data: bytes, err: int) -> None:
    lab.load(PARAMETERS)
    assert lab.write_to("m/parameters/level", data) == -err
    assert lab.text("m/parameters/level") == "1\n"


def test_the_mode_binds_root_too(lab: Lab) -> None:
    lab.load(PARAMETERS)
    assert lab.write_to("m/parameters/quiet", b"0") == -EACCES
    assert lab.open("m/parameters/mute", O_RDONLY) == -EACCES
    assert contents(lab.k, "/sys/module/m/parameters/mute") == -EACCES
    assert lab.write_to("m/parameters/mute", b"6") == 1
    assert lab.write_to("m/initstate", b"live") == -EACCES


def test_another_user_may_read_but_not_set(lab: Lab) -> None:
    lab.load(PARAMETERS)
    lab.k.shell_task.struct.cred.euid.val = 1000
    assert lab.open("m/parameters/level", O_RDONLY) >= 0
    assert lab.open("m/parameters/level", O_WRONLY) == -EACCES
    assert lab.open("m/parameters/name", O_RDONLY) == -EACCES


def test_a_string_parameter_whose_pointer_is_spoiled_oopses_who_reads_it_and_nobody_who_looks(lab: Lab) -> None:
    lab.load(PARAMETERS)
    lab.k.memory.store(lab.address("name"), 16)
    assert contents(lab.k, "/sys/module/m/parameters/name") == -EFAULT
    fd = lab.open("m/parameters/name", O_RDONLY)
    assert run_stub(lab.k, READ, [fd, Buffer(9), 9]).outcome.kind == "killed"
    assert any("NULL pointer dereference" in line for line in lab.dmesg())


# Files that outlive their module.


def test_an_open_file_whose_module_has_gone_answers_ENODEV(lab: Lab) -> None:
    lab.load(PARAMETERS)
    unread, half, written = (lab.open(f"m/{name}", O_RDONLY) for name in ("initstate", "taint", "refcnt"))
    written = lab.open("m/parameters/level", O_WRONLY)
    assert lab.raw(READ, half, Buffer(1), 1) == 1
    rmmod(lab.k, "m")
    assert lab.raw(READ, unread, Buffer(9), 9) == -ENODEV
    assert lab.raw(READ, half, Buffer(9), 9) == 1  # the rest of what was made before
    assert lab.raw(READ, half, Buffer(9), 9) == -ENODEV
    assert lab.raw(WRITE, written, b"1", 1) == -ENODEV


def test_a_namesake_that_is_loaded_later_is_another_module(lab: Lab) -> None:
    path = lab.write(PARAMETERS)
    insmod(lab.k, path)
    old = lab.open("m/parameters/level", O_RDWR)
    rmmod(lab.k, "m")
    insmod(lab.k, path, {"level": "9"})
    assert lab.raw(READ, old, Buffer(9), 9) == -ENODEV
    assert lab.raw(WRITE, old, b"5", 1) == -ENODEV
    assert lab.text("m/parameters/level") == "9\n"


def test_the_folder_of_a_module_that_has_gone_is_empty_to_who_stands_in_it(lab: Lab) -> None:
    lab.load("")
    assert lab.raw(CHDIR, b"/sys/module/m") == 0
    assert lab.raw(OPEN, b"initstate", O_RDONLY, 0) >= 0
    rmmod(lab.k, "m")
    assert lab.raw(OPEN, b"initstate", O_RDONLY, 0) == -ENOENT


# As Linux's own.


def test_nothing_can_be_made_or_removed(lab: Lab) -> None:
    lab.load("")
    assert lab.open("m/new", O_WRONLY | O_CREAT) == -EACCES
    assert lab.raw(83, b"/sys/module/new", 0o755) == -EPERM
    assert lab.raw(87, b"/sys/module/m/taint") == -EPERM
    assert lab.raw(84, b"/sys/module/m") == -EPERM
    assert lab.open("m", O_WRONLY) == -EISDIR


@pytest.mark.skipif(sys.platform != "linux" or not os.path.isdir("/sys/module"), reason="no Linux here")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root is refused by the mode alone")
@pytest.mark.parametrize("program", OPERATIONS, ids=lambda program: str(program[0]))
def test_opening_reading_seeking_and_writing_answer_as_linux_does(program: list[Any], tmp_path: Path) -> None:
    lab = file_lab.Lab()
    insmod(lab.k, Lab(tmp_path).write(PARAMETERS))
    flags, operations = program[1], program[2:]
    found = Path("/sys/module").glob("*/parameters/*")
    unwritable = next((path for path in found if path.stat().st_mode & 0o777 == 0o444 and _is_short(path)), None)
    pairs = {"/sys/module": "/sys/module", "/sys/nope": "/sys/nope", "/sys/module/m/nope": "/sys/module/nope"}
    if unwritable is not None:
        pairs["/sys/module/m/refcnt"] = str(unwritable)
    for ours, theirs in pairs.items():
        assert simulated(lab, ours, flags, *operations) == native(theirs, flags, *operations), (ours, theirs)


def _is_short(path: Path) -> bool:
    """Whether it holds as little as refcnt."""
    return len(path.read_bytes()) == len("0\n")


def test_a_file_seems_as_long_as_a_page(lab: Lab) -> None:
    lab.load("")
    assert lab.raw(8, lab.open("m/taint", O_RDONLY | O_APPEND), 0, 2) == 4096
