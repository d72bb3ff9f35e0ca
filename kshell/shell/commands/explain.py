"""What has happened, explained."""

from __future__ import annotations

from kshell.kernel.kernel import Kernel
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import View, show


@command(
    "explain",
    "explain",
    "explain oops",
    "explain signal",
    "explain get_user",
    "explain put_user",
    group="The kernel's log",
    arguments=(Argument("word", "[oops|signal|get_user|put_user]"),),
    examples=(
        ("modprobe crash; syscall test_call 2; explain", "the report of a NULL pointer, line by line"),
        ("modprobe crash; syscall test_call 3; explain oops", "that of a write to read-only memory"),
        ("run --hex 0f0b; explain", "a program that died of SIGILL: a handler could have caught it"),
        ("explain get_user", "the macro, what it comes to, and the machine code, side by side"),
    ),
)
def explain(session: Context, words: list[Word]) -> View:
    """Walk through the kernel's last report, or a death by a signal.

    The report is that of an oops, a warning or a loop, as dmesg shows it. Under each line stands what it says of this
    very case: the error code in words, the instruction that failed and the registers that it used, who called it,
    what was wrong with the kernel before. `help oops` has how to read any report.

    The death is the last of a program, or of the shell's task, by a signal: why it was sent, and whether a handler
    could have caught it. Without a word it is explained if the kernel has reported nothing since.

    `explain get_user` and `explain put_user` show how the kernel reads and writes one number of the user's: the
    macro's call, and the machine code of the release that runs, with the instruction that may fault.
    """
    topic = words[0].text if words else "oops"
    if len(words) == 1 and topic in ("get_user", "put_user"):
        from kshell.shell.commands.user_access import UserAccess

        return UserAccess(session.kernel, topic)
    if len(words) > 1 or topic not in ("oops", "signal"):
        raise misuse("explain", f"{show(topic)} is nothing that it explains")
    k = session.kernel
    if topic == "signal" or (not words and k.last_death is not None and k.last_death.report is k.last_report):
        return _death(k)
    if k.last_report is None:
        because = "the kernel has reported no oops, no warning and no loop since it was booted"
        raise CommandError("explain: there is no report", because, "modprobe crash; syscall test_call 2; explain")
    from kshell.shell.oopses.explanation import Explanation

    return Explanation(k, k.last_report)


def _death(k: Kernel) -> View:
    if k.last_death is None:
        because = "no program has died of a signal since the kernel was booted"
        raise CommandError("explain: there is no death by a signal", because, "run --hex 0f0b; explain")
    from kshell.shell.oopses.death_view import DeathView

    return DeathView(k.last_death)
