"""Calls that are written by hand: linked and called as on Linux since 4.17, and told what they are called with."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from tests.kbuild.tree_lab import HEADER, TABLE, TreeLab

SOURCE = "from kshell.linux import *\n\n\ndef {name}(k: Kernel{takes}) -> Long:\n    return {value}\n"
MACRO = "@SYSCALL_DEFINE1 above def test_call(k: Kernel, x: int) -> Long:"


def by_hand(lab: TreeLab, name: str, row: str, takes: str = ", x: int", value: str = "x") -> TreeLab:
    """The tree with that function in the place of the slides' call, and that entry in its row."""
    lab.write("SystemCalls/test_call.py", SOURCE.format(name=name, takes=takes, value=value))
    line = next(line for line in lab.read(TABLE).split("\n") if "\ttest_call\t" in line)
    lab.replace(TABLE, line, f"{lab.number}\tcommon\ttest_call\t{row}")
    lab.write("SystemCalls/Makefile", "obj-y := test_call.o\n")
    lab.write(HEADER, lab.read(HEADER).replace("asmlinkage long sys_test_call(int);", ""))
    return lab


@pytest.mark.parametrize(
    ("version", "name", "row"),
    [
        ("4.19", "sys_test_call", "sys_test_call"),
        ("4.19", "__x64_sys_test_call", "__x64_sys_test_call"),
        ("6.19", "__x64_sys_test_call", "sys_test_call"),
    ],
)
def test_a_call_written_by_hand_gets_a_pointer_to_pt_regs_as_its_one_argument(
    tmp_path: Path, version: str, name: str, row: str
) -> None:
    lab = by_hand(TreeLab(tmp_path, version), name, row)
    outcome = lab.make()
    assert not outcome.errors, outcome.show()
    (note,) = [note for note in outcome.notes if note.file.endswith("test_call.py")]
    assert note.text == f"{name} is not called with (int x)"
    assert "since Linux 4.17" in note.because
    assert note.try_.startswith(MACRO)
    k = lab.boot()
    run = run_stub(k, lab.number, [5])
    assert run.call is not None
    assert run.call.ret == k.shell_task.regs_address & 0xFFFF
    assert k.syscall_state(lab.number) == "built"
    assert k.calls_built_in == boot(version).calls_built_in + 1


def test_one_that_takes_pt_regs_or_nothing_is_right_and_gets_no_note(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    for takes, value, result in ((", regs: Ptr[Const[pt_regs]]", "regs.di", 5), ("", "7", 7)):
        outcome = by_hand(lab, "sys_test_call", "sys_test_call", takes, value).make()
        assert [note for note in outcome.notes if note.file.endswith("test_call.py")] == []
        run = run_stub(lab.boot(), 335, [5])
        assert run.call is not None
        assert run.call.ret == result


PREFIXES = {
    "4.19": [
        ("sys_test_call", "__x64_sys_test_call", "__x64_sys_test_call", MACRO),
        ("test_call", "__x64_sys_test_call", "__x64_sys_test_call", MACRO),
        ("__x64_sys_test_call", "sys_test_call", "sys_test_call", MACRO),
    ],
    "6.19": [
        ("sys_test_call", "sys_test_call", "__x64_sys_test_call", MACRO),
        ("__x64_sys_test_call", "__x64_sys_test_call", "__x64___x64_sys_test_call", MACRO),
        ("sys_test_call", "__x64_sys_test_call", "__x64___x64_sys_test_call", MACRO),
    ],
}


@pytest.mark.parametrize("version", PREFIXES)
def test_a_row_and_a_function_that_miss_each_other_by_a_prefix_are_named_together(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    for name, row, wanted, try_ in PREFIXES[version]:
        error = by_hand(lab, name, row).make().errors[0]
        assert error.text.endswith(f"undefined reference to `{wanted}'")
        assert f"SystemCalls/test_call.py:4 defines {name}, and the row asks for {wanted}" in error.because
        assert "SYSCALL_DEFINE makes is called __x64_sys_test_call" in error.because
        assert error.try_.startswith(try_)
        assert error.try_.endswith(f"(and {'__x64_' * (version == '4.19')}sys_test_call in the row)")
    pt_regs = ", regs: Ptr[Const[pt_regs]]"
    error = by_hand(lab, "sys_test_call", "__x64_sys_test_call", pt_regs, "0").make().errors[0]
    entry = " and the entry sys_test_call" * (version == "6.19")
    assert error.try_ == f"the name __x64_sys_test_call for the function{entry}"


def test_a_call_written_by_hand_in_a_file_that_no_list_names_is_found(tmp_path: Path) -> None:
    lab = by_hand(TreeLab(tmp_path), "sys_test_call", "sys_test_call")
    lab.write("SystemCalls/Makefile", "")
    assert "defines test_call, but SystemCalls/Makefile has nothing on obj-y" in lab.make().errors[0].because
