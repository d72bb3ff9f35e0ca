"""A name where a value is wanted."""

from __future__ import annotations

import ast
from typing import NoReturn

from kshell.cc.front.report import WrongError
from kshell.cc.front.scope import Scope
from kshell.cc.front.spelling import kshell_name
from kshell.cc.front.symbols import Define, Expansion, Macro, Object, Routine, TypeName
from kshell.cc.front.tasks import current
from kshell.cc.front.undeclared import report_name
from kshell.cc.tree import AddressOf, FunctionName, Global, Local, Number, Text, Value, Variable
from kshell.cc.types import CONST_CHAR_POINTER, INT, VOID_POINTER, FunctionType, Pointer, StructType, Type, VoidType

MODULE = StructType("module")


def name_value(scope: Scope, node: ast.Name, reading: bool = True) -> Value:
    """What a name stands for; `reading`: its value is wanted, and not its place alone."""
    name = node.id
    if name in scope.poisoned:
        raise WrongError
    variable = scope.variables.get(name)
    if variable is not None and name not in scope.globals:
        return _local(scope, node, variable, reading)
    found = scope.file.lookup(name)
    if isinstance(found, Define):
        return found.value
    if isinstance(found, Object):
        return object_value(scope, name, found)
    if isinstance(found, Routine):
        if found.is_call:
            _no_call(scope, node)
        scope.file.needs(found)
        return FunctionName(found.symbol, Pointer(found.type))
    if isinstance(found, TypeName):
        try_ = f"{name}(...) makes or converts one, Ptr[{name}] points to one"
        scope.report.fail(node, f"expected expression before '{name}'", f"{name} is a type", try_, len(name))
    if isinstance(found, Macro | Expansion):
        return _macro(scope, node, found.name if isinstance(found, Macro) else name)
    if scope.is_kernel(node):
        because = "k is how a source says which kernel it runs in; there is no such thing in the machine code"
        scope.report.fail(node, f"'{name}' is no value", because, f"hand it on as the first argument: f({name}, ...)")
    if name not in scope.poisoned:
        scope.poisoned.add(name)
        if name in scope.first:
            _no_value_yet(scope, node)
        report_name(scope.report, node, [*scope.file.names, *scope.variables], scope.kernel != "")
    raise WrongError


def object_value(scope: Scope, name: str, found: Object) -> Value:
    """A variable with a symbol; of an extern that the file never follows as k[NAME], the function of that name.  What
    is called STUB_ is a pointer all the same, as the course has it."""
    kind = found.type
    is_pointer = isinstance(kind, Pointer) and isinstance(kind.target, FunctionType)
    if found.is_extern and is_pointer and name not in scope.file.pointers and not found.symbol.startswith("STUB_"):
        return FunctionName(found.symbol, kind)
    return Global(found.symbol, kind)


def def_line(scope: Scope, node: ast.expr, to: Type) -> str:
    """The first line that the function `node` needs, to be stored in a pointer of type `to`; "" for anything else."""
    found = scope.file.names.get(node.id) if isinstance(node, ast.Name) else None
    if not isinstance(found, Routine) or not isinstance(to, Pointer) or not isinstance(to.target, FunctionType):
        return ""
    names = [*found.names, *"abcdef"[len(found.names) :]]
    takes = "".join(f", {name}: {kshell_name(kind)}" for name, kind in zip(names, to.target.parameters, strict=False))
    result = "None" if isinstance(to.target.result, VoidType) else kshell_name(to.target.result)
    return f"def {found.symbol}(k: Kernel{takes}) -> {result}:"


def _local(scope: Scope, node: ast.Name, variable: Variable, reading: bool) -> Value:
    if reading:
        name, report = node.id, scope.report
        scope.read.add(variable)
        if variable in scope.ended:
            because = f"the loop that counted with {name} is over: C's is for (int {name} = 0; ...)"
            try_ = "a variable of its own, given a value in the loop"
            report.fail(node, f"'{name}' undeclared (first use in this function)", because, try_, len(name))
        if not scope.is_sure(variable):
            never = variable not in scope.maybe
            what = f"'{name}' {'is' if never else 'may be'} used uninitialized"
            option = "uninitialized" if never else "maybe-uninitialized"
            because = "it holds what the stack held" if never else "on one of the ways here nothing gave it a value"
            report.warn(option, node, what, because, f"{name} = 0  (where it is declared)", len(name))
            scope.assigned(variable)
    return Local(variable)


def _no_value_yet(scope: Scope, node: ast.Name) -> NoReturn:
    """A variable of the function before the line that makes it one."""
    name, first = node.id, scope.first[node.id]
    because = f"line {first} gives it its first value, and that is below"
    if first <= node.lineno:
        because = f"line {first} gives it its first value, and needs one already"
    text = f"'{name}' undeclared (first use in this function)"
    scope.report.fail(node, text, because, f"{name} = 0  (above line {node.lineno})", len(name))


def _no_call(scope: Scope, node: ast.Name) -> None:
    because = "kernel code never calls a system call: it has no user, no registers and no table"
    try_ = f"a function of its own that {node.id} calls too"
    scope.report.fail(node, f"'{node.id}' undeclared (first use in this function)", because, try_, len(node.id))


def _macro(scope: Scope, node: ast.Name, name: str) -> Value:
    if name == "NULL":
        return Number(0, VOID_POINTER)
    if name == "current":
        return current(scope)
    if name in ("__func__", "__FUNCTION__"):
        return Text(scope.name.encode(), CONST_CHAR_POINTER)
    if name == "LINUX_VERSION_CODE":
        return Number((scope.report.version[0] << 16) + (scope.report.version[1] << 8), INT)
    if name == "THIS_MODULE":
        found = (scope.file.include("kshell.linux.module") or {}).get("module")
        kind = found.type if isinstance(found, TypeName) else MODULE
        if isinstance(kind, StructType) and kind not in scope.file.structs:
            scope.file.structs.append(kind)
        return AddressOf(Global("__this_module", kind), Pointer(kind))
    because = f"{name} is a macro, and stands with its arguments"
    return scope.report.fail(
        node, f"'{name}' undeclared (first use in this function)", because, f"{name}(...)", len(name)
    )
