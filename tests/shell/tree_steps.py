"""A tree at the shell: what the slides type, and what it answers, for the tests of tree, make and boot."""

from __future__ import annotations

from pathlib import Path

from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab

PROGRAM = "run test_kernel/user/test_call_user 5"
MODULE = "insmod test_kernel/SystemCalls/syscallModule.ko"
NOT_THERE = "system call error: Function not implemented\nReturned value: -1\n"
THERE = "Function successful. passed in: 5,\nReturned value: 5\n"
CALL = "SystemCalls/test_call.py"
HANDLER = "SystemCalls/syscallModule.py"


def at(root: Path, version: str) -> TreeLab:
    """The means to edit a tree that is there already."""
    tree = object.__new__(TreeLab)
    tree.root, tree.version = root, version
    tree.number = 335 if version == "4.19" else 471
    tree.entry = "__x64_sys_test_call" if version == "4.19" else "sys_test_call"
    return tree


def said(lab: Lab, line: str) -> str:
    """What a program wrote."""
    result = lab.result(line)
    assert result.error is None, result.error
    return result.output.decode()


def notes(lab: Lab, line: str) -> list[str]:
    result = lab.result(line)
    assert result.error is None, result.error
    return result.notes


def built(lab: Lab) -> None:
    """Make, install and boot the tree."""
    for line in ("make -C test_kernel", "make install", "boot test_kernel"):
        assert lab.result(line).error is None
