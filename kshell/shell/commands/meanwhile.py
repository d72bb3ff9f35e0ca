"""A command that runs while a system call sleeps, as if it was typed in a second terminal at that moment."""

from __future__ import annotations

from typing import Any

from kshell.shell.commands.registry import find, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import split
from kshell.shell.state.context import Context
from kshell.shell.views.failure import Failure
from kshell.shell.views.view import Line, View, show

# The emulated CPU is in the middle of the call: what runs meanwhile may run kernel code, but no program of its own.
EXAMPLE = "syscall --during 'rmmod sleepy' test_call 1"
ALLOWED = ("rmmod", "insmod", "modprobe", "lsmod", "modinfo", "dmesg", "kallsyms", "table")


class Meanwhile(View):
    """One command line, and what it came to; `ran` is False until the call has slept."""

    def __init__(self, session: Context, line: str) -> None:
        self._session, self._line = session, line.strip()
        commands = split(line)
        if len(commands) != 1:
            raise misuse("syscall", "--during takes one command", EXAMPLE)
        self._words = commands[0].words
        name = self._words[0].text
        found = find(name)
        if found is None or found.name not in ALLOWED:
            because = f"the CPU is in the middle of a call, so only these can run: {', '.join(ALLOWED)}"
            raise CommandError(f"syscall: --during {show(name)}: not possible", because, EXAMPLE)
        self.ran = False
        self._outcome: View | CommandError | None = None
        self._bug: Exception | None = None

    def run(self) -> None:
        """What is done when the task sleeps, by another: the command."""
        k = self._session.kernel
        self.ran = True
        if k.on_event is not None:
            k.on_event(3, "meanwhile", "command", None, {"command": self._line})
        try:
            self._outcome = self._session.call(self._words)
        except CommandError as error:
            self._outcome = error
        except Exception as bug:  # it must not be taken for the sleeping module's; see finish()
            self._bug = bug
        if k.on_event is not None:
            answer = self._outcome.what if isinstance(self._outcome, CommandError) else "done"
            k.on_event(3, "meanwhile", "answer", None, {"answer": answer})

    def finish(self) -> None:
        """The call is over: raise what was kept back, say so if the command never ran."""
        if self._bug is not None:
            raise self._bug
        if not self.ran:
            self._session.kernel.note(
                f"the call never slept, so there was no moment for `{self._line}`; a handler sleeps by msleep(k, ms)"
            )

    def json(self) -> dict[str, Any]:
        """What --json shows under "during"."""
        found: dict[str, Any] = {"command": self._line, "ran": self.ran}
        if self._outcome is not None:
            found["error" if isinstance(self._outcome, CommandError) else "result"] = self._outcome.json()
        return found

    def lines(self, width: int | None = None) -> list[Line]:
        """The command as it was typed, and its output."""
        if not self.ran:
            return []
        view = Failure(self._outcome) if isinstance(self._outcome, CommandError) else self._outcome
        shown: list[Line] = view.lines(width) if view is not None else []
        head: Line = [("during the call: ", "dim"), (show(self._line), "name")]
        return [head, *([("  ", ""), *line] for line in shown)]
