"""The page of a function of kshell.linux: how it is called, what it does, what it answers, and a line that uses it.

All of it is read from its declaration: a line of the docstring that begins with a result says when that comes, lines
that begin with ``>>>`` are the example.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from kshell.shell.views.view import Line, Text, View, marked, span

EXAMPLE = ">>> "
_ERROR = re.compile(r"(-E\w+|NULL|0|> 0)  (.+)\Z")
_COLUMN = 10


class FunctionPage(NamedTuple):
    """`signatures` are the ways to call it; `errors` pairs of a result and what it means."""

    signatures: list[str]
    errors: list[tuple[str, str]]
    example: list[str]


def page_of(name: str, body: list[ast.stmt]) -> FunctionPage:
    """What a header says of a function that it declares."""
    nodes = [each for each in body if isinstance(each, ast.FunctionDef) and each.name == name]
    lines = (ast.get_docstring(nodes[-1]) or "").split("\n")
    errors = [(found[1], found[2]) for each in lines if (found := _ERROR.match(each))]
    example = [each.removeprefix(EXAMPLE) for each in lines if each.startswith(EXAMPLE)]
    return FunctionPage([_signature(each) for each in nodes[:-1] or nodes], errors, example)


def _signature(node: ast.FunctionDef) -> str:
    """``get_user(k, to: Ptr[T], from_: User[T]) -> int``"""
    takes = ast.unparse(node.args).replace("k: Kernel", "k").replace(", /", "")
    result = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return re.sub(r"\b_([TRPF])\b", r"\1", f"{node.name}({takes}){result}")


def function_page(name: str, header: str, meaning: str, page: FunctionPage) -> View:
    """The page as it is shown."""
    lines: list[Line] = [span(each, "name") for each in page.signatures]
    lines += [[], [("  ", ""), *marked(meaning)], [], span("Errors", "heading")]
    lines += [[(f"  {result:<{_COLUMN}}", "name"), (text, "")] for result, text in page.errors]
    lines += [span("  none")] * (not page.errors)
    lines += [[], span("Example", "heading"), *([("  ", ""), (each, "hint")] for each in page.example)]
    lines.append([("  ", ""), (f"from kshell.linux.{header} import {name}", "dim")])
    errors = [{"result": result, "because": text} for result, text in page.errors]
    said = {"name": name, "summary": meaning, "signatures": page.signatures, "errors": errors}
    return Text(lines, said | {"example": "\n".join(page.example)})
