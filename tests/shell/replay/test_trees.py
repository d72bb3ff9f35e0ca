"""Kernels of trees, panics and the debugger: the way back leads through them all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kshell.shell.state.saved_session import keep
from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab
from tests.shell.replay.test_again import Way
from tests.shell.replay.test_saved import resumed
from tests.shell.trees.test_booting import BAD

PANIC = """from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
def handler(k: Kernel, n: int) -> Long:
    Ptr[Long](GDT)[4] = 0x7FFFFFFF
    return 0
def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0
module_init(start)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An own folder, and one for sessions beside it."""
    kept, own = tmp_path / "state" / "kept", tmp_path / "own"
    monkeypatch.setattr("kshell.shell.state.saved_session.sessions_folder", lambda: str(kept))
    own.mkdir()
    monkeypatch.chdir(own)


def test_a_kernel_that_was_built_is_there_again_when_its_tree_is_gone() -> None:
    tree, lab = TreeLab(Path()), Lab()
    log, _ = keep(lab.session, False)
    way = Way(lab)
    for line in ("make -C test_kernel", "make install", "boot test_kernel", "syscall getpid"):
        way.do(line)
    tree.write("SystemCalls/bad.py", BAD)
    tree.replace("SystemCalls/Makefile", "obj-y := test_call.o", "obj-y := bad.o test_call.o")
    for line in ("make", "make install", "boot", "dmesg", "boot course", "syscall getuid"):
        way.do(line)
    assert lab.session.journal.steps[6].kept.panicked is not None
    shutil.rmtree(tree.root)
    way.check([4, 7, 10, 0, 3])
    log.close()
    again = resumed(way)
    again.is_at(3)
    again.check([8])


def test_a_kernel_that_panics_is_as_broken_when_it_comes_back() -> None:
    way = Way(Lab())
    gdt = way.lab.session.kernel.symbols.lookup("gdt_page")
    assert gdt is not None
    Path("panic.py").write_text(PANIC.replace("GDT", hex(gdt.address)), "utf-8")
    load_ds = "run --hex b8230000008ed831ffb83c0000000f05"
    for line in ("insmod panic.py", "syscall test_call 1", load_ds, "syscall getpid", "boot", "syscall getpid"):
        way.do(line)
    assert "Kernel panic" in way.lab.error("goto 2; " + load_ds)["what"]
    way.lab.session.journal.steps[3:] = []
    way.check([2, 3, 1, 0, 3])


def test_a_call_that_stood_still_at_the_debugger_is_made_as_any_other() -> None:
    typed: list[str] = []
    lab = Lab(interactive=True)
    lab.session.read_command = lambda: typed.pop(0)
    way = Way(lab)
    for line, *more in (
        ["modprobe syscallModule"],
        ["break my_test_call"],
        ["syscall test_call 4", "info locals", "x/4i $pc", "x/2gx 0x402000", "stepi", "step", "continue"],
        ["trace --lines syscall test_call 5", "detach"],
        ["delete"],
        ["syscall --stat test_call 6"],
        ["trace --insns syscall test_call 7"],
    ):
        typed[:] = more
        way.do(line)
        assert not typed
    for step in lab.session.journal.steps:
        step.frozen = None
    way.check([3, 7, 4])
