"""What the functions that the kernel calls answer, and whether an init function is named at all.

The words are gcc's.  In C a function without a return answers what the register happens to hold; here it answers None.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kshell.cc.callbacks import CALL, EXIT, INIT
from kshell.cc.definitions import has_kernel
from kshell.cc.finding import ERROR, WARNING, Finding, finding

NO_RETURN = ("NoReturn", "Never")


def check_returns(tree: ast.Module, known: dict[str, str], builtin: bool) -> Iterator[Finding]:
    """Entry functions that answer nothing or a text, and in a module an init function that nothing names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and known.get(node.name, EXIT) != EXIT:
            yield from _answers(node, known[node.name])
    if not builtin and INIT not in known.values():
        yield from _unnamed(tree, known)


def _answers(function: ast.FunctionDef, role: str) -> Iterator[Finding]:
    values = [node.value for node in _own(function.body) if isinstance(node, ast.Return) and node.value is not None]
    hint = ast.unparse(function.returns) if function.returns is not None else ""
    if not values and _reaches_end(function.body) and not hint.endswith(NO_RETURN):
        text = "control reaches end of non-void function [-Wreturn-type]"
        because = f"{function.name} returns nothing, and the system call answers what it returns: a number"
        if role == INIT:
            because = f"{function.name} returns nothing; an init function answers 0, or a negative errno if it fails"
        answer = "return 0" if role == INIT or not function.args.args[1:] else f"return {function.args.args[1].arg}"
        try_ = f"{answer}  (as the last line of {function.name})"
        yield finding(function, text, because, try_, 1, ERROR if role == INIT else WARNING)
    for value in values:
        if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str)):
            kind = "long int" if role == CALL else "int"
            text = f"returning 'char *' from a function with return type '{kind}' makes integer from pointer without a "
            because = "a kernel function answers with a number: a text is printed, or copied to the caller's memory"
            try_ = f"k.printk(KERN_INFO, {ast.unparse(value)})  and  return 0"
            yield finding(value, text + "cast [-Wint-conversion]", because, try_, 1, WARNING)


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node of these statements that is not inside another function."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _reaches_end(body: list[ast.stmt]) -> bool:
    """Whether control may come out at the end of these statements, as far as their shape tells."""
    for node in body:
        if isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break):
            return False
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            if not any(isinstance(each, ast.Break) for each in _own(node.body)):
                return False
        elif isinstance(node, ast.If) and not _reaches_end(node.body) and node.orelse and not _reaches_end(node.orelse):
            return False
    return True


def _unnamed(tree: ast.Module, known: dict[str, str]) -> Iterator[Finding]:
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if "module_init" in calls:
        return
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not has_kernel(node) or node.name in calls or node.name in known:
            continue
        if node.name == "init_module" or node.name.endswith("_init"):
            text = f"'{node.name}' defined but not used [-Wunused-function]"
            because = "nothing names it, so insmod runs nothing: the kernel calls what module_init names"
            yield finding(node, text, because, f"module_init({node.name})  (at the end of the file)", 1, WARNING)
            return
