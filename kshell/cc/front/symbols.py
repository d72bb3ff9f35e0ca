"""What a name of a source can stand for."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from kshell.cc.tree import Text, Value
from kshell.cc.types import FunctionType, Type


class Define(NamedTuple):
    """C: #define NAME value."""

    value: Value


def as_variable(name: str, found: object) -> str:
    """The declaration of a constant as a variable, to be typed in its place."""
    value = found.value if isinstance(found, Define) else None
    if isinstance(value, Text):
        return f'{name}: Ptr[Char] = "{value.data.decode(errors="replace")}"  (at the top)'
    return f"{name}: Int = {getattr(value, 'value', 0)}  (at the top)"


class Object(NamedTuple):
    """A variable with a symbol; `is_extern`: another file defines it."""

    symbol: str
    type: Type
    is_extern: bool = False


class Routine(NamedTuple):
    """A function.  `format_at` is the place of the argument that is a format (-1: none); a `call` is a system call,
    which kernel code does not call.  `header` is the one that has its body (C: static inline), "" for none."""

    symbol: str
    type: FunctionType
    format_at: int = -1
    names: tuple[str, ...] = ()
    is_call: bool = False
    header: str = ""


class TypeName(NamedTuple):
    """A type: C's own, a struct, or a typedef.  `c` is how a trace spells it, where it is a typedef of C's."""

    type: Type
    c: str = ""


class Macro(NamedTuple):
    """What the compiler knows by its name: addr, sizeof, Ptr, module_init, ..."""

    name: str


class Expansion(NamedTuple):
    """A function of a header that is expanded where it is called (C: #define name(...)), with the types it is given;
    `names` are those that its header knows."""

    node: ast.FunctionDef
    names: Mapping[str, Symbol]


Symbol: TypeAlias = Define | Object | Routine | TypeName | Macro | Expansion
