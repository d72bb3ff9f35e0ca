"""for over the lists of the kernel: list_for_each_entry and its relatives, as the macros of <linux/list.h> walk."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from kshell.cc.front.annotations import read_type
from kshell.cc.front.macros import container
from kshell.cc.front.places import member
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.tree import AddressOf, Assign, Compare, Deref, Local, Member, Place, Value, Variable
from kshell.cc.tree_unit import Evaluate, Loop, Statement
from kshell.cc.types import INT, Field, Pointer, StructType, Type


class Walk(NamedTuple):
    """A way through a circular list: by which link, whether the next entry is known before the body, and whether what
    the body sees is the entry (of a type, linked by a field) or the link itself."""

    link: str = "next"
    is_safe: bool = False
    is_typed: bool = True


LISTS = {
    "list_for_each": Walk(is_typed=False),
    "list_for_each_prev": Walk("prev", is_typed=False),
    "list_for_each_safe": Walk(is_safe=True, is_typed=False),
    "list_for_each_entry": Walk(),
    "list_for_each_entry_reverse": Walk("prev"),
    "list_for_each_entry_safe": Walk(is_safe=True),
    "list_for_each_entry_safe_reverse": Walk("prev", is_safe=True),
}
Body = Callable[[Variable], list[Statement]]
Counter = Callable[[Pointer], Variable]


def linked(scope: Scope, call: ast.Call, name: str, links: str) -> tuple[StructType, Value, Field]:
    """What ``name(e, head, "field")`` is told: the type of an entry, the head's value, and the field that links it,
    which is a struct `links`."""
    example = f'{name}(e, addr(head), "list")'
    if len(call.args) != 3:
        scope.report.fail(call, f'macro "{name}" requires 3 arguments', "type, head, field", example)
    kind, head, at = read_type(scope.file, call.args[0]), scope.value(call.args[1]), call.args[2]
    if not isinstance(kind, StructType) or not isinstance(at, ast.Constant):
        scope.report.fail(call, "expected a struct and the name of a field", "", example)
    field = member(scope, call, kind, str(at.value))
    if not isinstance(field.type, StructType) or field.type.tag != links:
        because = f"it is '{spelled(field.type)}'"
        scope.report.fail(call, f"the head and the field must be {links}s", because, f"list: {links}")
    return kind, head, field


def list_loop(scope: Scope, node: ast.For, call: ast.Call, name: str, counter: Counter, body: Body) -> list[Statement]:
    """The loop of a macro of LISTS; `counter` makes its variable, `body` what stands in it."""
    walk = LISTS[name]
    if walk.is_typed:
        kind, head, field = linked(scope, call, name, "list_head")
        links: Type = field.type
        entry = counter(Pointer(kind))
    else:
        if len(call.args) != 1:
            scope.report.fail(call, f'macro "{name}" requires 1 argument', "the head", f"{name}(addr(head))")
        head = scope.value(call.args[0])
        links, field = head.type.target if isinstance(head.type, Pointer) else head.type, None
        entry = counter(Pointer(links))
    if not isinstance(links, StructType) or links.tag != "list_head" or head.type != Pointer(links):
        because = f"it is '{spelled(head.type)}'"
        scope.report.fail(call, "the head and the field must be list_heads", because, "list: list_head")
    way = _Way(scope, links.fields[walk.link], field, entry, node.lineno)
    return _circle(way, head, walk.is_safe, body)


class _Way(NamedTuple):
    """How one entry leads to the next; `field` is where its link lies in an entry, None where it is the entry."""

    scope: Scope
    link: Field
    field: Field | None
    entry: Variable
    line: int

    def link_of(self, entry: Variable) -> Place:
        """The list_head of an entry."""
        return Deref(Local(entry)) if self.field is None else Member(Deref(Local(entry)), self.field)

    def follow(self, place: Place, to: Variable) -> Statement:
        """The entry that a list_head leads to becomes the variable's value."""
        there: Value = Member(place, self.link)
        if self.field is not None:
            kind = to.type
            assert isinstance(kind, Pointer)
            there = container(self.scope, there, kind.target, self.field.offset)
        return Evaluate(Assign(Local(to), there), self.line)


def _circle(way: _Way, head: Value, is_safe: bool, body: Body) -> list[Statement]:
    scope, line, entry = way.scope, way.line, way.entry
    start = Local(scope.made(head.type, line))
    following = scope.made(entry.type, line) if is_safe else entry
    first = [Evaluate(Assign(start, head), line), way.follow(Deref(start), entry)]
    look_ahead = [way.follow(way.link_of(entry), following)]
    if is_safe:
        step: list[Statement] = [Evaluate(Assign(Local(entry), Local(following)), line)]
    else:
        step, look_ahead = look_ahead, []
    test = Compare("!=", AddressOf(way.link_of(entry), head.type), start, INT)
    return [*first, Loop(test, [*look_ahead, *body(entry)], step, line)]
