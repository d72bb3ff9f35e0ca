"""Expressions as `print` takes them: a name with fields and indexes behind it, `p->next->nr`, `numbers[i]`, `*p`, `&n`.

Fields of a pointer are reached by `.` as well: so a source in Python's spelling has it.
"""

from __future__ import annotations

import re

from kshell.abi.c_types import U64
from kshell.abi.debug_types import DebugType
from kshell.abi.debug_value import number
from kshell.abi.ptregs import BP, IP, SP
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.debug.code_places import linked_objects
from kshell.kernel.debug.frames import CodeFrame
from kshell.kernel.debug.traced_code import SLOTS, code_of
from kshell.kernel.debug.values import Value, value_of, variables
from kshell.kernel.kernel import Kernel

_TOKEN = re.compile(r"\s*(->|[A-Za-z_]\w*|\$\w+|0[xX][0-9a-fA-F]+|\d+|[][.*&()-])")
LONGEST = 200
_ADDRESSES = {IP: "void (*)(void)", SP: "void *", BP: "void *"}


class BadExpression(Exception):
    """It cannot be answered: gdb's words why, and the names that there are, if one is unknown."""

    def __init__(self, what: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.what, self.known = what, known


def evaluate(k: Kernel, frame: CodeFrame, text: str) -> Value:
    """The value of an expression.  BadExpression where it has none."""
    if len(text) > LONGEST:
        raise BadExpression(f"An expression has at most {LONGEST} characters here.")
    reader = _Reader(k, frame, text)
    value = reader.unary()
    if reader.token:
        raise BadExpression(f"A syntax error in expression, near `{text[reader.start :]}'.")
    return value


class _Reader:
    """Reads an expression from left to right, and evaluates it as it does."""

    def __init__(self, k: Kernel, frame: CodeFrame, text: str) -> None:
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

    def unary(self) -> Value:
        if self.token in ("*", "&"):
            operator = self.next()
            value = self.unary()
            return self._pointed(value, 0) if operator == "*" else _pointer_to(value)
        value = self._primary()
        while self.token in (".", "->", "["):
            operator = self.next()
            if operator == "[":
                index = self.unary()
                self._expect("]")
                value = self._pointed(value, _number(index))
            else:
                value = self._field(value, self.next())
        return value

    def _expect(self, token: str) -> None:
        if self.next() != token:
            raise BadExpression(f"A syntax error in expression, near `{self.text[self.start :]}': {token} is missing.")

    def _primary(self) -> Value:
        token = self.next()
        if token == "(":
            value = self.unary()
            self._expect(")")
            return value
        if token == "-" or token[:1].isdigit():
            return _integer(-_number(self._primary()) if token == "-" else _parsed(token), "long", 8)
        if token.startswith("$"):
            return self._register(token[1:])
        if not token or not (token[0].isalpha() or token[0] == "_"):
            raise BadExpression(f"A syntax error in expression, near `{token or self.text}'.")
        return self._named(token)

    def _register(self, name: str) -> Value:
        slot = SLOTS.get({"pc": "rip", "eflags": "rflags"}.get(name, name))
        if slot is None:
            raise BadExpression(f"Invalid register `{name}'", tuple(f"${known}" for known in SLOTS))
        value = _integer(self.frame.regs[slot], "long", 8)
        if slot in _ADDRESSES:
            value.type.kind, value.type.text, value.type.signed = "pointer", _ADDRESSES[slot], False
        return value

    def _named(self, name: str) -> Value:
        local = [pair for parameters in (False, True) for pair in variables(self.frame, parameters)]
        inside = self.frame.code
        codes = [code_of(self.k, each) for each in linked_objects(self.k)]
        codes.sort(key=lambda code: code is not inside)
        of_files = [(each, value_of(code, self.frame, each)) for code in codes for each in code.debug.variables]
        for variable, value in [*local, *of_files]:
            if variable.name == name and value is not None:
                return value
            if variable.name == name and (variable, value) in local:
                raise BadExpression(f"{name} is optimized out: the compiler keeps it nowhere at this place.")
        names = dict.fromkeys(variable.name for variable, _ in [*local, *of_files])
        known = tuple(each for each in names if not each.startswith("__"))
        raise BadExpression(f'No symbol "{name}" in current context.', known)

    def _pointed(self, value: Value, index: int) -> Value:
        target = value.type.target
        if value.type.kind not in ("pointer", "array") or target is None:
            what = "is not an array or pointer" if index else "is not a pointer"
            raise BadExpression(f"Attempt to take contents of a non-pointer value: {value.type.text} {what}.")
        start = _number(value) if value.type.kind == "pointer" else value.address
        if start is None:
            raise BadExpression("Attempt to take address of value not located in memory.")
        return self._at_address(target, start + index * max(target.size, 1))

    def _at_address(self, kind: DebugType, address: int) -> Value:
        try:
            return Value(kind, self.k.memory.read(address & U64, kind.size), address & U64)
        except KernelFault:
            raise BadExpression(f"Cannot access memory at address {address & U64:#x}") from None

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
        known = tuple(field for field, _, _ in value.type.fields)
        raise BadExpression(f"There is no member named {name}.", known)


def _parsed(token: str) -> int:
    """A number as C writes it."""
    octal = len(token) > 1 and token.isdigit() and token[0] == "0"
    try:
        return int(token, 8 if octal else 0)
    except ValueError:
        raise BadExpression(f'Invalid number "{token}".') from None


def _number(value: Value) -> int:
    found = number(value.type, value.data)
    if found is None:
        raise BadExpression(f"A number is needed, and this is a {value.type.text}.")
    return found


def _integer(value: int, text: str, size: int) -> Value:
    kind = DebugType("base")
    kind.text, kind.size, kind.signed = text, size, True
    return Value(kind, (value & (1 << 8 * size) - 1).to_bytes(size, "little"), None)


def _pointer_to(value: Value) -> Value:
    if value.address is None:
        raise BadExpression("Attempt to take address of value not located in memory.")
    kind = DebugType("pointer")
    kind.size, kind.target, kind.text = 8, value.type, f"{value.type.text} *"
    return Value(kind, value.address.to_bytes(8, "little"), value.address)
