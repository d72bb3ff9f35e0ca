"""What a source does with `k`: k.printk, k.read, k.write, k[STUB]."""

from __future__ import annotations

import ast
from typing import NoReturn

from kshell.cc.front.convert import Want, convert
from kshell.cc.front.headers_index import header_of
from kshell.cc.front.report import WrongError
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Object, Routine
from kshell.cc.front.undeclared import STUB, no_pointer
from kshell.cc.tree import Assign, Global, Value
from kshell.cc.types import FunctionType, Pointer, Type

METHODS = ("printk", "read", "write")
# What Python bodies have of a kernel, and how a source says the same.
FIELDS = {
    "memory": "Ptr[Long](address)[0]  (its value is read, or assigned)",
    "call": "Fn[[Int], Long](address)(k, n)",
    "pointer_to": "ULong(addr(f))",
    "stub_address": "ULong(addr(STUB))",
    "sys_call_table": 'kallsyms_lookup_name(k, "sys_call_table")',
}


def file_variable(scope: Scope, node: ast.expr) -> Global:
    """The variable of a file that k.read, k.write or k[...] names."""
    if not isinstance(node, ast.Name):
        source = scope.report.source_of(node) or "it"
        because, try_ = f"{source} is no variable that the file declares at its top", f"its value is {source} itself"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            because = f"{source} is a text, and the variable is called {node.value}"
            try_ = scope.report.line_with(node, node.value)
        scope.report.fail(node, "lvalue required", because, try_)
    name = node.id
    if name in scope.poisoned:
        raise WrongError
    found = scope.file.lookup(name)
    if isinstance(found, Object) and name not in scope.variables:
        return Global(found.symbol, found.type)
    if found is None and name not in scope.variables:
        scope.poisoned.add(name)
        because, try_ = no_pointer(name, [key for key, each in scope.file.names.items() if isinstance(each, Object)])
        scope.report.fail(node, f"'{name}' undeclared (first use in this function)", because, try_, len(name))
    because = f"{name} is no variable that the file declares at its top"
    return scope.report.fail(node, "lvalue required", because, f"its value is {name} itself", len(name))


def subscript_of_kernel(scope: Scope, node: ast.Subscript) -> Global:
    """``k[STUB]``: the pointer to a function that a variable holds."""
    place = file_variable(scope, node.slice)
    if not is_function_pointer(place.type):
        name = ast.unparse(node.slice)
        because = f"{scope.kernel}[...] follows a pointer to a function, and {name} is none"
        try_ = scope.report.line_with(node, f"{scope.kernel}.read({name})")
        if isinstance(node.ctx, ast.Store):
            _, equals, value = scope.report.line_with(node, "").partition("=")
            try_ = f"{scope.kernel}.write({name}, {value.strip() if equals else 0})"
        scope.report.fail(node, "called object is not a function or function pointer", because, try_)
    return place


def is_function_pointer(kind: Type) -> bool:
    """Whether it is what a Stub is."""
    return isinstance(kind, Pointer) and isinstance(kind.target, FunctionType)


def not_global(scope: Scope, node: ast.Name) -> NoReturn:
    """A variable of the file that a function gives a value without saying that it means that one."""
    name, found = node.id, scope.file.names[node.id]
    because = f"{name} is a variable of the file, and without `global` Python makes another one here"
    try_ = f"global {name}  (first line of the function)"
    if isinstance(found, Object) and is_function_pointer(found.type):
        because += f"; {scope.kernel}[{name}] is the one of the file"
        try_ = scope.report.line_with(node, f"{scope.kernel}[{name}]")
    scope.report.fail(node, f"'{name}' is assigned without 'global'", because, try_, len(name))


def no_member(scope: Scope, node: ast.Attribute) -> NoReturn:
    """``k.name``: the kernel has printk, read and write, and nothing else."""
    name, k, found = node.attr, scope.kernel, scope.file.names.get(node.attr)
    stored = not isinstance(node.ctx, ast.Load)
    if stored and name in METHODS:
        because = f"{k} is how a source says which kernel it runs in, and nothing that can be changed"
        try_ = "take it out; a source writes memory: k[STUB_x] = f, k.write(counter, 5)"
        scope.report.fail(node, f"assignment of member '{name}' in read-only object", because, try_)
    because = f"{k} has {', '.join(METHODS)}; what a source needs else it declares at its top, or includes"
    try_ = FIELDS.get(name, "")
    if not try_ and (name.startswith(STUB) or (isinstance(found, Object) and is_function_pointer(found.type))):
        try_ = scope.report.line_with(node, f"{k}[{name}]")
        if found is None:
            try_ = f'{name}: Stub[[int]] = extern("{name}")  (at the top)  and  {try_}'
    elif not try_ and isinstance(found, Object):
        try_ = scope.report.line_with(node, name) + f"  (and global {name} before it)" * stored
    elif not try_ and (found is not None or header_of(name)):
        try_ = f"{name} alone; a function is called as {name}({k}, ...)"
    elif not try_:
        try_ = "help c-to-kshell"
    if try_ == "help c-to-kshell" and stored:
        try_ = f"{name}: Int = 0  (at the top)  and  global {name}  (first line of the function)"
    scope.report.fail(node, f"'struct kernel' has no member named '{name}'", because, try_)


def function_for(scope: Scope, node: ast.expr, to: Type) -> tuple[str, str]:
    """Why a call is not what a pointer to a function wants, and the line that is meant; "" for anything else."""
    if not is_function_pointer(to) or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return "", ""
    name = node.func.id
    if not isinstance(scope.file.lookup(name), Routine):
        return "", ""
    because = f"{name}(...) calls the function now, and what it returns is a number; the pointer wants the function"
    return because, scope.report.line_with(node, name)


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
