"""Initial values: ``Array(Int, 3, [1, 2, 3])``, ``e(a=1)``, and what a variable of the file begins with."""

from __future__ import annotations

import ast
from typing import NamedTuple

from kshell.cc.front.annotations import is_complete, read_type
from kshell.cc.front.calls import is_macro, is_struct
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.file_scope import UNIQUE
from kshell.cc.front.initializers import spelled_out
from kshell.cc.front.places import member
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.tree import (
    AddressOf,
    Assign,
    Cast,
    Deref,
    FunctionName,
    Global,
    Member,
    Number,
    Place,
    PointerAdd,
    Text,
    Value,
)
from kshell.cc.tree_unit import Copy, Evaluate, Pointed, Statement, Zero
from kshell.cc.types import CHAR, LONG, ArrayType, IntType, Pointer, StructType, Type, size_of

ARRAY_MAX = 1 << 22  # bytes


class Leaf(NamedTuple):
    """One scalar of an initial value: where it goes, and what says it.  `place` is None in a variable of the file."""

    offset: int
    type: Type
    node: ast.expr
    place: Place | None


def array_type(scope: Scope, node: ast.Call) -> ArrayType:
    """The type of ``Array(Int, 3)``."""
    report = scope.report
    if not 2 <= len(node.args) <= 3 or node.keywords:
        because = "it takes the type of an element, their number, and perhaps the first values"
        report.fail(
            node, f"wrong number of arguments to 'Array': {len(node.args)}", because, "Array(Int, 3, [1, 2, 3])"
        )
    first = node.args[0]
    element: Type
    if isinstance(first, ast.Call) and is_macro(scope, first, "Array"):
        element = array_type(scope, first)
    else:
        element = read_type(scope.file, first)
    if not is_complete(element):
        report.fail(
            first, f"array type has incomplete element type '{spelled(element)}'", "its size is not known", "Int"
        )
    count = scope.value(node.args[1])
    if not isinstance(count, Number) or not isinstance(count.type, IntType):
        because = "C reserves the memory when it compiles; the kernel is built with -Wvla"
        report.fail(
            node.args[1], "ISO C90 forbids variable length array [-Werror=vla]", because, "a constant, or kmalloc"
        )
    if count.value < 1:
        report.fail(node.args[1], "size of array is negative or zero", "an array has elements", "a number from 1 on")
    if count.value * size_of(element) > ARRAY_MAX:
        report.fail(
            node.args[1], "size of array is too large", f"{ARRAY_MAX >> 20} MiB are the most", "a smaller number"
        )
    return ArrayType(element, count.value)


def composite_type(scope: Scope, node: ast.expr) -> Type | None:
    """The type of a new array or struct; None for any other expression."""
    if is_macro(scope, node, "Array"):
        assert isinstance(node, ast.Call)
        return array_type(scope, node)
    if is_struct(scope, node):
        assert isinstance(node, ast.Call)
        kind = read_type(scope.file, node.func)
        if not is_complete(kind):
            text = f"storage size of a '{spelled(kind)}' isn't known"
            scope.report.fail(node, text, "nothing says what is in it", "include its header, or a Ptr to one")
        return kind
    return None


def leaves(scope: Scope, node: ast.expr, kind: Type, offset: int = 0, place: Place | None = None) -> list[Leaf]:
    """Every scalar that an initial value of type `kind` says; what it does not say is 0."""
    if isinstance(kind, ArrayType):
        return _elements(scope, node, kind, offset, place)
    node = spelled_out(scope, node)
    if not isinstance(kind, StructType):
        return [Leaf(offset, kind, node, place)]
    if not isinstance(node, ast.Call) or not is_struct(scope, node) or read_type(scope.file, node.func) is not kind:
        scope.report.fail(node, "invalid initializer", f"a {kind} is wanted", f"{kind.tag}(...)")
    found: list[Leaf] = []
    if node.args:
        because = "a struct's fields are named where it begins"
        fields = ", ".join(f"{name}={ast.unparse(each)}" for name, each in zip(kind.fields, node.args, strict=False))
        right = scope.report.line_with(node, f"{kind.tag}({fields})")
        scope.report.fail(node.args[0], "positional initialization of field in struct", because, right)
    for keyword in node.keywords:
        if keyword.arg is None:
            scope.report.fail(keyword.value, "expected expression before '*' token", "fields have names", "a=1")
        at = member(scope, node, kind, keyword.arg)
        inner = None if place is None else Member(place, at)
        found += leaves(scope, keyword.value, at.type, offset + at.offset, inner)
    return found


def _elements(scope: Scope, node: ast.expr, kind: ArrayType, offset: int, place: Place | None) -> list[Leaf]:
    values: list[ast.expr] = []
    if isinstance(node, ast.Call) and is_macro(scope, node, "Array"):
        if array_type(scope, node) != kind:
            scope.report.fail(node, "invalid initializer", f"a '{spelled(kind)}' is wanted", f"{spelled(kind)}")
        node = node.args[2] if len(node.args) == 3 else ast.List([], ast.Load())
    if isinstance(node, ast.List):
        values = node.elts
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and kind.element == CHAR:
        text = node.value.encode("utf-8", "surrogatepass")
        if len(text) > kind.length:
            because = f"it has {len(text)} bytes and a NUL, and there are {kind.length}"
            scope.report.warn(
                "overflow", node, "initializer-string for array of 'char' is too long", because, "more room"
            )
        values = [_number(node, each) for each in text[: kind.length]]
    else:
        scope.report.fail(
            node, "invalid initializer", f"'{spelled(kind)}' begins with a list", "Array(Int, 3, [1, 2, 3])"
        )
    if len(values) > kind.length:
        because = f"there is room for {kind.length}"
        scope.report.warn("overflow", values[kind.length], "excess elements in array initializer", because, "more room")
    found: list[Leaf] = []
    size, pointer = size_of(kind.element), Pointer(kind.element)
    for at, each in enumerate(values[: kind.length]):
        inner: Place | None = None
        if place is not None:
            inner = Deref(PointerAdd(AddressOf(place, pointer), Number(at, LONG), size, pointer))
        found += leaves(scope, each, kind.element, offset + at * size, inner)
    return found


def _number(node: ast.expr, value: int) -> ast.Constant:
    return ast.copy_location(ast.Constant(value), node)


def begin(scope: Scope, node: ast.expr, place: Place, line: int) -> list[Statement]:
    """The statements that give a local array or struct its initial value; none where none is said."""
    assert isinstance(node, ast.Call)
    kind = place.type
    if not node.keywords and not (node.args if isinstance(kind, StructType) else node.args[2:]):
        return []
    if isinstance(kind, ArrayType) and isinstance(node.args[2], ast.Constant):  # a text is copied from .rodata
        data, pointers = static_value(scope, node, kind)
        name = f"{UNIQUE}init{len(scope.file.data)}"
        scope.file.datum(name, kind, data, pointers, ".rodata", line)
        return [Copy(place, Global(name, kind), line)]
    said: list[Statement] = [Zero(place, line)]
    for leaf in leaves(scope, node, kind, 0, place):
        assert leaf.place is not None
        value = convert(scope.report, leaf.node, scope.any(leaf.node), leaf.type, Want("init"))
        said.append(Evaluate(Assign(leaf.place, value), line))
    return said


def static_value(scope: Scope, node: ast.expr, kind: Type) -> tuple[bytes, list[Pointed]]:
    """The bytes that a variable of the file begins with, and the addresses in them."""
    data, pointers = bytearray(size_of(kind)), list[Pointed]()
    for leaf in leaves(scope, node, kind):
        value = convert(scope.report, leaf.node, scope.any(leaf.node), leaf.type, Want("init"))
        _store(scope, leaf, value, data, pointers)
    return bytes(data), pointers


def _store(scope: Scope, leaf: Leaf, value: Value, data: bytearray, pointers: list[Pointed]) -> None:
    if isinstance(value, Number):
        size = size_of(leaf.type)
        data[leaf.offset : leaf.offset + size] = (value.value & (1 << 8 * size) - 1).to_bytes(size, "little")
        return
    found = _address(scope, value)
    if found is None or size_of(leaf.type) != 8:
        because = "a variable begins with a value that is known when the source is compiled; no code runs yet"
        try_ = "give it 0 here, and compute the value in the init function"
        scope.report.fail(leaf.node, "initializer element is not constant", because, try_)
    pointers.append(Pointed(leaf.offset, *found))


def _address(scope: Scope, value: Value) -> tuple[str, int] | None:
    """A value that is an address which the linker knows: a symbol, and how far behind it."""
    if isinstance(value, Cast):
        return _address(scope, value.operand)
    if isinstance(value, Text):
        return scope.file.string(value.data), 0
    if isinstance(value, FunctionName):
        return value.symbol, 0
    if isinstance(value, AddressOf):
        return _place(scope, value.place)
    if isinstance(value, PointerAdd) and isinstance(value.steps, Number):
        found = _address(scope, value.pointer)
        return None if found is None else (found[0], found[1] + value.steps.value * value.scale)
    return None


def _place(scope: Scope, place: Place) -> tuple[str, int] | None:
    if isinstance(place, Global):
        return place.symbol, 0
    if isinstance(place, Member):
        found = _place(scope, place.place)
        return None if found is None else (found[0], found[1] + place.field.offset)
    return _address(scope, place.pointer) if isinstance(place, Deref) else None
