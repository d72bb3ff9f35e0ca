"""Functions: their first line, and their body."""

from __future__ import annotations

import ast

from kshell.cc.front.annotations import IN_A_MACRO, UNKNOWN, is_complete, read_type
from kshell.cc.front.expressions import Expressions
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.first_line import first_line, result_of
from kshell.cc.front.report import WrongError, spelled
from kshell.cc.front.scope import FRAME_MAX
from kshell.cc.front.statements import block
from kshell.cc.front.symbols import Macro, Routine
from kshell.cc.front.unused import check_variables
from kshell.cc.tree_unit import Function
from kshell.cc.types import INT, LONG, VOID, ArrayType, FunctionType, StructType, Type, VoidType, size_of

FRAME_WARNING = 2048  # CONFIG_FRAME_WARN


def is_kernel(file: FileScope, argument: ast.arg) -> bool:
    """Whether a parameter is the kernel: ``k: Kernel``, or by its name."""
    hint = argument.annotation
    if hint is None:
        return argument.arg == "k"
    if isinstance(hint, ast.Constant) and hint.value == "Kernel":
        return True
    found = file.lookup(hint.id) if isinstance(hint, ast.Name) else None
    return isinstance(found, Macro) and found.name == "Kernel"


def behind_kernel(file: FileScope, node: ast.FunctionDef) -> list[ast.arg]:
    """The parameters that C has."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args]
    odd = arguments.vararg or arguments.kwarg or (arguments.kwonlyargs[0] if arguments.kwonlyargs else None)
    if odd is not None:
        because = "a C function has a fixed number of arguments, in an order"
        file.report.error(odd, "expected ')' before '*' token", because, f"{odd.arg}: Int")
    if arguments.defaults:
        because = "C's arguments have no values of their own"
        file.report.error(arguments.defaults[0], "expected ')' before '=' token", because, "say it at each call")
    if every and is_kernel(file, every[0]):
        return every[1:]
    if len(every) == 1 and every[0].arg == "void" and every[0].annotation is None:
        every = []
    because = "every function of a kernel source is handed the kernel, and hands it on"
    try_ = first_line(file, node, [each for each in every if each.arg != "k"])
    if every and every[0].annotation is not None and ast.unparse(every[0].annotation) == "Kernel":
        because, try_ = (
            "Kernel is declared in linux/kernel.h, and this file does not include it",
            "from kshell.linux import Kernel",
        )
        every = every[1:]
    elif every and every[0].arg == "k":
        every = every[1:]
    file.report.error(node, f"the first parameter of '{node.name}' is not k: Kernel", because, try_)
    return every


def parameter_type(file: FileScope, argument: ast.arg, is_call: bool = False) -> Type:
    """The type of one parameter; a wrong one counts as int, so that the rest can be read."""
    if argument.annotation is None:
        because = "C wants to know what it is"
        text = f"type of '{argument.arg}' defaults to 'int'"
        file.report.warn("implicit-int", argument, text, because, f"{argument.arg}: int", len(argument.arg))
        return INT
    try:
        kind = read_type(file, argument.annotation, IN_A_MACRO if is_call else UNKNOWN)
    except WrongError:
        return INT
    if isinstance(kind, StructType | VoidType | ArrayType):
        because = f"'{spelled(kind)}' does not fit into a register; kernel code hands on its address"
        name = ast.unparse(argument.annotation)
        file.report.error(
            argument.annotation,
            f"parameter '{argument.arg}' has a type that is not passed by value",
            because,
            f"Ptr[{name}]",
        )
        return INT
    return kind


def routine_of(file: FileScope, node: ast.FunctionDef, is_call: bool = False) -> Routine:
    """A function as its first line declares it."""
    arguments = behind_kernel(file, node)
    kinds = tuple(parameter_type(file, each, is_call) for each in arguments)
    guess: dict[str, Type] = {"None": VOID, "Long": LONG}
    result = guess.get(result_of(file, node), INT)
    try:
        if node.returns is None and len(node.args.posonlyargs + node.args.args) > len(arguments):
            text = f"return type of '{node.name}' defaults to 'int'"
            because = "C wants to know what it answers; None is void"
            file.report.warn("implicit-int", node, text, because, first_line(file, node, arguments))
        elif node.returns is not None:
            result = read_type(file, node.returns)
            if isinstance(result, StructType | ArrayType):
                because = "kernel code answers with a number or an address"
                file.report.error(node.returns, f"'{node.name}' returns '{spelled(result)}'", because, "a Ptr to it")
                result = INT
    except WrongError:
        result = INT
    formats = [at for at, each in enumerate(arguments) if _is_format(file, each)]
    kind = FunctionType(result, kinds, bool(formats))
    return Routine(node.name, kind, formats[0] if formats else -1, tuple(each.arg for each in arguments), is_call)


def _is_format(file: FileScope, argument: ast.arg) -> bool:
    return isinstance(argument.annotation, ast.Name) and argument.annotation.id == "Format"


def read_function(file: FileScope, node: ast.FunctionDef, routine: Routine, name: str, static: bool) -> Function:
    """A function with its body; `name` is its symbol."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    kernel = arguments[0].arg if len(arguments) > len(routine.names) else "k"
    scope = Expressions(file, name, kernel, routine.type.result)
    stores = [each for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    scope.first = {each.id: each.lineno for each in sorted(stores, key=lambda each: -each.lineno)}
    seen: set[str] = {kernel}
    declared = {argument.arg: argument for argument in arguments}
    for parameter, kind in zip(routine.names, routine.type.parameters, strict=True):
        if parameter in seen:
            file.report.error(
                declared[parameter], f"redefinition of parameter '{parameter}'", "it is there already", "another name"
            )
        seen.add(parameter)
        scope.assigned(scope.add(parameter, kind, declared[parameter].lineno))
    body = block(scope, node.body)
    _end(scope, node)
    if not file.report.is_wrong:
        check_variables(scope, node)
    _frame(scope, node)
    return Function(name, routine.type, scope.order, body, static, node.lineno, node.end_lineno or node.lineno)


def _end(scope: Expressions, node: ast.FunctionDef) -> None:
    """A function that answers something, and may come to its end without."""
    assert scope.result is not None
    if scope.sure is None or scope.result == VOID:
        return
    because = f"{node.name} answers '{spelled(scope.result)}', and at its end the register holds anything"
    try_ = f"return 0  (as the last line of {node.name})"
    scope.report.warn("return-type", node, "control reaches end of non-void function", because, try_)


def _frame(scope: Expressions, node: ast.FunctionDef) -> None:
    size = sum(size_of(each.type) for each in scope.order if is_complete(each.type))
    because = "a kernel stack has 16 KiB for all calls together, and a page that guards its end"
    if size > FRAME_MAX:
        scope.report.error(node, f"the frame size of {size} bytes is larger than {FRAME_MAX} bytes", because, "kmalloc")
    elif size > FRAME_WARNING:
        text = f"the frame size of {size} bytes is larger than {FRAME_WARNING} bytes"
        scope.report.warn(
            f"frame-larger-than={FRAME_WARNING}", node, text, because, "kmalloc, or a variable of the file"
        )
