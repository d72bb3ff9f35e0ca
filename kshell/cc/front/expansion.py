"""A function of a header that stands where it is called: C's #define with arguments.

Each argument is evaluated once, in its own type where the header says AnyInt or Any, else converted as for a function.
A type, the name of a field and an array are taken as they are.  A constant stays one, so that an array's size may come
from a macro.  What is wrong in the result is wrong in the call, as for gcc.
"""

from __future__ import annotations

import ast
import copy

from kshell.cc.front.annotations import read_type
from kshell.cc.front.arithmetic import decayed
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Define, Expansion, Symbol, TypeName
from kshell.cc.tree import Assign, Comma, FunctionName, Local, Number, Text, Value
from kshell.cc.types import VOID, ArrayType

OWN_TYPE = ("AnyInt", "Any", "_T")  # what a header calls an argument of whatever type it has


def expand(scope: Scope, node: ast.Call, macro: Expansion) -> Value:
    """The value of a call."""
    given = _arguments(scope, node, macro.node)
    names: dict[str, Symbol] = {}
    first: list[Value] = []
    texts: dict[str, ast.expr] = {}
    file = FileScope(scope.report, scope.file.include)
    file.names.update(macro.names)
    for at, (argument, value) in enumerate(zip(_behind_kernel(macro.node), given, strict=True)):
        hint = ast.unparse(argument.annotation) if argument.annotation is not None else ""
        if hint == "str":
            texts[argument.arg] = value
        elif hint.startswith("type["):
            names[argument.arg] = TypeName(read_type(scope.file, value))
        else:
            want = Want("argument", macro.node.name, at + 1)
            names[argument.arg] = Define(_bound(scope, value, argument, file, want, first))
    file.names.update(names)
    file.inlines, file.structs, file.used = scope.file.inlines, scope.file.structs, scope.file.used
    result = _evaluated(scope, file, _statements(macro.node, node, texts))
    for each in reversed(first):
        result = Comma(each, result)
    return result


def _behind_kernel(node: ast.FunctionDef) -> list[ast.arg]:
    return [each for each in node.args.args if each.arg != "k"]


def _arguments(scope: Scope, node: ast.Call, macro: ast.FunctionDef) -> list[ast.expr]:
    """What a call says for each parameter but k, which stands first if the macro takes it."""
    given, wanted, name = list(node.args), _behind_kernel(macro), macro.name
    takes_kernel = len(wanted) < len(macro.args.args)
    right = ", ".join([scope.kernel] * takes_kernel + [each.arg for each in wanted])
    if takes_kernel:
        if not given or not scope.is_kernel(given[0]):
            because = f"every function is handed the kernel first, and {name} is not"
            rest = "".join(f", {ast.unparse(each)}" for each in given)
            try_ = scope.report.line_with(node, f"{name}({scope.kernel}{rest})")
            scope.report.fail(node, f"too few arguments to function '{name}'", because, try_, len(name))
        given.pop(0)
    elif given and scope.is_kernel(given[0]):
        rest = ", ".join(ast.unparse(each) for each in given[1:])
        because = f"{name} is a macro: it only calculates, and needs no kernel"
        text = f'macro "{name}" passed {len(given)} arguments, but takes just {len(wanted)}'
        scope.report.fail(node, text, because, scope.report.line_with(node, f"{name}({rest})"), len(name))
    if len(given) != len(wanted):
        text = f'macro "{name}" requires {len(wanted)} arguments, but only {len(given)} given'
        if len(given) > len(wanted):
            text = f'macro "{name}" passed {len(given)} arguments, but takes just {len(wanted)}'
        scope.report.fail(node, text, f"the macro {name} takes {len(wanted)}", f"{name}({right})", len(name))
    return given


def _bound(scope: Scope, node: ast.expr, argument: ast.arg, file: FileScope, want: Want, first: list[Value]) -> Value:
    """What a parameter stands for: a constant, an array, or a variable of the caller's that holds the value."""
    hint = argument.annotation
    name = hint.value if isinstance(hint, ast.Subscript) else hint
    if isinstance(name, ast.Name) and name.id == "Array":
        place = scope.place(node)
        if not isinstance(place.type, ArrayType):
            because = f"it asks how many elements there are, and this is '{spelled(place.type)}'"
            text = f"'{spelled(place.type)}' is no array"
            scope.report.fail(node, text, because, "the array itself, by its name")
        return place
    value = decayed(scope.any(node))
    if not isinstance(name, ast.Name) or name.id not in OWN_TYPE:
        value = convert(scope.report, node, value, read_type(file, hint), want)
    value = scope.scalar(node, value)
    if isinstance(value, Number | Text | FunctionName) or scope.kernel == "":
        return value
    held = Local(scope.made(value.type, node.lineno))
    scope.assigned(held.variable)
    first.append(Assign(held, value))
    return held


def _statements(macro: ast.FunctionDef, call: ast.Call, texts: dict[str, ast.expr]) -> list[ast.stmt]:
    """The body of a macro as if it stood where it is called."""
    body = [each for each in copy.deepcopy(macro.body) if not _is_docstring(each)]
    for statement in body:
        for each in ast.walk(statement):
            if isinstance(each, ast.expr | ast.stmt):
                ast.copy_location(each, call)
    return [_Texts(texts).visit(each) for each in body] if texts else body


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class _Texts(ast.NodeTransformer):
    """Puts the name of a field in the place of the parameter that stands for it."""

    def __init__(self, texts: dict[str, ast.expr]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name that may be such a parameter's."""
        return self.texts.get(node.id, node)


def _evaluated(scope: Scope, file: FileScope, body: list[ast.stmt]) -> Value:
    """The value of the last statement, behind the effects of the others; it is read in a scope of its own, whose
    variables are the caller's."""
    inner = type(scope)(file, scope.name, scope.kernel and "k")
    inner.order, inner.sure, inner.read = scope.order, scope.sure, scope.read
    result: Value | None = None
    for each in body:
        assert isinstance(each, ast.Expr | ast.Return)
        value = inner.any(each.value) if each.value is not None else Number(0, VOID)
        result = value if result is None else Comma(result, value)
    assert result is not None
    return result
