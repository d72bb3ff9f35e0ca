"""walk: the entries of a list of the kernel, and where it ends or is broken."""

from __future__ import annotations

from typing import Any

from kshell.abi.c_types import U64
from kshell.kernel.debug.list_walk import Walked, walk
from kshell.kernel.debug.operators import number_of
from kshell.kernel.debug.values import shown
from kshell.shell.commands.expression_words import EXAMPLES, type_of, value_of
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word, plain
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Text, View, show

MOST = 1000  # entries that are followed
ENDS = {
    "head": "it leads back to its head",
    "many": "and so on: walk -n N shows more",
    "null": "BROKEN: the next pointer is NULL",
    "poison": "BROKEN: the next pointer is {at:#x}, which list_del leaves in an entry that it takes out",
    "unreadable": "BROKEN: the next pointer is {at:#x}, and there is no memory",
    "circle": "BROKEN: it goes round in a circle, to {at:#x} again, and not back to its head",
    "prev": "BROKEN: the prev of {at:#x} is {prev:#x}, and not the entry before it",
}


@command(
    "walk",
    "walk [-n N] HEAD TYPE.MEMBER [FIELD...]",
    group="Memory and registers",
    arguments=(
        Argument("expression", "HEAD"),
        Argument("member", "TYPE.MEMBER"),
        Argument("word", "[FIELD...]"),
    ),
    options=(Option("-n, --count", "at most so many entries, not 1000", "N"),),
    examples=(
        ("walk init_task.tasks task_struct.tasks pid comm", "all tasks"),
        ("walk init_task.children task_struct.sibling comm", "the children of the idle task"),
    ),
)
def walk_(session: Context, words: list[Word]) -> View:
    """Follow a list of the kernel, entry by entry, and say where it ends.

    HEAD is a list_head, or a pointer to one; TYPE.MEMBER is the struct that the entries are, with the list_head in it
    that links them. The fields named behind it are shown of each. A list is broken that does not lead back to its head:
    by a NULL, a deleted entry, a circle, or a link back that leads elsewhere.
    """
    given = take_options("walk", words)
    texts = [word.raw for word in given.words if word.raw != "struct"]
    if len(texts) < 2:
        raise misuse("walk", "which list, and by which member is it linked?")
    head_text, member, *names = texts
    head, tag, path = _head(session, head_text), *_member(session, head_text, member)
    offset = number_of(value_of(session, "print", f"&((struct {tag} *)0)->{path}"))
    found = walk(session.kernel, head, count("walk", plain(given.get("-n") or str(MOST))))
    rows = [_entry(session, tag, link - offset & U64, names) for link in found.links]
    return _view(tag, found, rows)


def _head(session: Context, text: str) -> int:
    value = value_of(session, "print", text)
    if value.type.text == "struct list_head" and value.address is not None:
        return value.address
    if value.type.text == "struct list_head *":
        return number_of(value)
    because = f"it is '{value.type.text}'"
    raise CommandError(f"walk: {show(text)} is no list_head", because, EXAMPLES["walk"])


def _member(session: Context, head: str, text: str) -> tuple[str, str]:
    """The struct's tag, and its member's name."""
    tag, _, path = text.partition(".")
    kind = type_of(session, "ptype", f"struct {tag}")
    if path and type_of(session, "print", f"((struct {tag} *)0)->{path}").text == "struct list_head":
        return tag, path
    links = [name for name, _, each in kind.fields if each.text == "struct list_head"]
    what = f"walk: {show(path)} of struct {show(tag)} is no list_head" if path else "walk: which member links them?"
    because = f"of struct {show(tag)} these link entries: {', '.join(links) or 'none'}"
    raise CommandError(what, because, f"walk {show(head)} {show(tag)}.{links[0]}" if links else EXAMPLES["walk"])


def _entry(session: Context, tag: str, address: int, names: list[str]) -> dict[str, Any]:
    place = f"((struct {tag} *){address:#x})"
    values = {name: value_of(session, "print", f"{place}->{name}") for name in names}
    fields = {name: shown(session.kernel, value, typed=False)["text"] for name, value in values.items()}
    return {"address": f"{address:#x}", "fields": fields}


def _view(tag: str, found: Walked, rows: list[dict[str, Any]]) -> View:
    lines: list[Line] = []
    for at, row in enumerate(rows):
        fields = ", ".join(f"{name} = {show(text)}" for name, text in row["fields"].items())
        lines.append([(f"{at:>4}  ", "dim"), (row["address"], "address"), (f"  {fields}" if fields else "", "")])
    is_broken = found.end not in ("head", "many")
    end = ENDS[found.end].format(at=found.at, prev=found.prev)
    entries = f"{len(rows)} {'entry' if len(rows) == 1 else 'entries'} of struct {tag}"
    lines.append([(f"{entries}; {end}", "error" if is_broken else "dim")])
    result = {"type": f"struct {tag}", "entries": rows, "end": found.end, "at": f"{found.at:#x}"}
    return Text(lines, result, status=int(is_broken))
