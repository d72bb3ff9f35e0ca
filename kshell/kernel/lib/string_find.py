"""Strings that are searched, compared without regard to case, and cut up.

C counterpart: lib/string.c, lib/string_helpers.c.
"""

from __future__ import annotations

from kshell.abi.c_types import CharPtr, ConstCharPtr, ConstPtr, Int, Ptr, SizeT
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel

SPACES = b"\t\n\v\f\r \xa0"  # C: isspace, of Latin-1


def strchr(k: Kernel, s: ConstCharPtr, c: Int) -> CharPtr:
    """Where a byte first is in a string, its NUL included; NULL if it is not."""
    at = (k.memory.read_string(s) + b"\0").find(c & 0xFF)
    return 0 if at < 0 else s + at


def strrchr(k: Kernel, s: ConstCharPtr, c: Int) -> CharPtr:
    """Where a byte last is in a string, its NUL included; NULL if it is not."""
    at = (k.memory.read_string(s) + b"\0").rfind(c & 0xFF)
    return 0 if at < 0 else s + at


def strstr(k: Kernel, s1: ConstCharPtr, s2: ConstCharPtr) -> CharPtr:
    """Where a string is in another; NULL if it is not."""
    at = k.memory.read_string(s1).find(k.memory.read_string(s2))
    return 0 if at < 0 else s1 + at


def strspn(k: Kernel, s: ConstCharPtr, accept: ConstCharPtr) -> SizeT:
    """How many bytes at the front are all among those of `accept`."""
    text = k.memory.read_string(s)
    return len(text) - len(text.lstrip(k.memory.read_string(accept) or b"\0"))


def strcspn(k: Kernel, s: ConstCharPtr, reject: ConstCharPtr) -> SizeT:
    """How many bytes at the front are none of those of `reject`."""
    text, stops = k.memory.read_string(s), k.memory.read_string(reject)
    return next((at for at, byte in enumerate(text) if byte in stops), len(text))


def strpbrk(k: Kernel, cs: ConstCharPtr, ct: ConstCharPtr) -> CharPtr:
    """Where the first byte is that is one of `ct`; NULL if none is."""
    at = strcspn(k, cs, ct)
    return 0 if at == len(k.memory.read_string(cs)) else cs + at


def strsep(k: Kernel, s: Ptr, ct: ConstCharPtr) -> CharPtr:
    """The next piece of the string that the pointer at `s` points to, which is moved behind it (NULL after the last);
    the byte that ends it, one of `ct`, becomes a NUL."""
    start = k.memory.load(s)
    if not start:
        return 0
    end = strpbrk(k, start, ct)
    if end:
        k.memory.write(end, b"\0")
    k.memory.store(s, end + 1 if end else 0)
    return start


def skip_spaces(k: Kernel, str: ConstCharPtr) -> CharPtr:
    """Where a string goes on behind the white space that it begins with."""
    text = k.memory.read_string(str)
    return str + len(text) - len(text.lstrip(SPACES))


def strim(k: Kernel, s: CharPtr) -> CharPtr:
    """Cut the white space off the end of a string; where it goes on behind that at its front."""
    text = k.memory.read_string(s)
    kept = text.rstrip(SPACES)
    if len(kept) < len(text):
        k.memory.write(s + len(kept), b"\0")
    return skip_spaces(k, s)


def strcasecmp(k: Kernel, s1: ConstCharPtr, s2: ConstCharPtr) -> Int:
    """How two strings stand to each other, with no regard to case: the difference of the first bytes that differ."""
    return _difference(k.memory.read_string(s1), k.memory.read_string(s2))


def strncasecmp(k: Kernel, s1: ConstCharPtr, s2: ConstCharPtr, len: SizeT) -> Int:
    """The same of at most `len` bytes of each."""
    return _difference(k.memory.read_string(s1, len), k.memory.read_string(s2, len))


def _difference(one: bytes, other: bytes) -> int:
    left, right = one.lower() + b"\0", other.lower() + b"\0"
    return next((a - b for a, b in zip(left, right, strict=False) if a != b), 0)


def memchr(k: Kernel, s: ConstPtr, c: Int, n: SizeT) -> Ptr:
    """Where a byte first is among `n`; NULL if it is not."""
    at = k.memory.read(s, n).find(c & 0xFF)
    return 0 if at < 0 else s + at


EXPORT_SYMBOL(strchr)
EXPORT_SYMBOL(strrchr)
EXPORT_SYMBOL(strstr)
EXPORT_SYMBOL(strspn)
EXPORT_SYMBOL(strcspn)
EXPORT_SYMBOL(strpbrk)
EXPORT_SYMBOL(strsep)
EXPORT_SYMBOL(skip_spaces)
EXPORT_SYMBOL(strim)
EXPORT_SYMBOL(strcasecmp)
EXPORT_SYMBOL(strncasecmp)
EXPORT_SYMBOL(memchr)
