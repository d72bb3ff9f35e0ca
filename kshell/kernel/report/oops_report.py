"""The words of an oops, as each release of Linux puts them.

C counterpart: show_fault_oops() and show_opcodes() in arch/x86, __show_regs(), dump_stack_print_info(), lib/bug.c.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.abi.loglevel import KERN_ALERT, KERN_CRIT, KERN_DEFAULT, KERN_EMERG, KERN_WARNING
from kshell.kernel.core.layout import TASK_SIZE_MAX, THREAD_SIZE
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import Bug, CpuException, InvalidOpcode, KernelBug, StackOverflow
from kshell.kernel.core.taint import add_taint
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.taint import words
from kshell.machine.paging import FETCH, NX, PRESENT, USER, WRITE
from kshell.machine.ram import PAGE_MASK

SOFT_LOCKUP_SECONDS = 22  # twice the watchdog's threshold, and a little
WARNING_COST = 10_000  # instructions: a loop of warnings must not outlive a budget by minutes
OPCODE_PROLOGUE, OPCODE_BYTES = 42, 64
INT3 = 0xCC
REGISTER_ROWS = ("AX BX CX", "DX SI DI", "BP R8 R9", "R10 R11 R12", "R13 R14 R15")
_ROOT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "")  # of kshell's own code


class Frame(NamedTuple):
    """A kernel or module function that was running: its `symbol` ("name+0x3/0x10 [module]"), the function's own
    address (0 where it has none), and where in the source it was."""

    symbol: str
    address: int
    file: str
    line: int
    source: str  # the text of that line, as it was when it was loaded


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
    if isinstance(error, KernelFault):
        _general_protection(k, error) if error.is_general_protection else _fault(k, error)
    elif isinstance(error, InvalidOpcode):
        _head(k, "0000", "int3" if _byte_at(k, error.address) == INT3 else "invalid opcode")
    elif isinstance(error, CpuException):
        _head(k, "0000", error.name)
    elif isinstance(error, RecursionError | StackOverflow):
        _stack_overflow(k, error, frames)
    else:
        _bug(k, error, frames)
    jumped = error.address if isinstance(error, InvalidOpcode) else None
    paging = isinstance(error, KernelFault) and not error.is_general_protection
    if machine is not None:
        jumped = None
    elif isinstance(error, KernelFault) and paging and error.access == FETCH:
        jumped = error.address
    _who(k)
    _where(k, frames, jumped, machine)
    if isinstance(error, KernelFault) and paging:
        _say(k, f"CR2: {error.address:016x} CR3: {k.current.mm.pages.root:016x}")
    _call_trace(k, frames if jumped is not None else frames[1:], regs)
    _modules(k)
    _say(k, f"---[ end trace {k.oopses if _is_old(k) else 0:016x} ]---")


def soft_lockup(k: Kernel, frames: Sequence[Frame], regs: memoryview | None, machine: memoryview | None = None) -> None:
    """What the watchdog says of a loop in the kernel."""
    task = k.current
    k.clock.advance(SOFT_LOCKUP_SECONDS * 10**9)
    stuck = f"CPU#0 stuck for {SOFT_LOCKUP_SECONDS}s! [{task.comm}:{task.pid}]"
    k.printk(KERN_EMERG, f"watchdog: BUG: soft lockup - {stuck}")
    _modules(k)
    _who(k)
    _where(k, frames, None, machine)
    if frames:
        _say(k, f"kshell: it looped at {_place(frames[0]) if frames[0].file else frames[0].symbol}")
    _call_trace(k, frames[1:], regs)
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
    task, where = k.current, frames[0].symbol if frames else "0x0"
    k.printk(KERN_WARNING, "------------[ cut here ]------------")
    if text:
        k.printk(KERN_WARNING, text)
    place = _built_from(frames[0].file, frames[0].line) if frames else "kernel:0"
    if _is_old(k):
        k.printk(KERN_WARNING, f"WARNING: CPU: 0 PID: {task.pid} at {place} {where}")
    else:
        k.printk(KERN_WARNING, f"WARNING: {place} at {where}, CPU#0: {task.comm}/{task.pid}")
    _modules(k)
    _who(k)
    _where(k, frames, None, machine)
    _call_trace(k, frames[1:], regs)
    _say(k, f"---[ end trace {k.oopses + 1 if _is_old(k) else 0:016x} ]---")
    add_taint(k, "W")


def dump_stack(k: Kernel, frames: Sequence[Frame]) -> None:
    """Who runs here, and how it came here (C: dump_stack)."""
    _who(k)
    _call_trace(k, frames, None)


def _say(k: Kernel, text: str) -> None:
    k.printk(KERN_DEFAULT, text)


def _is_old(k: Kernel) -> bool:
    return k.profile.version < (5, 0)


def _built_from(file: str, line: int) -> str:
    """A place with the path that the compiler was given (C: __FILE__); of kshell's own code, from its root, as Linux's
    own is from that of its tree."""
    return f"{file.removeprefix(_ROOT)}:{line}"


def _place(frame: Frame) -> str:
    return f"{os.path.basename(frame.file)}:{frame.line}"


# The head: what happened.


def _fault(k: Kernel, fault: KernelFault) -> None:
    address, code = fault.address, fault.error_code
    space = k.current.mm.pages if address < TASK_SIZE_MAX else k.memory.space
    entry = space.entry(address)
    if fault.access == FETCH and code & 1:
        uid = k.current.cred.uid
        if entry & USER:
            k.printk(KERN_CRIT, f"unable to execute userspace code (SMEP?) (uid: {uid})")
        elif entry & NX and entry & PRESENT:
            k.printk(KERN_CRIT, f"kernel tried to execute NX-protected page - exploit attempt? (uid: {uid})")
    null = address < 4096
    if _is_old(k):
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
    k.printk(KERN_ALERT, " ".join(f"{name} {value:x}" for name, value in zip(names, levels, strict=False)))
    _head(k, f"{code:04x}")


def _general_protection(k: Kernel, fault: KernelFault) -> None:
    """#GP: the CPU tells no address; newer kernels find it in the instruction, if that has an operand in memory."""
    what = "general protection fault"
    if not _is_old(k) and fault.access != FETCH:
        what += f", probably for non-canonical address 0x{fault.address:x}"
    _head(k, "0000", what)


def _head(k: Kernel, code: str, kind: str = "Oops") -> None:
    if _is_old(k):
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


def _stack_overflow(k: Kernel, error: RecursionError | StackOverflow, frames: Sequence[Frame]) -> None:
    """A function that calls itself without end meets the unmapped page below the kernel stack."""
    low = k.current.stack
    which = "" if _is_old(k) else "TASK "
    address = error.address if isinstance(error, StackOverflow) else low - 8
    where = f"{address:016x} (stack is {low:016x}..{low + THREAD_SIZE:016x})"
    k.printk(KERN_EMERG, f"BUG: {which}stack guard page was hit at {where}")
    if isinstance(error, RecursionError):
        _explain(k, f"RecursionError: {error}", frames)
    _head(k, "0000", "kernel stack overflow (double-fault)" if _is_old(k) else "stack guard page")


def _explain(k: Kernel, text: str, frames: Sequence[Frame]) -> None:
    """Two lines that no Linux prints: Python's error, and the source line."""
    k.printk(KERN_CRIT, f"kshell: {text}")
    if frames and frames[0].source:
        k.printk(KERN_CRIT, f"kshell: {frames[0].line:4d} | {frames[0].source}")


# The state of the machine.


def _who(k: Kernel) -> None:
    task = k.current
    user = "" if _is_old(k) else f"UID: {task.cred.uid} "
    _say(k, f"CPU: 0 {user}PID: {task.pid} Comm: {task.comm} {k.taint} {k.release} #{k.image.build}")
    if k.taint.letters and not _is_old(k):
        _say(k, words(k.taint))
    _say(k, "Hardware name: kshell, simulated")


def _where(k: Kernel, frames: Sequence[Frame], jumped: int | None, machine: memoryview | None = None) -> None:
    """RIP, the bytes around it, and the stack: a body in Python stands at its function's first byte."""
    if machine is not None:
        jumped = machine[ptregs.IP]
    rip = jumped if jumped is not None else frames[0].address if frames else 0
    if not rip and machine is None:
        _say(k, f"RIP: 0010:{frames[0].symbol if frames else '0x0'}")
    else:
        known = machine is not None and frames and "[" in frames[0].symbol and frames[0].file
        name = k.symbols.describe(rip) if rip or not _is_old(k) else f"{'(null)':>16}"  # %pS of NULL until 5.2
        _say(k, f"RIP: 0010:{name}" + (f" ({_place(frames[0])})" if known else ""))
        _say(k, "Code: " + _opcodes(k, rip))
    if machine is None:
        _say(k, f"RSP: 0018:{k.current.regs_address - 0x40:016x} EFLAGS: 00010246")
    else:
        _say(k, f"RSP: 0018:{machine[ptregs.SP]:016x} EFLAGS: {machine[ptregs.FLAGS]:08x}")
        _general_registers(k, machine)


def _opcodes(k: Kernel, rip: int) -> str:
    """The bytes around `rip`, that one in angle brackets (C: show_opcodes)."""
    start = max(rip - OPCODE_PROLOGUE, rip & PAGE_MASK)
    try:
        code = k.memory.read(start, min(OPCODE_BYTES - OPCODE_PROLOGUE + rip - start, (start | ~PAGE_MASK) + 1 - start))
    except KernelFault:
        return opcodes_missing(k, rip)
    return " ".join(f"<{byte:02x}>" if start + at == rip else f"{byte:02x}" for at, byte in enumerate(code))


def opcodes_missing(k: Kernel, rip: int) -> str:
    """What stands in the place of the bytes around `rip` where nothing is mapped."""
    return "Bad RIP value." if _is_old(k) else f"Unable to access opcode bytes at 0x{rip - OPCODE_PROLOGUE & U64:x}."


def _byte_at(k: Kernel, address: int) -> int:
    try:
        return k.memory.read(address, 1)[0]
    except KernelFault:
        return 0


TRACE_MAX = 16  # frames at either end of a long trace


def _call_trace(k: Kernel, frames: Sequence[Frame], regs: memoryview | None) -> None:
    _say(k, "Call Trace:")
    if not _is_old(k):
        _say(k, " <TASK>")
    lines = [f" {f.symbol}" + (f" ({_place(f)})" if "[" in f.symbol and f.file else "") for f in frames]
    if len(lines) > 2 * TRACE_MAX:
        left_out = f" ... {len(lines) - 2 * TRACE_MAX} more ..."
        lines = [*lines[:TRACE_MAX], left_out, *lines[-TRACE_MAX:]]
    for line in lines:
        _say(k, line)
    if regs is not None:
        _user_registers(k, regs)
    if not _is_old(k):
        _say(k, " </TASK>")


def _user_registers(k: Kernel, regs: memoryview) -> None:
    """What the program had in its registers when it made the call."""
    _say(k, f"RIP: 0033:0x{regs[ptregs.IP]:x}")
    flags, number = regs[ptregs.FLAGS], regs[ptregs.ORIG_AX]
    _say(k, f"RSP: 002b:{regs[ptregs.SP]:016x} EFLAGS: {flags:08x} ORIG_RAX: {number:016x}")
    _general_registers(k, regs)


def _general_registers(k: Kernel, regs: memoryview) -> None:
    for row in REGISTER_ROWS:
        names = [f"R{int(n[1:]):02d}" if n[1:].isdigit() else "R" + n for n in row.split()]
        values = [regs[getattr(ptregs, n)] for n in row.split()]
        _say(k, " ".join(f"{n}: {v:016x}" for n, v in zip(names, values, strict=True)))


def _modules(k: Kernel) -> None:
    marks = {"Loading": "+", "Unloading": "-"}
    listed = []
    for module in reversed(k.modules.values()):
        flags = module.taints + marks.get(module.state, "")
        listed.append(f" {module.name}({flags})" if flags else f" {module.name}")
    last = f" [last unloaded: {k.last_unloaded}]" if k.last_unloaded else ""
    _say(k, f"Modules linked in:{''.join(listed)}{last}")
