"""Oops: what kills the kernel's present task, and how the kernel tells it.

C counterpart: arch/x86/kernel/dumpstack.c, arch/x86/mm/fault.c, lib/bug.c.  The wording of a report is in
oops_report.py; here is what each kind of death means.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from kshell.abi.signal import SIGKILL, SIGSEGV
from kshell.kernel.core.layout import FUNCTION_SIZE, MODULES, MODULES_SIZE, TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import (
    ORIGIN,
    RETURN_OFFSET,
    InvalidOpcode,
    KernelBug,
    KernelPanic,
    Origin,
    SoftLockup,
    shortened,
)
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.core.taint import add_taint
from kshell.kernel.mm.oom import out_of_memory
from kshell.kernel.report import oops_report
from kshell.kernel.report.oops_report import Frame, describe
from kshell.kernel.task.task import TaskExit, do_exit
from kshell.machine.paging import FETCH, WRITE
from kshell.machine.ram import PAGE_SIZE, OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


def die(k: Kernel, error: BaseException, regs: memoryview | None = None) -> None:
    """Report `error`, which came out of kernel code, taint the kernel and kill the current task.

    `regs` is pt_regs if a system call brought us here.  Raises KernelPanic where even the report fails, since a module
    has overwritten what it needs.
    """
    try:
        _die(k, error, regs)
    except Exception as second:  # this is the last line of defence: what fails here is broken beyond repair
        raise KernelPanic(f"{describe(error)}, and its report failed: {describe(second)}") from error


def _die(k: Kernel, error: BaseException, regs: memoryview | None) -> None:
    if isinstance(error, TaskExit):
        return
    task = k.current
    frames = kernel_frames(k, error)
    if isinstance(error, OutOfMemory):
        signal = out_of_memory(k)
    elif isinstance(error, SoftLockup):
        oops_report.soft_lockup(k, frames, regs)
        why = f"{error}. On Linux nothing could have stopped it but a reboot; kshell ends the task"
        signal = Siginfo(SIGKILL, why=why)
    else:
        k.oopses += 1
        k.taint.debug_locks = False
        oops_report.oops(k, error, frames, regs)
        add_taint(k, "D", lockdep_still_ok=False)
        why = f"the kernel oopsed while it worked for this task: {explain(k, error, frames)}"
        paging = isinstance(error, KernelFault) and not error.is_general_protection
        signal = Siginfo(SIGKILL if paging else SIGSEGV, why=why)
    do_exit(k, task, None, signal)


def explain(k: Kernel, error: BaseException, frames: list[Frame]) -> str:
    """Why it oopsed, in a sentence for the person at the shell."""
    if isinstance(error, InvalidOpcode):
        return f"it jumped to {k.symbols.describe(error.address)}, and no function begins there"
    if not isinstance(error, KernelFault):
        place = f"{os.path.basename(frames[0].file)}:{frames[0].line}: " if frames else ""
        return place + describe(error)
    verb = {WRITE: "wrote to", FETCH: "called"}.get(error.access, "read")
    if error.access == FETCH and error.address % FUNCTION_SIZE == RETURN_OFFSET:
        verb = "returned to"
    here = f"{os.path.basename(frames[0].file)}:{frames[0].line}: " if frames and frames[0].symbol.endswith("]") else ""
    return f"{here}it {verb} {error.address:#x}, and {_why_fault(k, error)}"


def _why_fault(k: Kernel, fault: KernelFault) -> str:
    address = fault.address
    if fault.is_general_protection:
        return "that is no address: bits 48 to 63 must repeat bit 47"
    if address < PAGE_SIZE:
        if fault.access == FETCH and address:
            return (
                f"that is the number {address} and no function: where a function belongs, a pointer was given what one "
                "returned (k[STUB] = f(...) stores a number, k[STUB] = f the function)"
            )
        return "that is a NULL pointer"
    if address < TASK_SIZE_MAX:
        if not fault.error_code & 1:
            return "nothing is mapped there"
        if fault.access == FETCH:
            return "that is user memory, which the kernel must not execute (SMEP)"
        return "that is user memory, which the kernel may touch by copy_from_user and copy_to_user only (SMAP)"
    if fault.error_code & 1:
        symbol = k.symbols.around(address)
        name = f" ({symbol.name})" if symbol else ""
        return "that memory is no code (NX)" if fault.access == FETCH else f"that memory is read-only{name}"
    if MODULES <= address < MODULES + MODULES_SIZE and k.last_unloaded:
        return f"nothing lives there any more: a module was unloaded ({k.last_unloaded} last), and its address was kept"
    return "nothing is mapped there"


def traceback_frames(error: BaseException) -> Iterator[TracebackType]:
    """The traceback of `error`, outermost first."""
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def line_in(error: BaseException, path: str) -> int:
    """The line of file `path` that was being executed, the innermost one; 1 if none was."""
    lines = [t.tb_lineno for t in traceback_frames(error) if t.tb_frame.f_code.co_filename == path]
    return lines[-1] if lines else 1


def kernel_frames(k: Kernel, error: BaseException) -> list[Frame]:
    """The kernel and module functions that were running when `error` was raised, innermost first."""
    frames = _frames(k, [(traceback.tb_frame, traceback.tb_lineno) for traceback in traceback_frames(error)])
    blamed = error.function if isinstance(error, KernelBug) else None
    return [_definition(k, blamed), *frames] if blamed is not None else frames


def running_frames(k: Kernel, innermost: FrameType) -> list[Frame]:
    """The same for what is running now; `innermost` is one of them whether it has an address or not."""
    found, at = [], innermost.f_back
    while at is not None:
        found.append((at, at.f_lineno))
        at = at.f_back
    code = innermost.f_code
    here = Frame(code.co_name.removeprefix("_"), 0, code.co_filename, innermost.f_lineno, "")
    return [here, *_frames(k, found[::-1])]


def warn(k: Kernel, text: str = "") -> None:
    """Report what must not be, taint the kernel, and go on; the caller is the place (C: WARN, WARN_ON)."""
    oops_report.warning(k, text, running_frames(k, sys._getframe(1)))


def dump_stack(k: Kernel) -> None:
    """Say who runs and how it came to the caller (C: dump_stack)."""
    oops_report.dump_stack(k, running_frames(k, sys._getframe(1)))


def _frames(k: Kernel, places: list[tuple[FrameType, int]]) -> list[Frame]:
    """Those of `places` (outermost first) that are the kernel's or a module's functions, innermost first."""
    names = {}
    for address, body in k.bodies.items():
        names[getattr(body, "__wrapped__", body).__code__] = address
    frames = []
    for frame, line in places:
        code = frame.f_code
        origin = _origin(frame.f_globals)
        address = names.get(code, 0)
        owner = _owner(origin)
        if not address and not owner:
            continue
        source = _source_line(frame.f_globals, code.co_filename, line)
        symbol = k.symbols.at(address) if address else None
        name = f"{symbol.name}+0x3/0x{symbol.size:x}{owner}" if symbol is not None else code.co_qualname + owner
        frames.append(Frame(name, address, code.co_filename, line, source))
    return frames[::-1]


def _origin(namespace: dict[str, Any]) -> Origin | None:
    origin = namespace.get(ORIGIN)
    return origin if isinstance(origin, Origin) else None


def _owner(origin: Origin | None) -> str:
    """`` [module]``, nothing for the kernel's own files."""
    return f" [{origin.module}]" if origin is not None and origin.module else ""


def _definition(k: Kernel, function: Callable[..., Any]) -> Frame:
    """The place where a function that did not keep to its type is defined."""
    inner = getattr(function, "__wrapped__", function)
    code = inner.__code__
    line = code.co_firstlineno
    source = _source_line(inner.__globals__, code.co_filename, line)
    address = k.address_of(inner) or 0
    owner = _owner(_origin(inner.__globals__))
    return Frame(f"{code.co_name}+0x3/0x10{owner}", address, code.co_filename, line, source)


def _source_line(namespace: dict[str, Any], file: str, line: int) -> str:
    """A line of the source as it was when it was compiled; of kshell's own files, as it is on disk."""
    origin = _origin(namespace)
    if origin is not None:
        lines = origin.text.splitlines()
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""
    import linecache

    return linecache.getline(file, line).strip()


__all__ = ["KernelPanic", "SoftLockup", "describe", "die", "kernel_frames", "line_in", "shortened"]
