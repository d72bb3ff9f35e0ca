"""Taking commands back, and doing them again."""

from __future__ import annotations

from kshell.shell.calls.arguments import BadValue, number
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.state.way_back import go_to, named
from kshell.shell.views.view import Line, Text, View, show


@command(
    "back",
    group="The machine",
    aside=False,
    arguments=(Argument("word", "[N]"),),
    examples=(
        ("modprobe syscallModule; rmmod syscallModule; back; lsmod", "the module is loaded again"),
        ("syscall getpid; syscall getuid; back 2", "two commands are taken back"),
    ),
    aliases=("undo",),
)
def back(session: Context, words: list[Word]) -> View:
    """Take back the last command that changed anything, or the last N.

    The machine is as it was before it, in everything: registers, memory, files, descriptors, modules, the log and the
    clock. So are the settings of libc and trace. Commands that only looked are passed over.

    Files of your own folder stay as they are, and so do breakpoints. What was taken back can be done again by forward,
    until another command changes something.
    """
    wanted = _count(session, "back", words)
    target = session.journal.before(wanted)
    if target is None:
        made = sum(step.changes for step in session.journal.steps[: session.journal.at])
        what = "nothing to take back" if not made else f"only {made} can be taken back"
        because = f"{made or 'no'} command{'s have' if made > 1 else ' has'} changed anything so far"
        raise CommandError(f"back: {what}", because, "goto 0  (the fresh machine)" if made else "help back")
    return _move(session, "back", target)


@command(
    "forward",
    group="The machine",
    aside=False,
    arguments=(Argument("word", "[N]"),),
    examples=(("modprobe hello; back; forward; lsmod", "what was taken back is done again"),),
    aliases=("redo",),
)
def forward(session: Context, words: list[Word]) -> View:
    """Do again the next command that was taken back, or the next N.

    It comes to just what it came to before: a file that it read may have changed since, or be gone.
    """
    wanted = _count(session, "forward", words)
    target = session.journal.after(wanted)
    if target is None:
        left = sum(step.changes for step in session.journal.steps[session.journal.at :])
        what = "nothing was taken back" if not left else f"only {left} can be done again"
        because = "forward does again what back has taken back, until another command changes something"
        raise CommandError(f"forward: {what}", because, f"forward {left}" if left else "back")
    return _move(session, "forward", target)


@command(
    "goto",
    group="The machine",
    aside=False,
    arguments=(Argument("word", "N"),),
    examples=(
        ("syscall getpid; modprobe hello; goto 1; lsmod", "as it was after the first command"),
        ("goto 0", "the fresh machine, before any command"),
    ),
)
def goto(session: Context, words: list[Word]) -> View:
    """Go to the state after a command, by its number in history.

    goto 0 is the machine as it was booted. Nothing is lost by going back: forward and goto lead to the later commands
    too, until another one changes something.
    """
    _is_no_step(session)
    if len(words) != 1:
        raise misuse("goto", "after which command?" if not words else "one number at a time", "goto 0")
    journal = session.journal
    try:
        wanted = number(words[0].text)
    except BadValue as bad:
        raise misuse("goto", bad.what) from None
    if wanted is None or not 0 <= wanted <= len(journal.steps):
        last = len(journal.steps)
        what = f"goto: there is no command {show(words[0].text)}"
        because = f"they are numbered from 1 to {last}" if last else "none was given so far"
        raise CommandError(what, because, "history  (with their numbers)" if last else "goto 0")
    return _move(session, "goto", wanted)


def _is_no_step(session: Context) -> None:
    """A command that moves is none of those that are numbered, whether it comes to anything or not."""
    session.journal.pass_over()
    session.history[-1:] = [line.as_move() for line in session.history[-1:]]


def _count(session: Context, name: str, words: list[Word]) -> int:
    _is_no_step(session)
    if len(words) > 1:
        raise misuse(name, "one number at most")
    return count(name, words[0]) if words else 1


def _move(session: Context, command: str, target: int) -> View:
    """Go there, and say where that is."""
    go_to(session, command, target)
    journal = session.journal
    undone = [(at, step) for at, step in enumerate(journal.steps[target:], target + 1) if step.changes]
    here = named(journal.steps[target - 1]) if target else "the machine as it was booted"
    line: Line = [(f"{target}: ", "dim"), (here, "name")]
    following = None
    if undone:
        at, step = undone[0]
        following = {"number": at, "command": step.text}
        more = f", and {len(undone) - 1} more" if len(undone) > 1 else ""
        line += [(f"  (forward: {named(step)}{more})", "dim")]
    result = {"at": target, "command": journal.steps[target - 1].text if target else None}
    return Text([line], result | {"undone": len(undone), "next": following})
