"""Strings and bytes (C: <linux/string.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import Char, Const, GfpT, Int, Ptr, SizeT, SSizeT, Text, Void


def strlen(k: Kernel, text: Text) -> SizeT:
    """The number of bytes before the NUL.

    >>> return strlen(k, v.name)
    """


def strnlen(k: Kernel, text: Text, most: SizeT) -> SizeT:
    """The number of bytes before the NUL, or `most` where that is less.

    >>> return strnlen(k, v.name, sizeof(v.name))
    """


def strcmp(k: Kernel, one: Text, other: Text) -> Int:
    """0 where the two are equal; otherwise which comes first.

    >>> if strcmp(k, v.name, "init") == 0: return 1
    """


def strncmp(k: Kernel, one: Text, other: Text, n: SizeT) -> Int:
    """0 where the first `n` bytes are equal; otherwise which comes first.

    >>> if strncmp(k, v.name, "in", 2) == 0: return 1
    """


def strscpy(k: Kernel, to: Ptr[Char], from_: Text, size: SizeT) -> SSizeT:
    """Copy a string into `size` bytes, always with a NUL; its length, or -E2BIG.

    -E2BIG  it does not fit: what fits is there, with a NUL

    >>> if strscpy(k, v.name, "init", sizeof(v.name)) < 0: return -E2BIG
    """


def memcpy(k: Kernel, to: Ptr[Void], from_: Ptr[Const[Void]], n: SizeT) -> Ptr[Void]:
    """Copy `n` bytes.

    >>> memcpy(k, buf, v.name, sizeof(v.name))
    """


def memmove(k: Kernel, to: Ptr[Void], from_: Ptr[Const[Void]], n: SizeT) -> Ptr[Void]:
    """Copy `n` bytes; the two may overlap.

    >>> memmove(k, buf, addr(buf[1]), 8)
    """


def memset(k: Kernel, to: Ptr[Void], byte: Int, n: SizeT) -> Ptr[Void]:
    """Fill `n` bytes.

    >>> memset(k, buf, 0, sizeof(buf))
    """


def memcmp(k: Kernel, one: Ptr[Const[Void]], other: Ptr[Const[Void]], n: SizeT) -> Int:
    """0 where `n` bytes are equal.

    >>> if memcmp(k, buf, v.name, 4) == 0: return 1
    """


def strcpy(k: Kernel, to: Ptr[Char], from_: Text) -> Ptr[Char]:
    """Copy a string to where there is room, one hopes: nobody counts.

    >>> strcpy(k, v.name, "init")
    """


def strncpy(k: Kernel, to: Ptr[Char], from_: Text, n: SizeT) -> Ptr[Char]:
    """Copy at most `n` bytes, and fill up with NULs: of a string that has no fewer, none is behind it.

    >>> strncpy(k, v.name, "init", sizeof(v.name))
    """


def strlcpy(k: Kernel, to: Ptr[Char], from_: Text, size: SizeT) -> SizeT:
    """Copy a string into `size` bytes, always with a NUL; the length of the whole string.  Gone in 6.8.

    >>> if strlcpy(k, v.name, "init", sizeof(v.name)) >= sizeof(v.name): return -E2BIG
    """


def strcat(k: Kernel, to: Ptr[Char], from_: Text) -> Ptr[Char]:
    """Append a string to another, behind which there is room, one hopes.

    >>> strcat(k, buf, "init")
    """


def strncat(k: Kernel, to: Ptr[Char], from_: Text, n: SizeT) -> Ptr[Char]:
    """Append at most `n` bytes of a string, and a NUL.

    >>> strncat(k, buf, "init", 3)
    """


def strlcat(k: Kernel, to: Ptr[Char], from_: Text, size: SizeT) -> SizeT:
    """Append what fits into `size` bytes, all in all; how long the two are together.

    >>> if strlcat(k, buf, "init", sizeof(buf)) >= sizeof(buf): return -E2BIG
    """


def strchr(k: Kernel, text: Text, c: Int) -> Ptr[Char]:
    """Where a byte first is in a string.

    NULL  it is not in it

    >>> if strchr(k, v.name, ord("/")) is None: return -EINVAL
    """


def strrchr(k: Kernel, text: Text, c: Int) -> Ptr[Char]:
    """Where a byte last is in a string.

    NULL  it is not in it

    >>> if strrchr(k, v.name, ord("/")) is None: return -EINVAL
    """


def strstr(k: Kernel, text: Text, part: Text) -> Ptr[Char]:
    """Where a string is in another.

    NULL  it is not in it

    >>> if strstr(k, v.name, "in") is None: return -ENOENT
    """


def strspn(k: Kernel, text: Text, accept: Text) -> SizeT:
    """How many bytes at the front are all among those of `accept`.

    >>> x = Int(strspn(k, v.name, "0123456789"))
    """


def strcspn(k: Kernel, text: Text, reject: Text) -> SizeT:
    """How many bytes at the front are none of those of `reject`.

    >>> x = Int(strcspn(k, v.name, " "))
    """


def strpbrk(k: Kernel, text: Text, stops: Text) -> Ptr[Char]:
    """Where the first byte is that is one of `stops`.

    NULL  none is in it

    >>> if strpbrk(k, v.name, " /") is None: return -EINVAL
    """


def strsep(k: Kernel, rest: Ptr[Ptr[Char]], stops: Text) -> Ptr[Char]:
    """The next piece of a string up to one of `stops`, which becomes a NUL; the pointer is moved behind it.

    NULL  there is no more

    >>> while part := strsep(k, addr(line), " "): pr_info(k, part)
    """


def skip_spaces(k: Kernel, text: Text) -> Ptr[Char]:
    """Where a string goes on behind the white space that it begins with.

    >>> line = skip_spaces(k, buf)
    """


def strim(k: Kernel, text: Ptr[Char]) -> Ptr[Char]:
    """Cut the white space off the end of a string; where it goes on behind that at its front.

    >>> line = strim(k, buf)
    """


def strcasecmp(k: Kernel, one: Text, other: Text) -> Int:
    """The same as strcmp, with no regard to case.

    >>> if strcasecmp(k, v.name, "INIT") == 0: return 1
    """


def strncasecmp(k: Kernel, one: Text, other: Text, n: SizeT) -> Int:
    """The same as strncmp, with no regard to case.

    >>> if strncasecmp(k, v.name, "IN", 2) == 0: return 1
    """


def memchr(k: Kernel, area: Ptr[Const[Void]], byte: Int, n: SizeT) -> Ptr[Void]:
    """Where a byte first is among `n`.

    NULL  it is not in it

    >>> if memchr(k, buf, 0, sizeof(buf)) is None: return -EINVAL
    """


def kstrdup(k: Kernel, text: Text, flags: GfpT) -> Ptr[Char]:
    """A copy of a string, to be freed by kfree.

    NULL  there is no memory left, or text is NULL

    >>> copy = kstrdup(k, "new", GFP_KERNEL)
    """


def kstrndup(k: Kernel, text: Text, most: SizeT, flags: GfpT) -> Ptr[Char]:
    """A copy of the first `most` characters of a string, to be freed by kfree.

    NULL  there is no memory left, or text is NULL

    >>> copy = kstrndup(k, "a long one", 6, GFP_KERNEL)
    """


def kmemdup(k: Kernel, pointer: Ptr[Const[Void]], size: SizeT, flags: GfpT) -> Ptr[Void]:
    """A copy of `size` bytes, to be freed by kfree.

    NULL  there is no memory left

    >>> q = Ptr[e](kmemdup(k, addr(v), sizeof(v), GFP_KERNEL))
    """
