"""The stack: which of the kernel's and the modules' functions were running, innermost first.

C counterpart: arch/x86/kernel/unwind_orc.c and stacktrace.c.  Here the stack is Python's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

from kshell.kernel.core.pointers import ORIGIN, KernelBug, Origin
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.oops_report import Frame


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
    """Where the functions of a namespace came from; None for kshell's own."""
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
