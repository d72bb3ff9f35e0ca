"""A sequence in the words of mermaid, which draws it: https://mermaid.js.org/syntax/sequenceDiagram.html."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from kshell.shell.diagrams.sequence import CALL, CROSS, MODULE, NOTE, RETURN, Lane, Message, Sequence
from kshell.shell.views.view import show

ARROWS = {CALL: "->>", RETURN: "-->>", CROSS: "-x"}
# What does not stand for itself in a label, and is written as an entity: mermaid reads some of it (; and # end a label,
# % begins a comment, end ends a box), and the page that shows it some more.
_SPECIAL = re.compile(r"[^\w ()\[\]=,.+*/!?|'>-]|\bend\b", re.ASCII | re.IGNORECASE)


def mermaid(sequence: Sequence, notes: Iterable[str] = ()) -> str:
    """The text of the diagram, each line with its newline; `notes` are comments in it."""
    ids = {lane.name: _id(lane, at) for at, lane in enumerate(sequence.lanes)}
    lines = ["sequenceDiagram", *_participants(sequence.lanes, ids)]
    lines += [_line(message, ids) for message in sequence.messages]
    lines += [f"%% {show(note)}" for note in notes]
    return "\n    ".join(lines) + "\n"


def _id(lane: Lane, at: int) -> str:
    """What a lane is called inside the text; a module's name might be a word of mermaid's."""
    return lane.name if lane.name.isalpha() else lane.title if lane.title == MODULE else f"{MODULE}{at}"


def _participants(lanes: Iterable[Lane], ids: dict[str, str]) -> Iterator[str]:
    """The lanes, those of a ring in a box."""
    for ring, inside in groupby(lanes, lambda lane: lane.ring):
        named = [f"participant {ids[lane.name]} as {escaped(lane.title)}" for lane in inside]
        yield from named if ring is None else [f"box transparent ring {ring}", *named, "end"]


def _line(message: Message, ids: dict[str, str]) -> str:
    source, target, label = ids[message.source], ids[message.target], escaped(message.label)
    if message.kind == NOTE:
        return f"Note over {source}: {label}"
    return f"{source}{ARROWS[message.kind]}{target}: {label}"


def escaped(label: str) -> str:
    """A label as mermaid reads it back."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0][0])};{found[0][1:]}", label)
