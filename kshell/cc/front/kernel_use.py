"""What a source does with `k`: k.printk, k.read, k.write, k[STUB]."""

from __future__ import annotations

import ast

from kshell.cc.front.convert import Want, convert
from kshell.cc.front.report import WrongError
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Object
from kshell.cc.front.undeclared import explain
from kshell.cc.tree import Assign, Global, Value
from kshell.cc.types import FunctionType, Pointer


def file_variable(scope: Scope, node: ast.expr) -> Global:
    """The variable of a file that k.read, k.write or k[...] names."""
    if not isinstance(node, ast.Name):
        source = scope.report.source_of(node) or "it"
        because = f"{source} is no variable that the file declares at its top"
        scope.report.fail(node, "lvalue required", because, f"its value is {source} itself")
    name = node.id
    if name in scope.poisoned:
        raise WrongError
    found = scope.file.lookup(name)
    if isinstance(found, Object) and name not in scope.variables:
        return Global(found.symbol, found.type)
    if found is None and name not in scope.variables:
        scope.poisoned.add(name)
        because, try_ = explain(name, [key for key, each in scope.file.names.items() if isinstance(each, Object)])
        if "(did you mean" not in try_ and name.startswith("STUB_"):
            try_ = f'{name}: Stub[[int]] = extern("{name}")  (in a module), or Stub("{name}")  (where it is defined)'
        scope.report.fail(node, f"'{name}' undeclared (first use in this function)", because, try_, len(name))
    because = f"{name} is no variable that the file declares at its top"
    return scope.report.fail(node, "lvalue required", because, f"its value is {name} itself", len(name))


def subscript_of_kernel(scope: Scope, node: ast.Subscript) -> Global:
    """``k[STUB]``: the pointer to a function that a variable holds."""
    place = file_variable(scope, node.slice)
    kind = place.type
    if not isinstance(kind, Pointer) or not isinstance(kind.target, FunctionType):
        name = ast.unparse(node.slice)
        because = f"{name} is no pointer to a function"
        scope.report.fail(node, "called object is not a function or function pointer", because, f"k.read({name})")
    return place


def method(scope: Scope, node: ast.Call, name: str) -> Value | None:
    """``k.read(x)``, ``k.write(x, value)``; None for another one."""
    wanted = {"read": 1, "write": 2}.get(name)
    if wanted is None:
        return None
    if len(node.args) != wanted:
        few = "few" if len(node.args) < wanted else "many"
        right = "k.read(counter)" if name == "read" else "k.write(counter, 5)"
        scope.report.fail(node, f"too {few} arguments to function '{name}'", f"k.{name} takes {wanted}", right)
    place = file_variable(scope, node.args[0])
    if name == "read":
        return place
    value = scope.value(node.args[1])
    return Assign(place, convert(scope.report, node.args[1], value, place.type, Want("assign", place.symbol)))
