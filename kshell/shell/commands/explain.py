"""What has happened, explained."""

from __future__ import annotations

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
    "explain get_user",
    "explain put_user",
    group="The kernel's log",
    arguments=(Argument("word", "[oops|get_user|put_user]"),),
    examples=(
        ("modprobe crash; syscall test_call 2; explain", "the report of a NULL pointer, line by line"),
        ("modprobe crash; syscall test_call 3; explain oops", "that of a write to read-only memory"),
        ("explain get_user", "the macro, what it comes to, and the machine code, side by side"),
    ),
)
def explain(session: Context, words: list[Word]) -> View:
    """Walk through the kernel's last report, line by line.

    That is the report of an oops, a warning or a loop, as dmesg shows it. Under each line stands what it says of this
    very case: the error code in words, the instruction that failed and the registers that it used, who called it,
    what was wrong with the kernel before. `help oops` has how to read any report.

    `explain get_user` and `explain put_user` show how the kernel reads and writes one number of the user's: the
    macro's call, and the machine code of the release that runs, with the instruction that may fault.
    """
    topic = words[0].text if words else "oops"
    if len(words) == 1 and topic in ("get_user", "put_user"):
        from kshell.shell.commands.user_access import UserAccess

        return UserAccess(session.kernel, topic)
    if len(words) > 1 or topic != "oops":
        raise misuse("explain", f"{show(topic)} is nothing that it explains")
    k = session.kernel
    if k.last_report is None:
        because = "the kernel has reported no oops, no warning and no loop since it was booted"
        raise CommandError("explain: there is no report", because, "modprobe crash; syscall test_call 2; explain")
    from kshell.shell.oopses.explanation import Explanation

    return Explanation(k, k.last_report)
