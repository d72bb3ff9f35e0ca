"""What may stand in an expression of C over the kernel's memory: variables, fields of a struct, types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kshell.shell.prompt.line import Cursor, Expected
from kshell.shell.prompt.match import Candidate
from kshell.shell.prompt.values import Found, symbols
from kshell.shell.session import Session

_NAME = re.compile(r"\$?\w*\Z")
_BEFORE_FIELD = re.compile(r"((?:[A-Za-z_]\w*|\([^()]*\))(?:(?:->|\.)\w+|\[\w+\])*)(?:->|\.)\Z")


def expression_words(session: Session, wanted: Expected, cursor: Cursor, raw: str) -> Found:
    """What the name at the cursor may become."""
    typed = _NAME.search(raw)
    assert typed is not None
    start, before = typed.start(), raw[: typed.start()]
    field = _BEFORE_FIELD.search(before)
    last = wanted.arguments[-1].text if wanted.arguments else ""
    found: Iterable[Candidate] = ()
    if field is not None:
        found = _fields(session, field[1])
    elif last.lstrip("(*&") in ("struct", "union"):
        found = _tags(session)
    elif not before.endswith((">", ".")):
        found = [*_variables(session), *symbols(session.kernel)]
    return cursor.start + start, raw[start:], found


def member_words(session: Session, cursor: Cursor, raw: str) -> Found:
    """TYPE.MEMBER: a struct, and a list_head in it."""
    from kshell.kernel.debug.known_types import struct_named

    tag, dot, member = raw.rpartition(".")
    if not dot:
        return cursor.start, raw, [Candidate(f"{each.text}.", each.meaning, tail="") for each in _tags(session)]
    kind = struct_named(session.kernel, f"struct {tag}")
    fields = kind.fields if kind is not None else []
    links = [Candidate(name, each.text) for name, _, each in fields if each.text == "struct list_head"]
    return cursor.start + len(tag) + 1, member, links


def _fields(session: Session, text: str) -> Iterator[Candidate]:
    """The fields of what an expression is, or points to."""
    from kshell.kernel.debug.bad_expression import BadExpression
    from kshell.kernel.debug.expressions import type_or_value

    try:
        kind = type_or_value(session.kernel, session.selected_frame, text)
    except BadExpression:
        return
    kind = kind.target if kind.kind == "pointer" and kind.target is not None else kind
    for name, offset, each in kind.fields:
        yield Candidate(name, f"{each.text}, at {offset}", tail="")


def _tags(session: Session) -> Iterator[Candidate]:
    from kshell.kernel.debug.known_types import struct_names

    for text in struct_names(session.kernel):
        if text.startswith(("struct ", "union ")):
            yield Candidate(text.partition(" ")[2], text)


def _variables(session: Session) -> Iterator[Candidate]:
    """The names whose types are known, those of the frame first."""
    from kshell.kernel.debug.named_values import known_variables

    for name, kind in known_variables(session.kernel, session.selected_frame).items():
        yield Candidate(name, kind.text, tail="")
