"""`int 0x80` on the Linux underneath, from this process."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
from collections.abc import Callable
from functools import cache

# push rbx, rbp; rax, rbx, rcx, rdx, rsi, rbp and rdi from the array at rdi; int 0x80; pop rbp, rbx; ret
CODE = bytes.fromhex("5355 488b07 488b5f08 488b4f10 488b5718 488b7720 488b6f30 488b7f28 cd80 5d5b c3")
MAP_32BIT = 0x40
PAGE = 0x1000


@cache
def _function() -> Callable[[int], int]:
    page = mmap.mmap(-1, PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(CODE)
    _KEPT.append(page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p)(address)


_KEPT: list[mmap.mmap] = []


def int80(nr: int, *args: int) -> int:
    """The result of a call, all 64 bits of rax."""
    registers = (ctypes.c_uint64 * 7)(nr, *[value & (1 << 64) - 1 for value in (*args, *[0] * (6 - len(args)))])
    return _function()(ctypes.addressof(registers))


@cache
def low_page() -> tuple[mmap.mmap, int]:
    """A page, and its address, which fits into 32 bits."""
    page = mmap.mmap(-1, PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_32BIT)
    return page, ctypes.addressof(ctypes.c_char.from_buffer(page))


def answers() -> bool:
    """Whether this Linux has that way in: where it has not, the process that tries dies."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    pid = os.fork()
    if not pid:
        os._exit(int(int80(20) != os.getpid()))
    return os.waitpid(pid, 0)[1] == 0
