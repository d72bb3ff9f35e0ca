"""The exception table of a kernel that was built: files that are linked in bring rows of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.errno import EFAULT
from kshell.cc.c_compiler import find_compiler
from kshell.kernel.entry.exec import STUB_DATA
from kshell.kernel.mm import extable
from kshell.kernel.mm.uaccess import copy_to_user
from tests.kbuild.tree_lab import TreeLab

PYTHON = """from kshell.linux import *
from kshell.linux.uaccess import __get_user


def fetch(k: Kernel, p: User[Int]) -> Long:
    x: Int = 0
    if __get_user(k, addr(x), p):
        return -EFAULT
    return x


EXPORT_SYMBOL(fetch)
"""
C = """#include <linux/export.h>
#include <linux/uaccess.h>

long fetch(int __user *p)
{
	int x = 0;

	return __get_user(x, p) ? -EFAULT : x;
}
EXPORT_SYMBOL(fetch);
"""


@pytest.mark.parametrize("version", ["4.19", "6.19"])
@pytest.mark.parametrize(("name", "text"), [("fetch.py", PYTHON), ("fetch.c", C)])
def test_the_rows_of_a_file_that_is_linked_in_are_merged_and_sorted(
    tmp_path: Path, version: str, name: str, text: str
) -> None:
    if name.endswith(".c") and find_compiler() is None:
        pytest.skip("no compiler for C")
    lab = TreeLab(tmp_path, version, built=True)
    lab.write(f"kernel/{name}", text)
    lab.write("kernel/Makefile", lab.read("kernel/Makefile") + "obj-y += fetch.o\n")
    assert not lab.make().errors
    k = lab.boot()
    rows = extable.entries(k)
    assert rows == sorted(rows)
    symbol = k.symbols.lookup("fetch")
    assert symbol is not None
    assert sum(symbol.address <= row.insn < symbol.address + symbol.size for row in rows) == 1
    assert copy_to_user(k, STUB_DATA, b"\x07\0\0\0") == 0
    assert k.call_out(symbol.address, STUB_DATA) == 7
    assert k.call_out(symbol.address, 0x10) == -EFAULT
