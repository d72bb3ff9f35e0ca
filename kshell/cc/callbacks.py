"""The functions that the kernel calls: they take `k` first, and answer 0, a result, or a negative errno."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kshell.abi.errno import ERRNO
from kshell.cc.definitions import closest_type, has_kernel
from kshell.cc.finding import WARNING, Finding, finding
from kshell.cc.names import MACRO, VARIABLE, local_names

INIT, EXIT, HANDLER, CALL = "init", "exit", "handler", "call"
ERRNOS = {name for name, _ in ERRNO.values()}


def check_callbacks(tree: ast.Module, known: dict[str, str]) -> Iterator[Finding]:
    """Entry functions without `k`, and those that return an errno without its minus; `known` are the file's roles."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in known:
            yield from _kernel_first(node, known[node.name])
            if known[node.name] != EXIT:
                yield from _positive_errnos(node)


def roles(tree: ast.Module) -> dict[str, str]:
    """What each top-level function is to the kernel, where the file says so."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.Module([top for top in tree.body if not isinstance(top, VARIABLE)], [])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            role = {"module_init": INIT, "module_exit": EXIT}.get(node.func.id)
            if role is not None and isinstance(node.args[0], ast.Name):
                found.setdefault(node.args[0].id, role)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            place, value = node.targets[0].value, node.value
            if isinstance(place, ast.Name) and isinstance(value, ast.Name) and place.id in ("k", "kernel"):
                found.setdefault(value.id, HANDLER)
        elif isinstance(node, ast.FunctionDef) and any(map(_is_macro, node.decorator_list)):
            found.setdefault(node.name, CALL)
    return found


def _is_macro(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and MACRO.fullmatch(decorator.id) is not None


def _kernel_first(function: ast.FunctionDef, role: str) -> Iterator[Finding]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    if has_kernel(function):
        return
    if role in (INIT, EXIT) and arguments and arguments[0].annotation is None and arguments[0].arg != "void":
        return  # it is called with the kernel alone, whatever the name
    because = "every function of a kernel source is handed the kernel, and reaches memory and log through it"
    text = f"the first parameter of '{function.name}' is not k: Kernel"
    yield finding(function, text, because, _def_line(function, role))


def _def_line(function: ast.FunctionDef, role: str) -> str:
    """The line as it should be."""
    arguments = ["k: Kernel"]
    for each in function.args.args:
        hint = ast.unparse(each.annotation) if each.annotation is not None else ""
        if role in (INIT, EXIT):
            break
        if role == CALL:
            hint = closest_type(hint or "int") or hint
        arguments.append(f"{each.arg}: {hint}" if hint else each.arg)
    result = {EXIT: "None", CALL: "Long"}.get(role, "int")
    return f"def {function.name}({', '.join(arguments)}) -> {result}:"


def _positive_errnos(function: ast.FunctionDef) -> Iterator[Finding]:
    own = local_names(function)
    for node in ast.walk(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        values = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
        for value in values:
            if isinstance(value, ast.Name) and value.id in ERRNOS - own:
                number = next(number for number, (name, _) in ERRNO.items() if name == value.id)
                text = f"'{function.name}' returns {value.id}, which is {number}: a result, not an error"
                because = "a kernel function tells an error by a negative number, and a C compiler says nothing either"
                try_ = f"return -{value.id}  (did you mean that?)"
                yield finding(value, text, because, try_, len(value.id), WARNING)
