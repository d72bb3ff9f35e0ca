"""A hook or a call that takes plain arguments gets pt_regs, and is told so where it was called."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.shell.lab import Lab

HOOK = """from kshell.linux import *

MODULE_LICENSE("GPL")
saved: ULong = 0


def slot(k: Kernel) -> Ptr[ULong]:
    return Ptr[ULong](kallsyms_lookup_name(k, "sys_call_table") + 8 * 1)


def my_write(k: Kernel, fd: UInt, buf: User[Char], count: SizeT) -> Long:
    return Fn[[UInt, User[Char], SizeT], Long](saved)(k, fd, buf, count) if count > 10 else count


def set_slot(k: Kernel, to: ULong) -> None:
    cr0 = read_cr0(k)
    write_cr0(k, cr0 & ~X86_CR0_WP)
    slot(k)[0] = to
    write_cr0(k, cr0)


def start(k: Kernel) -> int:
    global saved
    saved = slot(k)[0]
    set_slot(k, ULong(addr(my_write)))
    return 0


def stop(k: Kernel) -> None:
    set_slot(k, saved)


module_init(start)
module_exit(stop)
"""


def notes(lab: Lab, line: str) -> list[str]:
    return [note for note in lab.result(line).json().get("notes", []) if "since Linux 4.17" in note]


def test_a_hook_that_takes_plain_arguments_is_named_with_what_arrived(lab: Lab) -> None:
    Path("hook.py").write_text(HOOK)
    assert lab.result("insmod hook.py").status == 0
    where = lab.session.kernel.shell_task.regs_address
    (note,) = notes(lab, 'syscall write 1 "text" 4')
    assert note.startswith("my_write [hook] takes (unsigned int fd, char *buf, unsigned long count), but since")
    assert f"fd was {where & 0xFFFFFFFF}, made of that pointer ({where:#x})" in note
    assert "regs->di, si, dx, r10, r8, r9" in note
    assert notes(lab, "syscall getpid") == []
    assert lab.result("rmmod hook").status == 0
    assert notes(lab, 'syscall write 1 "text" 4') == []


def test_a_hook_that_takes_pt_regs_gets_no_note(lab: Lab) -> None:
    assert lab.result("modprobe hijack").status == 0
    assert notes(lab, "syscall getpid") == []


HOOK_IN_C = """#include <linux/module.h>
#include <linux/kallsyms.h>
#include <linux/syscalls.h>
MODULE_LICENSE("GPL");
static unsigned long *table, saved;
asmlinkage long my_write(unsigned int fd, const char __user *buf, size_t count) { return 7; }
static int __init start(void)
{
	table = (unsigned long *)kallsyms_lookup_name("sys_call_table");
	saved = table[1];
	write_cr0(read_cr0() & ~0x10000);
	table[1] = (unsigned long)my_write;
	write_cr0(read_cr0() | 0x10000);
	return 0;
}
module_init(start);
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="C takes a compiler")
def test_a_hook_of_the_old_articles_in_C_is_named_too(lab: Lab) -> None:
    Path("hook.c").write_text(HOOK_IN_C)
    assert lab.result("insmod hook.c").status == 0
    (note,) = notes(lab, 'syscall write 1 "text" 4')
    assert note.startswith("my_write [hook] takes (unsigned int fd, const char *buf, size_t count), but since")
