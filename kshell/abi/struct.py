"""Structures of C in memory: their fields are declared once, for the compiler, a type checker and bodies in Python.

The declaration is spelled as a module spells its own::

    class cred(Struct):
        usage: Int
        uid: kuid_t
        parent: Ptr[cred]
        name: Array[Char] = Array(Char, 16)

In a body an instance is a typed pointer, an address and a type: ``c.usage`` loads 4 bytes, ``c.uid`` is a pointer to
the struct inside, ``c.parent.uid.val`` follows a pointer, and an assignment stores.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

from kshell.abi.c_types import CType

if TYPE_CHECKING:
    from typing import Protocol

    class Memory(Protocol):
        """Where structures are."""

        def load_part(self, address: int, size: int) -> int:
            """`size` bytes, 8 at the most, as an unsigned number."""

        def store_part(self, address: int, size: int, value: int) -> None:
            """Store the low `size` bytes of a number."""

        def read(self, address: int, size: int) -> bytes:
            """Bytes."""

        def write(self, address: int, data: bytes) -> None:
            """Put bytes there."""


_T = TypeVar("_T")
Void: TypeAlias = int
Ptr = Annotated[_T, "pointer"]  # to a struct; another one is its address
POINTER = CType("void *", 8, False, "address")


class PointerTo(NamedTuple):
    """The type of a pointer: `target` is the name of what it points to, which the file `home` declares."""

    target: str
    home: str

    @property
    def struct(self) -> type[Struct] | None:
        """The struct that it points to; None for anything else."""
        found = vars(sys.modules[self.home]).get(self.target)
        return found if isinstance(found, type) and issubclass(found, Struct) else None


class Array(Generic[_T]):
    """``comm: Array[Char] = Array(Char, 16)``; in a body ``p.comm[0]``, and ``str(p.comm)`` of one of characters."""

    def __init__(self, element: Any, length: int, memory: Memory | None = None, address: int = 0) -> None:
        self.element, self.length, self.memory, self.address = element, length, memory, address

    def _at(self, index: int) -> tuple[Memory, int, CType]:
        kind = _meant(self.element)
        if not 0 <= index < self.length or self.memory is None or not isinstance(kind, CType):
            raise IndexError(index)
        return self.memory, self.address + index * kind.size, kind

    def __getitem__(self, index: int) -> int:
        memory, at, kind = self._at(index)
        return kind.narrow(memory.load_part(at, kind.size))

    def __setitem__(self, index: int, value: int) -> None:
        memory, at, kind = self._at(index)
        memory.store_part(at, kind.size, value)

    def __str__(self) -> str:
        data = self.memory.read(self.address, self.length) if self.memory is not None else b""
        return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")

    def set_text(self, text: str) -> None:
        """Put a text into an array of characters, cut where its NUL must stand."""
        data = text.encode("utf-8", "surrogateescape")[: self.length - 1]
        if self.memory is not None:
            self.memory.write(self.address, data.ljust(self.length, b"\0"))

    def __iter__(self) -> Iterator[int]:
        return (self[index] for index in range(self.length))


Kind: TypeAlias = "CType | PointerTo | Array[Any] | type[Struct]"


class Field(NamedTuple):
    """A member of a struct: its `offset` is in bytes."""

    name: str
    kind: Kind
    offset: int


class Struct:
    """``struct e { ... };`` is ``class e(Struct):``.  `memory` and `address` say where this one is; at 0 it is NULL."""

    __slots__ = ("address", "memory")
    FIELDS: ClassVar[dict[str, Field]] = {}
    PLACES: ClassVar[dict[str, tuple[int, int]]] = {}
    SIZE = 0  # bytes
    ALIGN = 1
    IS_UNION = False

    def __init__(self, memory: Any = None, address: int = 0, **first: Any) -> None:
        """C's ``{.a = 1}`` is for modules, whose source the compiler reads: here a struct is where it is."""
        self.memory, self.address = memory, address

    def __init_subclass__(cls) -> None:
        cls.FIELDS, cls.PLACES = {}, {}
        at = 0
        for name, text in cls.__annotations__.items():
            kind = _declared(cls, cls.__dict__.get(name), text)
            align, size = align_of(kind), size_of(kind)
            at = 0 if cls.IS_UNION else -(-at // align) * align
            cls.FIELDS[name] = Field(name, kind, at)
            setattr(cls, name, _access(kind, at))
            at += size
            cls.SIZE, cls.ALIGN = max(cls.SIZE, at), max(cls.ALIGN, align)
        cls.SIZE = -(-cls.SIZE // cls.ALIGN) * cls.ALIGN

    def __bool__(self) -> bool:
        return self.address != 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)


class Union(Struct):
    """``union u { ... };`` is ``class u(Union):``."""

    __slots__ = ()
    IS_UNION = True


def offset_of(kind: type[Struct], name: str) -> int:
    """C: offsetof; ``"tasks.next"`` is a field of a struct inside."""
    at, inner = 0, kind
    for part in name.split("."):
        field = inner.FIELDS[part]
        at += field.offset
        if isinstance(field.kind, type):
            inner = field.kind
    return at


def image(kind: type[Struct], values: Mapping[str, int]) -> bytes:
    """The bytes of a struct with these values in its fields, and 0 in all others."""
    data = bytearray(kind.SIZE)
    for name, value in values.items():
        start, size = _place(kind, name)
        data[start : start + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    return bytes(data)


def _place(kind: type[Struct], name: str) -> tuple[int, int]:
    """The offset and the size of a field, which may be one of a struct inside; known from the second time on."""
    if name not in kind.PLACES:
        inner: Kind = kind
        for part in name.split("."):
            inner = inner.FIELDS[part].kind if isinstance(inner, type) else inner
        kind.PLACES[name] = offset_of(kind, name), size_of(inner)
    return kind.PLACES[name]


def size_of(kind: Kind) -> int:
    """C: sizeof."""
    if isinstance(kind, Array):
        return kind.length * size_of(_meant(kind.element))
    if isinstance(kind, PointerTo):
        return POINTER.size
    return kind.SIZE if isinstance(kind, type) else kind.size


def align_of(kind: Kind) -> int:
    """C: _Alignof."""
    if isinstance(kind, Array):
        return align_of(_meant(kind.element))
    return kind.ALIGN if isinstance(kind, type) else size_of(kind)


def element_of(array: Array[Any]) -> Kind:
    """The type of an array's elements."""
    return _meant(array.element)


def _declared(cls: type[Struct], default: object, text: str) -> Kind:
    """The type that an annotation says."""
    if isinstance(default, Array):
        return default
    if text.startswith("Ptr["):
        return PointerTo(text[4:-1], cls.__module__)
    return _meant(vars(sys.modules[cls.__module__])[text])


def _meant(hint: Any) -> Kind:
    """The type that an alias of c_types, or a struct, stands for."""
    found: Kind = hint if isinstance(hint, type) else hint.__metadata__[0]
    return found


def _access(kind: Kind, offset: int) -> property:
    """How a field is read and written."""
    if isinstance(kind, CType):
        return _number(kind, offset)
    if isinstance(kind, PointerTo):
        return _pointer(kind, offset)
    if isinstance(kind, Array):
        return property(lambda self: Array(kind.element, kind.length, self.memory, self.address + offset))
    return property(lambda self: kind(self.memory, self.address + offset))


def _number(kind: CType, offset: int) -> property:
    size, mask, sign = kind.size, kind.mask, kind.sign

    def get(self: Struct) -> int:
        value: int = self.memory.load_part(self.address + offset, size)
        return ((value & mask) ^ sign) - sign

    def put(self: Struct, value: int) -> None:
        self.memory.store_part(self.address + offset, size, value)

    return property(get, put)


def _pointer(kind: PointerTo, offset: int) -> property:
    def get(self: Struct) -> Struct | int:
        address, struct = self.memory.load_part(self.address + offset, 8), kind.struct
        return address if struct is None else struct(self.memory, address)

    def put(self: Struct, value: Struct | int) -> None:
        address = value.address if isinstance(value, Struct) else value
        self.memory.store_part(self.address + offset, 8, address)

    return property(get, put)
