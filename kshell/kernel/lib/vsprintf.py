r"""Formats, as the kernel prints them: what C's printf has but for floating point, and more behind %p.

Where the kernel differs from C (%#x of 0, a precision of 0, zeros beside a precision), this follows the kernel.

C counterpart: lib/vsprintf.c.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kshell.abi.c_types import CharPtr, ConstCharPtr, CType, Int, SizeT
from kshell.kernel.core.calling import VaList
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.pointer_format import pointer, string

CONVERSION = (  # compiled when machine code prints
    rb"(?s)%(?P<flags>[-+ #0]*)(?P<width>\*|[0-9]*)(?:\.(?P<precision>\*|-?[0-9]*))?"
    rb"(?P<length>hh|h|ll|l|L|z|Z|t)?(?P<kind>p[0-9A-Za-z]*|.?)"
)
WIDTH_MAX, PRECISION_MAX = (1 << 23) - 1, (1 << 15) - 1
SIZES = {b"hh": 1, b"h": 2, b"l": 8, b"ll": 8, b"L": 8, b"z": 8, b"Z": 8, b"t": 8}
BASES = {b"x": 16, b"X": 16, b"o": 8}
INT, VOID_POINTER = CType("int", 4, True), CType("void *", 8, False)
UNBOUNDED = (1 << 31) - 1  # C: INT_MAX, what sprintf takes for the room


class Spec(NamedTuple):
    """C: struct printf_spec.  A width or precision that is not given is -1; `size` is of the argument, in bytes."""

    flags: bytes
    width: int
    precision: int
    size: int
    kind: bytes

    @property
    def left(self) -> bool:
        """Whether blanks go behind the text."""
        return b"-" in self.flags


class Room:
    """What is printed, as far as it fits into `size` bytes, and how long all of it would be."""

    def __init__(self, size: int) -> None:
        self.size, self.length, self.data = size, 0, bytearray()

    def put(self, text: bytes) -> None:
        """Append bytes."""
        self.data += text[: max(self.size - self.length, 0)]
        self.length += len(text)

    def fill(self, byte: bytes, count: int) -> None:
        """Append `count` times the same."""
        self.data += byte * min(count, max(self.size - self.length, 0))
        self.length += max(count, 0)

    def padded(self, text: bytes, spec: Spec) -> None:
        """Append a text at the left or right of a field of blanks."""
        blanks = spec.width - len(text)
        if not spec.left:
            self.fill(b" ", blanks)
        self.put(text)
        if spec.left:
            self.fill(b" ", blanks)


def vsnprintf(k: Kernel, size: int, fmt: bytes, args: VaList) -> Room:
    """What `fmt` makes of its arguments, of which `size` bytes are kept.  Raises KernelFault for a %s that points to
    nowhere.  A conversion that there is not ends the text."""
    room, at, pattern = Room(size), 0, re.compile(CONVERSION)
    while (start := fmt.find(b"%", at)) >= 0:
        room.put(fmt[at:start])
        match = pattern.match(fmt, start)
        assert match is not None, "each part of a conversion may be missing"
        at = match.end()
        spec = _spec(match, args)
        if spec.kind == b"%":
            room.put(b"%")
        elif spec.kind[:1] == b"p":
            room.padded(pointer(k, args.next(VOID_POINTER), spec.kind[1:]), spec)
        elif spec.kind == b"s":
            room.padded(string(k, args.next(VOID_POINTER), spec.precision), spec)
        elif spec.kind == b"c":
            room.padded(bytes([args.next(INT) & 0xFF]), spec)
        elif spec.kind and spec.kind in b"diuxXo":
            _number(room, args.next(CType("", spec.size, spec.kind in b"di")), spec)
        else:
            k.note(f"printk knows no conversion %{spec.kind.decode('latin-1')}: the text ends there, as on Linux")
            return room
    room.put(fmt[at:])
    return room


def _spec(match: re.Match[bytes], args: VaList) -> Spec:
    flags, width, precision = match["flags"], -1, -1
    if match["width"]:
        width = args.next(INT) if match["width"] == b"*" else int(match["width"])
        if width < 0:
            flags, width = flags + b"-", -width
    if match["precision"] is not None:
        precision = args.next(INT) if match["precision"] == b"*" else int(match["precision"] or b"0")
        precision = max(precision, 0)
    size = SIZES.get(match["length"] or b"", 4)
    return Spec(flags, min(width, WIDTH_MAX), min(precision, PRECISION_MAX), size, match["kind"])


def _number(room: Room, value: int, spec: Spec) -> None:
    """C: number()."""
    base = BASES.get(spec.kind, 10)
    sign = b""
    if spec.kind in b"di":
        sign = b"-" if value < 0 else b"+" if b"+" in spec.flags else b" " if b" " in spec.flags else b""
    if b"#" in spec.flags and base == 16:
        sign = b"0" + spec.kind
    elif b"#" in spec.flags and base == 8 and value:
        sign = b"0"
    digits = (b"%d" if base == 10 else b"%x" if spec.kind == b"x" else b"%X" if base == 16 else b"%o") % abs(value)
    zeros = max(spec.precision - len(digits), 0)
    blanks = spec.width - len(sign) - zeros - len(digits)
    padded_with_zeros = b"0" in spec.flags and not spec.left
    if not spec.left and not padded_with_zeros:
        room.fill(b" ", blanks)
    room.put(sign)
    if padded_with_zeros:
        room.fill(b"0", blanks)
    room.fill(b"0", zeros)
    room.put(digits)
    if spec.left:
        room.fill(b" ", blanks)


def _print_to(k: Kernel, buf: int, size: int, fmt: int, args: VaList) -> int:
    """Print to memory with a NUL behind it; the result is how long the text would be.  C: vsnprintf()."""
    if size > UNBOUNDED:  # WARN_ON_ONCE, and nothing is printed
        return 0
    room = vsnprintf(k, min(max(size - 1, 0), k.ram.size), k.memory.read_string(fmt), args)
    if size:
        k.memory.write(buf, bytes(room.data) + b"\0")
    return room.length


def snprintf(k: Kernel, buf: CharPtr, size: SizeT, fmt: ConstCharPtr, args: VaList) -> Int:
    """Print into `size` bytes, the NUL among them; the result is how long the text would be without a bound."""
    return _print_to(k, buf, size, fmt, args)


def scnprintf(k: Kernel, buf: CharPtr, size: SizeT, fmt: ConstCharPtr, args: VaList) -> Int:
    """As snprintf, but the result is how much was printed, without the NUL."""
    return min(_print_to(k, buf, size, fmt, args), max(size - 1, 0))


def sprintf(k: Kernel, buf: CharPtr, fmt: ConstCharPtr, args: VaList) -> Int:
    """Print into memory that is hoped to be large enough."""
    return _print_to(k, buf, UNBOUNDED, fmt, args)


EXPORT_SYMBOL(snprintf)
EXPORT_SYMBOL(scnprintf)
EXPORT_SYMBOL(sprintf)
