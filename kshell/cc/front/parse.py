"""The text of a source as a syntax tree, within bounds: nothing that a source holds takes long, or too deep a stack."""

from __future__ import annotations

import ast
import warnings

from kshell.abi.errno import ENOEXEC
from kshell.abi.problem import Problem
from kshell.cc.c_text import HELP, in_python, is_c
from kshell.cc.source_error import SourceError, at_place, too_large

SIZE_MAX = 1 << 18
DEPTH_MAX = 60  # of statements and expressions inside one another
NODES_MAX = 100_000


def parse(text: str, path: str) -> ast.Module:
    """The syntax tree of a source.  Raises SourceError."""
    if len(text) > SIZE_MAX:
        raise too_large(path, SIZE_MAX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python writes them to the terminal by itself
        try:
            tree = ast.parse(text, path)
        except SyntaxError as error:
            raise _syntax_error(path, text, error) from None
        except (RecursionError, MemoryError):
            lines = text.split("\n")
            raise _too_deep(path, text, lines.index(max(lines, key=len)) + 1) from None
        except ValueError as error:  # NUL bytes
            problem = Problem(f"{path}: error: {error}", "a source is a text", "look at it in an editor")
            raise SourceError(ENOEXEC, problem) from None
    _check_depth(tree, path, text)
    return tree


def _too_deep(path: str, text: str, line: int) -> SourceError:
    because = f"expressions and blocks inside one another go {DEPTH_MAX} deep at the most"
    return at_place(path, text, line, 0, "too deeply nested", because, "a variable for a part of it, or a function")


def _check_depth(tree: ast.Module, path: str, text: str) -> None:
    """How deep the nodes lie, without going deeper oneself."""
    waiting: list[tuple[ast.AST, int]] = [(node, 1) for node in tree.body]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if isinstance(node, ast.BoolOp | ast.Compare):  # `a and b and c` is as deep as it is long
            depth += len(node.values if isinstance(node, ast.BoolOp) else node.ops)
        if depth > DEPTH_MAX:
            raise _too_deep(path, text, getattr(node, "lineno", 1))
        if seen > NODES_MAX:
            what = f"{path}: error: too large"
            raise SourceError(ENOEXEC, Problem(what, f"a source may have {NODES_MAX} parts", "split it into two files"))
        for child in ast.iter_child_nodes(node):
            deeper = isinstance(child, ast.expr | ast.stmt)
            waiting.append((child, depth + deeper))


def _syntax_error(path: str, text: str, error: SyntaxError) -> SourceError:
    first = is_c(text)
    if first:
        because = "it is written in C, and a .py is in C's kshell spelling  (#include is a comment there)"
        return at_place(path, text, first, 1, "this is C, not Python", because, f"{HELP}  (each line of C in Python)")
    line, column = error.lineno or 1, max(error.offset or 1, 1)
    because, try_ = "Python cannot parse it, as a C compiler could not", f"correct line {line}"
    lines = text.splitlines()
    c = in_python(lines[line - 1]) if 0 < line <= len(lines) else None
    if c is None and error.msg == "expected ':'":
        because, try_ = "a line that a block follows ends with a colon", f"{lines[line - 1].strip()}:"
    if c is not None:
        because, try_ = f"that is C: {c[0]}  ({HELP})", c[1]
    return at_place(path, text, line, column, error.msg, because, try_)
