"""What is Python and not C: said in a C compiler's words where it has them, and the way to do it here."""

from __future__ import annotations

import ast
from typing import NoReturn

from kshell.cc.front.report import Report

# For each kind of node: what stands there, why it is not C, and the way in C.
EXPRESSIONS: dict[type[ast.expr], tuple[str, str, str]] = {
    ast.List: (
        "expected expression before '[' token",
        "C has no lists",
        "Array(Int, 3, [1, 2, 3]), or kmalloc and list_head",
    ),
    ast.Dict: ("expected expression before '{' token", "C has no dicts", "an Array of a Struct, or a hash table"),
    ast.Set: ("expected expression before '{' token", "C has no sets", "an Array, or bits in a ULong"),
    ast.Tuple: ("expected ';' before ',' token", "C has no tuples", "a Struct, or one assignment a line"),
    ast.Lambda: (
        "expected expression before 'lambda'",
        "C's functions stand at the top and have names",
        "def f(k: Kernel, n: int) -> Long:",
    ),
    ast.ListComp: ("expected expression before '[' token", "C has no lists", "an Array and a loop"),
    ast.SetComp: ("expected expression before '{' token", "C has no sets", "an Array and a loop"),
    ast.DictComp: ("expected expression before '{' token", "C has no dicts", "an Array and a loop"),
    ast.GeneratorExp: ("expected expression before 'for'", "C has no generators", "a loop"),
    ast.Yield: (
        "expected expression before 'yield'",
        "C has no generators: a function returns once",
        "a function that is called again",
    ),
    ast.YieldFrom: ("expected expression before 'yield'", "C has no generators", "a loop"),
    ast.Await: ("expected expression before 'await'", "the kernel waits by sleeping", "msleep(k, ms)"),
    ast.JoinedStr: (
        "an f-string is a format, and no value",
        "C makes a text in a buffer",
        "",
    ),
    ast.Starred: (
        "expected expression before '*' token",
        "C's *p is p[0] here",
        "p[0]",
    ),
    ast.Slice: ("expected ']' before ':' token", "C copies no part of an array by itself", "memcpy(k, to, from_, n)"),
}
STATEMENTS: dict[type[ast.stmt], tuple[str, str, str]] = {
    ast.Try: ("expected expression before 'try'", "C has no exceptions", "if error < 0: return error"),
    ast.Raise: ("expected expression before 'raise'", "C has no exceptions", "return -EINVAL, or BUG()"),
    ast.Assert: (
        "expected expression before 'assert'",
        "C has no exceptions",
        "BUG_ON(not condition), WARN_ON(not condition)",
    ),
    ast.With: (
        "expected expression before 'with'",
        "nothing is given back by itself in C",
        "take it, use it, give it back before each return",
    ),
    ast.Match: (
        "expected expression before 'match'",
        "the names of a case bind, which C's switch does not",
        "if x == 1: ... elif x == 2: ...",
    ),
    ast.Delete: (
        "expected expression before 'del'",
        "C's variables live as long as their function",
        "kfree(k, p), or k[STUB] = None",
    ),
    ast.FunctionDef: (
        "a function inside of a function",
        "C has no closures: functions stand at the top",
        "move it to the top, and hand it what it needs",
    ),
    ast.ClassDef: ("a struct inside of a function", "types stand at the top", "move it to the top"),
    ast.AsyncFunctionDef: (
        "expected declaration before 'async'",
        "the kernel waits by sleeping",
        "def, and msleep(k, ms)",
    ),
    ast.AsyncFor: ("expected expression before 'async'", "the kernel waits by sleeping", "for i in range(n):"),
    ast.AsyncWith: ("expected expression before 'async'", "the kernel waits by sleeping", "msleep(k, ms)"),
    ast.Nonlocal: (
        "expected expression before 'nonlocal'",
        "C has no closures",
        "a variable of the file: n: Int = 0, and global n",
    ),
    ast.Import: (
        "expected expression before 'import'",
        "an #include stands at the top of a file",
        "from kshell.linux import KERN_INFO, Kernel, ...",
    ),
    ast.ImportFrom: (
        "expected expression before 'import'",
        "an #include stands at the top of a file",
        "move it to the top",
    ),
}


def refuse_expression(report: Report, node: ast.expr) -> NoReturn:
    """An expression that C has not."""
    text, because, try_ = EXPRESSIONS.get(
        type(node), ("expected expression", "C has no such thing", "help c-to-kshell")
    )
    if isinstance(node, ast.JoinedStr):
        source = report.source_of(node) or 'f"..."'
        try_ = f"k.printk(KERN_INFO, {source}), or snprintf(k, buf, sizeof(buf), {source})"
    report.fail(node, text, because, try_)


def refuse_statement(report: Report, node: ast.stmt) -> NoReturn:
    """A statement that C has not."""
    kind = type(node)
    if kind.__name__ == "TryStar":
        kind = ast.Try
    text, because, try_ = STATEMENTS.get(kind, ("expected expression", "C has no such thing", "help c-to-kshell"))
    report.fail(node, text, because, try_)


def refuse_constant(report: Report, node: ast.Constant) -> NoReturn:
    """A literal that C or its kernel has not."""
    if isinstance(node.value, float):
        because = "the kernel calculates with integers: the FPU belongs to the user's program"
        report.fail(node, "SSE register return with SSE disabled", because, "count in smaller units: ms, us, percent")
    if isinstance(node.value, bytes):
        report.fail(node, "expected ';' before string constant", "a string of C is bytes already", '"text"')
    report.fail(node, "expected expression", "C has no such constant", "a number, a string, NULL")
