"""Sections of a source file, and what most macros put there: pointers, and the symbols that a file exports.

Each Python file plays the part of an object file: a macro puts its entry in a *section* of the file that uses it, a
list in the file's namespace, and the kernel reads those sections when it links the file in.  No value lives here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any, Generic, NoReturn, ParamSpec

P = ParamSpec("P")
CO_VARARGS, CO_VARKEYWORDS = 0x04, 0x08  # flags of a code object
SECTIONS = "__kshell_sections__"


class DeclarationError(Exception):
    """A declaration that C's macros would refuse too; the message is for the person who wrote it."""


def section(namespace: dict[str, Any], name: str) -> list[Any]:
    """The entries that macros have put into section `name` of a file with this namespace."""
    entries: list[Any] = namespace.setdefault(SECTIONS, {}).setdefault(name, [])
    return entries


def identifier(macro: str, name: object) -> str:
    """`name`, if it is one that C could take.  Raises DeclarationError."""
    if not isinstance(name, str) or not name.isidentifier():
        raise DeclarationError(f'{macro}({name!r}): the first argument is the C name, a string like "STUB_test_call"')
    return name


def emit(name: str, entry: object) -> None:
    """Put `entry` into section `name` of the file that called the macro which called this."""
    section(sys._getframe(2).f_globals, name).append(entry)


class Stub(Generic[P]):
    """A pointer to a function, 8 bytes of kernel memory: ``long (*STUB_x)(...) = NULL;``

    The object is only the declaration.  ``k[STUB_x]`` reads the pointer in kernel `k` (None for NULL),
    ``k[STUB_x] = f`` stores the address of `f`.
    """

    __slots__ = ("is_extern", "name")

    def __init__(self, name: str, *, is_extern: bool = False) -> None:
        self.name, self.is_extern = identifier("Stub", name), is_extern
        if not is_extern:
            emit(".bss", self)

    def __call__(self, *args: object) -> NoReturn:
        raise TypeError(f"{self.name} is the declaration; the pointer itself is k[{self.name}]: k[{self.name}](k, ...)")

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return 8

    def __repr__(self) -> str:
        return f"{'extern ' if self.is_extern else ''}{self.name}"


def EXPORT_SYMBOL(thing: Stub[Any] | Callable[..., Any]) -> None:
    """Let loaded modules use this pointer, variable or function by name."""
    emit("__ksymtab", _exportable("EXPORT_SYMBOL", thing))


def EXPORT_SYMBOL_GPL(thing: Stub[Any] | Callable[..., Any]) -> None:
    """Let loaded modules use it, but only those under a licence that goes with the GPL."""
    emit("__ksymtab_gpl", _exportable("EXPORT_SYMBOL_GPL", thing))


def _exportable(macro: str, thing: object) -> object:
    if not isinstance(thing, Stub | FunctionType):
        raise DeclarationError(f"{macro}({thing!r}): only a variable or a function of this file can be exported")
    if isinstance(thing, Stub) and thing.is_extern:
        raise DeclarationError(f"{macro}({thing.name}): it is extern; the file that defines it exports it")
    return thing
