"""What a check may look at: the machine, and what the commands of the present step have come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.shell.session import Session
    from kshell.shell.views.output import Result

MOST_WRITTEN = 1 << 16  # bytes of a step's output that are kept


class World:
    """A step and what has happened in it: `results` of its commands, oldest first, and the `answers` of the lesson's
    predictions so far, each with whether it was right."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.answers: dict[str, tuple[str, bool]] = {}
        session.tty.on_write = self._wrote
        self.begin()

    def begin(self) -> None:
        """A step begins: what was before it does not count."""
        self.results: list[Result] = []
        self.written = bytearray()  # by programs, to the terminal
        self._json: list[dict[str, Any]] = []
        self._kernel = self.kernel
        self.log_start, self.oopses_start = self.kernel.log.written, self.kernel.oopses

    def heard(self, result: Result) -> None:
        """A command is over."""
        if self.kernel is not self._kernel:  # another one was booted
            self._kernel, self.log_start, self.oopses_start = self.kernel, 0, 0
        self.results.append(result)
        self._json.append(result.json())

    def _wrote(self, data: bytes) -> None:
        self.written += data[: MOST_WRITTEN - len(self.written)]

    @property
    def kernel(self) -> Kernel:
        """The kernel that runs now."""
        return self.session.kernel

    @property
    def last(self) -> dict[str, Any]:
        """What --json shows of the last command; empty before the first."""
        return self._json[-1] if self._json else {}

    def found(self, key: str) -> Iterator[Any]:
        """What the results of the step have under `key`, the last command's first."""
        for each in reversed(self._json):
            value = each.get("result", {}).get(key)
            if value is not None:
                yield value

    def calls(self) -> list[dict[str, Any]]:
        """The system calls that the step's commands made, the latest first."""
        return [call for calls in self.found("calls") for call in reversed(calls)]

    def hops(self) -> list[dict[str, Any]]:
        """The hops of the last command that was traced."""
        return next(self.found("hops"), [])
