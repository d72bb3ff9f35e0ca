"""The two ends of a read or write: where its bytes go, or come from.

A file never sees a user pointer.  It is handed an iterator that copies for it and says how far that
went; so it can tell, as a file of Linux can, that a buffer ended in an unmapped page, and it can be
tried without a machine.  C counterpart: include/linux/uio.h (struct iov_iter).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from kshell.abi.c_types import U64, to_signed64
from kshell.abi.errno import EFAULT, EINVAL
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok, copy_from_user, copy_to_user

CHUNK = 0x10000  # how much one step of a long transfer carries, so that no count makes the host allocate it whole

MAX_RW_COUNT = 0x7FFFF000  # the most that one call transfers: INT_MAX, down to a page
UIO_MAXIOV = 1024
IOVEC, COMPAT_IOVEC = struct.Struct("<QQ"), struct.Struct("<Ii")
Segment = tuple[int, int]  # address and length of a buffer, as struct iovec has them


class IovIter:
    """A buffer in user memory, in one or more segments of (address, length): what a file's read and write operations
    are given.  `count` is how many bytes are still to go."""

    __slots__ = ("_k", "_segments", "count")

    def __init__(self, k: Kernel, *segments: Segment) -> None:
        self._k = k
        self._segments = [segment for segment in segments if segment[1]]
        self.count = min(sum(length for _, length in self._segments), MAX_RW_COUNT)

    def _advance(self, done: int) -> None:
        self.count -= done
        address, length = self._segments[0]
        if done < length:
            self._segments[0] = (address + done, length - done)
        else:
            del self._segments[0]

    def skip(self, size: int) -> None:
        """Leave out so many bytes: they were transferred before the call had to wait."""
        while size:
            part = min(size, self._segments[0][1])
            self._advance(part)
            size -= part

    def copy_to_iter(self, data: bytes) -> int:
        """Deliver the first bytes of `data`, at most `count`; how many arrived (fewer: the buffer faulted)."""
        total = 0
        while self._segments and total < len(data):
            address, length = self._segments[0]
            part = data[total : total + length]
            copied = len(part) - copy_to_user(self._k, address, part)
            self._advance(copied)
            total += copied
            if copied < len(part):
                break
        return total

    def copy_from_iter(self, size: int) -> bytes:
        """Fetch up to `size` bytes, at most `count`; fewer mean that the buffer faulted there."""
        parts = b""
        while self._segments and len(parts) < size:
            address, length = self._segments[0]
            wanted = min(length, size - len(parts))
            part = copy_from_user(self._k, address, wanted)
            self._advance(len(part))
            parts += part
            if len(part) < wanted:
                break
        return parts


def _fetch_iovec(k: Kernel, vec: int, vlen: int) -> list[Segment]:
    """The pairs at `vec` as far as they can be read; those of `int 0x80` are of 32 bits, the length signed."""
    pair = COMPAT_IOVEC if k.current.in_compat_syscall else IOVEC
    data = copy_from_user(k, vec, pair.size * vlen)
    return [(address, length & U64) for address, length in pair.iter_unpack(data[: len(data) // pair.size * pair.size])]


def import_iovec(k: Kernel, vec: int, vlen: int) -> list[Segment] | int:
    """The segments at `vec`, cut to MAX_RW_COUNT bytes in all; EINVAL for too many or a negative length, EFAULT.

    Since 6.4 all lengths are looked at first, each as it is fetched, and a single segment is cut before its end is
    looked at.  C: import_iovec(), rw_copy_check_uvector().
    """
    if vlen > UIO_MAXIOV:
        return -EINVAL
    segments = _fetch_iovec(k, vec, vlen)
    modern = k.profile.version >= (6, 4)
    if modern and any(to_signed64(length) < 0 for _, length in segments):
        return -EINVAL
    if len(segments) < vlen:
        return -EFAULT
    left = MAX_RW_COUNT
    for at, (address, length) in enumerate(segments):
        if to_signed64(length) < 0:
            return -EINVAL
        if not access_ok(k, address, min(length, left) if modern and vlen == 1 else length, "import_iovec"):
            return -EFAULT
        segments[at] = address, min(length, left)
        left -= segments[at][1]
    return segments


def fill(k: Kernel, to: IovIter, produce: Callable[[int, int], bytes]) -> int:
    """Deliver a chunk after another, until `produce(how many bytes came before, how many are wanted)` has no more, or
    a signal is pending.

    The bytes delivered; -EFAULT if not one could be.
    """
    done = 0
    while to.count and not (done and k.signal_pending()) and (data := produce(done, min(to.count, CHUNK))):
        copied = to.copy_to_iter(data)
        done += copied
        if copied < len(data):
            return done or -EFAULT
    return done
