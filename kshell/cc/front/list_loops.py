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
from kshell.cc.front.template import filled
from kshell.cc.tree import (
    AddressOf,
    Assign,
    Binary,
    Compare,
    Deref,
    Local,
    Logical,
    Member,
    Not,
    Number,
    Place,
    Value,
    Variable,
)
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
CHAINS = ("hlist_for_each_entry", "hlist_for_each_entry_safe")
TABLES = tuple(f"hash_for_each{which}{safe}" for which in ("", "_possible") for safe in ("", "_safe"))
SLOT = "__slot"  # which list of a table a loop is at: no name of a source
Body = Callable[[Variable], list[Statement]]
Counter = Callable[[Pointer], Variable]


def linked(scope: Scope, call: ast.Call, name: str, links: str, heads: str) -> tuple[StructType, Value, Field]:
    """What ``name(e, head, "field")`` is told: the type of an entry, the head's value, a pointer to a struct `heads`,
    and the field that links it, which is a struct `links`."""
    field_name = "list" if links == "list_head" else "node"
    example = f'{name}(e, addr(head), "{field_name}")'
    if len(call.args) != 3:
        scope.report.fail(call, f'macro "{name}" requires 3 arguments', "type, head, field", example)
    kind, head, at = read_type(scope.file, call.args[0]), scope.value(call.args[1]), call.args[2]
    if not isinstance(kind, StructType) or not isinstance(at, ast.Constant):
        scope.report.fail(call, "expected a struct and the name of a field", "", example)
    field = member(scope, call, kind, str(at.value))
    if not isinstance(field.type, StructType) or field.type.tag != links:
        because = f"{field.name} is '{spelled(field.type)}'"
        scope.report.fail(call, f"the field must be a {links}", because, f"{field_name}: {links}")
    _check_head(scope, call, head, heads)
    return kind, head, field


def _check_head(scope: Scope, call: ast.Call, head: Value, heads: str) -> StructType:
    """The struct that a head is."""
    struct = head.type.target if isinstance(head.type, Pointer) else head.type
    if not isinstance(head.type, Pointer) or not isinstance(struct, StructType) or struct.tag != heads:
        because = f"it is '{spelled(head.type)}'"
        try_ = "addr(...) of it" if isinstance(struct, StructType) and struct.tag == heads else f"head: {heads}"
        scope.report.fail(call, f"the head must be a pointer to a {heads}", because, try_)
    return struct


def list_loop(scope: Scope, node: ast.For, call: ast.Call, name: str, counter: Counter, body: Body) -> list[Statement]:
    """The loop of a macro of LISTS; `counter` makes its variable, `body` what stands in it."""
    walk = LISTS[name]
    kind: Type
    field: Field | None = None
    if walk.is_typed:
        kind, head, field = linked(scope, call, name, "list_head", "list_head")
    else:
        if len(call.args) != 1:
            scope.report.fail(call, f'macro "{name}" requires 1 argument', "the head", f"{name}(addr(head))")
        head = scope.value(call.args[0])
        kind = _check_head(scope, call, head, "list_head")
    links = _check_head(scope, call, head, "list_head")
    way = _Way(scope, links.fields[walk.link], field, counter(Pointer(kind)), node.lineno)
    return _circle(way, head, walk.is_safe, body)


def chain_loop(scope: Scope, node: ast.For, call: ast.Call, name: str, counter: Counter, body: Body) -> list[Statement]:
    """The loop of hlist_for_each_entry and its _safe: from the head's pointer to the NULL behind the last entry."""
    kind, head, field = linked(scope, call, name, "hlist_node", "hlist_head")
    assert isinstance(head.type, Pointer)
    assert isinstance(head.type.target, StructType)
    entry = counter(Pointer(kind))
    return _chain(scope, Member(Deref(head), head.type.target.fields["first"]), entry, field, node.lineno, name, body)


def bucket_loop(
    scope: Scope, node: ast.For, call: ast.Call, name: str, counter: Counter, body: Body
) -> list[Statement]:
    """The loop of hash_for_each and its relatives: the list of one key, or all lists, one behind the other."""
    wanted = 4 if "possible" in name else 3
    if len(call.args) != wanted:
        told = "table, type, field, key" if wanted == 4 else "table, type, field"
        example = f"{name}({told.replace('type', 'e').replace('field', chr(34) + 'node' + chr(34))})"
        scope.report.fail(call, f'macro "{name}" requires {wanted} arguments', told, example)
    table, kind_node, at, *key = call.args
    line, at_slot = node.lineno, Local(scope.made(INT, node.lineno))
    scope.assigned(at_slot.variable)
    scope.variables[SLOT] = at_slot.variable
    slot = "hash_min({k}, {1}, HASH_BITS({0}))" if key else SLOT
    head = filled(scope, call, f"addr({{0}}[{slot}])", table, *key)
    of_list = ast.copy_location(ast.Call(call.func, [kind_node, head, at], []), call)
    size = scope.value(filled(scope, call, "Int(HASH_SIZE({0}))", table))
    inner = chain_loop(scope, node, of_list, name, counter, body)
    scope.variables.pop(SLOT, None)  # a loop inside of this one has its own
    if key:
        return inner
    # As in C: `break` leaves the inner loop with an entry at hand, and so the outer one.
    first, walk = inner
    assert isinstance(first, Evaluate)
    assert isinstance(first.value, Assign)
    here = first.value.place
    begin = [Evaluate(Assign(at_slot, Number(0, INT)), line), Evaluate(Assign(here, Number(0, here.type)), line)]
    test = Logical("&&", Not(here, INT), Compare("<", at_slot, size, INT), INT)
    step: list[Statement] = [Evaluate(Assign(at_slot, Binary("+", at_slot, Number(1, INT), INT)), line)]
    return [*begin, Loop(test, [first, walk], step, line)]


def _chain(
    scope: Scope, first: Value, entry: Variable, field: Field, line: int, name: str, body: Body
) -> list[Statement]:
    """From link to link; what the body sees is the entry around each."""
    kind, links = entry.type, field.type
    assert isinstance(kind, Pointer)
    assert isinstance(links, StructType)
    here = Local(scope.made(Pointer(links), line))
    around = Evaluate(Assign(Local(entry), container(scope, here, kind.target, field.offset)), line)
    following: Value = Member(Member(Deref(Local(entry)), field), links.fields["next"])
    look_ahead: list[Statement] = []
    if name.endswith("_safe"):
        ahead = Local(scope.made(Pointer(links), line))
        look_ahead, following = [Evaluate(Assign(ahead, following), line)], ahead
    step: list[Statement] = [Evaluate(Assign(here, following), line)]
    return [Evaluate(Assign(here, first), line), Loop(here, [around, *look_ahead, *body(entry)], step, line)]


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
