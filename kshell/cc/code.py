"""Machine code as the back end leaves it: text with holes, and what is known of each byte of it.

object.py makes a relocatable ELF file of it.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.cc.tree import Variable
from kshell.cc.tree_unit import Function

# What a hole in the text is filled with when it is linked: the distance to the target from the end of the hole (the
# `call` and `jmp` of 5 bytes), or the target's address, in 4 bytes that are sign-extended, or in 8.
REL32, ABS32S, ABS64 = "rel32", "abs32s", "abs64"


class Fixup(NamedTuple):
    """A hole at `offset` of the text, for the address of `symbol` plus `addend`.  An empty symbol is the pool of string
    literals."""

    offset: int
    symbol: str
    kind: str
    addend: int = 0


class PlacedFunction(NamedTuple):
    """Where a function stands in the text, and each of its variables in its frame: the distance from rbp, in bytes."""

    function: Function
    offset: int
    size: int
    slots: dict[Variable, int]


class BugEntry(NamedTuple):
    """A ud2 that is meant: where, of which line, and whether the code goes on behind it."""

    offset: int
    line: int
    warning: bool


class MayFault(NamedTuple):
    """An instruction at `offset` that touches user memory, and may fault: the code then goes on at `resume`, with
    -EFAULT in `register`."""

    offset: int
    resume: int
    register: int


class Code(NamedTuple):
    """The text of one file; `strings` are its literals, each with its NUL; `lines` say at which offset the code of a
    line begins, in the order of the offsets."""

    text: bytes
    fixups: list[Fixup]
    functions: list[PlacedFunction]
    strings: bytes
    lines: list[tuple[int, int]]
    bugs: list[BugEntry]
    faults: list[MayFault] = []  # noqa: RUF012
