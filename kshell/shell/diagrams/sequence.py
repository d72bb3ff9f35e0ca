"""A traced call as a sequence: the lanes that take part, and the messages between them, in their order."""

from __future__ import annotations

from collections.abc import Sequence as Several
from typing import Any, NamedTuple

from kshell.shell.views.view import show

CALL, RETURN, NOTE, CROSS = "call", "return", "note", "cross"
# Lanes from left to right, each with its title; those of modules stand before the kernel's other functions.
TASK, USER, CPU, ENTRY, TABLE, SWITCH, WRAPPER, STUB, KERNEL, LOG = (
    *("task", "user", "cpu", "entry", "table", "switch", "wrapper", "stub"),
    *("kernel", "log"),
)
TITLES = {TASK: "other", USER: "user", CPU: "CPU"}
_ORDER = (TASK, USER, CPU, ENTRY, TABLE, SWITCH, WRAPPER, STUB, "", KERNEL, LOG)
MODULE = "module"  # the title of the lane where there is one alone
LONGEST_TITLE = 12
LAST = 20  # messages of the end that are drawn, where there are too many


class Lane(NamedTuple):
    """Who takes part: the `ring` it runs in, None for the CPU, by which one comes from ring to ring."""

    name: str
    title: str
    ring: int | None


class Message(NamedTuple):
    """What goes from one lane to another, or happens in one (then `source` and `target` are the same).

    `kind` is CALL, RETURN, NOTE (something happens there) or CROSS (the path ends there); `failed`: it is an error.
    """

    kind: str
    source: str
    target: str
    label: str
    failed: bool = False


class Sequence(NamedTuple):
    """The lanes from left to right, and the messages from top to bottom."""

    lanes: list[Lane]
    messages: list[Message]

    def json(self) -> dict[str, Any]:
        """What --json has under "diagram"."""
        messages = [
            {"kind": each.kind, "from": each.source, "to": each.target, "label": each.label, "failed": each.failed}
            for each in self.messages
        ]
        return {"lanes": [lane._asdict() for lane in self.lanes], "messages": messages}


def module_lane(name: str) -> str:
    """The name of the lane of a module."""
    return f"{MODULE} {name}"


def sequence_of(messages: Several[Message], most: int) -> Sequence:
    """The messages, of which at most so many are shown, and the lanes that take part in them."""
    shown = [each._replace(label=show(each.label.replace("\t", " "))) for each in messages]
    if len(shown) > most:
        at = shown[most - LAST].source
        note = Message(NOTE, at, at, f"{len(shown) - most} more, not drawn")
        shown[most - LAST : -LAST] = [note]
    names = {name for each in shown for name in (each.source, each.target)}
    modules = [name for name in names if name.startswith(f"{MODULE} ")]
    lanes = [
        Lane(name, _title(name, len(modules) > 1), None if name == CPU else 3 if name in (TASK, USER) else 0)
        for name in sorted(names, key=lambda name: (_ORDER.index("" if name in modules else name), name))
    ]
    return Sequence(lanes, shown)


def _title(name: str, are_many: bool) -> str:
    """What stands over a lane; modules have their names where there are several of them."""
    if not name.startswith(f"{MODULE} "):
        return TITLES.get(name, name)
    title = name.removeprefix(f"{MODULE} ")
    return MODULE if not are_many else title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "~"
