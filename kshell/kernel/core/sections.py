"""Sections of a file of the kernel's own, and what its macros put there: system calls, and functions for modules.

Each Python file plays the part of an object file: a macro puts its entry in a *section* of the file that uses it, a
list in the file's namespace, and the kernel reads those sections when it links the file in.  No value lives here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

CO_VARARGS, CO_VARKEYWORDS = 0x04, 0x08  # flags of a code object
SECTIONS = "__kshell_sections__"


class DeclarationError(Exception):
    """A declaration that C's macros would refuse too; the message is for the person who wrote it."""


def section(namespace: dict[str, Any], name: str) -> list[Any]:
    """The entries that macros have put into section `name` of a file with this namespace."""
    entries: list[Any] = namespace.setdefault(SECTIONS, {}).setdefault(name, [])
    return entries


def EXPORT_SYMBOL(function: Callable[..., Any]) -> None:
    """Let modules call this function by its name."""
    section(_exportable("EXPORT_SYMBOL", function).__globals__, "__ksymtab").append(function)


def EXPORT_SYMBOL_GPL(function: Callable[..., Any]) -> None:
    """Let modules call it, but only those under a licence that goes with the GPL."""
    section(_exportable("EXPORT_SYMBOL_GPL", function).__globals__, "__ksymtab_gpl").append(function)


def _exportable(macro: str, thing: object) -> FunctionType:
    if not isinstance(thing, FunctionType):
        raise DeclarationError(f"{macro}({thing!r}): only a function of this file can be exported")
    return thing
