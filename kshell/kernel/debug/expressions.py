"""Expressions as `print` takes them: C's, over what is in memory, with its types, casts and operators, but no effects.

Fields of a pointer are reached by `.` as well: so a source in Python's spelling has it.  Where no call stands still
there is no frame, and so neither locals nor registers.
"""

from __future__ import annotations

import re

from kshell.abi.c_types import U64
from kshell.abi.debug_types import DebugType
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.debug.bad_expression import BadExpression
from kshell.kernel.debug.frames import CodeFrame
from kshell.kernel.debug.known_types import number_type, pointer_to, struct_named, struct_names, void
from kshell.kernel.debug.named_values import named, register
from kshell.kernel.debug.operators import (
    BINARY,
    LONGEST_BINARY,
    address_of,
    as_number,
    binary,
    constant,
    converted,
    number_of,
    readable,
    unary,
)
from kshell.kernel.debug.values import Value
from kshell.kernel.kernel import Kernel

_TOKEN = re.compile(
    r"\s*(->|<<|>>|<=|>=|==|!=|&&|\|\||[A-Za-z_]\w*|\$\w+|0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|'\\?.'|[][.*&()+/%<>|^~!-])"
)
LONGEST = 200
WORDS = ("unsigned", "signed", "long", "short", "int", "char", "void", "const", "volatile")


def evaluate(k: Kernel, frame: CodeFrame | None, text: str) -> Value:
    """The value of an expression.  BadExpression where it has none."""
    reader = _Reader(k, frame, text)
    value = reader.expression()
    reader.expect_end()
    return readable(value)


def type_or_value(k: Kernel, frame: CodeFrame | None, text: str) -> DebugType:
    """The type that is named, or that an expression has.  BadExpression where there is none."""
    reader = _Reader(k, frame, text)
    found = reader.type_name()
    found = found or reader.expression().type
    reader.expect_end()
    return found


class _Reader:
    """Reads an expression from left to right, and evaluates it as it does."""

    def __init__(self, k: Kernel, frame: CodeFrame | None, text: str) -> None:
        if len(text) > LONGEST:
            raise BadExpression(f"An expression has at most {LONGEST} characters here.")
        self.k, self.frame, self.text = k, frame, text
        self.token, self.start, self._at = "", 0, 0
        self.next()

    def next(self) -> str:
        """Take a token; the one that was there."""
        before, match = self.token, _TOKEN.match(self.text, self._at)
        self.start = self._at
        if match is None and self.text[self._at :].strip():
            raise BadExpression(f"A syntax error in expression, near `{self.text[self._at :].strip()}'.")
        self.token, self._at = (match[1], match.end()) if match is not None else ("", self._at)
        return before

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self.token:
            raise BadExpression(f"A syntax error in expression, near `{self.text[self.start :].strip()}'.")

    def _expect(self, token: str) -> None:
        if self.next() != token:
            raise BadExpression(f"A syntax error in expression, near `{self.text[self.start :]}': {token} is missing.")

    def expression(self, level: int = 0) -> Value:
        """Operators of this level of precedence, and of those that bind more."""
        if level == LONGEST_BINARY:
            return self.unary()
        value = self.expression(level + 1)
        while self.token in BINARY[level]:
            operator = self.next()
            value = binary(operator, value, self.expression(level + 1))
        return value

    def unary(self) -> Value:
        """What stands before a value: ``*p``, ``&v``, ``-n``, a cast, sizeof."""
        if self.token in ("*", "&"):
            operator = self.next()
            value = self.unary()
            return self._pointed(value, 0) if operator == "*" else address_of(value)
        if self.token in ("-", "~", "!", "+"):
            operator = self.next()
            return unary(operator, self.unary())
        if self.token == "sizeof":
            self.next()
            return constant(self._size(), "unsigned long", 8, False)
        if self.token == "(":
            cast = self._cast()
            if cast is not None:
                return converted(self.unary(), cast)
        return self._behind(self._primary())

    def _size(self) -> int:
        if self.token == "(":
            named_type = self._cast()
            if named_type is not None:
                return named_type.size
        return self.unary().type.size

    def _cast(self) -> DebugType | None:
        """A type between brackets; None, and nothing is taken, for anything else."""
        kept = self.token, self.start, self._at
        self.next()
        found = self.type_name()
        if found is None:
            self.token, self.start, self._at = kept
            return None
        self._expect(")")
        return found

    def type_name(self) -> DebugType | None:
        """``struct e *``, ``unsigned long``; None where no type begins."""
        words: list[str] = []
        while self.token in WORDS:
            words.append(self.next())
        words = [word for word in words if word not in ("const", "volatile")]
        found: DebugType | None = None
        if words:
            found = void() if words == ["void"] else number_type(" ".join(words))
            if found is None:
                raise BadExpression(f"A syntax error in expression, near `{' '.join(words)}'.")
        elif self.token in ("struct", "union"):
            found = self._struct(f"{self.next()} {self.next()}")
        elif self.token:
            found = number_type(self.token) or struct_named(self.k, self.token)
            if found is not None:
                self.next()
        while found is not None and self.token == "*":
            self.next()
            found = pointer_to(found)
        return found

    def _struct(self, text: str) -> DebugType:
        found = struct_named(self.k, text)
        if found is None:
            word, _, tag = text.partition(" ")
            tags = tuple(each.partition(" ")[2] or each for each in struct_names(self.k))
            raise BadExpression(f"No {word} type named {tag or '?'}.", tags, tag)
        return found

    def _behind(self, value: Value) -> Value:
        while self.token in (".", "->", "["):
            operator = self.next()
            if operator == "[":
                index = self.expression()
                self._expect("]")
                value = self._pointed(value, number_of(index))
            else:
                value = self._field(value, self.next())
        return value

    def _primary(self) -> Value:
        token = self.next()
        if token == "(":
            value = self.expression()
            self._expect(")")
            return value
        if token[:1].isdigit() or token[:1] == "'":
            return as_number(token)
        if token.startswith("$"):
            return register(self.frame, token[1:])
        if not token or not (token[0].isalpha() or token[0] == "_"):
            raise BadExpression(f"A syntax error in expression, near `{token or self.text}'.")
        return named(self.k, self.frame, token)

    def _pointed(self, value: Value, index: int) -> Value:
        target = value.type.target
        if value.type.kind not in ("pointer", "array") or target is None:
            what = "is not an array or pointer" if index else "is not a pointer"
            raise BadExpression(f"Attempt to take contents of a non-pointer value: {value.type.text} {what}.")
        if target.kind == "void" or not target.size:
            raise BadExpression("Attempt to take contents of a non-pointer value: nothing says what is there.")
        start = number_of(value) if value.type.kind == "pointer" else value.address
        if start is None:
            raise BadExpression("Attempt to take address of value not located in memory.")
        return self._at_address(target, start + index * target.size & U64)

    def _at_address(self, kind: DebugType, address: int) -> Value:
        try:
            return Value(kind, self.k.memory.read(address, kind.size), address)
        except KernelFault:
            return Value(kind, b"", address)  # it has an address all the same: &((struct e *)0)->list

    def _field(self, value: Value, name: str) -> Value:
        if value.type.kind == "pointer":
            value = self._pointed(value, 0)
        if value.type.kind not in ("struct", "union"):
            raise BadExpression(
                f"Attempt to extract a component of a value that is not a structure: {value.type.text}."
            )
        for field, offset, kind in value.type.fields:
            if field == name:
                address = None if value.address is None else value.address + offset
                return Value(kind, value.data[offset : offset + kind.size], address)
        raise BadExpression(
            f"There is no member named {name}.", tuple(field for field, _, _ in value.type.fields), name
        )
