"""What may be run on a copy of the machine, beside the session: not what is for a person at the prompt."""

from __future__ import annotations

from kshell.shell.commands.registry import Command
from kshell.shell.errors import CommandError

FOR_A_PERSON = ("The shell", "The debugger")  # groups of commands
ALSO = frozenset(("back", "forward", "goto", "edit"))
BUT_NOT = frozenset(("source", "echo"))
EXAMPLE = "trace --compare --with 'modprobe syscallModule' syscall test_call 42"


def refuse_aside(command: Command) -> None:
    """CommandError for one that makes no sense there."""
    name = command.name
    if (command.group in FOR_A_PERSON or name in ALSO) and name not in BUT_NOT:
        because = "each run has a copy of the machine, and nobody sits there: no prompt, no lesson, no way back"
        raise CommandError(f"{name}: not in a comparison", because, EXAMPLE)
