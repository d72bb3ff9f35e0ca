"""Statements: each becomes statements of the C tree, and the ways that control goes are followed meanwhile."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from kshell.cc.front import loops, not_c
from kshell.cc.front.annotations import is_complete, read_type
from kshell.cc.front.calls import is_macro
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.errno_check import check_errno, check_frame, check_used
from kshell.cc.front.initial import array_type, begin, composite_type
from kshell.cc.front.initializers import spelled_out
from kshell.cc.front.kernel_use import function_for, not_global
from kshell.cc.front.names import def_line
from kshell.cc.front.operators import condition, operate
from kshell.cc.front.places import check_counter, target
from kshell.cc.front.report import WrongError, spelled
from kshell.cc.front.scope import Scope, copied, merged
from kshell.cc.front.symbols import Object
from kshell.cc.tree import Assign, Deref, Local, Member, Number, Place, Value
from kshell.cc.tree_unit import Bug, Copy, Evaluate, If, Return, Statement
from kshell.cc.types import ArrayType, Pointer, StructType, Type, VoidType


def block(scope: Scope, body: Sequence[ast.stmt]) -> list[Statement]:
    """The statements of a body; one that is wrong is left out, and the next ones are read."""
    said: list[Statement] = []
    for node in body:
        try:
            reader = READERS.get(type(node))
            if reader is None:
                not_c.refuse_statement(scope.report, node)
            said += reader(scope, node)
        except WrongError:
            _poison(scope, node)
            if isinstance(node, ast.Return | ast.Raise | ast.Try | ast.TryStar | ast.With | ast.Match):
                scope.sure = None
    return said


def _poison(scope: Scope, node: ast.stmt) -> None:
    """The names that a wrong statement would have declared are not complained about again."""
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef):
            scope.poisoned.add(each.name)
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and each.id not in scope.globals:
            variable = scope.variables.get(each.id)
            if variable is None:
                scope.poisoned.add(each.id)
            else:
                scope.assigned(variable)


def _expression(scope: Scope, node: ast.Expr) -> list[Statement]:
    value = node.value
    if isinstance(value, ast.Constant) and isinstance(value.value, str | type(...)):
        return []  # a docstring, or a comment
    if is_macro(scope, value, "BUG", "BUG_ON", "WARN_ON"):
        assert isinstance(value, ast.Call)
        return bug(scope, value, [])
    read = scope.any(value)
    if isinstance(value, ast.Compare) and len(value.ops) == 1 and isinstance(value.ops[0], ast.Eq):
        right = f"{ast.unparse(value.left)} = {ast.unparse(value.comparators[0])}"
        because = "== compares, and nobody looks at the answer; a single = gives a value"
        scope.report.warn("unused-value", value, "statement with no effect", because, right)
    elif isinstance(value, ast.Name) and isinstance(read.type, Pointer):
        because = "a name alone calls nothing"
        scope.report.warn("unused-value", value, "statement with no effect", because, f"{value.id}({scope.kernel})")
    elif isinstance(value, ast.Compare):
        because = "it compares, and nobody looks at the answer"
        try_ = f"if {scope.report.source_of(value) or ast.unparse(value)}: ..."
        scope.report.warn("unused-value", value, "statement with no effect", because, try_)
    elif isinstance(value, ast.Call):
        check_used(scope, value, read)
    elif not isinstance(value, ast.NamedExpr | ast.IfExp | ast.BoolOp):
        because = "nobody looks at the value"
        scope.report.warn("unused-value", value, "statement with no effect", because, "x = ..., or take it out")
    return [Evaluate(read, node.lineno)]


def bug(scope: Scope, node: ast.Call, then: list[Statement]) -> list[Statement]:
    """``BUG()``, ``BUG_ON(x)``, ``WARN_ON(x)``; `then` is what ``if WARN_ON(x):`` does."""
    name = ast.unparse(node.func)
    if name == "BUG":
        if node.args:
            scope.report.fail(node, 'macro "BUG" passed arguments, but takes just 0', "it stops", "BUG()")
        scope.sure = None
        return [Bug(node.lineno)]
    if len(node.args) != 1:
        scope.report.fail(node, f'macro "{name}" requires 1 argument', "it asks for a condition", f"{name}(x < 0)")
    test = condition(scope, node.args[0])
    stop = Bug(node.lineno, name == "WARN_ON")
    return [If(test, [stop, *then], [], node.lineno)]


def _assign(scope: Scope, node: ast.Assign) -> list[Statement]:
    if len(node.targets) > 1:
        because = "one assignment a line"
        right = "; ".join(f"{ast.unparse(each)} = {ast.unparse(node.value)}" for each in reversed(node.targets))
        scope.report.fail(node.targets[0], "expected ';' before '=' token", because, right)
    to = node.targets[0]
    if isinstance(to, ast.Starred):
        try_ = scope.report.line_with(to, f"{ast.unparse(to.value)}[0]").rstrip(";")
        scope.report.fail(to, "expected expression before '*' token", "C's *p is p[0] here", try_)
    if isinstance(to, ast.Tuple | ast.List):
        because = "C assigns one value at a time"
        scope.report.fail(to, "expected ';' before ',' token", because, "one assignment a line")
    said = spelled_out(scope, node.value, to.id if isinstance(to, ast.Name) else "")
    made = composite_type(scope, said)
    if made is not None and isinstance(to, ast.Name) and to.id not in scope.globals:
        return _compose(scope, to, made, said, node.lineno)
    value = scope.any(node.value)
    if isinstance(value.type, StructType):
        return [_copy(scope, node, to, value)]
    return [_store(scope, node.value, to, value, node.lineno)]


def _compose(scope: Scope, to: ast.Name, kind: Type, node: ast.expr, line: int) -> list[Statement]:
    """``buf = Array(Char, 64)``, ``v = e(a=1)``: it declares a variable."""
    if to.id in scope.variables:
        because = f"{to.id} is declared in line {scope.variables[to.id].line}; an array or a struct is made once"
        scope.report.fail(to, f"redeclaration of '{to.id}'", because, "assign its fields or elements", len(to.id))
    variable = scope.add(to.id, kind, line)
    scope.assigned(variable)
    return begin(scope, node, Local(variable), line)


def _copy(scope: Scope, node: ast.Assign, to: ast.expr, value: Value) -> Statement:
    """One struct assigned to another."""
    source: Place = scope.place(node.value)
    if isinstance(to, ast.Name) and to.id not in scope.variables and to.id not in scope.globals:
        variable = scope.add(to.id, value.type, node.lineno)
        scope.assigned(variable)
        return Copy(Local(variable), source, node.lineno)
    place = scope.place(to)
    if place.type != source.type:
        convert(scope.report, node.value, value, place.type, Want("assign"))
    return Copy(place, source, node.lineno)


def _store(scope: Scope, node: ast.expr, to: ast.expr, value: Value, line: int) -> Statement:
    value = scope.scalar(node, value)
    if isinstance(to, ast.Name):
        place, name = target(scope, to, value, line), to.id
    else:
        place, name = scope.place(to), ast.unparse(to)[:40]
    if isinstance(place.type, ArrayType):
        because = "an array is no value: its elements are"
        scope.report.fail(to, "assignment to expression with array type", because, "strscpy, memcpy, or a loop")
    if isinstance(place, Deref) and isinstance(place.pointer.type, Pointer) and place.pointer.type.const:
        because = "what it points to is only to be read (Const)"
        scope.report.fail(to, f"assignment of read-only location '{name}'", because, "a pointer without Const")
    because, try_ = function_for(scope, node, place.type)
    want = Want("assign", name, try_=try_ or def_line(scope, node, place.type), because=because)
    return Evaluate(Assign(place, convert(scope.report, node, value, place.type, want)), line)


def _annotated(scope: Scope, node: ast.AnnAssign) -> list[Statement]:
    to = node.target
    if not isinstance(to, ast.Name):
        because = "a declaration names a variable of the function"
        scope.report.fail(to, "expected identifier", because, f"{ast.unparse(to)} = ...")
    if to.id in scope.variables or to.id in scope.globals or scope.is_kernel(to):
        because = f"{to.id} has its type already; a scope is a whole function here"
        scope.report.fail(to, f"redeclaration of '{to.id}'", because, f"{to.id} = ...  (without a type)", len(to.id))
    line = node.lineno
    said = None if node.value is None else spelled_out(scope, node.value, to.id)
    if said is not None and is_macro(scope, said, "Array"):
        assert isinstance(said, ast.Call)
        return _compose(scope, to, array_type(scope, said), said, line)
    kind = read_type(scope.file, node.annotation)
    if not is_complete(kind):
        scope.report.fail(
            to, f"variable '{to.id}' declared void or of unknown size", f"'{spelled(kind)}'", "a Ptr to it"
        )
    if isinstance(kind, StructType) and said is not None and composite_type(scope, said) == kind:
        return _compose(scope, to, kind, said, line)
    value = None if node.value is None else scope.any(node.value)
    variable = scope.add(to.id, kind, line)
    if value is None or node.value is None:
        if isinstance(kind, StructType):
            scope.assigned(variable)
        return []
    scope.assigned(variable)
    value = convert(scope.report, node.value, value, kind, Want("init", to.id))
    return [Evaluate(Assign(Local(variable), value), line)]


def _augmented(scope: Scope, node: ast.AugAssign) -> list[Statement]:
    to = node.target
    if isinstance(to, ast.Name) and to.id not in scope.globals:
        if to.id not in scope.variables and isinstance(scope.file.names.get(to.id), Object):
            not_global(scope, to)
        check_counter(scope, to)
        scope.any(ast.copy_location(ast.Name(to.id, ast.Load()), to))
        if to.id in scope.variables:
            scope.set_again.add(scope.variables[to.id])
    place, before = twice(scope, scope.place(to), node.lineno)
    right = scope.value(node.value)
    made = operate(scope, node, node.op, place, right)
    if isinstance(place, Local):
        scope.assigned(place.variable)
    value = convert(scope.report, node.value, made, place.type, Want("assign"))
    return [*before, Evaluate(Assign(place, value), node.lineno)]


def twice(scope: Scope, place: Place, line: int) -> tuple[Place, list[Statement]]:
    """A place that is read and written: what leads to it is evaluated once."""
    if isinstance(place, Member):
        inner, before = twice(scope, place.place, line)
        return Member(inner, place.field), before
    if isinstance(place, Deref) and not isinstance(place.pointer, Local | Number):
        held = Local(scope.made(place.pointer.type, line))
        return Deref(held), [Evaluate(Assign(held, place.pointer), line)]
    return place, []


def _return(scope: Scope, node: ast.Return) -> list[Statement]:
    result, value = scope.result, node.value
    assert result is not None
    said: Value | None = None
    if isinstance(result, VoidType):
        if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            because = f"{scope.name} answers nothing (-> None)"
            scope.report.warn(
                "return-type", value, "'return' with a value, in function returning void", because, "return"
            )
    elif value is None:
        because = f"{scope.name} answers '{spelled(result)}'"
        scope.report.warn(
            "return-type", node, "'return' with no value, in function returning non-void", because, "return 0"
        )
    else:
        check_errno(scope, value)
        said = convert(scope.report, value, scope.any(value), result, Want("return"))
        check_frame(scope, value, said)
    scope.sure = None
    return [Return(said, node.lineno)]


def _if(scope: Scope, node: ast.If) -> list[Statement]:
    warning = is_macro(scope, node.test, "WARN_ON")
    test_node = node.test.args[0] if warning and isinstance(node.test, ast.Call) and node.test.args else node.test
    test = condition(scope, test_node)
    if isinstance(test, Number) and _asks_the_build(test_node):
        return block(scope, node.body if test.value else node.orelse)
    before = copied(scope.sure)
    then = block(scope, node.body)
    after_then, scope.sure = scope.sure, before
    other = block(scope, node.orelse)
    scope.sure = merged(after_then, scope.sure)
    if warning:
        then = [Bug(node.lineno, True), *then]
    return [If(test, then, other, node.lineno)]


def _asks_the_build(test: ast.expr) -> bool:
    """Whether an `if` is C's #if: the branch that is not taken is not even read."""
    names = {each.id for each in ast.walk(test) if isinstance(each, ast.Name)}
    return not names.isdisjoint(("LINUX_VERSION_CODE", "IS_ENABLED"))


def _global(scope: Scope, node: ast.Global) -> list[Statement]:
    for name in node.names:
        if scope.file.lookup(name) is None and name not in scope.poisoned:
            because = f"the file declares no variable {name} at its top"
            scope.report.fail(
                node, f"'{name}' undeclared (first use in this function)", because, f"{name}: Int = 0  (at the top)"
            )
        scope.globals.add(name)
    return []


def _pass(scope: Scope, node: ast.Pass) -> list[Statement]:
    return []


# Reading never goes deeper than the syntax tree, whose depth parse.py has bounded.
READERS: dict[type[ast.stmt], Callable[[Scope, Any], list[Statement]]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.If: _if,
    ast.While: lambda scope, node: loops.while_loop(scope, node, block),
    ast.For: lambda scope, node: loops.for_loop(scope, node, block),
    ast.Break: loops.leave,
    ast.Continue: loops.next_turn,
    ast.Global: _global,
    ast.Pass: _pass,
}
