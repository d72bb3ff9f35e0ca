"""The stack of bodies in Python: which of the kernel's functions were running, innermost first.

C counterpart: arch/x86/kernel/stacktrace.c.  unwind.py has machine code's.
"""

from __future__ import annotations

import linecache
from types import FrameType

from kshell.kernel.core.pointers import RETURN_OFFSET
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.show_regs import Frame
from kshell.kernel.report.unwind import entry_frame


def kernel_frames(k: Kernel, error: BaseException) -> list[Frame]:
    """The kernel's functions that were running when `error` was raised, innermost first."""
    places, traceback = [], error.__traceback__
    while traceback is not None:
        places.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return _frames(k, places)


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
    """Those of `places` (outermost first) that are functions with an address, innermost first."""
    bodies = [*k.bodies.items()]
    if not k.current.in_compat_syscall:  # of the two entries of a body, that of `int 0x80` was made last
        bodies.reverse()
    addresses = {getattr(body, "__wrapped__", body).__code__: address for address, body in bodies}
    frames = []
    for frame, line in places:
        code = frame.f_code
        address = addresses.get(code, 0)
        symbol = k.symbols.at(address) if address else None
        if symbol is not None:
            if address == k.way_in.dispatch:
                frames.append(entry_frame(k))
            name, source = symbol.at(address + RETURN_OFFSET), linecache.getline(code.co_filename, line).strip()
            frames.append(Frame(name, address, code.co_filename, line, source))
    return frames[::-1]
