"""The prompt: reads lines from a person and gives them to the session.

The first prompt comes before the machine is booted: the rest of kshell is imported and booted while nobody has
typed anything yet, step by step on the event loop, so that the start is quick and the first key not slow.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from kshell import __version__
from kshell.kernel.core.profile import DEFAULT, PROFILES
from kshell.shell.errors import bug_report
from kshell.shell.prompt.config import Config, load
from kshell.shell.prompt.screen import Screen
from kshell.shell.session import INTERRUPTED

if TYPE_CHECKING:
    from kshell.shell.prompt.terminal import Terminal
    from kshell.shell.session import Session

T = TypeVar("T")

END = "end"
LOOK_SECONDS = 0.05  # between two looks whether Ctrl-C was pressed
LONGEST_LINE = 4096  # a terminal hands out no longer one
BANNER = """\
kshell {version}: a teaching shell for a simulated Linux kernel ({release})
Try: trace syscall getpid     help: all commands     F1: what you are typing
"""


def run_repl(session: Session) -> int:
    """Talk with the person at the terminal until they leave; returns the exit status."""
    return Repl(session, load()).run()


def is_dumb() -> bool:
    """Whether the terminal cannot move its cursor, so that only plain lines can be read from it."""
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")


class Repl:
    """One conversation.  `input` and `output` are prompt_toolkit's, for tests; by default the real terminal."""

    def __init__(self, session: Session, config: Config, *, input: Any = None, output: Any = None) -> None:
        self.session, self.config = session, config
        self.screen = Screen(config.colour)
        session.output = self.screen
        session.read_input = self._read_input
        session.edit_program = self._edit_program
        self._pending: list[str] = []  # pasted lines that are still to be run
        self._bugs: list[str] = []  # what broke in the prompt itself, to be told before the next line
        self._warming = self._warm_up()
        self._terminal: Terminal | None = None
        if not is_dumb() or output is not None:
            from kshell.shell.prompt.terminal import Terminal

            self._terminal = Terminal(self, input, output)

    def run(self) -> int:
        """Read and run lines until `exit` or Ctrl-D."""
        release = PROFILES[self.session.profile].release
        self.screen.say(BANNER.format(version=__version__, release=release).rstrip("\n"))
        if self.config.problem:
            self.screen.say(f"kshell: {self.config.problem}")
        while self.session.exit_status is None:
            try:
                self._tell_bugs()
                self.screen.fresh_line()
                text = self._read()
                self.run_text(text)
            except KeyboardInterrupt:  # the line is cleared, the shell goes on
                if self._terminal is None:
                    self.screen.line_was_broken()
            except EOFError:
                break
        return self.session.exit_status or 0

    def run_text(self, text: str) -> None:
        """Run what was typed.  Of a pasted text each line is run by itself, and shown before its result."""
        from kshell.shell.prompt.line import without_prompt

        lines = [without_prompt(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        lines = [line for line in lines if line.strip()]
        self._pending = lines
        several = len(lines) > 1
        try:
            while self._pending and self.session.exit_status is None:
                line = self._pending.pop(0)
                if several:
                    self.screen.say(f"{self.prompt_text()}{line if line.isprintable() else ascii(line)[1:-1]}")
                results = self.session.execute(line)
                if any(result.status == INTERRUPTED for result in results):
                    break
        finally:
            self._pending = []

    def prompt_text(self) -> str:
        """``kshell> ``; a kernel that is not the usual one is named, since its rules differ."""
        image = self.session.image
        if not isinstance(image, str):
            return f"kshell {image.release}> "
        return "kshell> " if image == DEFAULT.name else f"kshell {image}> "

    # Reading.

    def _read(self) -> str:
        if self._terminal is None:
            return self._read_plain()
        try:
            return self._terminal.read()
        except (KeyboardInterrupt, EOFError):
            raise
        except Exception as bug:  # the last line of defence: whatever broke the prompt, the session goes on
            self.report(bug)
            self._terminal = None
            return ""

    def _read_plain(self) -> str:
        """A line as the terminal itself edits it."""
        sys.stdout.write(self.prompt_text())
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            self.screen.say("")
            raise EOFError
        return line.rstrip("\n")

    def _read_input(self) -> bytes:
        """A line for a program that reads /dev/tty; nothing at Ctrl-C, which ends the run as soon as this returns."""
        sys.stdout.flush()
        if sys.platform == "win32":
            line = sys.stdin.buffer.readline()
        else:
            import select

            descriptor = sys.stdin.fileno()
            while not select.select([descriptor], [], [], LOOK_SECONDS)[0]:  # no signal ends a read by itself
                if self.session.kernel.cpu.ctrl_c.pressed:
                    self.screen.line_was_broken()
                    return b""
            line = os.read(descriptor, LONGEST_LINE)
        self.screen.line_was_typed()
        return line

    def _edit_program(self, text: str) -> str | None:
        """A program for `asm`: out of the pasted text that `asm` stood in, or typed by the person."""
        if self._pending:
            lines = []
            while self._pending:
                line = self._pending.pop(0)
                if line.strip() == END:
                    break
                lines.append(line)
            return "\n".join(lines) + "\n"
        if self._terminal is not None:
            return self._terminal.edit(text)
        self.screen.say(f"a line that says {END} runs the program")
        lines = []
        while (line := sys.stdin.readline()) and line.strip() != END:
            lines.append(line)
        return "".join(lines)

    # What must not fail.

    def guard(self, feature: Callable[..., T], fallback: T) -> Callable[..., T]:
        """`feature`, but a bug in it is told once and it is off from then on: no key may end the shell."""
        works = True

        def guarded(*args: Any) -> T:
            nonlocal works
            if works:
                try:
                    return feature(*args)
                except Exception as bug:  # the last line of defence, as in Session
                    works = False
                    self.report(bug)
            return fallback

        return guarded

    def report(self, bug: BaseException) -> None:
        """Tell of a bug in kshell before the next prompt."""
        error = bug_report(bug)
        self._bugs.append(f"{error.what}\n  because: {error.because}\n  try: {error.try_}")

    def _tell_bugs(self) -> None:
        for text in self._bugs:
            self.screen.say(text)
        self._bugs.clear()

    # While nobody types.

    def warm_one_step(self) -> bool:
        """Do the next part of what the first commands will need; False when all is done."""
        try:
            next(self._warming)
        except StopIteration:
            return False
        except Exception as bug:  # the command that needs the broken part will fail by itself, with its own words
            self.report(bug)
            return False
        return True

    def _warm_up(self) -> Iterator[None]:
        yield
        assert self.session.kernel is not None  # boots
        yield
        from kshell.shell.commands.registry import everything

        everything()
        yield
        import kshell.kbuild.make  # noqa: F401  it is large

        yield
        assert self.screen.rich is not None  # imports
        yield
