"""How far a call goes on that stood still: to the next line, the next instruction, the end of a function.

Each of these is a set of addresses, and what to do at one: nothing is executed but the call itself, at full speed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kshell.abi.ptregs import AX, SP
from kshell.kernel.debug.code_places import linked_objects
from kshell.kernel.debug.frames import CALL_END, CodeFrame, caller_of, frame_at, stack_word
from kshell.kernel.debug.traced_code import TracedCode, code_of
from kshell.kernel.kernel import Kernel

GO_ON, STOP, LOOK_ELSEWHERE, OVER = "go on", "stop", "look elsewhere", "over"


class Step:
    """One of them.  `reached` says what to do: GO_ON, STOP, LOOK_ELSEWHERE (`wanted` has changed), or that it is OVER,
    since the path is at its end.  `over`: calls are not gone into."""

    why = "end-stepping-range"

    def __init__(self, k: Kernel, frame: CodeFrame, over: bool = False, times: int = 1) -> None:
        self.k, self.over, self.times = k, over, times
        self.task = k.current
        self.begin(frame)

    def begin(self, frame: CodeFrame) -> None:
        """From here on, in this frame."""
        self.frame = frame
        back = stack_word(self.k, frame.cfa - 8) if frame.code is not None else None
        self.back = back or CALL_END

    def wanted(self) -> Iterable[int]:
        """Where it wants to be asked."""
        raise NotImplementedError

    def reached(self, address: int, regs: memoryview) -> str:
        """The CPU stands there."""
        raise NotImplementedError

    def result(self, regs: memoryview) -> dict[str, Any] | None:
        """What the function returned, if that is why it stops."""
        return None

    def code(self) -> list[TracedCode]:
        """All machine code."""
        return [code_of(self.k, each) for each in linked_objects(self.k)]

    def ends(self) -> set[int]:
        """Where the path is at its end at the latest: the way to ring 3, and the next call's way in."""
        return {CALL_END, self.k.way_in.entry, *self.k.way_in.exits}


class LineStep(Step):
    """To the first instruction of another line, of the same function, of one that it calls, or of its caller."""

    def begin(self, frame: CodeFrame) -> None:
        """From here on: it is not to stop at this line of this frame."""
        super().begin(frame)
        row = frame.row
        self.line = (row.file, row.line) if row is not None else None

    def wanted(self) -> Iterable[int]:
        """Where lines and functions begin, as far as it may stop there, and the way back to the caller."""
        found = {*self.ends(), self.back}
        if self.over:
            code, function = self.frame.code, self.frame.function
            if code is not None and function is not None:
                found |= {at for at in code.lines if function.start <= at < function.end}
            return found
        for code in self.code():
            if not code.is_way_in:
                found |= code.lines.keys() | {code.body_of(function) for function in code.entries.values()}
        return found

    def reached(self, address: int, regs: memoryview) -> str:
        """Stop at another line; behind a return go on to the end of the caller's line."""
        if address == self.back and regs[SP] == self.frame.cfa and address != CALL_END:
            caller = caller_of(self.k, self.frame)
            assert caller is not None
            self.begin(caller)
            return LOOK_ELSEWHERE
        if address in self.ends():
            return OVER
        here = frame_at(self.k, regs.tolist())
        if here.code is None or (address not in here.code.lines and here.cfa >= self.frame.cfa):
            return GO_ON
        if self.over and here.cfa < self.frame.cfa:
            return GO_ON
        row = here.row
        if here.cfa == self.frame.cfa and row is not None and (row.file, row.line) == self.line:
            return GO_ON
        self.times -= 1
        if not self.times:
            return STOP
        self.begin(here)
        return LOOK_ELSEWHERE


class InstructionStep(Step):
    """To the next instruction of machine code; a body in Python is passed in one step."""

    def wanted(self) -> Iterable[int]:
        """Every instruction."""
        return set().union(*(code.instructions for code in self.code()))

    def reached(self, address: int, regs: memoryview) -> str:
        """Stop, but in a call that is not to be gone into."""
        if address == self.k.way_in.entry or (address == CALL_END and self.k.cpu.ring0.user_frame is None):
            return OVER
        here = frame_at(self.k, regs.tolist())
        if self.over and here.cfa < self.frame.cfa:
            return GO_ON
        self.times -= 1
        self.begin(here)
        return GO_ON if self.times else STOP


class Finish(Step):
    """Until the function returns."""

    why = "function-finished"

    def wanted(self) -> Iterable[int]:
        """Where it returns to."""
        return {*self.ends(), self.back}

    def reached(self, address: int, regs: memoryview) -> str:
        """Stop there, in that frame: a function may have called itself."""
        if address == self.back and regs[SP] == self.frame.cfa:
            return STOP
        return OVER if address in self.ends() else GO_ON

    def result(self, regs: memoryview) -> dict[str, Any] | None:
        """What it has left in rax, by its type."""
        code, function = self.frame.code, self.frame.function
        return code.result(function, regs[AX]) if code is not None and function is not None else None
