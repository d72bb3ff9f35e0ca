"""Sending signals by hand."""

from __future__ import annotations

from kshell.abi.errno import ESRCH
from kshell.abi.signal import SIGNALS, SIGRTMAX, SIGTERM
from kshell.shell.calls.call_views import CallView
from kshell.shell.commands.calls import make_call
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word, plain
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Table, View, show

COLUMNS = (Column("number", "number"), Column("name", "name"), Column("what a shell prints"))
NAMES = ("-SIGNAL", *(name.replace("SIG", "-", 1) for name, _ in SIGNALS.values()))
WHO = "syscall getpid  (the shell's own task)"


@command(
    "kill",
    "kill [-SIGNAL] PID",
    "kill -l",
    group="Programs",
    arguments=(Argument("word", "[-SIGNAL]"), Argument("word", "PID")),
    options=(
        Option("-KILL, -SEGV, -USR1", "which signal: by name, with or without SIG, or by number", also=NAMES),
        Option("-l", "list the signals"),
    ),
    examples=(
        ("kill -USR1 77", "to the shell's own task, which has no handler and dies"),
        (
            'syscall rt_sigprocmask SIG_BLOCK "\\x00\\x02\\x00\\x00\\x00\\x00\\x00" NULL 8; kill -10 77',
            "it is blocked, and waits",
        ),
        ("kill -l", "all signals, by number"),
    ),
)
def kill(session: Context, words: list[Word]) -> View:
    """Send a signal to a task, SIGTERM if none is named.

    The shell's task makes the system call kill, which is shown with what the signal does. -0 sends nothing, and asks
    only whether there is such a task.

    At the prompt there is the shell's own task, and what a program has left behind that sleeps: `ls /proc` names them.
    """
    texts = [word.text for word in words]
    if texts == ["-l"]:
        return _listing()
    signo = _signal(texts.pop(0)[1:]) if len(texts) == 2 and texts[0].startswith("-") else SIGTERM
    if len(texts) != 1:
        raise misuse("kill", "it takes one PID, and at most one signal before it")
    pid = texts[0]
    if not pid.removeprefix("-").isdecimal():
        raise CommandError(f"kill: {show(pid)}: a task is named by its number", "it is no number", WHO)
    view = make_call(session, [plain(text) for text in ("kill", pid, str(signo))], with_hops=session.trace_all)
    assert isinstance(view, CallView)
    if view.call is not None and view.call.ret == -ESRCH:
        raise CommandError(f"kill: ({pid}) - No such process", "no task has that number", WHO)
    return view


def _signal(text: str) -> int:
    """The number of a signal by number or name.  CommandError where there is none of that name."""
    numbers = {name.removeprefix("SIG"): number for number, (name, _) in SIGNALS.items()}
    if text.isdecimal() and int(text) <= SIGRTMAX:
        return int(text)
    number = numbers.get(text.upper().removeprefix("SIG"))
    if number is None:
        raise CommandError(f"kill: {show(text)}: invalid signal specification", "no signal is named so", "kill -l")
    return number


def _listing() -> View:
    rows = [(str(number), name, words) for number, (name, words) in SIGNALS.items()]
    signals = [{"number": number, "name": name, "words": words} for number, (name, words) in SIGNALS.items()]
    last = max(SIGNALS)
    return Table(COLUMNS, rows, {"signals": signals}, [f"{last + 1} to {SIGRTMAX} are real-time signals"])
