"""The frames of machine code that stands still, each with its registers, and its variables by their types.

C counterpart: arch/x86/kernel/unwind_orc.c finds the callers' registers; the variables are a debugger's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.c_types import U64
from kshell.abi.debug_frames import FrameRow
from kshell.abi.debug_info import LineRow
from kshell.abi.ptregs import IP, SP
from kshell.kernel.core import layout
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.debug.code_places import lines_of, object_at
from kshell.kernel.debug.traced_code import SLOTS, TracedCode, TracedFunction, code_of
from kshell.kernel.kernel import Kernel

MOST_FRAMES = 64
CALL_END = layout.TRAMPOLINE + 2  # where a call of machine code comes back to: the end of the path
_RET = 0xC3
_PROLOGUE = {0: ("rsp", 8), 1: ("rsp", 16)}  # before and behind `push rbp`; behind `mov rbp, rsp` the frame stands


class CodeFrame(NamedTuple):
    """A function that runs: `regs` are its registers, in the order of pt_regs, and `cfa` is the value that rsp had
    before the call of it.  `code` and `function` are None where no machine code is known to be.  `is_caller`: it is in
    a call, and its ip behind that, which may be the next line's."""

    regs: Sequence[int]
    cfa: int
    code: TracedCode | None
    function: TracedFunction | None
    is_caller: bool

    @property
    def address(self) -> int:
        """Where it goes on."""
        return self.regs[IP]

    @property
    def inside(self) -> int:
        """An address in the instruction that it is at."""
        return self.regs[IP] - self.is_caller

    @property
    def row(self) -> LineRow | None:
        """The row of the line table that it is in."""
        return lines_of(self.code.module).at(self.inside) if self.code is not None else None


def frame_at(k: Kernel, regs: Sequence[int], is_caller: bool = False) -> CodeFrame:
    """The frame with these registers."""
    inside = regs[IP] - is_caller
    linked = object_at(k, inside)
    code = code_of(k, linked) if linked is not None else None
    function = code.function_at(inside) if code is not None else None
    rule = _rule(code, function, regs[IP], inside)
    return CodeFrame(regs, regs[SLOTS[rule.register]] + rule.offset & U64, code, function, is_caller)


def _rule(code: TracedCode | None, function: TracedFunction | None, ip: int, inside: int) -> FrameRow:
    """How the caller's registers are found: as the object says, else by the frame that a function of ours makes."""
    known = next((row for row in code.frames if row.start <= inside < row.end), None) if code is not None else None
    if known is not None:
        return known
    register, offset = ("rbp", 16)
    if function is None or (code is not None and code.bytes_at(ip, 1) == bytes([_RET])):
        register, offset = _PROLOGUE[0]
    elif ip - function.start in _PROLOGUE:
        register, offset = _PROLOGUE[ip - function.start]
    return FrameRow(0, 0, register, offset, {"rbp": -16} if offset == 16 else {})


def caller_of(k: Kernel, frame: CodeFrame) -> CodeFrame | None:
    """The frame that a function returns to; None where the stack ends, or makes no sense."""
    back = stack_word(k, frame.cfa - 8)
    if back is None or is_way_in(frame):
        return None
    regs = list(frame.regs)
    for name, offset in _rule(frame.code, frame.function, frame.address, frame.inside).saved.items():
        saved = stack_word(k, frame.cfa + offset)
        if name != "rip" and saved is not None:
            regs[SLOTS[name]] = saved
    regs[IP], regs[SP] = back, frame.cfa
    return frame_at(k, regs, is_caller=True)


def frames_of(k: Kernel, regs: Sequence[int], in_call: bool) -> list[CodeFrame]:
    """The frames, innermost first; `in_call` says that a system call began it all."""
    found: list[CodeFrame] = []
    frame = frame_at(k, regs)
    while len(found) < MOST_FRAMES:
        found.append(frame)
        above = caller_of(k, frame)
        if above is None or (above.cfa <= frame.cfa and above.address != CALL_END):
            break
        frame = above
    if in_call:
        return found
    ends = (at for at, each in enumerate(found) if at and each.address == CALL_END)
    return found[: next(ends, None)]  # nobody came in: it was called from outside of a run


def is_way_in(frame: CodeFrame) -> bool:
    """Whether it is the outermost: nobody has called the text of the way in."""
    stack_rows = frame.code.module.stack_rows if frame.code is not None else []
    return any(start <= frame.inside < end and not returns for start, end, _, returns in stack_rows)


def stack_word(k: Kernel, address: int) -> int | None:
    """A word of a stack; None where nothing can be read."""
    try:
        return k.memory.load(address & U64)
    except KernelFault:
        return None
