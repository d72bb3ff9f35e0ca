"""Expressions: each node of the syntax tree becomes a value of the C tree."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from kshell.cc.front import calls, comparisons, not_c, operators, places
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.kernel_use import subscript_of_kernel
from kshell.cc.front.names import name_value
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Define, as_variable
from kshell.cc.tree import Assign, Deref, Global, Local, Member, Number, Place, Text, Value
from kshell.cc.types import CONST_CHAR_POINTER, INT, VOID_POINTER

NULL = Number(0, VOID_POINTER)


class Expressions(Scope):
    """The scope that reads expressions."""

    def value(self, node: ast.expr) -> Value:
        """An expression as a scalar."""
        return self.scalar(node, self.any(node))

    def any(self, node: ast.expr) -> Value:
        """An expression of any type."""
        reader = READERS.get(type(node))
        if reader is None:
            not_c.refuse_expression(self.report, node)
        return reader(self, node)

    def place(self, node: ast.expr) -> Place:
        """What can be assigned to, and has an address."""
        value = name_value(self, node, reading=False) if isinstance(node, ast.Name) else self.any(node)
        if isinstance(value, Local | Global | Deref | Member):
            return value
        source = self.report.source_of(node) or ast.unparse(node)[:40]
        because, try_ = f"{source} is a value, and has no place in memory", "give it to a variable first: x = ..."
        if isinstance(node, ast.Name) and isinstance(self.file.lookup(node.id), Define):
            because, try_ = f"{source} is a constant (C: #define)", as_variable(source, self.file.lookup(node.id))
        return self.report.fail(node, "lvalue required", because, try_)


def _constant(scope: Scope, node: ast.Constant) -> Value:
    value = node.value
    if isinstance(value, bool):
        return Number(int(value), INT)
    if isinstance(value, int):
        return operators.constant(scope, node, value)
    if value is None:
        return NULL
    if isinstance(value, str):
        return Text(value.encode("utf-8", "surrogatepass"), CONST_CHAR_POINTER)
    return not_c.refuse_constant(scope.report, node)


def _subscript(scope: Scope, node: ast.Subscript) -> Value:
    if scope.is_kernel(node.value):
        return subscript_of_kernel(scope, node)
    return places.element(scope, node)


def _walrus(scope: Scope, node: ast.NamedExpr) -> Value:
    value = scope.value(node.value)
    assert isinstance(node.target, ast.Name)
    place = places.target(scope, node.target, value, node.lineno)
    return Assign(place, convert(scope.report, node.value, value, place.type, Want("assign", node.target.id)))


# Reading never goes deeper than the syntax tree, whose depth source.py has bounded.
READERS: dict[type[ast.expr], Callable[[Scope, Any], Value]] = {
    ast.Constant: _constant,
    ast.Name: name_value,
    ast.BinOp: operators.binary_operator,
    ast.UnaryOp: operators.unary_operator,
    ast.BoolOp: operators.logical,
    ast.IfExp: operators.conditional,
    ast.Compare: comparisons.comparison,
    ast.Subscript: _subscript,
    ast.Attribute: places.field,
    ast.NamedExpr: _walrus,
    ast.Call: calls.call,
}
