"""A call that stands still, as the screen and --json show it."""

from __future__ import annotations

from typing import Any

from kshell.kernel.debug.debugger import Stopped
from kshell.kernel.kernel import Kernel
from kshell.shell.debugger.frame_words import frame_json, frame_line, is_in_middle, source_line, value_json
from kshell.shell.views.view import Line, View, span


class StopView(View):
    """Why it stopped, in which function, unless that was shown last, and at which line; `value` is the number in the
    history that what a function returned has got."""

    def __init__(self, k: Kernel, stopped: Stopped, same_frame: bool, head: list[Line], value: int) -> None:
        self._k, self._stopped, self._same_frame, self._head, self._value = k, stopped, same_frame, head, value
        self._found = frame_json(k, stopped.frames[0], 0, stopped.in_call)

    def json(self) -> dict[str, Any]:
        found = {"reason": self._stopped.why, "breakpoints": [each.number for each in self._stopped.breakpoints]}
        frame = {name: value for name, value in self._found.items() if name != "level"}
        returned = self._stopped.result
        return {"stopped": found | frame | ({"returned": value_json(returned)} if returned is not None else {})}

    def lines(self, width: int | None = None) -> list[Line]:
        stopped, frame, found = self._stopped, self._stopped.frames[0], self._found
        lines = list(self._head)
        if stopped.why == "signal-received":
            lines.append(span("Program received signal SIGINT, Interrupt."))
        middle = is_in_middle(frame)
        if stopped.breakpoints or not self._same_frame:
            hit = "".join(f"Breakpoint {each.number}, " for each in stopped.breakpoints)
            lines.append([(hit, "heading"), *frame_line(found, middle and not stopped.breakpoints)])
        if found["file"]:
            address = found["address"] if self._same_frame and middle and not stopped.breakpoints else ""
            lines.append(source_line(self._k, found["file"], found["line"], address))
        if stopped.result is not None:
            lines.append(span(f"Value returned is ${self._value} = {stopped.result['text']}"))
        return lines
