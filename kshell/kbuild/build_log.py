"""What a build prints, line by line, while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kshell.kbuild.messages import ERROR, BuildMessage

if TYPE_CHECKING:
    from kshell.cc.listing import Listed

Line = str | BuildMessage


class BuildFailed(Exception):
    """The build stops here.  `messages` are the errors that it stops for, the first one first; `trail` is what make
    itself says last."""

    def __init__(self, messages: Sequence[BuildMessage], trail: Sequence[str] = ()) -> None:
        super().__init__(str(messages[0]) if messages else "the build failed")
        self.messages, self.trail = list(messages), list(trail)


class BuildLog:
    """The lines of a build, each handed to `on_line` as it comes.

    `steps` are the pairs (tool, target) of what was made; `notes` are kshell's own remarks, for the end;
    `modules` the paths of the .ko files that were written.  `verbose` (V=1): a step prints its command, and
    `listings` are the machine code of each object that was compiled, with its name.  `on_progress`
    is told how much is done: (steps done, steps that there are).
    """

    def __init__(
        self,
        on_line: Callable[[Line], None] | None = None,
        on_progress: Callable[[int, int, str], None] | None = None,
    ) -> None:
        self._on_line, self._on_progress = on_line, on_progress
        self.lines: list[Line] = []
        self.steps: list[tuple[str, str]] = []
        self.notes: list[BuildMessage] = []
        self.modules: list[str] = []
        self.verbose = False
        self.listings: list[tuple[str, list[Listed]]] = []
        self.done = self.total = 0

    def line(self, line: Line) -> None:
        """One more line."""
        self.lines.append(line)
        if self._on_line is not None:
            self._on_line(line)

    def step(self, tool: str, target: str, command: str = "") -> None:
        """``  CC      kernel/sys.o``, as kbuild prints what it makes; with V=1 its `command`, if it has one."""
        self.steps.append((tool, target))
        self.line(f"  {command}" if self.verbose and command else f"  {tool:<7} {target}")

    def advance(self, what: str) -> None:
        """One of `total` pieces of work is done, whether it printed anything or not."""
        self.done += 1
        if self._on_progress is not None:
            self._on_progress(min(self.done, self.total), self.total, what)

    def messages(self, messages: Sequence[BuildMessage]) -> list[BuildMessage]:
        """Print messages; returns those that are errors, which whoever raises them shows."""
        errors = [message for message in messages if message.kind == ERROR]
        for message in messages:
            if message in errors:
                self.lines.append(message)
            else:
                self.line(message)
        return errors

    def survive(self, failed: BuildFailed) -> None:
        """Print what a failure says that the build goes on after."""
        is_new = not any(line is failed.messages[0] for line in self.lines) if failed.messages else True
        said: list[Line] = [*failed.messages, *failed.trail]
        self.lines += said if is_new else []
        for line in said if self._on_line is not None else ():
            assert self._on_line is not None
            self._on_line(line)

    def fail(self, text: str, because: str, try_: str, *trail: str, file: str = "", line: int = 0) -> BuildFailed:
        """What to raise where a tool ends the build with the one line `text`, about a place if there is one."""
        message = BuildMessage(ERROR, text, file, line, 0, (), because, try_, verbatim=True)
        return self.stop(self.messages([message]), *trail)

    def stop(self, errors: Sequence[BuildMessage], *trail: str) -> BuildFailed:
        """What to raise after these errors; `trail` are the lines that make itself ends with."""
        self.lines += trail
        return BuildFailed(errors, trail)
