"""Hand-written escapes: whatever a module's machine code does in ring 0, the shell and the next machine go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.api import boot
from kshell.cc.c_compiler import find_compiler

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")

SOURCE = """\
#include <linux/module.h>
MODULE_LICENSE("GPL");
extern long (*STUB_test_call)(int);
long handler(int n) { asm volatile("CODE" ::: "memory", "rax", "rcx"); return n; }
static int begin(void) { STUB_test_call = handler; return 0; }
static void end(void) { STUB_test_call = NULL; }
module_init(begin);
module_exit(end);
"""
OOPSES = {
    "another descriptor table": "sub $16, %%rsp; lgdt (%%rsp)",
    "another interrupt table": "sub $16, %%rsp; lidt (%%rsp)",
    "a task register": "mov $0x40, %%eax; ltr %%ax",
    "another stack segment": "mov $0, %%eax; mov %%ax, %%ss",
    "a debug register": "mov %%rax, %%dr7",
    "LSTAR": "mov $0xc0000082, %%ecx; wrmsr",
    "GS of user mode": "swapgs",
    "int 0x80 from the kernel": "int $0x80",
    "syscall from the kernel": "mov $39, %%eax; syscall",
    "sysret": "xor %%ecx, %%ecx; sysretq",
    "iret to virtual-8086 mode": "push $0; push $0; push $0x20202; push $0; push $0; iretq",
    "a far return": "push $0; push $0; lretq",
    "vmcall where no body lives": "vmcall",
    "vmlaunch": ".byte 0x0f, 0x01, 0xc2",
    "LOCK before BTS of a register": ".byte 0xf0, 0x0f, 0xab, 0xea",
    "the trap flag": "pushfq; orl $0x100, (%%rsp); popfq; nop; nop",
    "user code": "mov $0x401000, %%rax; jmp *%%rax",
    "user data": "mov 0x401000, %%eax",
    "a stack at NULL": "xor %%esp, %%esp; push %%rax",
    "a stack in user memory": "mov $0x7fffffffe000, %%rsp; push %%rax",
    "a stack that grows without end": "1: push %%rax; jmp 1b",
    "kernel text": "movabs $0xffffffff81000000, %%rax; movq $0, (%%rax)",
    "no address": "movabs $0x8000000000000000, %%rax; mov (%%rax), %%rax",
    "the trampoline, called": "movabs $0xffffffff81000018, %%rax; call *%%rax",
    "a breakpoint": "int3",
}
PANICS = {
    "page tables of its own": "xor %%eax, %%eax; mov %%rax, %%cr3",
    "no paging": "mov %%cr0, %%rax; and $0x7fffffff, %%eax; mov %%rax, %%cr0",
}
HARMLESS = {
    "the trampoline, jumped into": "movabs $0xffffffff8100001a, %%rax; jmp *%%rax",
    "a port": "in $0x60, %%al",
    "the direction flag": "std",
    "a vector register": "movaps %%xmm0, %%xmm1",
    "an instruction of the FPU": "fld1",
    "a halt that the next tick ends": "hlt",
    "interrupts off for a while": "cli; nop; sti; hlt",
}
LOCKUPS = {
    "a halt that nothing ends": "cli; hlt",
    "a halt that nothing ends, in a loop": "1: cli; hlt; jmp 1b",
    "a halt with the flags of before": "pushfq; cli; popfq; cli; nop; hlt",
}


def after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> tuple[str, int, str]:
    """How `syscall test_call 1` ended with that code as its handler: "panic", "killed" or "returned"; how many oopses
    there were; and the whole log."""
    monkeypatch.chdir(tmp_path)
    Path("m.c").write_text(SOURCE.replace("CODE", code))
    machine = boot()
    assert machine.execute("cc m.c -o m.ko")["status"] == 0
    assert machine.execute("insmod m.ko")["status"] == 0
    answer = machine.execute("syscall test_call 1")
    log = "\n".join(record["text"] for record in machine.execute("dmesg")["result"]["records"])
    if "error" in answer:
        ended = "panic" if "Kernel panic" in answer["error"]["what"] else answer["error"]["what"]
    else:
        ended = "returned" if answer["result"]["calls"][0]["ret"] is not None else "killed"
    oopses = machine.oopses
    assert machine.execute("boot")["status"] == 0
    assert machine.execute("syscall getpid")["result"]["calls"][0]["ret"] > 0
    return ended, oopses, log


@pytest.mark.parametrize("what", OOPSES)
def test_what_the_cpu_does_not_allow_is_an_oops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    ended, oopses, log = after(tmp_path, monkeypatch, OOPSES[what])
    assert (ended, oopses) == ("killed", 1)
    assert "RIP: 0010:" in log
    assert "Modules linked in: m(O)" in log


@pytest.mark.parametrize("what", PANICS)
def test_what_takes_the_kernel_from_under_itself_is_a_panic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    assert after(tmp_path, monkeypatch, PANICS[what])[0] == "panic"


@pytest.mark.parametrize("what", LOCKUPS)
def test_a_cpu_that_nothing_wakes_is_a_hard_lockup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    ended, oopses, log = after(tmp_path, monkeypatch, LOCKUPS[what])
    assert (ended, oopses) == ("killed", 0)
    assert "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0\nModules linked in: m(O)\n" in log
    assert "kshell: it stood at m.c:4" in log


@pytest.mark.parametrize("what", HARMLESS)
def test_what_does_no_harm_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    ended, oopses, _ = after(tmp_path, monkeypatch, HARMLESS[what])
    assert (ended, oopses) == ("returned", 0)
