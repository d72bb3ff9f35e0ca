"""f-strings where C has a format: ``f"n is {n}"`` is ``"n is %d", n``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from kshell.cc.c_text import in_format
from kshell.cc.front.arithmetic import cast, decayed, is_text, promoted
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.tree import Call, Text, Value
from kshell.cc.types import CHAR, CONST_CHAR_POINTER, INT, LONG, LONGLONG, UCHAR, FunctionType, IntType, Pointer

PRINTK = FunctionType(INT, (CONST_CHAR_POINTER,), True)
SPEC = re.compile(r"(?:(.)?([<>^=]))?([-+ ]?)(#?)(0?)(\d{0,3})(?:\.(\d{1,3}))?([a-zA-Z]{0,3})")
C_SPECIFIER = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z)?[diuxXcsp]")
LEVEL = re.compile(rb"\x01[0-7c]")
LEVEL_NAME = re.compile(r"KERN_[A-Z]+")
INTEGERS = "duxXoc"


def printk(scope: Scope, node: ast.Call, given: Sequence[ast.expr], level: Text | None = None) -> Value:
    """``k.printk(KERN_INFO, f"...")``: a newline ends the record, as C's sources write it."""
    rest = list(given)
    if level is None and len(rest) > 1:
        level = _level(scope, node, rest)
        rest.pop(0)
    if len(rest) != 1:
        few = "few" if not rest else "many"
        because = "printk takes a level and one text; an f-string stands for C's %d"
        text = f"too {few} arguments to function 'printk'"
        try_ = 'k.printk(KERN_INFO, f"n is {n}")'
        if len(rest) > 1 and isinstance(rest[0], ast.Constant) and isinstance(rest[0].value, str):
            said = in_format(rest[0].value, [ast.unparse(each) for each in rest[1:]])
            try_ = scope.report.line_with(node, f"{scope.kernel}.printk({ast.unparse(given[0])}, {said})")
        elif len(rest) > 1 and isinstance(rest[0], ast.JoinedStr):
            said = scope.report.source_of(rest[0]) or ast.unparse(rest[0])
            try_ = scope.report.line_with(node, f"{scope.kernel}.printk({ast.unparse(given[0])}, {said})")
        scope.report.fail(node, text, because, try_, len("k.printk"))
    text_of, arguments = format_of(scope, rest[0], True)
    symbol = "_printk" if scope.report.version >= (5, 15) else "printk"
    whole = Text((level.data if level is not None else b"") + text_of, CONST_CHAR_POINTER)
    return Call(symbol, (whole, *arguments), PRINTK, node.lineno)


def _level(scope: Scope, call: ast.Call, given: Sequence[ast.expr]) -> Text:
    node = given[0]
    value = scope.any(node)
    if isinstance(value, Text) and LEVEL.fullmatch(value.data):
        return value
    because = "the level is one of KERN_EMERG to KERN_DEBUG"
    try_ = 'k.printk(KERN_INFO, f"...")'
    if isinstance(node, ast.JoinedStr | ast.Constant) and isinstance(getattr(node, "value", ""), str):
        because = "what follows the text is in C's manner; here an f-string holds the values"
        if isinstance(node, ast.Constant) and LEVEL_NAME.fullmatch(str(node.value)):
            because = f"{node.value!s} is a text itself: its name stands without quotes"
            try_ = scope.report.line_with(node, str(node.value))
        elif isinstance(node, ast.Constant):
            said = in_format(str(node.value), [ast.unparse(each) for each in given[1:]])
            try_ = scope.report.line_with(call, f"{scope.kernel}.printk(KERN_INFO, {said})")
    return scope.report.fail(node, "expected a level of printk before the text", because, try_)


def format_of(scope: Scope, node: ast.expr, newline: bool) -> tuple[bytes, list[Value]]:
    """The format and its arguments that a text stands for."""
    arguments: list[Value] = []
    if isinstance(node, ast.JoinedStr):
        text, before = "", ""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                text += _conversion(scope, part, arguments, before)
                before = ""
            else:
                before = str(part.value) if isinstance(part, ast.Constant) else ""
                text += before.replace("%", "%%")
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value.replace("%", "%%")
        found = C_SPECIFIER.search(node.value)
        if found:
            because = f"{found[0]} is C's, and is printed as it stands here"
            scope.report.warn(
                "format", node, f"format '{found[0]}' expects a matching argument", because, 'f"n is {n}"'
            )
    else:
        _no_new_text(scope, node)
        value = scope.value(node)
        if not is_text(value.type):
            because = f"it is '{spelled(value.type)}'"
            scope.report.fail(node, "format is not a string", because, f'f"{{{scope.report.source_of(node) or "x"}}}"')
        text, arguments = "%s", [value]
    if "\0" in text:
        scope.report.fail(node, "embedded '\\0' in format", "a NUL ends a string in C", "two texts")
    if newline and not text.endswith("\n"):
        text += "\n"
    return text.encode("utf-8", "surrogatepass"), arguments


def _no_new_text(scope: Scope, node: ast.expr) -> None:
    """``"n is %d" % n``, ``"n is " + str(n)``: the f-string that is meant."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add | ast.Mod):
        return
    parts = list(_parts(node)) if isinstance(node.op, ast.Add) else [node.left]
    has_level = isinstance(parts[0], ast.Name) and LEVEL_NAME.fullmatch(parts[0].id)
    if has_level or not any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in parts):
        return
    if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        right = in_format(str(node.left.value), [ast.unparse(each) for each in given])
    else:
        right = ast.unparse(ast.JoinedStr([_part(each) for each in parts]))
    text = f"invalid operands to binary {'%' if isinstance(node.op, ast.Mod) else '+'} (have 'char *')"
    because = "a string is an address of bytes, and no operator makes a new one; an f-string is a format"
    scope.report.fail(node, text, because, scope.report.line_with(node, right))


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield node


def _part(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str" and node.args:
        node = node.args[0]
    return node if isinstance(node, ast.Constant) else ast.FormattedValue(node, -1)


def _conversion(scope: Scope, part: ast.FormattedValue, arguments: list[Value], before: str) -> str:
    """``{x:#x}`` as C's ``%#x``; its value goes to the arguments."""
    report, spec = scope.report, ""
    if part.conversion not in (-1, 114 if before.endswith("=") and part.format_spec is None else -1):
        report.fail(part.value, "unknown conversion type character in format", "C's formats have no !r, !s, !a", "{x}")
    if isinstance(part.format_spec, ast.JoinedStr):
        for each in part.format_spec.values:
            if not isinstance(each, ast.Constant):
                report.fail(part.value, "unknown conversion in format", "a width is a number here", "{x:8d}")
            spec += str(each.value)
    value = decayed(scope.any(part.value))
    value = scope.scalar(part.value, value)
    match = SPEC.fullmatch(spec)
    if match is None or (match[2] and (match[2] not in "<>" or (match[1] or " ") != " ")):
        report.fail(
            part.value,
            f"unknown conversion '{spec[:20]}' in format",
            "C has d u x X o c s p",
            "{x:#x}, {x:08x}, {x:5d}",
        )
    letters, kind = match[8], value.type
    left = match[2] == "<" or (not match[2] and is_text(kind) and letters in ("", "s") and match[6] != "")
    flags = ("-" if left else "") + match[3].replace("-", "") + match[4] + match[5]
    head = f"%{flags}{match[6]}" + (f".{match[7]}" if match[7] is not None else "")
    if isinstance(kind, IntType):
        return head + _integer(scope, part.value, value, kind, letters, arguments)
    arguments.append(value)
    return head + _pointer(scope, part.value, kind, letters)


def _integer(scope: Scope, node: ast.expr, value: Value, kind: IntType, letters: str, arguments: list[Value]) -> str:
    if letters not in ("", *INTEGERS):
        _mismatch(scope, node, letters, kind)
    wide = promoted(kind)
    arguments.append(cast(value, wide))
    if letters == "c" or (letters == "" and kind == CHAR):
        return "c"
    length = "ll" if wide.rank == LONGLONG.rank else "l" if wide.rank == LONG.rank else ""
    signed = "d" if kind.signed or kind.is_bool else "u"
    return length + (signed if letters in ("", "d") else letters)


def _pointer(scope: Scope, node: ast.expr, kind: object, letters: str) -> str:
    assert isinstance(kind, Pointer)
    if letters in ("", "s") and (is_text(kind) or (letters == "s" and kind == Pointer(UCHAR))):
        return "s"
    if letters == "" or letters[0] == "p":
        return letters or "p"
    return _mismatch(scope, node, letters, kind)


def _mismatch(scope: Scope, node: ast.expr, letters: str, kind: IntType | Pointer) -> str:
    types = {"s": "char *", "p": "void *"} | dict.fromkeys("uxXo", "unsigned int") | dict.fromkeys("efgEFG", "double")
    wanted = types.get(letters[:1], "int")
    text = f"format '%{letters}' expects argument of type '{wanted}', but argument has type '{spelled(kind)}'"
    source = scope.report.source_of(node) or "x"
    because = "the conversion and the type do not go together"
    try_ = f"{{ULong({source}):#x}}" if isinstance(kind, Pointer) else f"{{{source}}}"
    scope.report.warn("format", node, text, because, try_)
    return letters
