"""What a check may look at: the machine, and what the commands of the present step have come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.shell.session import Session

MOST_WRITTEN = 1 << 16  # bytes of a step's output that are kept


class Heard(NamedTuple):
    """A command that is over: what --json shows of it, whether a machine `boots` in it, what programs have
    `written`."""

    result: Mapping[str, Any]
    boots: bool = False
    written: bytes = b""


class World:
    """A step and what has happened in it: the `results` of its commands, oldest first, and the `answers` of the
    lesson's predictions so far, each with whether it was right."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.answers: dict[str, tuple[str, bool]] = {}
        self._unheard = bytearray()  # written by the command that is at work
        session.tty.on_write = self._wrote
        self.begin()

    def begin(self) -> None:
        """A step begins: what was before it does not count."""
        self._start = self.kernel.log.written, self.kernel.oopses
        self.tell_again(())

    def tell_again(self, heard: Iterable[Heard]) -> None:
        """Since the step began, these are the commands, and no others."""
        self.results: list[Mapping[str, Any]] = []
        self.written = bytearray()  # by programs, to the terminal
        self.log_start, self.oopses_start = self._start
        for each in heard:
            self.hear(each)

    def hear(self, heard: Heard) -> None:
        """A command is over."""
        if heard.boots:
            self.log_start = self.oopses_start = 0
        self.results.append(heard.result)
        self.written += heard.written[: MOST_WRITTEN - len(self.written)]

    def _wrote(self, data: bytes) -> None:
        self._unheard += data[: MOST_WRITTEN - len(self._unheard)]

    def take_written(self) -> bytes:
        """What programs have written to the terminal since the last time."""
        written, self._unheard = bytes(self._unheard), bytearray()
        return written

    @property
    def kernel(self) -> Kernel:
        """The kernel that runs now."""
        return self.session.kernel

    @property
    def last(self) -> Mapping[str, Any]:
        """What --json shows of the last command; empty before the first."""
        return self.results[-1] if self.results else {}

    def found(self, key: str) -> Iterator[Any]:
        """What the results of the step have under `key`, the last command's first."""
        for each in reversed(self.results):
            value = each.get("result", {}).get(key)
            if value is not None:
                yield value

    def calls(self) -> list[dict[str, Any]]:
        """The system calls that the step's commands made, the latest first."""
        return [call for calls in self.found("calls") for call in reversed(calls)]

    def hops(self) -> list[dict[str, Any]]:
        """The hops of the last command that was traced."""
        return next(self.found("hops"), [])
