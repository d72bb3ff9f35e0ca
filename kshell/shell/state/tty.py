"""The terminal of the machine's programs: /dev/tty."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from kshell.shell.errors import CommandError
from kshell.shell.replay.journal import Journal
from kshell.shell.views.output import Output
from kshell.shell.views.view import Line

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

BYTE_COST = 4  # instructions: a program that writes without end is ended at 12 MB
POLL_SECONDS = 0.02
COLLECTED_MAX = 4 << 20  # bytes of a program's output that --json keeps


class Front(Protocol):
    """The two ends of a session, as they are at a moment: its `output`, and who gives a line that the person typed;
    and the `journal` that has to know what was read."""

    output: Output
    read_input: Callable[[], bytes]
    journal: Journal
    interactive: bool

    @property
    def kernel(self) -> Kernel:
        """The machine whose programs write."""


class ShellTty:
    """/dev/tty of the machine: what programs write goes to the session's output, or into the result of --json."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._collected = bytearray()
        self._line = b""
        self.lost = 0
        self.failure: OSError | None = None
        self.on_write: Callable[[bytes], None] | None = None  # somebody else who is told what programs write

    def write(self, data: bytes) -> None:
        """Show bytes at once, or collect them; in a script each costs of the budget of instructions."""
        self._front.kernel.cpu.charge(BYTE_COST * len(data))
        if self.on_write is not None:
            self.on_write(data)
        if not self._front.output.collects:
            try:
                self._front.output.write(data)
            except OSError as error:  # the reader has gone: not a matter for the kernel in whose name this runs
                self.failure = self.failure or error
            return
        room = COLLECTED_MAX - len(self._collected)
        self._collected += data[:room]
        self.lost += max(0, len(data) - room)

    def line(self, line: Line, *, stop: bool = True) -> None:
        """Show a line of a command that is still at work.  Where nobody reads it any more, CommandError ends the
        command, unless `stop` is false: kernel code does not end for that."""
        try:
            self._front.output.line(line)
        except OSError as error:
            self.failure = self.failure or error
            if stop:
                raise CommandError("the output cannot be written", error.strerror or "", "") from None

    def read(self, size: int) -> bytes | None:
        """At most `size` bytes of the line that the person typed; empty at the end of the input, None at Ctrl-C."""
        if not self._line:
            self._line = self._front.read_input()
        taken: bytes | None
        taken, self._line = self._line[:size], self._line[size:]
        if not taken and self._front.kernel.cpu.ctrl_c.pressed:
            taken = None
        self._front.journal.typed(taken)
        return taken

    def wait(self) -> bool:
        """Ctrl-C, if somebody is at the prompt to press it."""
        pressed = self._front.interactive
        while pressed and not self._front.kernel.cpu.ctrl_c.pressed:
            time.sleep(POLL_SECONDS)
        self._front.journal.typed(None if pressed else b"")
        return pressed

    def interrupts(self, pressed: bool) -> bool:
        """At once; the journal knows when."""
        self._front.journal.asked(pressed)
        return pressed

    def forget_line(self) -> None:
        """What the last command left unread of a typed line is not for the next one."""
        self._line = b""

    def take(self) -> bytes:
        """What was collected since the last time."""
        data = bytes(self._collected)
        self._collected.clear()
        if self.lost:
            data += f"\n[{self.lost} more bytes were not kept]\n".encode()
            self.lost = 0
        return data
