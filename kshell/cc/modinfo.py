"""What the macros of a source say, read from its syntax tree: nothing of it runs.

It is what modpost and modinfo read from the sections .modinfo, __ksymtab and .symtab of an object file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, TypeGuard

MODINFO_MACROS = {
    "MODULE_LICENSE": "license",
    "MODULE_AUTHOR": "author",
    "MODULE_DESCRIPTION": "description",
    "MODULE_VERSION": "version",
    "MODULE_ALIAS": "alias",
}
HEADERS = "kshell.linux"  # the room of the headers
VARIABLES = ("Stub", "Param", "extern")
EXPORTS = {"EXPORT_SYMBOL": False, "EXPORT_SYMBOL_GPL": True}


class Symbols(NamedTuple):
    """The names by which files find one another: `exports` with whether each is for GPL-compatible modules only,
    `undefined` what must come from elsewhere, `defined` the variables of its own."""

    exports: list[tuple[str, bool]]
    undefined: list[str]
    defined: list[str]


def _calls(tree: ast.Module) -> Iterator[tuple[str, list[ast.expr], str]]:
    """The macro calls of the top level: the macro, its arguments, and the variable that is assigned."""
    for node in tree.body:
        target = ""
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target = node.targets[0].id
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            target = node.target.id
        elif not isinstance(node, ast.Expr):
            continue
        call = node.value
        if isinstance(call, ast.Call):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            yield name, call.args, target


def _text_of(argument: ast.expr) -> str:
    """A string as it is, anything else as its source."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return ast.unparse(argument)


def _named(tree: ast.Module) -> dict[str, str]:
    """The C name behind each variable that a macro declares."""
    return {target: _text_of(args[0]) for name, args, target in _calls(tree) if name in VARIABLES and target and args}


def modinfo(tree: ast.Module) -> list[tuple[str, str]]:
    """What the MODULE_ macros of a file say, in its order; then its parameters, each with description and type."""
    names, found = _named(tree), []
    types: dict[str, str] = {}
    described: dict[str, str] = {}
    for macro, args, _ in _calls(tree):
        texts = [_text_of(argument) for argument in args]
        if macro in MODINFO_MACROS and texts:
            found.append((MODINFO_MACROS[macro], texts[0]))
        elif macro == "module_param" and len(texts) > 1:
            types[names.get(texts[0], texts[0])] = texts[1]
        elif macro == "MODULE_PARM_DESC" and len(texts) > 1:
            described[names.get(texts[0], texts[0])] = texts[1]
    for name, kind in types.items():
        found.append(("parm", f"{name}:{described[name]} ({kind})" if name in described else f"{name}:{kind}"))
    return found


def symbols(tree: ast.Module) -> Symbols:
    """What a file exports, what it needs, and which variables it defines."""
    names, found = _named(tree), Symbols([], [], [])
    for macro, args, target in _calls(tree):
        text = _text_of(args[0]) if args else ""
        if macro in EXPORTS and args:
            found.exports.append((names.get(text, text), EXPORTS[macro]))
        elif macro == "extern" and args:
            found.undefined.append(text)
        elif macro in VARIABLES and args:
            found.defined.append(names.get(target, text))
    return found


def is_include(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    """Whether it is ``from kshell.linux import``, or the same of one header."""
    return isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{HEADERS}.")


def headers(tree: ast.Module) -> frozenset[str]:
    """The names that a module takes from the headers; where it takes all of one, every name in the file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if is_include(node):
            found |= {alias.name for alias in node.names}
    if "*" in found:
        found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(found | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)})
