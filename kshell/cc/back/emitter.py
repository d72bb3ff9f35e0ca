"""The state of a function that is being written, and the way from a node of the tree to who knows its code.

A value is computed in rax.  One of 8 bytes fills it; a shorter one stands in eax, extended to 32 bits as its type has
it, and the upper half says nothing.  A value that needs no second register (`is_easy`) may be asked for in any one, and
leaves all others alone.  rcx is the second operand; what must survive longer is pushed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kshell.cc.back.encoder import Encoder
from kshell.cc.back.registers import RAX
from kshell.cc.code import BugEntry, MayFault
from kshell.cc.tree import Value, Variable
from kshell.cc.types import IntType, Type, size_of

ValueWriter = Callable[["Emitter", Any, int], None]
StatementWriter = Callable[["Emitter", Any], None]


class LoopLabels(NamedTuple):
    """Where `break` and `continue` go."""

    after: int
    step: int


class Emitter:
    """What the writers of values and statements share.  `pushed` counts the words on the stack below the frame; `loops`
    are those that are open; `slots` are the function's variables.  `version` is that of the kernel the code is for."""

    def __init__(
        self, values: dict[type, ValueWriter], statements: dict[type, StatementWriter], version: tuple[int, int]
    ) -> None:
        self.version = version
        self.code = Encoder()
        self.slots: dict[Variable, int] = {}
        self.pushed = 0
        self.loops: list[LoopLabels] = []
        self.lines: list[tuple[int, int]] = []
        self.bugs: list[BugEntry] = []
        self.faults: list[MayFault] = []
        self.strings = bytearray()
        self._string_offsets: dict[bytes, int] = {}
        self._values, self._statements = values, statements

    def value(self, node: Value, register: int = RAX) -> None:
        """Compute a value; in another register than rax only where it is easy."""
        self._values[type(node)](self, node, register)

    def block(self, body: list[Any]) -> None:
        """Write statements, each with its line."""
        for statement in body:
            self.mark(statement.line)
            self._statements[type(statement)](self, statement)

    def push(self) -> None:
        """Keep rax on the stack."""
        self.code.push(RAX)
        self.pushed += 1

    def pop(self, register: int) -> None:
        """Take it from there."""
        self.code.pop(register)
        self.pushed -= 1

    def mark(self, line: int) -> None:
        """What follows belongs to this line."""
        here = len(self.code.text)
        if self.lines and self.lines[-1][0] == here:
            self.lines.pop()
        if not self.lines or self.lines[-1][1] != line:
            self.lines.append((here, line))

    def string(self, data: bytes) -> int:
        """The offset of a literal in the pool, which holds equal ones once."""
        if data not in self._string_offsets:
            self._string_offsets[data] = len(self.strings)
            self.strings += data + b"\0"
        return self._string_offsets[data]


def width(kind: Type) -> int:
    """In how many bytes arithmetic of this type is done: 4 or 8."""
    return 8 if size_of(kind) == 8 else 4


def is_signed(kind: Type) -> bool:
    """Whether comparison, division and extension look at its sign."""
    return isinstance(kind, IntType) and kind.signed
