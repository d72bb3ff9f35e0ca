"""Calls: of functions, through pointers, of types (casts) and of what the compiler knows by name."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NoReturn

from kshell.cc.front import kernel_use, macros, user_copies
from kshell.cc.front.annotations import is_type, read_type
from kshell.cc.front.arithmetic import cast
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.expansion import expand
from kshell.cc.front.formats import format_of, printk
from kshell.cc.front.gone import check_there
from kshell.cc.front.operators import in_function
from kshell.cc.front.report import WrongError, spelled
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Expansion, Macro, Routine, TypeName
from kshell.cc.front.undeclared import report_call
from kshell.cc.tree import Call, FunctionName, Number, Text, Value
from kshell.cc.types import (
    CONST_CHAR_POINTER,
    ULONG,
    FunctionType,
    IntType,
    Pointer,
    StructType,
    Type,
    VoidType,
    size_of,
)

ALLOCATE = ("kmalloc", "kzalloc")  # whose last argument says whether they may sleep


def call(scope: Scope, node: ast.Call) -> Value:
    """Any call."""
    function = node.func
    if is_struct(scope, node):
        _no_struct(scope, node)
    if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
        at = node.keywords[0].value if node.keywords else node.args[0]
        because = "the arguments of a C function have an order, and no names"
        scope.report.fail(at, "expected expression before '=' token", because, "the values alone, in their order")
    if isinstance(function, ast.Attribute) and scope.is_kernel(function.value):
        if function.attr == "printk":
            return printk(scope, node, node.args)
        found = kernel_use.method(scope, node, function.attr)
        if found is not None:
            return found
    if is_type(scope.file, function):
        return _cast(scope, node)
    if isinstance(function, ast.Name) and function.id not in scope.variables:
        known = scope.file.lookup(function.id)
        if isinstance(known, Macro):
            return macros.call(scope, node, known.name)
        if isinstance(known, Expansion):
            return expand(scope, node, known)
        if isinstance(known, Routine) and not known.is_call:
            return _routine(scope, node, function.id, known)
        if known is None and not scope.is_kernel(function):
            return _implicit(scope, node, function)
    return _through(scope, node)


def _implicit(scope: Scope, node: ast.Call, name: ast.Name) -> Value:
    if name.id not in scope.poisoned:
        scope.poisoned.add(name.id)
        report_call(scope.report, node, name, [*scope.file.names, *scope.variables])
    raise WrongError


def _through(scope: Scope, node: ast.Call) -> Value:
    """A call through a pointer."""
    pointer = scope.value(node.func)
    kind = in_function(pointer.type)
    name = scope.report.source_of(node.func) or "f"
    if kind is None:
        because = f"{name} is '{spelled(pointer.type)}'"
        text = f"called object '{name}' is not a function or function pointer"
        scope.report.fail(node, text, because, "Fn[[Int], Long](address)(k, n)")
    given = _without_kernel(scope, node, name, kind)
    arguments = _arguments(scope, node, given, kind, name)
    if isinstance(pointer, FunctionName):
        return Call(pointer.symbol, arguments, kind, node.lineno)
    return Call(pointer, arguments, kind, node.lineno)


def _routine(scope: Scope, node: ast.Call, name: str, routine: Routine) -> Value:
    check_there(scope.report, node, name)
    kind, given = routine.type, _without_kernel(scope, node, name, routine.type)
    if user_copies.is_typed(name, given):
        return user_copies.typed_copy(scope, node, given, name, routine)
    made: Type | None = None
    extra: list[Value] = []
    if routine.format_at >= 0 and len(given) == len(kind.parameters):
        text, extra = format_of(scope, given[routine.format_at], False)
    arguments: list[Value] = []
    _check_count(scope, node, given, kind, name)
    for index, (each, wanted) in enumerate(zip(given, kind.parameters, strict=False)):
        if index == routine.format_at:
            arguments.append(Text(text, CONST_CHAR_POINTER))
        elif is_type(scope.file, each) and wanted == ULONG:  # kmalloc(k, e, GFP_KERNEL)
            made = read_type(scope.file, each)
            arguments.append(Number(size_of(made), ULONG))
        else:
            arguments.append(_argument(scope, each, wanted, name, index))
    scope.file.needs(routine)
    result = Call(routine.symbol, (*arguments, *extra), kind, node.lineno)
    user_copies.check_size(scope, node, name, result)
    if made is not None and isinstance(kind.result, Pointer) and isinstance(kind.result.target, VoidType):
        return cast(result, Pointer(made))
    return result


def _without_kernel(scope: Scope, node: ast.Call, name: str, kind: FunctionType) -> list[ast.expr]:
    """The arguments behind k, which is handed on first."""
    if node.args and scope.is_kernel(node.args[0]):
        return node.args[1:]
    if scope.kernel == "":
        because = "a variable begins with a value that is known when the source is compiled; no code runs yet"
        scope.report.fail(
            node, "initializer element is not constant", because, "give it its value in the init function"
        )
    given = "".join(f", {ast.unparse(each)}" for each in node.args)
    because = f"every function is handed the kernel first, and {name} is not"
    right = scope.report.line_with(node, f"{ast.unparse(node.func)}({scope.kernel}{given})")
    return scope.report.fail(node, f"too few arguments to function '{name}'", because, right, len(name))


def _check_count(scope: Scope, node: ast.Call, given: Sequence[ast.expr], kind: FunctionType, name: str) -> None:
    wanted = len(kind.parameters)
    if len(given) == wanted:
        return
    few = "few" if len(given) < wanted else "many"
    takes = ", ".join(spelled(each) for each in kind.parameters) or "none"
    because = f"it takes {wanted} behind {scope.kernel}: {takes}"
    missing = ["GFP_KERNEL" if name in ALLOCATE else "0"] * (wanted - len(given))
    right = ", ".join([scope.kernel, *(ast.unparse(each) for each in given[:wanted]), *missing])
    right = scope.report.line_with(node, f"{ast.unparse(node.func)}({right})")
    scope.report.fail(node, f"too {few} arguments to function '{name}'", because, right, len(name))


def _arguments(
    scope: Scope, node: ast.Call, given: Sequence[ast.expr], kind: FunctionType, name: str
) -> tuple[Value, ...]:
    _check_count(scope, node, given, kind, name)
    return tuple(_argument(scope, each, kind.parameters[at], name, at) for at, each in enumerate(given))


def _argument(scope: Scope, node: ast.expr, wanted: Type, name: str, index: int) -> Value:
    return convert(scope.report, node, scope.any(node), wanted, Want("argument", name, index + 1))


def _cast(scope: Scope, node: ast.Call) -> Value:
    """``Int(x)``, ``Ptr[e](x)``."""
    kind = read_type(scope.file, node.func)
    name = ast.unparse(node.func)
    if len(node.args) != 1:
        scope.report.fail(node, f"expected one value behind '{name}'", "a cast converts one value", f"{name}(x)")
    if isinstance(kind, VoidType):
        scope.report.fail(node, "a cast to void has no value", "void is nothing", f"{ast.unparse(node.args[0])}")
    value = scope.value(node.args[0])
    source = value.type
    if name == "str" and isinstance(source, IntType):
        said = f'f"{{{ast.unparse(node.args[0])}}}"'
        because = "no call makes a text of a number in C: a format does, where it is printed or put into a buffer"
        try_ = f"{scope.kernel}.printk(KERN_INFO, {said}), or snprintf({scope.kernel}, buf, sizeof(buf), {said})"
        text = "implicit declaration of function 'str'"
        scope.report.warn("implicit-function-declaration", node, text, because, try_, len(name))
        raise WrongError
    if isinstance(kind, Pointer) and isinstance(source, IntType) and source.size < 8 and not isinstance(value, Number):
        text = "cast to pointer from integer of different size"
        because = f"an address has 64 bits, '{spelled(source)}' has {8 * source.size}"
        scope.report.warn("int-to-pointer-cast", node, text, because, "keep addresses in a ULong")
    if isinstance(source, Pointer) and isinstance(kind, IntType) and kind.size < 8 and not kind.is_bool:
        text = "cast from pointer to integer of different size"
        because = f"an address has 64 bits, '{spelled(kind)}' has {8 * kind.size}"
        scope.report.warn("pointer-to-int-cast", node, text, because, f"ULong({ast.unparse(node.args[0])})")
    return cast(value, kind)


def _no_struct(scope: Scope, node: ast.Call) -> NoReturn:
    made = ast.unparse(node)
    because = f"{ast.unparse(node.func)}() makes a struct, and stands only where a variable is declared"
    scope.report.fail(node, "conversion to non-scalar type requested", because, f"v = {made}  (in a line of its own)")


def is_struct(scope: Scope, node: ast.expr) -> bool:
    """Whether it is ``e(...)``, a new struct."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    found = scope.file.lookup(node.func.id)
    return isinstance(found, TypeName) and isinstance(found.type, StructType)


def is_macro(scope: Scope, node: ast.expr, *names: str) -> bool:
    """Whether it is a call of one of these macros."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id in scope.variables:
        return False
    found = scope.file.lookup(node.func.id)
    return isinstance(found, Macro) and found.name in names
