"""The way in and out: what happens between a `syscall` instruction and the next user instruction.

On Linux this is assembly (arch/x86/entry/entry_64.S) and C (arch/x86/entry/common.c).  Each function here does what
its namesake does; where a tracer listens, it also says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from kshell.abi import ptregs
from kshell.abi.c_types import U64, to_signed64
from kshell.kernel.core.clock import FAULT_NS, SYSCALL_NS
from kshell.kernel.kernel import UNLIMITED
from kshell.kernel.mm.oom import handle_mm_fault
from kshell.kernel.task.task import TaskExit, do_exit

if TYPE_CHECKING:
    from kshell.kernel.core.declare import Parameter
    from kshell.kernel.core.trace import Call, Tracer
    from kshell.kernel.kernel import Kernel

AX, ORIG_AX, IP = ptregs.AX, ptregs.ORIG_AX, ptregs.IP


class CallStatistics:
    """How often one call was made, and how often it answered an error."""

    __slots__ = ("count", "errors")

    def __init__(self) -> None:
        self.count = self.errors = 0


def make_entry(k: Kernel) -> Callable[[memoryview], None]:
    """What the CPU calls at each `syscall` instruction (LSTAR)."""
    return partial(entry_SYSCALL_64, k)


def make_page_fault(k: Kernel) -> Callable[[int, int], bool]:
    """What the CPU asks when user code touches a page that is not there: True if it is now."""

    def at_page_fault(address: int, access: int) -> bool:
        k.clock.ns += FAULT_NS
        return handle_mm_fault(k, k.current.mm, address, access) is None

    return at_page_fault


def entry_SYSCALL_64(k: Kernel, regs: memoryview) -> None:
    """pt_regs is on the kernel stack, ax preset to -ENOSYS: run the call, then look whether the task may go on."""
    k.clock.ns += SYSCALL_NS
    k.ticks_left = k.tick_budget or UNLIMITED
    tracer = k.tracer
    call = _trace_entry(k, tracer, regs) if tracer is not None else None
    try:
        do_syscall_64(k, regs)
    except TaskExit:
        k.cpu.stop()
    except BaseException as error:  # whatever comes out of kernel code, a student's module included, is an oops
        from kshell.kernel.entry import oops

        oops.die(k, error, regs)
        k.cpu.stop()
    if call is not None and tracer is not None:
        _trace_exit(k, tracer, call, regs)
    if k.current.pending is not None:
        exit_to_user_mode(k)
    k.calls_left -= 1
    if k.calls_left == 0:
        k.cpu.stop()


def do_syscall_64(k: Kernel, regs: memoryview) -> None:
    """Find the call and leave its result in ax; a number that is out of range may leave -ENOSYS there."""
    nr = regs[ORIG_AX]
    if k.dispatches_by_table and nr < k.nr_syscalls:
        address = k.memory.load(k.sys_call_table + 8 * nr)
    else:
        found, nr = lookup(k, nr)
        if found is None:
            return
        address = found
    if k.tracer is not None:
        _trace_table(k, k.tracer, nr, address, regs)
    statistics = k.statistics.get(nr)
    if statistics is None:
        statistics = new_statistics(k, nr)
    statistics.count += 1
    body = k.bodies.get(address)
    if body is None:
        k.jump_into_nothing(address)
    result = body(k, regs)
    if k.bodies.get(address) is not body:
        k.return_into_nothing(address)
    try:
        if result < 0:
            statistics.errors += result > -4096
            result &= U64
        regs[AX] = result
    except (TypeError, ValueError):  # not a number of 64 bits: a module's function stands in the table
        regs[AX] = k.check_result(address, body, result) & U64


def new_statistics(k: Kernel, nr: int) -> CallStatistics:
    """Begin to count the calls of `nr`; all numbers outside the table share one entry, under -1."""
    if not 0 <= nr < k.nr_syscalls:
        nr = -1
    statistics = k.statistics.get(nr)
    if statistics is None:
        statistics = k.statistics[nr] = CallStatistics()
    return statistics


def lookup(k: Kernel, rax: int) -> tuple[int | None, int]:
    """(address of the function, number) for what the user left in rax; address None leaves ax at -ENOSYS.

    4.19: `if (nr < NR_syscalls) regs->ax = sys_call_table[nr](regs);` with a 64-bit nr.
    6.19: `int nr` (since 5.14), and x64_sys_call(regs, nr), a switch (since 6.9): sys_call_table is not looked at.  A
    number past the end, unless it is -1, gets __x64_sys_ni_syscall() without asking the switch.
    """
    if k.dispatches_by_table:
        if rax < k.nr_syscalls:
            return k.memory.load(k.sys_call_table + 8 * rax), rax
        return None, to_signed64(rax)
    nr = (rax & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
    if nr == -1:
        return None, nr
    return k.switch.get(nr, k.ni_syscall), nr


def exit_to_user_mode(k: Kernel) -> None:
    """Deliver a pending signal.  Nobody can catch one here yet, so it ends the task."""
    task = k.current
    signal, task.pending = task.pending, None
    if signal is not None:
        signal.ip = signal.ip or task.regs[IP]
        do_exit(k, task, None, signal)
        k.cpu.stop()


# What a tracer is told.


def _trace_entry(k: Kernel, tracer: Tracer, regs: memoryview) -> Call | None:
    from kshell.kernel.core.trace import Call
    from kshell.strace import decode as strace

    nr = to_signed64(regs[ORIG_AX])
    number = nr if k.dispatches_by_table else lookup(k, regs[ORIG_AX])[1]
    row = k.table.by_number.get(number)
    args = tuple(to_signed64(regs[slot]) for slot in ptregs.ARGUMENTS)
    call = Call(nr, row.name if row and row.abi != "x32" else None, args)
    if not tracer.takes(call):
        k.tracer = None
        return None
    strace.enter(k, call, k.define_of(number))
    if tracer.hops is not None:
        tracer.hop(0, "cpu", f"LSTAR -> entry_SYSCALL_64\trcx <- {regs[ptregs.CX]:#x}  r11 <- {regs[ptregs.R11]:#x}")
        tracer.hop(0, "entry", "swapgs, rsp -> kernel stack, pt_regs pushed", k.current.regs_address)
        tracer.hop(0, "dispatch", f"do_syscall_64(nr={number})")
        if lookup(k, regs[ORIG_AX])[0] is None:
            reason = f"is not below NR_syscalls = {k.nr_syscalls}"
            if not k.dispatches_by_table:
                reason = "is -1"  # the one number out of range that 6.19 calls nothing for
            tracer.hop(0, "dispatch", f"nr {reason}: no function is called, ax stays -ENOSYS")
    return call


def _trace_table(k: Kernel, tracer: Tracer, nr: int, address: int, regs: memoryview) -> None:
    symbol = k.symbols.at(address)
    name = (symbol.name + (f" [{symbol.module}]" if symbol.module else "")) if symbol else hex(address)
    if k.dispatches_by_table:
        tracer.hop(0, "table", f"sys_call_table[{nr}] -> {name}", address)
    elif 0 <= nr < k.nr_syscalls:
        case = f"case {nr}:" if nr in k.table.by_number else "default:"
        tracer.hop(0, "switch", f"x64_sys_call: {case} {name}", address)
    else:
        reason = f"nr is not below NR_syscalls = {k.nr_syscalls}, and not -1"
        tracer.hop(0, "dispatch", f"{reason}: do_syscall_64 itself calls {name}", address)
    definition = k.definitions.get(name.removeprefix("__x64_sys_"))
    if definition is not None:
        pairs = zip(ptregs.ARGUMENTS, definition.parameters, strict=False)
        moved = [f"{ptregs.NAMES[s]} {regs[s]:#x} -> {p.name} = {_value_text(p, regs[s])}" for s, p in pairs]
        tracer.hop(0, "wrapper", "\t".join([definition.macro, *(["  ".join(moved)] if moved else [])]))


def _value_text(parameter: Parameter, register: int) -> str:
    """What a parameter holds once its register is narrowed: names for flags, hex for pointers, else a number."""
    from kshell.abi.symbolic import KINDS, flags_text

    ctype = parameter.ctype
    value = ctype.narrow(register)
    if ctype.c.endswith("*") or ctype.show == "address":
        return f"{value:#x}" if value else "NULL"
    return flags_text(value, ctype.show) if ctype.show in KINDS else str(value)


def _trace_exit(k: Kernel, tracer: Tracer, call: Call, regs: memoryview) -> None:
    from kshell.strace import decode as strace

    if k.current.is_alive:
        call.ret = to_signed64(regs[AX])
        tracer.hop(0, "return", f"rax <- {call.ret}")
    strace.leave(k, call)
    if tracer.on_call is not None:
        tracer.on_call(call)
    if k.current.is_alive and k.current.pending is None:
        tracer.hop(3, "user", "", regs[IP])
