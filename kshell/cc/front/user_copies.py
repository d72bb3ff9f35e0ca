"""copy_from_user and copy_to_user: of two things that have types, and what Linux's headers check at compile time.

C counterpart: include/linux/uaccess.h and, for the check, include/linux/thread_info.h (check_copy_size).
"""

from __future__ import annotations

import ast

from kshell.cc.front.arithmetic import cast, decayed
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Routine
from kshell.cc.tree import AddressOf, Call, Cast, Deref, Member, Number, PointerAdd, Value
from kshell.cc.types import CHAR, UCHAR, ULONG, ArrayType, Pointer, StructType, Type, VoidType, size_of

KERNEL_SIDE = {"copy_from_user": 0, "copy_to_user": 1}  # which of the two arguments is the kernel's memory
BYTES = (CHAR, UCHAR)


def is_typed(name: str, given: list[ast.expr]) -> bool:
    """Whether it is a copy without a size: ``copy_to_user(k, p, v)``."""
    return name in KERNEL_SIDE and len(given) == 2


def typed_copy(scope: Scope, node: ast.Call, given: list[ast.expr], name: str, routine: Routine) -> Value:
    """A copy of as many bytes as the type has, which must be the same on both sides."""
    mine = KERNEL_SIDE[name]
    values = [scope.any(each) for each in given]
    values[mine], own = _kernel_side(values[mine])
    user = decayed(values[1 - mine])
    theirs = user.type.target if isinstance(user.type, Pointer) else None
    arguments = []
    for at, value in enumerate((values[0], user) if mine == 0 else (user, values[1])):
        wanted = routine.type.parameters[at]
        assert isinstance(wanted, Pointer)
        if at != mine and own is not None and theirs is not None:  # the type that the other side has
            element = own.element if isinstance(own, ArrayType) else own
            value = convert(scope.report, given[at], value, wanted._replace(target=element), _want(name, at))
        arguments.append(cast(convert(scope.report, given[at], value, wanted, _want(name, at)), wanted))
    size = Number(_size_of_copy(scope, node, given, name, own, theirs), ULONG)
    return Call(routine.symbol, (*arguments, size), routine.type, node.lineno)


def _want(name: str, at: int) -> Want:
    return Want("argument", name, at + 1)


def _kernel_side(value: Value) -> tuple[Value, Type | None]:
    """The address of the kernel's memory, and the type of what is there; None where nothing says so."""
    if isinstance(value.type, StructType):
        return AddressOf(value, Pointer(value.type)), value.type  # type: ignore[arg-type]  # a struct is always a place
    if isinstance(value.type, ArrayType):
        return decayed(value), value.type
    target = value.type.target if isinstance(value.type, Pointer) else None
    return value, None if isinstance(target, VoidType) else target


def _size_of_copy(
    scope: Scope, node: ast.Call, given: list[ast.expr], name: str, own: Type | None, theirs: Type | None
) -> int:
    """How many bytes the types say; a lone char does not say it, nor does a void."""
    kind = theirs if own is None else own
    if kind is not None and not isinstance(kind, VoidType) and kind not in BYTES:
        return size_of(kind)
    because = "the two pointers do not say how many bytes there are"
    if kind is not None:
        because = f"'{spelled(Pointer(kind))}' does not say how many bytes there are"
    right = ", ".join([scope.kernel, *(scope.report.source_of(each) or "p" for each in given), "n"])
    text = f"too few arguments to function '{name}'"
    return scope.report.fail(node, text, because, f"{name}({right})", len(name))


def check_size(scope: Scope, node: ast.Call, name: str, call: Value) -> None:
    """More bytes than the variable of the kernel's has: Linux's headers refuse that when it is compiled."""
    if name not in KERNEL_SIDE or not isinstance(call, Call) or not isinstance(call.arguments[2], Number):
        return
    count, room = call.arguments[2].value, _room(call.arguments[KERNEL_SIDE[name]])
    if room is None or count <= room:
        return
    end, function = ("destination", "__bad_copy_to") if name == "copy_from_user" else ("source", "__bad_copy_from")
    text = f"call to '{function}' declared with attribute error: copy {end} size is too small"
    mine = node.args[1 + KERNEL_SIDE[name]]
    thing = mine.args[0] if isinstance(mine, ast.Call) and len(mine.args) == 1 else mine
    because = f"{scope.report.source_of(mine) or 'it'} has {room} bytes, and {count} would be copied"
    right = scope.report.line_with(node.args[3], f"sizeof({scope.report.source_of(thing) or 'v'})")
    scope.report.error(node, text, because, right, len(name))


def _room(address: Value) -> int | None:
    """How many bytes there are from an address to the end of the variable (C: __builtin_object_size)."""
    offset = 0
    while not isinstance(address, AddressOf) or isinstance(address.place, Member | Deref):
        if isinstance(address, Cast):
            address = address.operand
        elif isinstance(address, PointerAdd) and isinstance(address.steps, Number):
            offset += address.steps.value * address.scale
            address = address.pointer
        elif isinstance(address, AddressOf) and isinstance(address.place, Member):
            offset += address.place.field.offset
            address = address._replace(place=address.place.place)
        elif isinstance(address, AddressOf) and isinstance(address.place, Deref):
            address = address.place.pointer
        else:
            return None
    return max(size_of(address.place.type) - offset, 0)
