"""The prompt: reads lines from a person and gives them to the session.

The first prompt comes before the machine is booted: the rest of kshell is imported and booted while nobody has
typed anything yet, step by step on the event loop, so that the start is quick and the first key not slow.
"""

from __future__ import annotations

import os
import sys
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from kshell import __version__
from kshell.kernel.core.profile import PROFILES
from kshell.machine.sigint import interruptible
from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.lines.words import END, pasted
from kshell.shell.prompt.guard import Guard
from kshell.shell.prompt.screen import Screen
from kshell.shell.prompt.terminal import Terminal
from kshell.shell.prompt.warming import warm_up
from kshell.shell.session import Session
from kshell.shell.settings import Config, load
from kshell.shell.views.colour import wants_colour
from kshell.shell.views.failure import Failure
from kshell.shell.views.output import WAITS, Result, is_dumb
from kshell.shell.views.view import span

if TYPE_CHECKING:
    from kshell.shell.present.face import Face
    from kshell.shell.replay.saved import SessionLog

LOOK_SECONDS = 0.05  # between two looks whether Ctrl-C was pressed
LONGEST_LINE = 4096  # a terminal hands out no longer one
BANNER = """\
kshell {version}: a teaching shell for a simulated Linux kernel ({release})
New here? Type: lesson     Try: trace syscall getpid     All commands: help
"""


def run_repl(session: Session, first: str = "", resume: bool = False, colour: str = "auto") -> int:
    """Talk with the person at the terminal until they leave; returns the exit status.  `first` is run before that; with
    `resume` the last session goes on; `colour` is what --color says."""
    config = load()
    config.colour = wants_colour(colour, config.colour, not is_dumb())
    repl = Repl(session, config)
    try:
        if resume:
            repl.keep(resume)
    except CommandError as error:
        repl.screen.show(Result("kshell --resume", error.status, Failure(error), error.json()))
        return error.status
    return repl.run(first)


class Repl:
    """One conversation.  `input` and `output` are prompt_toolkit's, for tests; by default the real terminal."""

    def __init__(self, session: Session, config: Config, *, input: Any = None, output: Any = None) -> None:
        self.session, self.config = session, config
        self.screen = Screen(config.colour)
        self.screen.theme = config.theme
        self.screen.pages = self._pages
        session.output = self.screen
        session.read_input = self._read_input
        session.edit_program = self._edit_program
        session.read_command = self._read_command
        self._pending: list[str] = []  # pasted lines that are still to be run
        self._has_told = False  # that a program waits for a line
        self._guard = Guard()
        self._keeps = config.history  # from the first line on: to prepare it would take time before the first prompt
        self._log: SessionLog | None = None
        self._resumed = ""  # what to say of a session that goes on
        self._terminal: Terminal | None = None
        if not is_dumb() or output is not None:
            from kshell.shell.prompt.terminal import Terminal

            warming = warm_up(session, self.screen, self._guard)
            self._terminal = Terminal(session, config, self._guard, warming, input, output)
            session.make_face = self._make_face

    def keep(self, resume: bool = False) -> None:
        """Keep the session on disk from now on; with `resume` the last one goes on.  CommandError where it cannot."""
        from kshell.shell.state.saved_session import keep

        self._keeps = False
        self._log, self._resumed = keep(self.session, resume)

    def _pages(self) -> bool:
        """Whether a long result of now is leafed through: not one of lines that run one after the other."""
        by_hand = self.session.is_typed and not self._pending
        return by_hand and self.config.pager and self._terminal is not None

    def run(self, first: str = "") -> int:
        """Run `first`, then read and run lines until `exit` or Ctrl-D."""
        release = PROFILES[self.session.profile].release
        self.screen.say(BANNER.format(version=__version__, release=release).rstrip("\n"))
        for said in filter(None, (self.config.problem and f"kshell: {self.config.problem}", self._resumed)):
            self.screen.say(said)
        while self.session.exit_status is None:
            try:
                self._guard.tell(self.screen.say)
                self.screen.fresh_line()
                text, first = first or self._read(), ""
                self.run_text(text)
            except KeyboardInterrupt:  # the line is cleared, the shell goes on
                if self._terminal is None:
                    self.screen.line_was_broken()
            except EOFError:
                break
        return self.session.exit_status or 0

    def run_text(self, text: str) -> None:
        """Run what was typed.  Of a pasted text each line is run by itself, and shown before its result."""
        self._pending = [line for line in pasted(text).split("\n") if line.strip()]
        several = len(self._pending) > 1
        if not self._pending:
            self.session.execute("")  # in a lesson it goes on
        if self._keeps and self._pending:
            self.keep()
        try:
            while self._pending and self.session.exit_status is None:
                line = self._pending.pop(0)
                if several:
                    shown = line if line.isprintable() else ascii(line)[1:-1]
                    self.screen.say(self.session.prompt + shown)
                self._has_told = False
                results = self.session.execute(line)
                if any(result.status == INTERRUPTED for result in results):
                    break
        finally:
            self._pending = []

    # Reading.

    def _read(self) -> str:
        if self._terminal is None:
            return self._read_plain()
        try:
            text = self._terminal.read()
            news = self._terminal.news()
            if news:
                self.screen.say(f"kshell: {news}")
            if self._log is not None and self._log.problem:
                self.screen.say(f"kshell: {self._log.problem}")
                self._log = None
            return text
        except (KeyboardInterrupt, EOFError):
            raise
        except Exception as bug:  # the last line of defence: whatever broke the prompt, the session goes on
            self._guard.report(bug)
            self._terminal = None
            return ""

    def _read_command(self) -> str:
        """A line for the debugger: of the pasted text that the command stood in, or typed by the person."""
        self.screen.fresh_line()
        if self._pending:
            line = self._pending.pop(0)
            self.screen.say(self.session.prompt + line)
            return line
        return self._read()

    def _read_plain(self) -> str:
        """A line as the terminal itself edits it."""
        sys.stdout.write(self.session.prompt)
        sys.stdout.flush()
        with interruptible():
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
                if not self._has_told and not self.screen.is_begun:  # a question of the program's own says it, too
                    self._has_told = True
                    self.screen.line(span(WAITS, "dim"))
                if self.session.kernel.cpu.ctrl_c.pressed:
                    self.screen.line_was_broken()
                    return b""
            line = os.read(descriptor, LONGEST_LINE)
        self.screen.line_was_typed()
        return line

    def _make_face(self, on_slides: bool) -> Face:
        """What a presentation is shown by."""
        from kshell.shell.prompt.single_key import SingleKeys
        from kshell.shell.prompt.slides import SlideFace
        from kshell.shell.prompt.step_by_step import StepFace

        keys = SingleKeys(self._terminal.input if self._terminal is not None else None)
        return SlideFace(self.screen, keys) if on_slides else StepFace(self.screen, keys)

    def _edit_program(self, text: str) -> str | None:
        """A program for `asm`: out of the pasted text that `asm` stood in, or typed by the person."""
        if self._pending:
            ends = [at for at, line in enumerate(self._pending) if line.strip() == END]
            end = ends[0] if ends else len(self._pending)
            lines, self._pending = self._pending[:end], self._pending[end + 1 :]
            return "\n".join(lines) + "\n"
        if self._terminal is not None:
            return self._terminal.edit(text)
        self.screen.say(f"a line that says {END} runs the program")
        return "".join(takewhile(lambda line: line.strip() != END, iter(sys.stdin.readline, "")))
