"""Structs, and variables with their initial values, as C text."""

from __future__ import annotations

from kshell.cc.back.printed_values import number_text
from kshell.cc.tree_unit import Datum, Pointed
from kshell.cc.types import ArrayType, IntType, Pointer, StructType, Type, c_declaration, size_of

# Sections that a variable is in without being told.
PLAIN_SECTIONS = (".data", ".bss", ".rodata")


def struct_text(kind: StructType) -> str:
    """The definition of a struct or a union."""
    members = "".join(f"\t{c_declaration(field.type, field.name)};\n" for field in kind.fields.values())
    return f"{kind.c} {{\n{members}}};\n"


def declaration(datum: Datum) -> str:
    """A variable without its value."""
    place = "" if datum.section in PLAIN_SECTIONS else f' __attribute__((section("{datum.section}"), used))'
    return f"{'static ' if datum.is_static else ''}{c_declaration(datum.type, datum.name)}{place}"


def definition(datum: Datum) -> str:
    """A variable with its value."""
    if not datum.data:
        return f"{declaration(datum)};\n"
    pointers = {each.offset: each for each in datum.pointers}
    return f"{declaration(datum)} = {initial(datum.type, datum.data, 0, pointers)};\n"


def initial(kind: Type, data: bytes, offset: int, pointers: dict[int, Pointed]) -> str:
    """The bytes of a value at an offset, read as its type.  Of a union, the largest member has them."""
    if isinstance(kind, ArrayType):
        step = size_of(kind.element)
        each = (initial(kind.element, data, offset + index * step, pointers) for index in range(kind.length))
        return f"{{ {', '.join(each)} }}"
    if isinstance(kind, StructType):
        fields = list(kind.fields.values())
        if kind.is_union:
            fields = [max(fields, key=lambda field: size_of(field.type))]
        named = (f".{field.name} = {initial(field.type, data, offset + field.offset, pointers)}" for field in fields)
        return f"{{ {', '.join(named)} }}"
    if isinstance(kind, Pointer) and offset in pointers:
        pointed = pointers[offset]
        return f"({c_declaration(kind, '')})((char *)&{pointed.symbol} + {pointed.addend})"
    value = int.from_bytes(data[offset : offset + size_of(kind)], "little")
    return number_text(kind.wrap(value) if isinstance(kind, IntType) else value, kind)
