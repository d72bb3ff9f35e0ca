"""The first line of a function as it should be: for whoever has left something out of it."""

from __future__ import annotations

import ast

from kshell.cc.front.file_scope import FileScope


def first_line(file: FileScope, node: ast.FunctionDef, arguments: list[ast.arg]) -> str:
    """The def line as it should be, as far as the file tells."""
    takes = "".join(f", {each.arg}: {ast.unparse(each.annotation) if each.annotation else 'int'}" for each in arguments)
    return f"def {node.name}(k: Kernel{takes}) -> {result_of(file, node)}:"


def result_of(file: FileScope, node: ast.FunctionDef) -> str:
    """What a function must answer, or seems to."""
    if any(ast.unparse(each).startswith("SYSCALL_DEFINE") for each in node.decorator_list):
        return "Long"
    if node.returns is not None:
        return ast.unparse(node.returns)
    if node.name in file.results:
        return file.results[node.name]
    answers = any(isinstance(each, ast.Return) and each.value is not None for each in ast.walk(node))
    return "int" if answers else "None"
