"""One number from or to user memory: get_user, put_user, and access_ok, which asks about a range.

C counterpart: arch/x86/include/asm/uaccess.h.
"""

from __future__ import annotations

import ast
from typing import NoReturn

from kshell.cc.front.arithmetic import after, binary, cast
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.tree import (
    AddressLimit,
    AddressOf,
    Assign,
    Compare,
    Deref,
    GetUser,
    Local,
    Logical,
    Number,
    Place,
    PutUser,
    Value,
)
from kshell.cc.types import INT, ULONG, VOID_POINTER, IntType, Pointer, Type, VoidType, size_of

SIZES = (1, 2, 4, 8)
LIMIT = 0x7FFF_FFFF_F000  # C: TASK_SIZE_MAX
PAGE_SIZE = 4096
LIMIT_UNTIL = (5, 10)  # the first release in which no task has a limit of its own
VERIFY_UNTIL = (5, 0)  # the first release whose access_ok is not told what the access is for


def get_user(scope: Scope, node: ast.Call, name: str) -> Value:
    """``get_user(k, addr(x), p)``: 0, or -EFAULT.  As in C, x gets the number as an assignment would give it."""
    pointer = scope.value(node.args[2])
    target = _number_at(scope, node, pointer, name)
    place = _destination(scope, node.args[1], target, name)
    return GetUser(place, pointer, name == "get_user", INT)


def put_user(scope: Scope, node: ast.Call, name: str) -> Value:
    """``put_user(k, value, p)``: 0, or -EFAULT."""
    pointer = scope.value(node.args[2])
    target = _number_at(scope, node, pointer, name)
    value = convert(scope.report, node.args[1], scope.value(node.args[1]), target, Want("argument", name, 1))
    if isinstance(pointer.type, Pointer) and pointer.type.const:
        wanted = pointer.type._replace(const=False, user=True)
        convert(scope.report, node.args[2], pointer, wanted, Want("argument", name, 2))
    return PutUser(value, pointer, name == "put_user", INT)


def _number_at(scope: Scope, node: ast.Call, pointer: Value, name: str) -> Type:
    """What a user pointer points to: one number or pointer."""
    kind, at = pointer.type, node.args[2]
    if not isinstance(kind, Pointer) or isinstance(kind.target, VoidType):
        because = f"it is '{spelled(kind)}', and its type says how many bytes there are"
        scope.report.fail(at, "invalid type argument of unary '*'", because, "a parameter p: User[Int]")
    if not kind.user:
        convert(scope.report, at, pointer, kind._replace(user=True), Want("argument", name, 2))
    if not isinstance(kind.target, IntType | Pointer):
        _too_large(scope, node, kind.target, name)
    return kind.target


def _too_large(scope: Scope, node: ast.Call, kind: Type, name: str) -> NoReturn:
    """``get_user`` of a struct: the macro would call a function that nobody has written."""
    read = name.endswith("get_user")
    function = f"__{name.lstrip('_')}_{size_of(kind)}"
    because = f"{name} copies one number of 1, 2, 4 or 8 bytes, and '{spelled(kind)}' has {size_of(kind)}"
    value, pointer = (scope.report.source_of(each) or "v" for each in node.args[1:])
    copy = f"copy_from_user(k, {value}, {pointer})" if read else f"copy_to_user(k, {pointer}, {value})"
    scope.report.fail(node, f"undefined reference to `{function}'", because, copy, len(name))


def _destination(scope: Scope, node: ast.expr, target: Type, name: str) -> Place:
    """Where get_user puts the number: what `addr` is taken of, or what a pointer points to."""
    to = scope.value(node)
    place = to.place if isinstance(to, AddressOf) else None
    if place is None or not isinstance(place.type, IntType) or not isinstance(target, IntType):
        return Deref(convert(scope.report, node, to, Pointer(target), Want("argument", name, 1)))
    if place.type.size < target.size and not place.type.is_bool:
        source = scope.report.source_of(node) or "x"
        text = f"conversion from '{spelled(target)}' to '{spelled(place.type)}' may change value"
        because = (
            f"the number of the user's has {8 * target.size} bits, and {source} has room for {8 * place.type.size}"
        )
        scope.report.note(node, text, because, "a variable of the type that p points to")
    return place


def access_ok(scope: Scope, node: ast.Call) -> Value:
    """``access_ok(k, p, n)``: 1 where the whole range lies in user space; before 5.0 it is told the kind of access."""
    given = [each for each in node.args if not scope.is_kernel(each)]
    old = scope.report.version < VERIFY_UNTIL
    if len(given) != 2 + old:
        _other_release(scope, node, given, old)
    pointer = scope.value(given[-2])
    if not isinstance(pointer.type, Pointer):
        pointer = convert(scope.report, given[-2], pointer, _user_void(), Want("argument", "access_ok", 1 + old))
    elif not pointer.type.user:
        convert(scope.report, given[-2], pointer, _user_void(), Want("argument", "access_ok", 1 + old))
    size = convert(scope.report, given[-1], scope.value(given[-1]), ULONG, Want("argument", "access_ok", 2 + old))
    has_limit = scope.report.version < LIMIT_UNTIL
    limit: Value = AddressLimit(ULONG) if has_limit else Number(LIMIT, ULONG)
    if isinstance(size, Number) and size.value <= PAGE_SIZE:  # behind the limit is a page that nobody ever has
        return Compare("<=", cast(pointer, ULONG), binary("-", limit, size, ULONG) if has_limit else limit, INT)
    start, end = (Local(scope.made(ULONG, node.lineno)) for _ in range(2))
    ends_behind, in_user = Compare(">=", end, start, INT), Compare("<=", end, limit, INT)
    total = Assign(end, binary("+", start, size, ULONG))
    return after(Assign(start, cast(pointer, ULONG)), after(total, Logical("&&", ends_behind, in_user, INT)))


def _user_void() -> Pointer:
    return VOID_POINTER._replace(user=True)


def _other_release(scope: Scope, node: ast.Call, given: list[ast.expr], old: bool) -> NoReturn:
    """The form of the other release, or a wrong number of arguments."""
    wanted = 2 + old
    text = f'macro "access_ok" requires {wanted} arguments, but only {len(given)} given'
    if len(given) > wanted:
        text = f'macro "access_ok" passed {len(given)} arguments, but takes just {wanted}'
    release = "{}.{}".format(*scope.report.version)
    because = f"in {release} it is told what the access is for, VERIFY_READ or VERIFY_WRITE, and then the range"
    if not old:
        because = f"since 5.0 access_ok is not told what the access is for, and this is {release}"
    pointer, size = [scope.report.source_of(each) for each in given[-2:]] if len(given) >= 2 else ["p", "sizeof(p)"]
    first = "VERIFY_WRITE, " if old else ""
    scope.report.fail(node, text, because, f"access_ok(k, {first}{pointer}, {size})", len("access_ok"))
