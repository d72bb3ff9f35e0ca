"""SYSCALL_DEFINEn over its function: the number fits the arguments, and each of them has a C type.

The words are gcc's, for the C line that the Python lines stand for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from kshell.abi import c_types
from kshell.abi.c_types import CType
from kshell.cc.finding import Finding, finding
from kshell.cc.names import MACRO, bound, close_name, offered, undeclared

MOST_ARGUMENTS = 6
# How somebody who thinks in C would write a type.
C_SPELLINGS = {"int": "Int", "long": "Long", "unsigned": "UInt", "size_t": "SizeT"}
PLAIN = {"integer": "Int", "string": "Path", "str": "Path", "bool": "Int", "float": "Long", "double": "Long"}
IN_C = re.compile(r"\s*@?\s*SYSCALL_DEFINE(\d)\s*\((.*?)\)\s*[{:]?\s*$")


def ctypes_by_name() -> dict[str, CType]:
    """The C types of a system call's arguments, by their Python names."""
    found = {}
    for name, thing in vars(c_types).items():
        ctype = next((mark for mark in getattr(thing, "__metadata__", ()) if isinstance(mark, CType)), None)
        if ctype is not None:
            found[name] = ctype
    return found


def closest_type(name: str) -> str:
    """The type that is meant by `name`, which may be C's own spelling; "" if none is near."""
    types = ctypes_by_name()
    by_c = {ctype.c: python for python, ctype in reversed(types.items())}  # the plainest of them comes first
    name = " ".join(name.replace("*", " * ").split()).replace("__user * ", "__user *")
    if name in types:
        return name
    if name in C_SPELLINGS or name.lower() in PLAIN:
        return C_SPELLINGS.get(name) or PLAIN[name.lower()]
    if name in by_c:
        return by_c[name]
    return "Addr" if "*" in name else close_name(name, types)


def right_lines(digit: int, name: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The two lines that a definition has in Python; `pairs` are the type and the name of each argument."""
    arguments = "".join(f", {argument}: {closest_type(kind) or 'Int'}" for kind, argument in pairs)
    return f"@SYSCALL_DEFINE{digit}  and in the next line  def {name}(k: Kernel{arguments}) -> Long:"


def from_c(line: str) -> str:
    """The two lines of Python for ``SYSCALL_DEFINE1(test_call, int, test_int) {``; "" for any other line."""
    match = IN_C.match(line)
    words = [part.strip() for part in match[2].split(",")] if match else []
    if match is None or not words or not words[0].isidentifier():
        return ""
    return right_lines(int(match[1]), words[0], list(zip(words[1::2], words[2::2], strict=False)))


def check_definitions(tree: ast.Module) -> Iterator[Finding]:
    """Every SYSCALL_DEFINEn of a file that is not as it must be."""
    own = set(bound(tree.body))
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _as_in_c(node.value, None)
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            macro = MACRO.fullmatch(decorator.id) if isinstance(decorator, ast.Name) else None
            if macro is not None and has_kernel(node):
                yield from _definition(node, decorator, int(macro[1]), own)
            elif isinstance(decorator, ast.Call):
                yield from _as_in_c(decorator, node)


def _as_in_c(call: ast.Call, function: ast.FunctionDef | None) -> Iterator[Finding]:
    """``SYSCALL_DEFINE1(test_call, Int, test_int)``: C's line, with or without Python's @."""
    macro = MACRO.fullmatch(call.func.id) if isinstance(call.func, ast.Name) else None
    if macro is None:
        return
    words = [ast.unparse(argument) for argument in call.args]
    pairs = list(zip(words[1::2], words[2::2], strict=False))
    name = function.name if function is not None else words[0] if words else "test_call"
    if function is not None and not pairs:
        arguments = function.args.args[1:] if has_kernel(function) else function.args.args
        pairs = [(ast.unparse(each.annotation) if each.annotation else "Int", each.arg) for each in arguments]
    text = f"{macro[0]} takes no arguments here: it stands alone, as @{macro[0]}"
    because = (
        "in C the macro makes the first line of the function; here the def below it says name, types and arguments"
    )
    yield finding(call, text, because, right_lines(int(macro[1]), name, pairs), len(macro[0]))


def has_kernel(function: ast.FunctionDef) -> bool:
    """Whether its first parameter is the kernel: ``k: Kernel``, or by its name."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    if not arguments:
        return function.args.vararg is not None
    if arguments[0].annotation is not None:
        hint = ast.unparse(arguments[0].annotation)
        return arguments[0].arg == "k" or "Kernel" in hint
    return arguments[0].arg[:1] in ("k", "_")


def _definition(function: ast.FunctionDef, decorator: ast.expr, digit: int, own: set[str]) -> Iterator[Finding]:
    parameters = function.args.args[1:]
    name, width = f"SYSCALL_DEFINE{digit}", len(f"SYSCALL_DEFINE{digit}")
    right = f"@SYSCALL_DEFINE{len(parameters)}"
    if digit > MOST_ARGUMENTS or (digit == MOST_ARGUMENTS and len(parameters) > digit):
        because = f"a system call has at most {MOST_ARGUMENTS} arguments, one for each register: di si dx r10 r8 r9"
        try_ = "a pointer to a structure that holds them"
        if digit > MOST_ARGUMENTS:
            first = _c_name(parameters[0]) if parameters else "int"
            because = f"there is no macro {name}: {because}"
            yield finding(decorator, f"expected ')' before '{first}'", because, try_, width)
        else:
            yield _too_many(function, parameters[digit], because, try_)
        return
    takes = f"{name} takes {digit} argument{'s' * (digit != 1)}, and {function.name}"
    if len(parameters) < digit:
        missing = digit - len(parameters)
        because = f"{takes} {f'has {len(parameters)} after k' if parameters else 'has none after k'}"
        text = f'macro "__MAP{missing}" requires 4 arguments, but only 2 given'
        yield finding(decorator, text, because, f"{right}, or the argument that is missing", width)
    elif len(parameters) > digit:
        yield _too_many(function, parameters[digit], f"{takes} has {len(parameters)} after k", right)
    for parameter in parameters:
        yield from _type(parameter, own)


def _too_many(function: ast.FunctionDef, parameter: ast.arg, because: str, try_: str) -> Finding:
    """The macro drops what comes after its last argument: the body then uses a name that is not there."""
    uses = (node for each in function.body for node in ast.walk(each) if isinstance(node, ast.Name))
    use: ast.Name | ast.arg = next((node for node in uses if node.id == parameter.arg), parameter)
    text = f"'{parameter.arg}' undeclared (first use in this function)"
    return finding(use, text, because, try_, len(parameter.arg))


def _type(parameter: ast.arg, own: set[str]) -> Iterator[Finding]:
    hint = parameter.annotation
    if hint is None:
        because = f"the macro takes a type and a name for each argument, and {parameter.arg} has no type"
        text = 'macro "__MAP1" requires 4 arguments, but only 2 given'
        yield finding(parameter, text, because, f"{parameter.arg}: Int", len(parameter.arg))
        return
    name = hint.value if isinstance(hint, ast.Constant) and isinstance(hint.value, str) else ast.unparse(hint)
    text = f"'{name}' undeclared here (not in a function)"
    if name in C_SPELLINGS and name not in own:
        right = C_SPELLINGS[name]
        because = f"in a SYSCALL_DEFINE the C type {name} is written {right}, so that the register is cut to its size"
        text = text if name != "int" else f"'{name}' is not one of the C types"
        try_ = f"{parameter.arg}: {right}  (and import {right} from kshell.linux)"
        yield finding(hint, text, because, try_, len(name))
    elif name.isidentifier() and name not in own:
        because, try_ = undeclared(name, own)
        if name not in offered():
            close = closest_type(name)
            types = ", ".join(sorted(ctypes_by_name())[:8])
            try_ = f"{parameter.arg}: {close}" if close else f"one of the C types: {types}, ..."
            because = f"neither this file nor kshell.linux has a type called {name}"
        yield finding(hint, text, because, try_, len(name))


def _c_name(parameter: ast.arg) -> str:
    """The first word of a parameter's C type."""
    hint = parameter.annotation
    name = ast.unparse(hint).strip("'\"") if hint is not None else "int"
    ctype = ctypes_by_name().get(name)
    return ctype.c.split()[0] if ctype is not None else name
