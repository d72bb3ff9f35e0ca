"""What may be typed while a call stands still: the debugger's own commands, and what only looks."""

from __future__ import annotations

from kshell.shell.errors import CommandError
from kshell.shell.views.view import show

ENDS = {"quit": "detach", "q": "detach", "kill": "detach", "k": "detach"}
GOES_ON = ("continue", "step", "next", "finish", "stepi", "nexti", "detach")
LOOKS = (
    "print",
    "ptype",
    "whatis",
    "walk",
    "info",
    "bt",
    "frame",
    "up",
    "down",
    "list",
    "break",
    "delete",
    "x",
    "pt",
    "vmmap",
    "disas",
    "regs",
    "kallsyms",
    "dmesg",
)
ALSO = (
    "lsmod",
    "modinfo",
    "table",
    "extable",
    "explain",
    "taint",
    "cat",
    "ls",
    "man",
    "help",
    "history",
    "echo",
    "cc",
    "lesson",
    "exit",
)
ALLOWED = frozenset((*GOES_ON, *LOOKS, *ALSO))


def refuse_word_of_lesson(name: str) -> None:
    """CommandError for a word of the lesson that is none of gdb's."""
    if name not in ALLOWED:
        because = "at the debugger's prompt a lesson's words stand behind `lesson`"
        raise CommandError(f"{show(name)}: not while a call stands still", because, f"lesson {show(name)}")


def command_for(name: str, own_name: str) -> str:
    """The command that is typed so, by its own name.  CommandError for one that would change the machine."""
    if name in ENDS:
        return ENDS[name]
    if own_name not in ALLOWED:
        because = "the CPU stands in the middle of a call, and that may change the machine"
        raise CommandError(f"{show(name)}: not while a call stands still", because, "continue  (or detach: to its end)")
    return own_name
