"""Numbers and truth values out of text, as strict as the kernel is with them.

C counterpart: lib/kstrtox.c.
"""

from __future__ import annotations

from kshell.abi.c_types import ConstCharPtr, CType, Int, Long, Ptr, UInt, ULong
from kshell.abi.errno import EINVAL, ERANGE
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def kstrtobool(text: str, version: tuple[int, int]) -> bool | None:
    """C looks at the first letter, or at two of them, and no further; None for what is neither."""
    later = version >= (5, 17)
    first = text[:1].lower()
    if first in ("y", "1") or (later and first == "t"):
        return True
    if first in ("n", "0") or (later and first == "f"):
        return False
    return {"on": True, "of": False}.get(text[:2].lower())


def parse_int(text: str, ctype: CType, base: int = 0) -> int:
    """The number in `text`, before which a sign may stand and 0x or 0, by which base 0 goes, and behind it one newline.

    Raises ValueError where there is none (C: -EINVAL), OverflowError where `ctype` does not hold it (C: -ERANGE).
    """
    body = text.removesuffix("\n")
    negative = ctype.signed and body[:1] == "-"
    digits, base = _based(body[1:] if negative or body[:1] == "+" else body, base)
    if not digits or _digits(digits, base) != digits:
        raise ValueError(text)
    value = -int(digits, base) if negative else int(digits, base)
    if abs(value) >= 1 << 64 or ctype.narrow(value) != value:
        raise OverflowError(text)
    return value


def _based(digits: str, base: int) -> tuple[str, int]:
    """The digits behind 0x, and the base that 0 stands for (C: _parse_integer_fixup_radix)."""
    marked = digits[:2] in ("0x", "0X")
    if base == 0:
        is_hex = marked and bool(_digits(digits[2:3], 16))
        base = 16 if is_hex else 8 if digits[:1] == "0" else 10
    return (digits[2:] if marked and base == 16 else digits), base


def _digits(text: str, base: int) -> str:
    """What stands at the front of a text that is a digit."""
    allowed = DIGITS[:base] + DIGITS[10:base].upper()
    return text[: len(text) - len(text.lstrip(allowed))]


def _store(k: Kernel, s: int, base: int, res: int, kind: CType) -> int:
    try:
        value = parse_int(k.memory.read_string(s).decode("latin-1"), kind, base)
    except ValueError:
        return -EINVAL
    except OverflowError:
        return -ERANGE
    k.memory.write(res, value.to_bytes(kind.size, "little", signed=kind.signed))
    return 0


def kstrtoint(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, an int; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("int", 4, True))


def kstrtouint(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, an unsigned int; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("unsigned int", 4, False))


def kstrtol(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, a long; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("long", 8, True))


def kstrtoul(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, an unsigned long; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("unsigned long", 8, False))


def kstrtoll(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, a long long; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("long long", 8, True))


def kstrtoull(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, an unsigned long long; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("unsigned long long", 8, False))


def kstrtos16(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, a s16; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("s16", 2, True))


def kstrtou16(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, a u16; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("u16", 2, False))


def kstrtos8(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, a s8; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("s8", 1, True))


def kstrtou8(k: Kernel, s: ConstCharPtr, base: UInt, res: Ptr) -> Int:
    """The number in a string goes to `res`, a u8; 0, -EINVAL or -ERANGE."""
    return _store(k, s, base, res, CType("u8", 1, False))


def simple_strtoull(k: Kernel, cp: ConstCharPtr, endp: Ptr, base: UInt) -> ULong:
    """The number that a string begins with, 0 if with none; where it ends goes to `endp`, if that is not NULL."""
    text = k.memory.read_string(cp).decode("latin-1")
    digits, radix = _based(text, base)
    found = _digits(digits, radix)
    if endp:
        k.memory.store(endp, cp + (len(text) - len(digits) + len(found) if found else 0))
    return int(found or "0", radix)


def simple_strtoll(k: Kernel, cp: ConstCharPtr, endp: Ptr, base: UInt) -> Long:
    """The same, with a sign."""
    negative = k.memory.read(cp, 1) == b"-"
    value = simple_strtoull(k, cp + negative, endp, base)
    return -value if negative else value


def simple_strtoul(k: Kernel, cp: ConstCharPtr, endp: Ptr, base: UInt) -> ULong:
    """The same as simple_strtoull."""
    return simple_strtoull(k, cp, endp, base)


def simple_strtol(k: Kernel, cp: ConstCharPtr, endp: Ptr, base: UInt) -> Long:
    """The same as simple_strtoll."""
    return simple_strtoll(k, cp, endp, base)


EXPORT_SYMBOL(kstrtoint)
EXPORT_SYMBOL(kstrtouint)
EXPORT_SYMBOL(kstrtol)
EXPORT_SYMBOL(kstrtoul)
EXPORT_SYMBOL(kstrtoll)
EXPORT_SYMBOL(kstrtoull)
EXPORT_SYMBOL(kstrtos16)
EXPORT_SYMBOL(kstrtou16)
EXPORT_SYMBOL(kstrtos8)
EXPORT_SYMBOL(kstrtou8)
EXPORT_SYMBOL(simple_strtoull)
EXPORT_SYMBOL(simple_strtoll)
EXPORT_SYMBOL(simple_strtoul)
EXPORT_SYMBOL(simple_strtol)
