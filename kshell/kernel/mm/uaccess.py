"""The only way from a body in Python to user memory: copies that survive a bad pointer.

A user pointer may point anywhere, into the kernel too.  4.19 first asks whether the range is below the task's limit
(access_ok); 6.19 moves a pointer into the kernel to where nothing is.  Then the pages are walked: a missing one is
brought in as if the program had touched it, and one that cannot be is where the copy ends.  There the exception table
says how the machine code goes on, which these functions stand for: what they answer, which pages they bring in, in
which order, is what lib/copy_user.py's text does on the CPU.

C counterpart: include/linux/uaccess.h, lib/usercopy.c, arch/x86/include/asm/uaccess.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kshell.abi.errno import EFAULT
from kshell.kernel.core.layout import TASK_ADDR_LIMIT, TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.mm.extable import search_exception_tables
from kshell.kernel.mm.fault import handle_mm_fault
from kshell.kernel.mm.fixup import BadAccess, take_fixup
from kshell.machine.paging import NX, PRESENT, READ, WRITABLE, WRITE, is_canonical
from kshell.machine.ram import page_parts

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

CLAMPED_SINCE = (6, 13)  # copy_from_user moves a pointer, and asks nothing
ADDR_LIMIT_UNTIL = (5, 10)
SHORT = 64  # bytes, from which on 4.19 uses rep movsb


def user_addr_max(k: Kernel) -> int:
    """Where the current task's user memory ends: set_fs() may have moved that on 4.19."""
    if k.profile.version < ADDR_LIMIT_UNTIL:
        return k.memory.load(k.current.struct.address + TASK_ADDR_LIMIT)
    return TASK_SIZE_MAX


def access_ok(k: Kernel, address: int, size: int, caller: str) -> bool:
    """Whether [address, address + size) lies below the end of user space.  It says nothing about mappings.  `caller` is
    who asks."""
    allowed = address + size <= user_addr_max(k)
    if not allowed:
        k.bad_access = BadAccess(address)
    if k.on_event is not None:
        tell_range(k, address, size, caller)
    return allowed


def tell_range(k: Kernel, address: int, size: int, caller: str) -> None:
    """Tell who listens that `caller` compares a range with the end of user memory, and what comes of it."""
    limit = user_addr_max(k)
    mapped = is_canonical(address) and k.current.mm.pages.entry(address) & PRESENT != 0
    allowed = address + size <= limit
    k.tell("check", "range", address, by=caller, size=size, limit=limit, allowed=allowed, mapped=mapped)


def masked_user_address(k: Kernel, address: int) -> int:
    """A pointer that is not the user's is moved to where nothing is ever mapped."""
    clamped = min(address, TASK_SIZE_MAX)
    if k.on_event is not None:
        k.tell("check", "clamp", address, by="_copy_from_user", limit=TASK_SIZE_MAX, clamped=clamped)
    return clamped


def _parts(k: Kernel, start: int, size: int, access: int) -> Iterator[tuple[int, int]]:
    """The memory behind a copy of `size` bytes, piece by piece, as far as it gets: (physical address, length) each."""
    needed = PRESENT | WRITABLE if access == WRITE else PRESENT
    at, end = start, start + size
    while at < end:
        physical, length = k.cpu.mmu.run(at, end - at, needed)
        if not length:
            if _is_there_now(k, at, access, _instruction(k, at - start, size, access)):
                continue
            if k.profile.version < CLAMPED_SINCE:  # copy_user_handle_tail tries that byte again
                _is_there_now(k, at, access, k.uaccess_text[".Ltail_store" if access == WRITE else ".Ltail_load"])
            return
        if access == WRITE and k.cpu.mmu.walk(at) & NX == 0:
            k.cpu.flush_code()
        if k.on_event is not None:
            _tell_chunks(k, at, length, access)
        yield physical, length
        at += length


def _tell_chunks(k: Kernel, address: int, size: int, access: int) -> None:
    for at, length in page_parts(address, size):
        k.tell("copy", "chunk", at, length=length, access="write" if access == WRITE else "read")


def _is_there_now(k: Kernel, address: int, access: int, ip: int) -> bool:
    """The instruction at `ip` has faulted: whether its page is there now.  If not, the copy goes on at the fixup, or
    else that is an oops: KernelFault."""
    if address < TASK_SIZE_MAX and handle_mm_fault(k, k.current.mm, address, access, ip) is None:
        return True
    entry = search_exception_tables(k, ip)
    if entry is None:
        raise KernelFault(address, access, 2 if access == WRITE else 0)
    take_fixup(k, entry, address)
    return False


def _instruction(k: Kernel, done: int, size: int, access: int) -> int:
    """The instruction that moves byte number `done` of a copy of `size` bytes."""
    if k.profile.version >= CLAMPED_SINCE:
        return k.uaccess_text[".Lto_rep_movsb" if access == WRITE else ".Lfrom_rep_movsb"]
    if size >= SHORT:
        return k.uaccess_text[".Lrep_movsb"]
    unit = "word" if done < size & ~7 else "byte"
    return k.uaccess_text[f".Lstore_{unit}" if access == WRITE else f".Lload_{unit}"]


def copy_from_user(k: Kernel, source: int, size: int) -> bytes:
    """Up to `size` bytes from user address `source`; fewer mean that the next one could not be read."""
    if k.profile.version >= CLAMPED_SINCE:
        source = masked_user_address(k, source)
    elif not access_ok(k, source, size, "_copy_from_user"):
        return b""
    ram = memoryview(k.ram.bytes)
    data = b"".join([ram[frame : frame + length] for frame, length in _parts(k, source, size, READ)])
    _tell_left(k, size, size - len(data))
    return data


def copy_to_user(k: Kernel, target: int, data: bytes) -> int:
    """Store `data` at user address `target`; the result is how many bytes could NOT be stored, 0 for success."""
    if not access_ok(k, target, len(data), "_copy_to_user"):
        return len(data)
    done = 0
    view = memoryview(data)
    for frame, length in _parts(k, target, len(data), WRITE):
        k.ram.bytes[frame : frame + length] = view[done : done + length]
        done += length
    _tell_left(k, len(data), len(data) - done)
    return len(data) - done


def _tell_left(k: Kernel, size: int, left: int) -> None:
    if k.on_event is not None and left:
        k.tell("copy", "left", size=size, not_copied=left)


def strncpy_from_user(k: Kernel, source: int, count: int) -> bytes | int:
    """The bytes of a C string at `source`, without its NUL; `count` of them if there was no NUL among them, -EFAULT
    where it runs into memory that is not the user's."""
    found = b""
    for at, length in page_parts(source, count):
        chunk = copy_from_user(k, at, length)
        if not chunk:
            return -EFAULT
        end = chunk.find(0)
        if end >= 0:
            return found + chunk[:end]
        found += chunk
    return found
