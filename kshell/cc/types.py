"""The types of C, as x86-64 Linux lays them out (the LP64 data model of the System V ABI).

A type is a value: two that are spelled alike are equal.  Only a struct is a thing of its own, known by its tag, since
it may hold a pointer to itself.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

POINTER_SIZE = 8


class IntType(NamedTuple):
    """An integer: `c` as C spells it, `size` in bytes, and what a conversion to it does: keep the low bytes, signed or
    not; a bool is 0 or 1 (`is_bool`).  `rank` orders them for the usual arithmetic conversions."""

    c: str
    size: int
    signed: bool
    rank: int
    is_bool: bool = False

    def __str__(self) -> str:
        return self.c

    def wrap(self, value: int) -> int:
        """What a value of any size becomes in this type."""
        if self.is_bool:
            return int(value != 0)
        value &= (1 << 8 * self.size) - 1
        return value - (1 << 8 * self.size) if self.signed and value >> 8 * self.size - 1 else value


BOOL = IntType("bool", 1, False, 0, True)
CHAR = IntType("char", 1, True, 1)
SCHAR = IntType("signed char", 1, True, 1)
UCHAR = IntType("unsigned char", 1, False, 1)
SHORT = IntType("short", 2, True, 2)
USHORT = IntType("unsigned short", 2, False, 2)
INT = IntType("int", 4, True, 3)
UINT = IntType("unsigned int", 4, False, 3)
LONG = IntType("long", 8, True, 4)
ULONG = IntType("unsigned long", 8, False, 4)
LONGLONG = IntType("long long", 8, True, 5)
ULONGLONG = IntType("unsigned long long", 8, False, 5)


class VoidType(NamedTuple):
    """No value; a pointer to it is a pointer to anything."""

    c: str = "void"

    def __str__(self) -> str:
        return self.c


VOID = VoidType()


class Pointer(NamedTuple):
    """A pointer to `target`; `const`: what it points to is only read; `user`: it belongs to user space (__user) and is
    never followed."""

    target: Type
    const: bool = False
    user: bool = False

    def __str__(self) -> str:
        return c_declaration(self, "")


class ArrayType(NamedTuple):
    """`length` elements, one behind the other."""

    element: Type
    length: int

    def __str__(self) -> str:
        return c_declaration(self, "")


class FunctionType(NamedTuple):
    """What a function takes and answers; `variadic`: more arguments may follow, as for printk."""

    result: Type
    parameters: tuple[Type, ...]
    variadic: bool = False

    def __str__(self) -> str:
        return c_declaration(self, "")


class Field(NamedTuple):
    """A member of a struct: its `offset` is in bytes."""

    name: str
    type: Type
    offset: int


class StructType:
    """A struct, or a union where `is_union`; without `fields` (until lay_out) it is an incomplete type."""

    __slots__ = ("align", "fields", "is_union", "size", "tag")

    def __init__(self, tag: str, is_union: bool = False) -> None:
        self.tag, self.is_union = tag, is_union
        self.fields: dict[str, Field] = {}
        self.size, self.align = 0, 1

    @property
    def c(self) -> str:
        """``struct tag``."""
        return f"{'union' if self.is_union else 'struct'} {self.tag}"

    @property
    def is_complete(self) -> bool:
        """Whether its members are known."""
        return bool(self.fields)

    def lay_out(self, members: list[tuple[str, Type]]) -> None:
        """Give each member its offset, as the ABI has it: each aligned to its own size, the whole to its largest."""
        at = 0
        for name, kind in members:
            align = align_of(kind)
            at = 0 if self.is_union else -(-at // align) * align
            self.fields[name] = Field(name, kind, at)
            at += size_of(kind)
            self.size = max(self.size, at)
            self.align = max(self.align, align)
        self.size = -(-self.size // self.align) * self.align

    def __str__(self) -> str:
        return self.c


Type: TypeAlias = IntType | VoidType | Pointer | ArrayType | FunctionType | StructType
VOID_POINTER = Pointer(VOID)
CHAR_POINTER = Pointer(CHAR)
CONST_CHAR_POINTER = Pointer(CHAR, const=True)


def size_of(kind: Type) -> int:
    """C: sizeof.  As for gcc, void and a function have 1."""
    if isinstance(kind, IntType | StructType):
        return kind.size
    if isinstance(kind, ArrayType):
        return kind.length * size_of(kind.element)
    return POINTER_SIZE if isinstance(kind, Pointer) else 1


def align_of(kind: Type) -> int:
    """C: _Alignof."""
    if isinstance(kind, ArrayType):
        return align_of(kind.element)
    return kind.align if isinstance(kind, StructType) else size_of(kind)


def c_declaration(kind: Type, name: str) -> str:
    """How C declares `name` with this type; without a name, the type as a cast spells it.

    >>> c_declaration(Pointer(FunctionType(LONG, (INT,))), "STUB_test_call")
    'long (*STUB_test_call)(int)'
    """
    if isinstance(kind, Pointer):
        target = kind.target
        marks = "__user *" if kind.user else "*"
        if isinstance(target, FunctionType | ArrayType):
            return c_declaration(target, f"({marks}{name})")
        inner = c_declaration(target, f"{marks}{name}")
        return f"const {inner}" if kind.const else inner
    if isinstance(kind, ArrayType):
        return c_declaration(kind.element, f"{name}[{kind.length}]")
    if isinstance(kind, FunctionType):
        takes = [c_declaration(each, "") for each in kind.parameters] + ["..."] * kind.variadic
        return c_declaration(kind.result, f"{name}({', '.join(takes) or 'void'})")
    return f"{kind.c} {name}".rstrip()
