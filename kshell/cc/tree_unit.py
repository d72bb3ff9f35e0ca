"""A source as C, typed, from its statements up: what a function does, and what a file consists of (tree.py has the
expressions)."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from kshell.cc.tree import Place, Value, Variable
from kshell.cc.types import FunctionType, StructType, Type

# Statements.  Each has the `line` of the source that it came from.


class Evaluate(NamedTuple):
    """An expression for its effects."""

    value: Value
    line: int


class Zero(NamedTuple):
    """Every byte of a place becomes 0 (``= {0}``)."""

    place: Place
    line: int


class Copy(NamedTuple):
    """One struct assigned to another, or an array's initial value (from a Global of the same type)."""

    place: Place
    source: Place
    line: int


class Return(NamedTuple):
    """``return value``; the value is of the function's type, None for a void one."""

    value: Value | None
    line: int


class If(NamedTuple):
    """``if (test) then else other``; the test is any scalar."""

    test: Value
    then: list[Statement]
    other: list[Statement]
    line: int


class Loop(NamedTuple):
    """``for (; test; step) body``; while has no step.  `continue` goes to the step."""

    test: Value
    body: list[Statement]
    step: list[Statement]
    line: int


class Break(NamedTuple):
    """Leave the innermost loop."""

    line: int


class Continue(NamedTuple):
    """On to the next turn of the innermost loop."""

    line: int


class Bug(NamedTuple):
    """BUG(): a ud2 with an entry in __bug_table; with `warning` it is WARN(), after which the code goes on."""

    line: int
    warning: bool = False


Statement: TypeAlias = Evaluate | Zero | Copy | Return | If | Loop | Break | Continue | Bug


# What a file consists of.


class Function(NamedTuple):
    """A function with its body.  `variables` are its parameters first, then its locals, in the order of the source.
    `line` is that of its def, `end_line` its last one: there a function returns that runs off its end.  `path` is the
    header that it comes from, "" for the unit's own file."""

    name: str
    type: FunctionType
    variables: list[Variable]
    body: list[Statement]
    is_static: bool
    line: int
    end_line: int
    path: str = ""


class Pointed(NamedTuple):
    """An address inside of an initial value: at `offset` stand 8 bytes, that of `symbol` plus `addend`."""

    offset: int
    symbol: str
    addend: int = 0


class Datum(NamedTuple):
    """A variable with its initial value: `data` is as long as the type, or empty for all zeros (.bss).

    `section` is where it goes: ".data", ".bss", ".rodata", or one of those that the kernel looks for
    ("__param", "__syscalls_metadata", ...).
    """

    name: str
    type: Type
    data: bytes
    pointers: list[Pointed]
    is_static: bool
    section: str
    line: int


class Unit(NamedTuple):
    """One source: a translation unit.

    `modinfo` holds the pairs of .modinfo, `exports` (symbol, whether for GPL-compatible modules only), `aliases` second
    names of functions (init_module for what module_init named), of which the `weak` give way to any other file's.
    `path` is the file's name for the debugger, `text` the source.  `structs` are those that the file defines or uses.
    `version` is that of the kernel it is for: the way to a few of its functions is another in each.
    """

    name: str
    path: str
    text: str
    functions: list[Function]
    data: list[Datum]
    modinfo: list[tuple[str, str]]
    exports: list[tuple[str, bool]]
    aliases: list[tuple[str, str]]
    structs: list[StructType]
    weak: frozenset[str] = frozenset()
    version: tuple[int, int] = (4, 19)
