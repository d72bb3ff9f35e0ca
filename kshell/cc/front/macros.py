"""The macros that stand in expressions: addr, sizeof, container_of, get_user, ..."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from kshell.abi.kconfig import options_of
from kshell.cc.front import address_limit, number_macros, tasks, user_access
from kshell.cc.front.annotations import is_complete, is_type, read_type
from kshell.cc.front.arithmetic import cast, unary
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.formats import printk
from kshell.cc.front.initializers import TEMPLATES
from kshell.cc.front.intrinsics import intrinsic
from kshell.cc.front.operators import ord_of
from kshell.cc.front.places import member
from kshell.cc.front.primitives import INTRINSICS, LEVELS
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.tree import (
    AddressOf,
    Assign,
    Compare,
    Deref,
    FunctionName,
    Local,
    Member,
    Number,
    PointerAdd,
    Text,
    Value,
)
from kshell.cc.types import (
    CHAR_POINTER,
    CONST_CHAR_POINTER,
    INT,
    LONG,
    ULONG,
    VOID_POINTER,
    ArrayType,
    Pointer,
    StructType,
    Type,
    size_of,
)


def call(scope: Scope, node: ast.Call, name: str) -> Value:
    """``name(...)`` in an expression."""
    if name.startswith("pr_") and name[3:] in LEVELS:
        level = Text(b"\x01%d" % LEVELS.index(name[3:]), CONST_CHAR_POINTER)
        given = node.args[1:] if node.args and scope.is_kernel(node.args[0]) else node.args
        return printk(scope, node, given, level)
    if name == "access_ok":
        return user_access.access_ok(scope, node)
    if name in INTRINSICS:
        return intrinsic(scope, node, name)
    if name in MACROS:
        wanted, macro = MACROS[name]
        if len(node.args) != wanted:
            because = f"the macro {name} takes {wanted}"
            text = f'macro "{name}" requires {wanted} arguments, but only {len(node.args)} given'
            if len(node.args) > wanted:
                text = f'macro "{name}" passed {len(node.args)} arguments, but takes just {wanted}'
            scope.report.fail(node, text, because, f"{name}({', '.join('xyzw'[:wanted])})", len(name))
        return macro(scope, node)
    because, try_ = f"{name} stands in a line of its own", f"{name}(...)  (in a line of its own)"
    if name in ("Array", "Param", "Stub", "extern", *TEMPLATES):
        because, try_ = f"{name} declares a variable", f"x = {name}(...)  (in a line of its own)"
    return scope.report.fail(node, f"expected expression before '{name}'", because, try_, len(name))


def _addr(scope: Scope, node: ast.Call) -> Value:
    argument = node.args[0]
    if isinstance(argument, ast.Name) and argument.id not in scope.variables:
        value = scope.any(argument)
        if isinstance(value, FunctionName):
            return value
    place = scope.place(argument)
    if isinstance(place, Local):
        scope.assigned(place.variable)
        scope.read.add(place.variable)
        scope.inferred.discard(place.variable)
    return AddressOf(place, Pointer(place.type, user=False))


def _type_of(scope: Scope, node: ast.expr) -> Type:
    """The type that sizeof is asked about: one by name, or that of an expression, which is not evaluated."""
    if is_type(scope.file, node):
        return read_type(scope.file, node)
    sure, maybe, order = scope.sure, set(scope.maybe), list(scope.order)
    scope.sure = None
    if isinstance(node, ast.Name) and node.id in scope.variables:
        scope.read.add(scope.variables[node.id])
    found = scope.any(node).type
    scope.sure, scope.maybe, scope.order = sure, maybe, order
    return found


def _sizeof(scope: Scope, node: ast.Call) -> Value:
    kind = _type_of(scope, node.args[0])
    if isinstance(kind, StructType | ArrayType) and not is_complete(kind):
        because = f"nothing says what is in {spelled(kind)}"
        scope.report.fail(
            node, f"invalid application of 'sizeof' to incomplete type '{spelled(kind)}'", because, "include its header"
        )
    return Number(size_of(kind), ULONG)


def _len(scope: Scope, node: ast.Call) -> Value:
    kind = _type_of(scope, node.args[0])
    if isinstance(kind, ArrayType):
        return Number(kind.length, ULONG)
    source = scope.report.source_of(node.args[0]) or "p"
    because = f"len is C's ARRAY_SIZE, and {source} is '{spelled(kind)}': a pointer does not know how much is there"
    try_ = f"strlen(k, {source})  (of a string)"
    if not isinstance(kind, Pointer):
        because = f"len is C's ARRAY_SIZE: it is for arrays, and {source} is '{spelled(kind)}'"
        try_ = "len(a) of a: Array[Int] = Array(Int, 3); the bytes of anything are sizeof"
    return scope.report.fail(node, "ARRAY_SIZE of something not an array", because, try_)


def _field_at(scope: Scope, type_node: ast.expr, name: ast.expr) -> tuple[Type, int]:
    """A struct, and how far into it a field lies ("a.b" is one of a struct inside)."""
    kind = read_type(scope.file, type_node)
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        because = "a field has a name, which is no value"
        scope.report.fail(name, "expected identifier", because, 'offsetof(e, "list")')
    at, inner = 0, kind
    for part in name.value.split("."):
        if not isinstance(inner, StructType):
            text = f"request for member '{part}' in something not a structure or union"
            scope.report.fail(name, text, f"'{spelled(inner)}' has no fields", "a field of a struct")
        found = member(scope, name, inner, part)
        at, inner = at + found.offset, found.type
    return kind, at


def _offsetof(scope: Scope, node: ast.Call) -> Value:
    return Number(_field_at(scope, *node.args)[1], ULONG)


def container(scope: Scope, pointer: Value, kind: Type, offset: int) -> Value:
    """The struct that holds what `pointer` points to, at `offset`."""
    back = Number(-offset, LONG)
    return cast(PointerAdd(cast(pointer, CHAR_POINTER), back, 1, CHAR_POINTER), Pointer(kind))


def _container_of(scope: Scope, node: ast.Call) -> Value:
    pointer = scope.value(node.args[0])
    if not isinstance(pointer.type, Pointer):
        because = f"it is '{spelled(pointer.type)}'"
        scope.report.fail(node, "invalid type argument of unary '*'", because, 'container_of(addr(e.list), e, "list")')
    kind, offset = _field_at(scope, node.args[1], node.args[2])
    return container(scope, pointer, kind, offset)


def _neighbour(scope: Scope, node: ast.Call, link: str) -> Value:
    """``list_next_entry(p, "list")``: the struct of p's own type that p's link leads to."""
    entry = scope.value(node.args[0])
    kind = entry.type.target if isinstance(entry.type, Pointer) else entry.type
    if not isinstance(kind, StructType):
        because = f"it is '{spelled(entry.type)}'"
        scope.report.fail(
            node, "request for member in something not a structure or union", because, "a Ptr to an entry"
        )
    name = node.args[1]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        scope.report.fail(name, "expected identifier", "a field has a name, which is no value", '"list"')
    field = member(scope, node, kind, name.value)
    if not isinstance(field.type, StructType) or link not in field.type.fields:
        because = f"{name.value} is '{spelled(field.type)}'"
        scope.report.fail(node, "the field must be a list_head", because, "list: list_head")
    return container(scope, Member(Member(Deref(entry), field), field.type.fields[link]), kind, field.offset)


def _once(scope: Scope, node: ast.Call) -> Value:
    return scope.value(node.args[0])


def _write_once(scope: Scope, node: ast.Call) -> Value:
    place = scope.place(node.args[0])
    value = scope.value(node.args[1])
    return Assign(place, convert(scope.report, node.args[1], value, place.type, Want("assign")))


def _is_err(scope: Scope, node: ast.Call) -> Value:
    last = unary("-", Number(4095, ULONG), ULONG)
    return Compare(">=", cast(scope.value(node.args[0]), ULONG), last, INT)


def _err_ptr(scope: Scope, node: ast.Call) -> Value:
    return cast(cast(scope.value(node.args[0]), LONG), VOID_POINTER)


def _ptr_err(scope: Scope, node: ast.Call) -> Value:
    return cast(scope.value(node.args[0]), LONG)


def _is_enabled(scope: Scope, node: ast.Call) -> Value:
    option = node.args[0]
    if not isinstance(option, ast.Name):
        scope.report.fail(
            node, "expected the name of an option", "a kernel is built with it, or not", "CONFIG_DEBUG_LIST"
        )
    return Number(int(option.id in options_of(scope.report.release)), INT)


MACROS: dict[str, tuple[int, Callable[[Scope, ast.Call], Value]]] = {
    "addr": (1, _addr),
    "sizeof": (1, _sizeof),
    "len": (1, _len),
    "ord": (1, ord_of),
    "offsetof": (2, _offsetof),
    "container_of": (3, _container_of),
    "READ_ONCE": (1, _once),
    "WRITE_ONCE": (2, _write_once),
    "list_next_entry": (2, partial(_neighbour, link="next")),
    "list_prev_entry": (2, partial(_neighbour, link="prev")),
    **{name: (2, partial(number_macros.extreme, name=name)) for name in ("min", "max")},
    **{f"{name}_t": (3, partial(number_macros.extreme_t, name=name)) for name in ("min", "max")},
    "clamp": (3, number_macros.clamp),
    "clamp_t": (4, number_macros.clamp_t),
    "swap": (2, number_macros.swap),
    "ilog2": (1, number_macros.ilog2),
    "IS_ENABLED": (1, _is_enabled),
    "IS_ERR": (1, _is_err),
    "ERR_PTR": (1, _err_ptr),
    "PTR_ERR": (1, _ptr_err),
    **{name: (3, partial(user_access.get_user, name=name)) for name in ("get_user", "__get_user")},
    **dict.fromkeys(("from_kuid", "from_kgid"), (2, tasks.from_id)),
    "get_fs": (1, address_limit.get_fs),
    "set_fs": (2, address_limit.set_fs),
    **{name: (3, partial(user_access.put_user, name=name)) for name in ("put_user", "__put_user")},
}
