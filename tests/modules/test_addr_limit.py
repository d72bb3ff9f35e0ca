"""The sample addr_limit, and what set_fs is in C and in Python's spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.errno import EFAULT
from kshell.kernel.core.layout import TASK_ADDR_LIMIT, TASK_SIZE_MAX
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.shell.modules.insmod import insmod
from tests.cc.front.cures import findings
from tests.kernel.module_lab import HEAD, Lab
from tests.modules.test_samples import load
from tests.shell.lab import Lab as Shell

WARNING = "Invalid address limit on user-mode return"
MODE = "echo {} > /sys/module/addr_limit/parameters/mode"
PYTHON = """
def open_all(k: Kernel) -> ULong:
    old: ULong = get_fs(k)
    set_fs(k, KERNEL_DS)
    return old
EXPORT_SYMBOL(open_all)
def start(k: Kernel) -> int:
    set_fs(k, KERNEL_DS)
    return 0
module_init(start)
"""
C = """
#include <linux/module.h>
#include <linux/uaccess.h>
MODULE_LICENSE("GPL");
unsigned long open_all(void)
{
	mm_segment_t old = get_fs();

	set_fs(KERNEL_DS);
	return old.seg;
}
EXPORT_SYMBOL(open_all);
static int start(void)
{
	set_fs(KERNEL_DS);
	return 0;
}
module_init(start);
"""


@pytest.fixture
def shell() -> Shell:
    lab = Shell()
    lab.json("modprobe addr_limit")
    return lab


def test_get_user_of_a_kernel_address_succeeds_while_the_limit_is_away(shell: Shell) -> None:
    assert shell.json("syscall test_call 0")["calls"][0]["ret"] == -EFAULT
    shell.json(MODE.format(1))
    k = shell.session.kernel
    slot = k.memory.load(k.sys_call_table)
    for _ in range(2):
        assert shell.json("syscall test_call 0")["calls"][0]["ret"] == slot & 0x7FFF_FFFF
    assert shell.json(f"syscall write 1 {k.sys_call_table:#x} 8")["calls"][0]["ret"] == -EFAULT


def test_a_call_that_ends_without_the_limit_is_killed_and_the_next_task_has_its_own(shell: Shell) -> None:
    shell.json(MODE.format(2))
    ended = shell.json("syscall test_call 0")
    assert ended["signal"]["name"] == "SIGKILL"
    assert WARNING in shell.text("dmesg")
    k = shell.session.kernel
    assert shell.json(f"syscall write 1 {k.sys_call_table:#x} 8")["calls"][0]["ret"] == -EFAULT
    assert k.memory.load(k.current.struct.address + TASK_ADDR_LIMIT) == TASK_SIZE_MAX


def test_a_new_release_does_not_know_set_fs() -> None:
    (finding,) = findings(HEAD + "def f(k: Kernel) -> None:\n    set_fs(k, KERNEL_DS)\n", "6.19")
    assert finding.text == "implicit declaration of function 'set_fs' [-Werror=implicit-function-declaration]"
    because = Shell("6.19").error("modprobe addr_limit")["because"]
    assert because == "since 5.10 no task has an address limit: get_fs, set_fs and KERNEL_DS are gone"


@pytest.mark.parametrize(("name", "text"), [("limits.py", HEAD + PYTHON), ("limits.c", C)])
def test_the_copies_honour_what_either_language_sets(tmp_path: Path, name: str, text: str) -> None:
    lab = Lab(tmp_path, "4.19")
    (tmp_path / name).write_text(text)
    insmod(lab.k, str(tmp_path / name))
    assert WARNING in lab.dmesg()  # of insmod itself
    assert copy_from_user(lab.k, lab.k.sys_call_table, 8) == b""
    symbol = lab.k.symbols.lookup("open_all")
    assert symbol is not None
    assert lab.k.call_out(symbol.address) == TASK_SIZE_MAX
    slot = lab.k.memory.load(lab.k.sys_call_table).to_bytes(8, "little")
    assert copy_from_user(lab.k, lab.k.sys_call_table, 8) == slot


def test_the_sample_loads_on_the_course_kernel(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    load(lab, "addr_limit", mode="1")
    assert lab.result(335, 0) == lab.k.memory.load(lab.k.sys_call_table) & 0x7FFF_FFFF
