"""The words of an oops, as each release of Linux puts them.

C counterpart: show_fault_oops() in arch/x86/mm/fault.c, oops_end(), __warn(), lib/bug.c.  show_regs.py has the state of
the machine.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi import ptregs
from kshell.abi.loglevel import KERN_ALERT, KERN_CRIT, KERN_DEFAULT, KERN_EMERG, KERN_INFO, KERN_WARNING
from kshell.kernel.core.layout import TASK_SIZE_MAX, THREAD_SIZE
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import Bug, CpuException, InvalidOpcode, KernelBug, StackOverflow
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.oops_event import tell_oops
from kshell.kernel.report.pointer_format import pointer
from kshell.kernel.report.show_regs import Frame, is_old, place, registers, say, show_modules, show_trace, show_who
from kshell.kernel.report.taint import add_taint
from kshell.machine.paging import FETCH, NX, USER, WRITE

SOFT_LOCKUP_SECONDS = 22  # twice the watchdog's threshold, and a little
HARD_LOCKUP_SECONDS = 10  # the threshold
INTERRUPT_FLAG = 1 << 9
WARNING_COST = 10_000  # instructions: a loop of warnings must not outlive a budget by minutes
INT3 = 0xCC
EXCEPTION_FRAME = 48  # bytes that the CPU pushes for a page fault
_ROOT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "")  # of kshell's own code


class Oops(NamedTuple):
    """What is known of an oops, or of a loop that the watchdog ended: its report in the log, `why` in a sentence, the
    address at which it happened and the function there (None: nobody knows one)."""

    report: list[str]
    why: str
    ip: int
    frame: Frame | None

    @property
    def what(self) -> str:
        """The line of the report that says what happened."""
        return next((text for text in self.report if not text.startswith("---")), "")


def known(k: Kernel, begin: int, why: str, frames: Sequence[Frame], machine: memoryview | None) -> Oops:
    """The oops whose report begins with record `begin` of the log."""
    report = [record.text for record in k.log.since(begin)]
    return Oops(report, why, _ip(frames, machine), frames[0] if frames else None)


def _ip(frames: Sequence[Frame], machine: memoryview | None) -> int:
    """The instruction that it happened at; 0 where nobody knows one."""
    return machine[ptregs.IP] if machine is not None else frames[0].address if frames else 0


def describe(error: BaseException) -> str:
    """``ZeroDivisionError: division by zero``, at most a few lines."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # a module's own exception class may have a __str__ that raises
        text = "(its text cannot be had)"
    name = "BUG" if isinstance(error, KernelBug) else type(error).__name__
    return f"{name}: {text[:400]}" if text else name


def oops(
    k: Kernel, error: BaseException, frames: Sequence[Frame], regs: memoryview | None, machine: memoryview | None = None
) -> None:
    """The whole report of `error`; `frames` are innermost first, `machine` ring 0's registers if machine code ran."""
    if k.on_event is not None:
        tell_oops(k, error, _ip(frames, machine))
    if isinstance(error, KernelFault):
        _general_protection(k, error) if error.is_general_protection else _fault(k, error)
    elif isinstance(error, InvalidOpcode):
        _head(k, "0000", "int3" if _byte_at(k, error.address) == INT3 else "invalid opcode")
    elif isinstance(error, CpuException):
        _head(k, "0000", error.name)
    elif isinstance(error, RecursionError | StackOverflow):
        _stack_overflow(k, error, frames, machine)
    else:
        _bug(k, error, frames)
    jumped = error.address if isinstance(error, InvalidOpcode) else None
    paging = isinstance(error, KernelFault) and not error.is_general_protection
    if machine is not None:
        jumped = None
    elif isinstance(error, KernelFault) and paging and error.access == FETCH:
        jumped = error.address
    show_who(k)
    overflow = isinstance(error, StackOverflow)  # the push that could not be done left its address there
    cr2 = error.address if isinstance(error, KernelFault | StackOverflow) and (paging or overflow) else 0
    shown = registers(k, frames, jumped, machine, cr2)
    k.first_oops = k.first_oops or shown
    for line in shown:
        say(k, line)
    show_trace(k, frames if jumped is not None else frames[1:], regs)
    show_modules(k)
    if paging:
        say(k, f"CR2: {cr2:016x}")
    say(k, f"---[ end trace {k.oopses if is_old(k) else 0:016x} ]---")
    for line in k.first_oops:  # once more, in case the rest has scrolled away (C: exec_summary_regs)
        say(k, line)


def lockup(k: Kernel, frames: Sequence[Frame], regs: memoryview | None, machine: memoryview | None = None) -> None:
    """What the watchdog says of a loop in the kernel: its thread gets no turn or, with interrupts off, no timer."""
    task, is_hard = k.current, machine is not None and not machine[ptregs.FLAGS] & INTERRUPT_FLAG
    k.clock.advance((HARD_LOCKUP_SECONDS if is_hard else SOFT_LOCKUP_SECONDS) * 10**9)
    stuck = f"BUG: soft lockup - CPU#0 stuck for {SOFT_LOCKUP_SECONDS}s! [{task.comm}:{task.pid}]"
    if is_hard:
        stuck = "Watchdog detected hard LOCKUP on cpu 0"
        k.printk(KERN_EMERG, f"NMI watchdog: {stuck}" if is_old(k) else f"watchdog: CPU0: {stuck}")
    else:
        k.printk(KERN_EMERG, f"watchdog: {stuck}")
    show_modules(k)
    show_who(k)
    for line in registers(k, frames, None, machine, saved=0):
        say(k, line)
    if frames:
        where = place(frames[0]) if frames[0].file else frames[0].symbol
        say(k, f"kshell: it {'stood' if is_hard else 'looped'} at {where}")
    show_trace(k, frames[1:], regs)
    if not is_hard:
        add_taint(k, "L")


def warning(
    k: Kernel,
    text: str,
    frames: Sequence[Frame],
    regs: memoryview | None = None,
    machine: memoryview | None = None,
) -> None:
    """WARN(): a report like an oops, after which everything goes on; `text` may be empty, as for WARN_ON()."""
    k.cpu.charge(WARNING_COST)
    begin = k.log.written
    task, where = k.current, frames[0].symbol if frames else "0x0"
    k.printk(KERN_WARNING, "------------[ cut here ]------------")
    if text:
        k.printk(KERN_WARNING, text)
    place = _built_from(frames[0].file, frames[0].line) if frames else "kernel:0"
    if is_old(k):
        k.printk(KERN_WARNING, f"WARNING: CPU: 0 PID: {task.pid} at {place} {where}")
    else:
        k.printk(KERN_WARNING, f"WARNING: {place} at {where}, CPU#0: {task.comm}/{task.pid}")
    show_modules(k)
    show_who(k)
    for line in registers(k, frames, None, machine):
        say(k, line)
    show_trace(k, frames[1:], regs)
    say(k, f"---[ end trace {k.oopses + 1 if is_old(k) else 0:016x} ]---")
    add_taint(k, "W")
    k.last_report = known(k, begin, f"the kernel warned at {place}, and went on", frames, machine)


def dump_stack(k: Kernel, frames: Sequence[Frame]) -> None:
    """Who runs here, and how it came here (C: dump_stack)."""
    show_who(k)
    show_trace(k, frames, None)


def _built_from(file: str, line: int) -> str:
    """A place with the path that the compiler was given (C: __FILE__); of kshell's own code, from its root, as Linux's
    own is from that of its tree."""
    return f"{file.removeprefix(_ROOT)}:{line}"


# The head: what happened.


def _fault(k: Kernel, fault: KernelFault) -> None:
    address, code = fault.address, fault.error_code
    space = k.current.mm.pages if address < TASK_SIZE_MAX else k.memory.space
    entry = space.entry(address)
    if fault.access == FETCH and code & 1:
        uid = k.current.cred.uid
        if entry & NX:
            k.printk(KERN_CRIT, f"kernel tried to execute NX-protected page - exploit attempt? (uid: {uid})")
        elif entry & USER:
            k.printk(KERN_CRIT, f"unable to execute userspace code (SMEP?) (uid: {uid})")
    null = address < 4096
    if is_old(k):
        what = "NULL pointer dereference" if null else "paging request"
        k.printk(KERN_ALERT, f"BUG: unable to handle kernel {what} at {address:016x}")
    else:
        what = "kernel NULL pointer dereference, address" if null else "unable to handle page fault for address"
        k.printk(KERN_ALERT, f"BUG: {what}: {address:016x}")
        verb = {WRITE: "write access", FETCH: "instruction fetch"}.get(fault.access, "read access")
        k.printk(KERN_ALERT, f"#PF: supervisor {verb} in kernel mode")
        reason = "permissions violation" if code & 1 else "not-present page"
        k.printk(KERN_ALERT, f"#PF: error_code(0x{code:04x}) - {reason}")
    levels = space.levels(address)
    levels.insert(0, levels[0])  # with four levels of tables the P4D is folded into the PGD
    names = ("PGD", "P4D", "PUD", "PMD", "PTE")
    k.printk(KERN_INFO, " ".join(f"{name} {value:x}" for name, value in zip(names, levels, strict=False)))
    _head(k, f"{code:04x}")


def _general_protection(k: Kernel, fault: KernelFault) -> None:
    """#GP and #SS: the CPU tells no address; newer kernels find a #GP's in the instruction, if it has an operand in
    memory."""
    what = "stack segment" if fault.is_stack else "general protection fault"
    if not is_old(k) and fault.access != FETCH and not fault.is_stack:
        what += f", probably for non-canonical address 0x{fault.address:x}"
    _head(k, "0000", what)


def _head(k: Kernel, code: str, kind: str = "Oops") -> None:
    if is_old(k):
        k.printk(KERN_ALERT, f"{kind}: {code} [#{k.oopses}] SMP PTI")
    else:
        k.printk(KERN_ALERT, f"Oops: {kind}: {code} [#{k.oopses}] SMP NOPTI")


def _bug(k: Kernel, error: BaseException, frames: Sequence[Frame]) -> None:
    """BUG(), and an exception out of Python code: Linux has no other report with a file and a line in it."""
    place = _built_from(frames[0].file, frames[0].line) if frames else "kernel:0"
    if isinstance(error, Bug):
        place = _built_from(error.file, error.line)
    k.printk(KERN_DEFAULT, "------------[ cut here ]------------")
    k.printk(KERN_CRIT, f"kernel BUG at {place}!")
    if not isinstance(error, Bug):
        _explain(k, describe(error), frames)
    _head(k, "0000", "invalid opcode")


def _stack_overflow(
    k: Kernel, error: RecursionError | StackOverflow, frames: Sequence[Frame], machine: memoryview | None
) -> None:
    """A function that calls itself without end meets the unmapped page below the kernel stack."""
    low = k.current.stack
    which, high = ("", low + THREAD_SIZE - 1) if is_old(k) else ("TASK ", low + THREAD_SIZE)
    hit = error.address if isinstance(error, StackOverflow) else low - 8
    hit_at, first, last = (pointer(k, each, b"").decode() for each in (hit, low, high))  # %p: not the address itself
    k.printk(KERN_EMERG, f"BUG: {which}stack guard page was hit at {hit_at} (stack is {first}..{last})")
    if isinstance(error, RecursionError):
        _explain(k, f"RecursionError: {error}", frames)
    has_room = machine is not None and machine[ptregs.SP] >= low + EXCEPTION_FRAME  # else the page fault meets a second
    overflow = f"kernel stack overflow ({'page fault' if has_room else 'double-fault'})"
    _head(k, "0000", overflow if is_old(k) else "stack guard page")


def _explain(k: Kernel, text: str, frames: Sequence[Frame]) -> None:
    """Two lines that no Linux prints: Python's error, and the source line."""
    k.printk(KERN_CRIT, f"kshell: {text}")
    if frames and frames[0].source:
        k.printk(KERN_CRIT, f"kshell: {frames[0].line:4d} | {frames[0].source}")


def _byte_at(k: Kernel, address: int) -> int:
    try:
        return k.memory.read(address, 1)[0]
    except KernelFault:
        return 0
