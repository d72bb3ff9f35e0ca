"""The text at which a `syscall` arrives: it stands in memory, and the CPU runs it where somebody watches.

C counterpart: arch/x86/entry/entry_64.S and calling.h, instruction by instruction, but for what
docs/differences-from-linux.md names.  4.19 looks itself whether sysret will do, where 6.19's do_syscall_64 says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.machine.listing import Label, Line

STACK_SWITCH = (
    ("swapgs", "0f 01 f8"),
    ("mov %rsp, %gs:scratch", "65 48 89 24 25 scratch"),
    ("mov %gs:top_of_stack, %rsp", "65 48 8b 24 25 top_of_stack"),
)
HARDWARE_FRAME = (  # what the CPU pushes at an interrupt, and at a syscall does not
    ("push $__USER_DS", "6a 2b"),
    ("push %gs:scratch", "65 ff 34 25 scratch"),
    ("push %r11", "41 53"),
    ("push $__USER_CS", "6a 33"),
    ("push %rcx", "51"),
)
# Register by register: what pushes it, what clears it so that no speculation finds the user's value, what pops it.
REGISTERS = (
    ("rdi", "57", "", "5f"),
    ("rsi", "56", "31 f6", "5e"),
    ("rdx", "52", "31 d2", "5a"),
    ("rcx", "51", "31 c9", "59"),
    ("rax", "6a da", "", "58"),  # what is pushed is -ENOSYS, until the call has a result
    ("r8", "41 50", "45 31 c0", "41 58"),
    ("r9", "41 51", "45 31 c9", "41 59"),
    ("r10", "41 52", "45 31 d2", "41 5a"),
    ("r11", "41 53", "45 31 db", "41 5b"),
    ("rbx", "53", "31 db", "5b"),
    ("rbp", "55", "31 ed", "5d"),
    ("r12", "41 54", "45 31 e4", "41 5c"),
    ("r13", "41 55", "45 31 ed", "41 5d"),
    ("r14", "41 56", "45 31 f6", "41 5e"),
    ("r15", "41 57", "45 31 ff", "41 5f"),
)
ARGUMENTS_4_19 = (("mov %rax, %rdi", "48 89 c7"), ("mov %rsp, %rsi", "48 89 e6"))  # do_syscall_64(nr, regs)
ARGUMENTS_6_19 = (("mov %rsp, %rdi", "48 89 e7"), ("movslq %eax, %rsi", "48 63 f0"))  # do_syscall_64(regs, nr)
MITIGATIONS = (("nop", "0f 1f 84 00 00 00 00 00"),) * 6  # IBRS_ENTER, UNTRAIN_RET, CLEAR_BRANCH_HISTORY: patched out
CALL = (("call do_syscall_64", "e8 do_syscall_64"),)
IRET_LABEL = "swapgs_restore_regs_and_return_to_usermode"
_NO = (f"jne {IRET_LABEL}", f"0f 85 {IRET_LABEL}")
SYSRET_WILL_DO_4_19 = (  # rcx == rip, an address; the flags are r11's, and neither RF nor TF; cs and ss as they were
    ("mov RCX(%rsp), %rcx", "48 8b 4c 24 58"),
    ("mov RIP(%rsp), %r11", "4c 8b 9c 24 80 00 00 00"),
    *(("cmp %rcx, %r11", "49 39 cb"), _NO),
    *(("shl $16, %rcx", "48 c1 e1 10"), ("sar $16, %rcx", "48 c1 f9 10"), ("cmp %rcx, %r11", "49 39 cb"), _NO),
    *(("cmpq $__USER_CS, CS(%rsp)", "48 83 bc 24 88 00 00 00 33"), _NO),
    *(("mov R11(%rsp), %r11", "4c 8b 5c 24 30"), ("cmp %r11, EFLAGS(%rsp)", "4c 39 9c 24 90 00 00 00"), _NO),
    *(("test $RF|TF, %r11", "49 f7 c3 00 01 01 00"), _NO),
    *(("cmpq $__USER_DS, SS(%rsp)", "48 83 bc 24 a0 00 00 00 2b"), _NO),
)
SYSRET_WILL_DO_6_19 = (("test %al, %al", "84 c0"), (f"je {IRET_LABEL}", f"0f 84 {IRET_LABEL}"))
SYSRET = (("mov RSP-ORIG_RAX(%rsp), %rsp", "48 8b 64 24 20"),)
SWAPGS_SYSRETQ = (("swapgs", "0f 01 f8"), ("sysretq", "48 0f 07"))
IRET = (("add $8, %rsp", "48 83 c4 08"), ("swapgs", "0f 01 f8"), ("jmp native_iret", "e9 native_iret"))
FLAGS_4_19 = 0x47700  # TF, IF, DF, IOPL, NT, AC (C: MSR_SYSCALL_MASK)
FLAGS_6_19 = 0x257FD5  # all that a program can set


def lines(modern: bool) -> Iterator[Line | Label]:
    """The text, line by line; `modern` is 6.19's."""
    yield Label("entry_SYSCALL_64", is_function=True)
    yield from (("endbr64", "f3 0f 1e fa"),) if modern else ()
    yield from STACK_SWITCH
    yield from (Label("entry_SYSCALL_64_safe_stack"),) if modern else ()
    yield from HARDWARE_FRAME
    yield Label("entry_SYSCALL_64_after_hwframe")
    yield "push %rax", "50"
    for name, push, clear, _ in REGISTERS:
        yield (f"push {'$-ENOSYS' if name == 'rax' else '%' + name}", push)
        if not modern and clear and name != "rsi":
            yield f"xor %{name}, %{name}", clear
    if modern:
        yield from ((f"xor %{name}, %{name}", clear) for name, _, clear, _ in REGISTERS if clear)
    yield from (*ARGUMENTS_6_19, *MITIGATIONS) if modern else ARGUMENTS_4_19
    yield from CALL
    yield from SYSRET_WILL_DO_6_19 if modern else SYSRET_WILL_DO_4_19
    yield Label("syscall_return_via_sysret", "t")
    yield from _pops(into_rsi=() if modern else ("r11", "rcx"))  # 4.19 has loaded these two already
    yield from SYSRET
    yield from (Label("entry_SYSRETQ_unsafe_stack"),) if modern else ()
    yield from SWAPGS_SYSRETQ
    yield from (Label("entry_SYSRETQ_end"), ("int3", "cc")) if modern else ()
    yield Label(IRET_LABEL, is_function=True)
    yield from _pops()
    yield from IRET


def _pops(into_rsi: tuple[str, ...] = ()) -> Iterator[Line]:
    for name, _, _, pop in reversed(REGISTERS):
        yield ("pop %rsi", "5e") if name in into_rsi else (f"pop %{name}", pop)
