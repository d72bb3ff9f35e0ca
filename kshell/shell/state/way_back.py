"""To another place in what a session has done: the machine as it was then, and what the commands had left."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kshell.machine.ctrl_c import CtrlC
from kshell.shell.errors import BUG, INTERRUPTED, CommandError
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.shell.replay.journal import Step
    from kshell.shell.state.context import Context

HASTE_SECONDS = 1.0  # what is done again in less than that need not hear Ctrl-C
HOST_COMMANDS = ("make", "edit", "tree", "cc", "module")  # these work on files of the person's own
LONGEST = 48  # characters of a command that is named


def go_to(session: Context, command: str, number: int) -> None:
    """Stand after so many commands.  CommandError, in the name of `command`, where that cannot be: then all is as it
    was."""
    with CtrlC(lambda: None):
        _go_to(session, command, number)


def _go_to(session: Context, command: str, number: int) -> None:
    journal = session.journal
    low, high = sorted((journal.at, number))
    passed, goes_back = journal.steps[low:high], number < journal.at
    if any(step.done for step in passed) or not session.has_kernel:
        _bring_machine(session, command, number, passed)
    journal.move(number)
    session.bring_back(journal.kept_at(number))
    host = next((step.text.split()[0] for step in passed if step.text.split()[0] in HOST_COMMANDS), None)
    if host is not None and goes_back and not journal.told_of_host:
        journal.told_of_host = True
        session.kernel.note(f"files of your own stay as they are, with what {host} wrote: only the machine moves")


def _bring_machine(session: Context, command: str, number: int, passed: list[Step]) -> None:
    from kshell.shell.replay.again import Interrupted, machine_at, move_on
    from kshell.shell.replay.cuts import Differs

    journal = session.journal
    _, step, index = journal.start_for(number)
    if journal.lost and not (step or index):
        raise CommandError(f"{command}: there is no way to that state", journal.lost, "boot  (a fresh machine)")
    progress = partial(session.output.progress, what=command)
    try:
        near = step <= journal.at and not (step == journal.at and index)  # nothing boots on the way
        quick = sum(each.seconds for each in passed) < HASTE_SECONDS
        if number > journal.at and session.has_kernel and quick and near:
            move_on(session.kernel, journal, number, progress)
        else:
            session.adopt(machine_at(journal, number, progress))
    except Interrupted:
        because = f"Ctrl-C was pressed; the machine is as it was, {place(session, journal.at)}"
        raise CommandError(f"{command}: interrupted", because, f"goto {number}", status=INTERRUPTED) from None
    except Differs as error:
        because = f"{error}: that is a bug of kshell, and the machine stays as it is"
        what = f"{command}: the machine did not come out as it was {place(session, number)}"
        raise CommandError(what, because, "boot  (a fresh machine)", status=BUG) from None
    finally:
        session.output.end_progress()


def place(session: Context, number: int) -> str:
    """After which command that is."""
    if not number:
        return "before the first command"
    return f"after {number}: {named(session.journal.steps[number - 1])}"


def named(step: Step) -> str:
    """A command in few words."""
    text = show(" ".join(step.text.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
