"""Debugging information entries (DIEs) as a tree, and the bytes of .debug_info and .debug_abbrev that they become.

The numbers are those of the DWARF 4 standard, chapter 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from kshell.abi.elf import R_X86_64_32, R_X86_64_64
from kshell.cc.object_draft import DraftSection, ObjectDraft, packed

# Tags.
ARRAY_TYPE, FORMAL_PARAMETER, MEMBER, POINTER_TYPE, COMPILE_UNIT = 0x01, 0x05, 0x0D, 0x0F, 0x11
STRUCTURE_TYPE, SUBROUTINE_TYPE, UNION_TYPE, UNSPECIFIED_PARAMETERS, SUBRANGE_TYPE = 0x13, 0x15, 0x17, 0x18, 0x21
BASE_TYPE, CONST_TYPE, SUBPROGRAM, VARIABLE = 0x24, 0x26, 0x2E, 0x34
# Attributes.
LOCATION, NAME, BYTE_SIZE, STMT_LIST, LOW_PC, HIGH_PC, LANGUAGE = 0x02, 0x03, 0x0B, 0x10, 0x11, 0x12, 0x13
COMP_DIR, PRODUCER, PROTOTYPED, COUNT, DATA_MEMBER_LOCATION = 0x1B, 0x25, 0x27, 0x37, 0x38
DECL_FILE, DECL_LINE, DECLARATION, ENCODING, EXTERNAL, FRAME_BASE, TYPE = 0x3A, 0x3B, 0x3C, 0x3E, 0x3F, 0x40, 0x49
# Forms.
_ADDR, _DATA8, _STRING, _UDATA, _REF4, _SEC_OFFSET, _EXPRLOC, _FLAG_PRESENT = (
    *(0x01, 0x07, 0x08, 0x0F, 0x13, 0x17, 0x18),
    0x19,
)


class Address:
    """The address of a symbol or a section."""

    def __init__(self, name: str, addend: int = 0) -> None:
        self.name, self.addend = name, addend


class Offset:
    """The beginning of another section of debugging information."""

    def __init__(self, section: str) -> None:
        self.section = section


class Length(int):
    """So many bytes of code."""


class Expression:
    """Where a variable is: an operation, with a number behind it or an address."""

    def __init__(self, operation: int, operand: bytes | Address = b"") -> None:
        self.operation, self.operand = operation, operand


class Die:
    """An entry: a tag, attributes (None: left out), and the entries inside of it."""

    def __init__(self, tag: int, values: Mapping[int, Value | None], children: list[Die] | None = None) -> None:
        self.tag = tag
        self.values: dict[int, Value] = {key: value for key, value in values.items() if value is not None}
        self.children = children or []


Value: TypeAlias = str | bool | int | Length | Address | Offset | Expression | Die


def uleb128(value: int) -> bytes:
    """An unsigned number, seven bits a byte."""
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(data) + bytes((value,))


def sleb128(value: int) -> bytes:
    """A signed number, seven bits a byte."""
    data = bytearray()
    while not -0x40 <= value < 0x40:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(data) + bytes((value & 0x7F,))


def write_debug_info(draft: ObjectDraft, unit: Die) -> None:
    """.debug_info and .debug_abbrev of one compile unit."""
    _Writer(draft).unit(unit)


class _Writer:
    """`at` is where each entry stands; `wanted` are the references to fill in when all are known."""

    def __init__(self, draft: ObjectDraft) -> None:
        self.info: DraftSection = draft[".debug_info"]
        self.abbrev: DraftSection = draft[".debug_abbrev"]
        self.abbrevs: dict[bytes, int] = {}
        self.at: dict[Die, int] = {}
        self.wanted: list[tuple[int, Die]] = []

    def unit(self, unit: Die) -> None:
        """The header, the entries, and the references between them."""
        self.info.add(packed("IHIB", 0, 4, 0, 8))
        self.info.hole(6, R_X86_64_32, ".debug_abbrev")
        self.die(unit)
        self.abbrev.add(b"\0")
        self.info.data[:4] = packed("I", self.info.size - 4)
        for at, die in self.wanted:
            self.info.data[at : at + 4] = packed("I", self.at[die])

    def die(self, die: Die) -> None:
        """An entry and those inside of it."""
        self.at[die] = self.info.size
        shape = uleb128(die.tag) + bytes((bool(die.children),))
        shape += b"".join(uleb128(name) + bytes((_form(value),)) for name, value in die.values.items()) + b"\0\0"
        if shape not in self.abbrevs:
            self.abbrevs[shape] = len(self.abbrevs) + 1
            self.abbrev.add(uleb128(self.abbrevs[shape]) + shape)
        self.info.add(uleb128(self.abbrevs[shape]))
        for value in die.values.values():
            self.value(value)
        for child in die.children:
            self.die(child)
        if die.children:
            self.info.add(b"\0")

    def value(self, value: Value) -> None:
        """The bytes of an attribute, in the form that _form says."""
        if isinstance(value, Die):
            self.wanted.append((self.info.add(bytes(4)), value))
        elif isinstance(value, Address):
            self.info.hole(self.info.add(bytes(8)), R_X86_64_64, value.name, value.addend)
        elif isinstance(value, Offset):
            self.info.hole(self.info.add(bytes(4)), R_X86_64_32, value.section)
        elif isinstance(value, Expression):
            self.expression(value)
        elif isinstance(value, str):
            self.info.add(value.encode() + b"\0")
        elif isinstance(value, Length):
            self.info.add(packed("Q", value))
        elif not isinstance(value, bool):
            self.info.add(uleb128(value))

    def expression(self, value: Expression) -> None:
        """The length of an expression, its operation and the operand."""
        operand = bytes(8) if isinstance(value.operand, Address) else value.operand
        self.info.add(uleb128(1 + len(operand)) + bytes((value.operation,)))
        at = self.info.add(operand)
        if isinstance(value.operand, Address):
            self.info.hole(at, R_X86_64_64, value.operand.name, value.operand.addend)


def _form(value: Value) -> int:
    """How a value is written.  A flag is there or not: it has no bytes."""
    forms: list[tuple[type, int]] = [
        *((Die, _REF4), (Address, _ADDR), (Offset, _SEC_OFFSET), (Expression, _EXPRLOC), (str, _STRING)),
        *((bool, _FLAG_PRESENT), (Length, _DATA8), (int, _UDATA)),
    ]
    return next(form for kind, form in forms if isinstance(value, kind))
