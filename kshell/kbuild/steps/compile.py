"""CC: one source becomes one object, or gets errors in gcc's words.

A source is Python today; whoever adds another language adds a compiler to COMPILERS under its suffix.

C counterpart: gcc -c, as scripts/Makefile.build calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, NamedTuple

from kshell.abi.problem import excerpt
from kshell.cc.finding import Finding
from kshell.cc.names import undeclared
from kshell.cc.source import compile_text, parse_text
from kshell.cc.source_error import SourceError
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.object import ObjectFile
from kshell.kernel.core.sections import SECTIONS, DeclarationError, Stub
from kshell.kernel.module.ticks import TICK

MOST_TEXT = 100_000  # characters, far more than any file of a kernel has: more would take seconds
Places = dict[str, list[int]]  # the lines that say a name
TURNS = 100_000  # of loops and calls that the top level of a source may take


class Compiled(NamedTuple):
    """What came of one source: the object's `payload` (None if there were errors) and the compiler's messages."""

    payload: dict[str, Any] | None
    messages: list[BuildMessage]


def compile_source(text: str, path: str, modname: str, *, builtin: bool) -> Compiled:
    """Compile the source `text`; `path` is what messages call it, and its suffix says which compiler it is for."""
    if len(text) > MOST_TEXT:
        because = f"it has {len(text):,} characters, and kshell compiles files of up to {MOST_TEXT:,}"
        return Compiled(None, [BuildMessage(ERROR, "file too large", path, 0, 0, (), because, "is it the right file?")])
    suffix = path[path.rfind(".") :]
    return COMPILERS[suffix](text, path, modname, builtin)


def _compile_python(text: str, path: str, modname: str, builtin: bool) -> Compiled:
    try:
        tree = parse_text(text, path, tool="make")
        places, exported = _places(tree), _exported(tree)
        source = compile_text(text, path, builtin=builtin, tool="make", tree=tree)
    except SourceError as error:
        found = [finding_message(each, text, path) for each in error.findings]
        return Compiled(None, found or [_from_source_error(error, path)])
    messages = [finding_message(each, text, path) for each in source.warnings]
    try:
        namespace = _declare(source.object, path)
    except _TopLevel as error:
        names = source.object.functions
        return Compiled(None, [*messages, _top_level_error(error, text, path, names)])
    payload = _payload(source.object, places, namespace, modname)
    twice = _defined_twice(payload, places, exported, text, path)
    return Compiled(None if twice else payload, [*messages, *twice])


def _defined_twice(
    payload: dict[str, Any], places: Places, exported: Places, text: str, path: str
) -> list[BuildMessage]:
    """The errors of a C name that one file gives to two things, or exports twice."""
    functions = [name for name, _ in payload["functions"]]
    named = [*(name for name, _ in payload["variables"]), *functions, *(call[0] for call in payload["syscalls"])]
    exports = [name for name, _ in payload["exports"]]
    found = []
    for names, lines, symbol, has, try_ in (
        (named, places, "", "has", "another name for one of the two"),
        (exports, exported, "__ksymtab_", "exports", "take one of the two lines out"),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            first, again = (*lines.get(name, ()), 0, 0)[:2]
            because = f"line {first} of this file {has} {name} already"
            what = f"redefinition of '{symbol}{name}'"
            found.append(finding_message(Finding(ERROR, what, again, min(again, 1), 1, because, try_), text, path))
    return found


def _exported(tree: ast.Module) -> Places:
    """The lines of ``EXPORT_SYMBOL(name)``, by name."""
    found: Places = {}
    for node in tree.body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.startswith("EXPORT_SYMBOL"):
            name = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else ""
            found.setdefault(name, []).append(node.lineno)
    return found


COMPILERS: dict[str, Callable[[str, str, str, bool], Compiled]] = {".py": _compile_python}


def _from_source_error(error: SourceError, path: str) -> BuildMessage:
    """The front end's error; where it has no place, its text begins with ``file: error: ``."""
    text = error.text.removeprefix(f"{path}: error: ")
    return BuildMessage(ERROR, text, path, error.line, error.column, error.excerpt, error.because, error.try_)


class _TopLevel(Exception):
    """The declarations of a file could not be made."""

    def __init__(self, line: int, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.line, self.cause = line, cause


def _declare(obj: ObjectFile, path: str) -> dict[str, Any]:
    """Run the declarations in a namespace that nobody keeps, to see what they declare."""
    left = TURNS

    def tick() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise DeclarationError("the top level of the file does not come to an end")

    namespace: dict[str, Any] = {"__name__": path, "__file__": path, TICK: tick}
    try:
        exec(obj.code, namespace)
    except BaseException as error:  # whatever a file may raise, SystemExit too
        if isinstance(error, KeyboardInterrupt):
            raise
        from kshell.kernel.entry.stacktrace import line_in

        raise _TopLevel(line_in(error, path), error) from None
    return namespace


def _payload(obj: ObjectFile, places: Places, namespace: dict[str, Any], modname: str) -> dict[str, Any]:
    """The object: the text as it is now, and the symbols that the linker asks for."""
    sections = namespace.get(SECTIONS, {})

    def section(name: str) -> list[Any]:
        return [*sections.get(name, ())]

    lines = {name: found[0] for name, found in places.items()}
    variables = [thing.name for name in (".bss", ".data") for thing in section(name) if isinstance(thing, Stub)]
    calls = [thing for thing in section(".syscalls") if isinstance(thing, SyscallDefinition)]
    defined = {call.name for call in calls}
    exports = [[_name(thing), gpl] for name, gpl in (("__ksymtab", 0), ("__ksymtab_gpl", 1)) for thing in section(name)]
    return {
        "source": obj.source,
        "text": obj.text,
        "modname": modname,
        "variables": [[name, lines.get(name, 0)] for name in variables],
        "functions": [[name, lines.get(name, 0)] for name in obj.functions if name not in defined],
        "syscalls": [[call.name, call.signature, call.macro, lines.get(call.name, 0)] for call in calls],
        "weak": [str(name) for name in section(".cond")],
        "data": [thing.name for thing in section(".data")],
        "undefined": [[stub.name, lines.get(stub.name, 0)] for stub in section(".extern")],
        "exports": exports,
        "info": [[tag, text] for tag, text in section(".modinfo")],
        "init": bool(section(".init")),
    }


def _name(thing: Any) -> str:
    return str(thing.name if isinstance(thing, Stub) else thing.__name__)


def _places(tree: ast.Module) -> Places:
    """The lines where each name of the top level is declared: a function's, and the C name in ``Stub("name")``."""
    found: Places = {}
    for node in tree.body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(node.lineno)
        elif isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.Constant):
            found.setdefault(str(value.args[0].value), []).append(node.lineno)
    return found


def finding_message(found: Finding, text: str, path: str) -> BuildMessage:
    """What was found, in gcc's words, with the line and a caret under it."""
    shown = excerpt(text, found.line, found.column, found.width) if found.column > 0 else ()
    return BuildMessage(found.kind, found.text, path, found.line, found.column, shown, found.because, found.try_)


def _top_level_error(error: _TopLevel, text: str, path: str, names: list[str]) -> BuildMessage:
    """What to say where the declarations of the file could not be made; `names` are those of its functions."""
    line, cause = error.line, error.cause
    because, try_ = (
        "a file declares at its top level, and does nothing there",
        f"correct line {line}, and make again",
    )
    if isinstance(cause, DeclarationError):
        what, because = str(cause), "a declaration does not fit what it declares"
    elif isinstance(cause, NameError) and cause.name:
        what = f"'{cause.name}' undeclared here (not in a function)"
        because, try_ = undeclared(cause.name, names)
    else:
        what = f"{type(cause).__name__}: {cause}"
    return BuildMessage(ERROR, what, path, line, 1, excerpt(text, line), because, try_)
