"""Oops: the kernel's report of its own death, and what becomes of the task that was running.

C counterpart: arch/x86/kernel/dumpstack.c, arch/x86/mm/fault.c, lib/bug.c.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING

from kshell.abi import ptregs
from kshell.abi.loglevel import KERN_ALERT, KERN_CRIT, KERN_DEFAULT, KERN_EMERG
from kshell.abi.signal import SIGKILL, SIGSEGV
from kshell.kernel.kernel import InvalidOpcode
from kshell.kernel.layout import TASK_SIZE_MAX
from kshell.kernel.memory import KernelFault
from kshell.kernel.task import Siginfo, TaskExit, do_exit
from kshell.machine.paging import FETCH, NX, PRESENT, USER, WRITE
from kshell.machine.ram import OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

KERNEL_DIRECTORY = os.path.dirname(os.path.abspath(__file__))


class SoftLockup(BaseException):
    """Module code looped until the person at the shell pressed Ctrl-C, or until a script's budget was used up.

    Not an Exception, so that a module's own `except` does not swallow it.
    """


def die(k: Kernel, error: BaseException, regs: memoryview | None = None) -> None:
    """Report `error`, which came out of kernel code, taint the kernel and kill the current task."""
    if isinstance(error, TaskExit):
        return
    if isinstance(error, OutOfMemory):
        _out_of_memory(k)
        return
    if isinstance(error, SoftLockup):
        _soft_lockup(k, error)
        return
    chain = kernel_frames(k, error.__traceback__)
    signo = SIGSEGV
    if isinstance(error, KernelFault):
        signo = SIGKILL
        _report_fault(k, error)
    else:
        _report_bug(k, error, chain)
    k.oopses += 1
    _report_state(k, error, chain, regs)
    k.taint.add("D")
    why = "the kernel oopsed while it worked for this task; dmesg has the report. A real machine would need a reboot now"
    do_exit(k, k.current, None, Siginfo(signo, why=why))


def kernel_frames(k: Kernel, traceback: TracebackType | None) -> list[tuple[str, str, int]]:
    """The kernel and module functions that were running, innermost first: (symbol, file, line)."""
    names = {}
    for address, body in list(k.bodies.items()):
        symbol = k.symbols.at(address)
        if symbol is not None:
            names[getattr(body, "__wrapped__", body).__code__] = symbol
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        symbol = names.get(code)
        in_module = not code.co_filename.startswith(os.path.dirname(KERNEL_DIRECTORY)) or "modules" in code.co_filename
        if symbol is not None:
            frames.append((k.symbols.describe(symbol.address), code.co_filename, traceback.tb_lineno))
        elif in_module:
            frames.append((code.co_qualname, code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames[::-1]


def _report_fault(k: Kernel, fault: KernelFault) -> None:
    address, code = fault.address, fault.error_code
    entry = k.memory.space.entry(address) or k.current.mm.pages.entry(address)
    if fault.access == FETCH and code & 1:
        uid = k.current.cred.uid
        if entry & USER:
            k.printk(KERN_CRIT, f"unable to execute userspace code (SMEP?) (uid: {uid})")
        elif entry & NX and entry & PRESENT:
            k.printk(KERN_CRIT, f"kernel tried to execute NX-protected page - exploit attempt? (uid: {uid})")
    null = address < 4096
    if k.profile.oops_style == "4.19":
        what = "NULL pointer dereference" if null else "paging request"
        k.printk(KERN_ALERT, f"BUG: unable to handle kernel {what} at {address:016x}")
    else:
        what = "kernel NULL pointer dereference, address" if null else "unable to handle page fault for address"
        k.printk(KERN_ALERT, f"BUG: {what}: {address:016x}")
        verb = {WRITE: "write access", FETCH: "instruction fetch"}.get(fault.access, "read access")
        k.printk(KERN_ALERT, f"#PF: supervisor {verb} in kernel mode")
        reason = "permissions violation" if code & 1 else "not-present page"
        k.printk(KERN_ALERT, f"#PF: error_code(0x{code:04x}) - {reason}")
    levels = zip(("PGD", "P4D", "PUD", "PMD", "PTE"), _five_levels(k, address), strict=False)
    k.printk(KERN_ALERT, " ".join(f"{name} {value:x}" for name, value in levels))
    _head(k, f"{code:04x}")


def _five_levels(k: Kernel, address: int) -> list[int]:
    levels = k.current.mm.pages.levels(address) if address < TASK_SIZE_MAX else k.memory.space.levels(address)
    return [levels[0], *levels]  # with four levels of tables the P4D is folded into the PGD


def _head(k: Kernel, code: str, kind: str = "Oops") -> None:
    number = k.oopses + 1
    if k.profile.oops_style == "4.19":
        k.printk(KERN_ALERT, f"{kind}: {code} [#{number}] SMP PTI")
    else:
        k.printk(KERN_ALERT, f"Oops: {kind}: {code} [#{number}] SMP NOPTI")


def _report_bug(k: Kernel, error: BaseException, chain: list[tuple[str, str, int]]) -> None:
    """An exception out of Python code: Linux's one report with a file and a line in it is BUG()."""
    if isinstance(error, InvalidOpcode):
        _head(k, "0000", "invalid opcode")
        return
    file, line = _place(error, chain)
    k.printk(KERN_CRIT, "------------[ cut here ]------------")
    k.printk(KERN_CRIT, f"kernel BUG at {os.path.basename(file)}:{line}!")
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    k.printk(KERN_CRIT, f"kshell: {text}")
    source = _source_line(error, file, line)
    if source:
        k.printk(KERN_CRIT, f"kshell: {line:4d} | {source}")
    _head(k, "0000", "invalid opcode")


def _place(error: BaseException, chain: list[tuple[str, str, int]]) -> tuple[str, int]:
    if chain:
        return chain[0][1], chain[0][2]
    traceback, file, line = error.__traceback__, "kernel", 0
    while traceback is not None:
        file, line = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next
    return file, line


def _source_line(error: BaseException, file: str, line: int) -> str:
    import linecache

    return linecache.getline(file, line).strip()


def _report_state(
    k: Kernel, error: BaseException, chain: list[tuple[str, str, int]], regs: memoryview | None
) -> None:
    task = k.current
    say = lambda text: k.printk(KERN_DEFAULT, text)  # noqa: E731
    say(f"CPU: 0 PID: {task.pid} Comm: {task.comm} {k.taint} {k.profile.release} #1")
    say("Hardware name: kshell, simulated")
    if isinstance(error, KernelFault) and error.access == FETCH:
        say(f"RIP: 0010:0x{error.address:x}")
        bad = f"Unable to access opcode bytes at 0x{error.address - 42:x}."
        say("Code: " + ("Bad RIP value." if k.profile.oops_style == "4.19" else bad))
    elif isinstance(error, InvalidOpcode):
        say(f"RIP: 0010:{k.symbols.describe(error.address)}")
    elif chain:
        say(f"RIP: 0010:{chain[0][0]}")
    say(f"RSP: 0018:{task.regs_address - 0x40:016x} EFLAGS: 00010246")
    if regs is not None:
        _report_registers(k, regs)
    if isinstance(error, KernelFault):
        say(f"CR2: {error.address:016x} CR3: {task.mm.pages.root:016x}")
    say("Call Trace:")
    for symbol, file, line in chain:
        say(f" {symbol}" + (f" ({os.path.basename(file)}:{line})" if "[" in symbol else ""))
    if regs is not None:
        say(" do_syscall_64+0x5/0x10")
        say(" entry_SYSCALL_64+0x5/0x10")
        say(f"RIP: 0033:0x{regs[ptregs.IP]:x}")
    listed = " ".join(f"{m.name}({m.taints})" if m.taints else m.name for m in reversed(k.modules.values()))
    last = f" [last unloaded: {k.last_unloaded}]" if k.last_unloaded else ""
    say(f"Modules linked in: {listed}{last}")
    say(f"---[ end trace {k.oopses:016x} ]---")


def _report_registers(k: Kernel, regs: memoryview) -> None:
    rows = (("AX", "BX", "CX"), ("DX", "SI", "DI"), ("BP", "R8", "R9"), ("R10", "R11", "R12"), ("R13", "R14", "R15"))
    for row in rows:
        names = [n if n[0] == "R" else "R" + n for n in row]
        values = [regs[getattr(ptregs, n)] for n in row]
        k.printk(KERN_DEFAULT, " ".join(f"{n:>3}: {v:016x}" for n, v in zip(names, values, strict=True)))


def _out_of_memory(k: Kernel) -> None:
    task = k.current
    k.printk(KERN_ALERT, f"Out of memory: Killed process {task.pid} ({task.comm})")
    do_exit(k, task, None, Siginfo(SIGKILL, why="the machine ran out of memory, and the kernel chose this task"))


def _soft_lockup(k: Kernel, error: SoftLockup) -> None:
    task = k.current
    chain = kernel_frames(k, error.__traceback__)
    k.printk(KERN_EMERG, f"watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [{task.comm}:{task.pid}]")
    k.taint.add("L")
    k.printk(KERN_DEFAULT, f"CPU: 0 PID: {task.pid} Comm: {task.comm} {k.taint} {k.profile.release} #1")
    if chain:
        k.printk(KERN_DEFAULT, f"RIP: 0010:{chain[0][0]} ({os.path.basename(chain[0][1])}:{chain[0][2]})")
    why = f"{error}. On Linux nothing could have stopped it but a reboot; kshell ends the task"
    do_exit(k, task, None, Siginfo(SIGKILL, why=why))
