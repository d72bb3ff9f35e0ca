"""A tree's syscall_32.tbl: built in, booted, and reached by int 0x80."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kbuild.tree.tree_paths import GENERATED_32, TABLE_32
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from tests.kbuild.tree_lab import TreeLab

SOURCE = (
    "from kshell.linux import *\n\n\n@SYSCALL_DEFINE2\ndef add(k: Kernel, a: Int, b: Long) -> Long:\n    return a + b\n"
)


def with_call(tmp_path: Path, version: str, *entries: str) -> TreeLab:
    """A tree with a call of its own, and a row for it in the table of 32-bit programs alone."""
    lab = TreeLab(tmp_path, version)
    lab.write("SystemCalls/add.py", SOURCE)
    lab.write("SystemCalls/Makefile", "obj-y := test_call.o add.o\n")
    lab.write(TABLE_32, lab.read(TABLE_32) + "\t".join(["490", "i386", "add", *entries]) + "\n")
    return lab


def by_int80(k: Kernel, *args: int) -> int | None:
    call = run_stub(k, 490, args, is_32=True).call
    assert call is not None
    return call.ret


@pytest.mark.parametrize(("version", "entries"), [("4.19", ("sys_add", "__ia32_sys_add")), ("6.19", ("sys_add",))])
def test_a_call_with_a_row_there_is_reached_by_int_0x80_alone(
    tmp_path: Path, version: str, entries: tuple[str, ...]
) -> None:
    lab = with_call(tmp_path, version, *entries)
    outcome = lab.make()
    assert not outcome.errors, outcome.show()
    assert [note.text for note in outcome.notes if "called" in note.text] == []
    assert "sys_add" in lab.read(GENERATED_32)
    k = lab.boot()
    assert by_int80(k, -7 & 0xFFFF_FFFF, -1) == 0xFFFF_FFFF - 7
    assert run_stub(k, 20, (), is_32=True).call.ret == k.shell_task.pid  # type: ignore[union-attr]
    mapped = {line.split()[2]: int(line[:16], 16) for line in lab.read("System.map").splitlines()}
    entries_32 = {each.name: each.address for each in k.symbols if each.name.startswith("__ia32_")}
    assert len(entries_32) > 80
    assert "__ia32_sys_add" in entries_32
    assert entries_32.items() <= mapped.items()


def test_a_row_without_a_function_is_the_linkers_error(tmp_path: Path) -> None:
    lab = with_call(tmp_path, "4.19", "sys_add", "__ia32_sys_sub")
    (error,) = lab.make().errors
    assert error.text == "ld: arch/x86/entry/syscall_32.o:(.rodata+0xf50): undefined reference to `__ia32_sys_sub'"
    assert error.because.endswith("no file that is linked in has a SYSCALL_DEFINE for sub")


def test_a_row_that_names_the_other_function_is_told_how_it_is_spelt(tmp_path: Path) -> None:
    (error,) = with_call(tmp_path, "4.19", "sys_add").make().errors
    assert error.try_.startswith("490 i386 add sys_add __ia32_sys_add")


def test_a_mistake_in_the_table_stops_the_build(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write(TABLE_32, "1\ti368\texit\tsys_exit\n")
    outcome = lab.make()
    assert [error.text for error in outcome.errors] == ["Unknown abi I368"]
    assert f"[{GENERATED_32}] Error 1" in outcome.show()


def test_a_tree_without_that_table_has_the_one_of_its_release(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    (Path(lab.root) / TABLE_32).unlink()
    assert not lab.make().errors
    k = lab.boot()
    call = run_stub(k, 20, (), is_32=True).call
    assert call is not None
    assert call.ret == k.shell_task.pid
