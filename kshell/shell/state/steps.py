"""The end of a command: it is one of the steps that can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.machine.ctrl_c import CtrlC
from kshell.shell.replay.journal import FAR_SECONDS

if TYPE_CHECKING:
    from kshell.shell.state.context import Context


def end_step(session: Context, text: str) -> None:
    """Note what a command has done, the whole of it whatever Ctrl-C does: or a deed would be missing."""
    with CtrlC(lambda: None):
        _note(session, text)


def _note(session: Context, text: str) -> None:
    journal, history = session.journal, session.history
    line = history[-1].text if history and not history[-1].number else None
    dropped = journal.end_step(text, line, session.keep(), session.digest)
    if dropped:
        many = f"the {dropped} commands that were" if dropped > 1 else "the command that was"
        session.kernel.note(f"{many} taken back cannot be done again any more: this one took another way")
    if session.interactive and session.has_kernel and journal.at and journal.steps[-1].way > FAR_SECONDS:
        from kshell.shell.replay.frozen import freeze

        journal.put_by(journal.at, freeze(session.kernel))
    if history and journal.at == len(journal.steps):
        history[:-1] = [line for line in history[:-1] if line.number < journal.at]
        history[-1] = history[-1]._replace(number=journal.at)
