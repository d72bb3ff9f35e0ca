"""The way in and out: what happens between a `syscall` instruction and the next user instruction.

On Linux this is assembly (arch/x86/entry/entry_64.S, here entry_64.py) and C (arch/x86/entry/common.c).  Each function
here does what its namesake does.  The assembly runs where somebody watches it; else the machine has done its work in
one stroke.  Who listens is told in trace/syscall_trace.py.
"""

from __future__ import annotations

from kshell.abi.c_types import U64, to_signed64
from kshell.abi.ptregs import AX, ORIG_AX
from kshell.kernel.core.calling import CallAgain, TailCall
from kshell.kernel.core.clock import SYSCALL_NS
from kshell.kernel.entry import oops
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fault import bring_in
from kshell.kernel.process.again import call_again
from kshell.kernel.task.task import TaskExit
from kshell.kernel.trace.syscall_trace import syscall_trace_enter, syscall_trace_exit
from kshell.machine.ring0 import SYSCALL_SIZE, KernelEntry
from kshell.machine.stop import SLEEPING


class CallStatistics:
    """How often one call was made, and how often it answered an error."""

    __slots__ = ("count", "errors")

    def __init__(self) -> None:
        self.count = self.errors = 0


def do_user_addr_fault(k: Kernel, address: int, access: int) -> bool:
    """What the CPU asks when a user page is touched that is not there: True if it is now."""
    return bring_in(k, k.current.mm, address, access, 0 if k.cpu.mmu.ring else k.cpu.ip)


def entry_SYSCALL_64(k: Kernel, regs: memoryview, by_text: bool = False) -> KernelEntry | None:
    """pt_regs is on the kernel stack, ax preset to -ENOSYS: run the call, then look whether the task may go on.

    Where the call is machine code, the result says what the CPU is to run: the way out is taken at its end.  `by_text`:
    so it is for any call, since its own text runs.
    """
    k.clock.advance(SYSCALL_NS)
    try:
        machine_code = do_syscall_64(k, regs)
        if machine_code is not None:
            return machine_code
    except CallAgain:
        new_statistics(k, lookup(k, regs[ORIG_AX])[1]).count -= 1
        call_again(k, regs, 0 if by_text else SYSCALL_SIZE)
        k.cpu.stop(SLEEPING) if by_text else k.cpu.reload()
        return None
    except TailCall as call:
        return KernelEntry(call.address, k.current.regs_address, call.args)
    except TaskExit:
        k.cpu.stop()
    except BaseException as error:  # whatever comes out of a body is an oops
        oops.die(k, error, regs)
        k.cpu.stop()
    if by_text and k.current.is_alive and not k.current.signals.pending:
        return None
    syscall_exit_to_user_mode(k, regs)
    return None


def syscall_exit_to_user_mode(k: Kernel, regs: memoryview) -> None:
    """The call is over, and its result in ax: tell who listens, stop for signals, count."""
    if k.tracer is not None:
        syscall_trace_exit(k, k.tracer, regs)
    if k.current.signals.pending:
        k.cpu.stop()  # they are delivered outside (run.py)
    k.calls_left = left = k.calls_left - 1
    if not left:
        k.cpu.stop()


def do_syscall_64(k: Kernel, regs: memoryview) -> KernelEntry | None:
    """Find the call and leave its result in ax; a number that is out of range may leave -ENOSYS there.

    What is no body in Python, the CPU is to run: what is not there faults by itself.
    """
    address, nr = lookup(k, regs[ORIG_AX])
    if k.tracer is not None:
        syscall_trace_enter(k, k.tracer, regs, address, nr)
    if address is None:
        return None
    try:
        statistics = k.statistics[nr]
    except KeyError:
        statistics = new_statistics(k, nr)
    statistics.count += 1
    body = k.bodies.get(address)
    if body is None:
        pt_regs = k.current.regs_address
        return KernelEntry(address, pt_regs, (pt_regs,))
    result = body(k, regs)
    if result < 0:
        statistics.errors += result > -4096
        result &= U64
    regs[AX] = result
    return None


def new_statistics(k: Kernel, nr: int) -> CallStatistics:
    """Begin to count the calls of `nr`; all numbers outside the table share one entry, under -1."""
    return k.statistics.setdefault(nr if 0 <= nr < k.nr_syscalls else -1, CallStatistics())


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
