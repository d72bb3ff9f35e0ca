"""What a session has shown so far, command by command: for export, and for a transcript that grows with it.

Old commands are forgotten where there are too many, so that a long session takes no more memory than a short one.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable

from kshell.shell.views.view import Line, screen_text, show

MOST = 16 << 20  # bytes of memory, about
SPAN_COST = 150  # bytes that a piece of a line takes beside its text
CUT = "[it showed more than is kept]"
_CONTROL = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])"  # compiled when a program writes


class Shown:
    """One command as it stood behind its `prompt`, and the `lines` that it showed."""

    __slots__ = ("cost", "is_cut", "lines", "prompt", "text")

    def __init__(self, prompt: str, text: str) -> None:
        self.prompt, self.text, self.cost, self.is_cut = prompt, show(text), SPAN_COST, False
        self.lines: list[Line] = []

    @property
    def all_lines(self) -> list[Line]:
        """The command with its prompt, and what it showed."""
        return [[(self.prompt, "dim"), (self.text, "name")], *self.lines] if self.prompt else self.lines


class Record:
    """`commands` are the last ones, `forgotten` counts those before them.

    `follow` is handed all text as it comes, until it raises an OSError; `news` is what is then to be said of that.
    """

    def __init__(self) -> None:
        self.commands: deque[Shown] = deque()
        self.forgotten = 0
        self.follow: Callable[[str], None] | None = None
        self.news: list[str] = []
        self._cost = 0
        self._is_open = False  # a program left the cursor in the middle of a line
        self._decode = getincrementaldecoder("utf-8")("backslashreplace").decode

    def begin(self, prompt: str, text: str) -> None:
        """A command was typed behind a prompt."""
        command = Shown(prompt, text)
        self.commands.append(command)
        self._pay(command.cost)
        self._tell_lines(command.all_lines)

    def add(self, lines: list[Line]) -> None:
        """Lines that are shown, each on a line of its own."""
        if lines:
            self._keep(lines, False)
            self._tell_lines(lines)

    def write(self, data: bytes) -> None:
        """What a program writes to the screen; control sequences are left out."""
        text = re.sub(_CONTROL, "", self._decode(data)).replace("\r\n", "\n")
        if text:
            parts = [show(part) for part in text.split("\n")]
            self._keep([[(part, "")] for part in (parts if parts[-1] else parts[:-1])], self._is_open)
            self._tell("\n".join(parts), True)

    def _keep(self, lines: list[Line], joins: bool) -> None:
        """Have lines, the first of which `joins` the one before."""
        if not self.commands:
            self.begin("", "")  # something was shown before anything was typed
        last = self.commands[-1]
        if last.is_cut:
            return
        cost = sum(len(text) + SPAN_COST for line in lines for text, _ in line)
        if last.cost + cost > MOST // 2:
            last.is_cut, lines = True, [[(CUT, "dim")]]
        elif joins and last.lines:
            last.lines[-1] += lines[0]
            lines = lines[1:]
        last.lines += lines
        last.cost += cost
        self._pay(cost)

    def _tell_lines(self, lines: list[Line]) -> None:
        """Hand lines on, where somebody listens."""
        if self.follow is not None:
            self._tell(screen_text(lines), False)
        self._is_open = False

    def _tell(self, text: str, joins: bool) -> None:
        """Hand the text on, on a line of its own unless it `joins` the one before."""
        if self.follow is not None and text:
            try:
                self.follow("\n" + text if self._is_open and not joins else text)
            except OSError as error:
                self.follow = None
                self.news.append(f"the transcript has ended: {show(str(error.filename))}: {error.strerror}")
        self._is_open = joins and not text.endswith("\n")

    def take_news(self) -> list[str]:
        """What is to be said, once."""
        news, self.news = self.news, []
        return news

    def _pay(self, cost: int) -> None:
        """Forget the first commands where all of them cost too much."""
        self._cost += cost
        while self._cost > MOST and len(self.commands) > 1:
            self._cost -= self.commands.popleft().cost
            self.forgotten += 1
