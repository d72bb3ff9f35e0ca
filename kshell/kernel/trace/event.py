"""A step that the kernel takes, told as a value to who listens.  The words are made where it is shown.

    step       what                  values, and in brackets what the address is
    cpu        syscall               rcx, r11: where the call goes back to, and with which flags
    cpu        int80                 gate (its handler), ss, rsp, rflags, cs, rip: what the CPU has pushed
    cpu        iretq                 rip: where it goes on, after an int80
    entry      pt_regs, pt_regs_32   (where they are; the second after an int80, as all that end in _32)
    dispatch   number, number_32     nr, as this kernel takes it, and of the second its dispatcher
    dispatch   past_end, past_end_32, minus_one   nr, nr_syscalls: no function is called
    dispatch   ni_syscall, ni_syscall_32   nr, nr_syscalls, symbol, module (of the function, as in the next three)
    table      slot, slot_32         nr, symbol, module
    switch     case, default, case_32, default_32   nr, symbol, module
    stub       pointer               stub, symbol, module
    wrapper    arguments             macro, and of each of the arguments: register, raw, type, name, value, and the
                                     kind that it is shown as (CType.show)
    vsyscall   emulated              name, caller (the entry in the vsyscall page that was jumped to)
    wrapper    cut                   register, raw, left: an int80 takes 32 bits of a register that had more
    printk     record                level, message
    fault      page                  cause (mm/fault.py has them), error_code (as the CPU pushes it), mode ("user" or
                                     "kernel"), ip, major, cost_ns; of the kernel's also where (the function and offset
                                     of ip) and code (the bytes there)
    fault      oops                  exception (as "#PF"), error_code, ip: of one in ring 0 that nothing mends
    sleep      msleep                ms
    sched      switch                prev, prev_comm, next, next_comm, why ("preempted", "waits", "exited"): another
                                     task has the CPU, and its address space is in force
    meanwhile  command, answer       command, answer: what another task does
    call       enter                 function, module, depth (how many calls it is in), and arguments: of each name,
                                     type, value, and the text that C would write
    call       leave                 function, depth, result (as an argument, None for void)
    line       line                  file, line, depth: it is about to run
    line       changed               variables (as arguments) that were changed by what ran since the last line, depth
    insn       executes              text, offset (in its function), depth: the instruction is about to run
    insn       registers             registers that were changed since the last instruction, by name
    limit      limit                 steps: of calls, lines and instructions no more are told
    return     result                rax
    signal     sent                  signo, name, code, and whether it is blocked
    signal     delivered             signo, name, code, action: handler, or what is done without one (abi/sigaction.py)
    signal     frame                 signo, name (the frame on the user's stack)
    signal     sigreturn             blocked: the mask of signals from here on (the frame)
    check      range                 by (who asks), size, limit, allowed, mapped (whether ring 0 could read there)
    check      clamp                 by, limit, clamped: what the pointer is made of
    copy       chunk                 length, access ("read", "write"): what was moved of one page
    copy       left                  size, not_copied: what was not moved
    search     table                 module (its owner, None: the kernel's own), rows
    search     row                   module, row, side (-1: the instruction that faulted is below it, 0: it is that, 1),
                                     where (its function and offset)
    search     none                  (no row has it)
    fixup      fixup                 where, how (the handler, or the type)
    user       instruction           text, place: from who knows the program (where ring 3 is)

`symbol` is None where no function lives, and `module` is None for the kernel's own.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Event(NamedTuple):
    """The `ring` that it happened in (3 or 0), the kind of `step`, `what` happened, the address it is about, if it is
    about one, and the facts by their names: numbers, texts, None, and lists and dicts of them."""

    ring: int
    step: str
    what: str
    address: int | None
    values: dict[str, Any]
