"""What a program finds at its start: its segments, its stack with arguments and environment, clean registers.

C counterpart: fs/binfmt_*.c, setup_arg_pages() and start_thread(); the stack is what the x86-64 ABI says.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_GROWSDOWN, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE
from kshell.kernel.core.layout import USER_STACK_TOP
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fault import own_frame
from kshell.kernel.mm.uaccess import copy_to_user
from kshell.kernel.task.task import Task
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, OutOfMemory, page_pieces, whole_pages
from kshell.machine.ring3 import USER_CS, USER_SS

STACK_PAGES = 33
PRIVATE = MAP_PRIVATE | MAP_FIXED
PROTECTIONS = {"r": PROT_READ, "w": PROT_WRITE, "x": PROT_EXEC, "-": 0}
AT_SYSINFO_EHDR = 33  # where the vDSO is
AT_NULL, AT_PAGESZ, AT_ENTRY, AT_UID, AT_EUID, AT_GID, AT_EGID, AT_RANDOM = 0, 6, 9, 11, 12, 13, 14, 25


class Segment(NamedTuple):
    """Part of a program: `data` at `address`, followed by zeros up to `size`; `prot` is "r-x", "rw-" or "r--"."""

    address: int
    data: bytes
    size: int
    prot: str


def start_thread(task: Task, ip: int, sp: int) -> None:
    """The registers of a new program: all zero but rip, rsp, the flags and the selectors of ring 3."""
    regs = task.regs
    for slot in range(ptregs.COUNT):
        regs[slot] = 0
    regs[ptregs.IP], regs[ptregs.SP], regs[ptregs.FLAGS] = ip, sp, 0x202
    regs[ptregs.CS], regs[ptregs.SS] = USER_CS, USER_SS
    regs[ptregs.ORIG_AX] = U64  # -1: no system call yet


def map_stack(task: Task) -> None:
    """Map the stack; it grows down by itself."""
    size = STACK_PAGES * PAGE_SIZE
    task.mm.map(USER_STACK_TOP - size, size, PROT_READ | PROT_WRITE, PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, "[stack]")


def map_fresh(task: Task, address: int, size: int, prot: int) -> None:
    """Map zeros, in place of what is there."""
    task.mm.map(address, size, prot, PRIVATE | MAP_ANONYMOUS, "kshell")


def map_segments(k: Kernel, task: Task, segments: Sequence[Segment]) -> int:
    """Map and fill them; the result is the first page behind the last of them.  ValueError where there is no place."""
    end = 0
    for segment in segments:
        start = segment.address & PAGE_MASK
        size = max(segment.size, len(segment.data)) + segment.address - start
        prot = sum(PROTECTIONS[c] for c in segment.prot)
        if task.mm.vmas.overlaps(start, size) or task.mm.map(start, size, prot, PRIVATE | MAP_ANONYMOUS, task.comm) < 0:
            raise ValueError(f"there is no place for a part of the program at {segment.address:#x}")
        load_bytes(k, task, segment.address, segment.data)
        end = max(end, start + size)
    return whole_pages(end)


def load_bytes(k: Kernel, task: Task, address: int, data: bytes) -> None:
    """Put `data` into mapped memory, read-only or not.  ValueError where RAM is used up."""
    try:
        for at, piece in page_pieces(address, data):
            frame = own_frame(k, task.mm, at) + (at & PAGE_SIZE - 1)
            k.ram.bytes[frame : frame + len(piece)] = piece
    except OutOfMemory:
        raise ValueError("the program does not fit into memory") from None


def build_stack(k: Kernel, task: Task, entry: int, argv: Sequence[str], envp: Sequence[str]) -> int:
    """argc, argv, envp and the auxiliary vector, as the ABI's figure 3.9 has them; returns the stack pointer.

    ValueError when they do not fit.
    """
    strings, pointers, at = b"", [], USER_STACK_TOP - 8
    for text in (*argv, *envp):
        data = text.encode("utf-8", "surrogateescape") + b"\0"
        pointers.append(len(strings))
        strings += data
    at -= len(strings) + 16
    random_at = at + len(strings)
    offsets = [at + offset for offset in pointers]
    task.mm.arg_start, task.mm.arg_end = at, [*offsets, random_at][len(argv)]
    uid, gid = task.cred.uid, task.cred.gid
    auxv = (
        AT_SYSINFO_EHDR,
        task.mm.vdso,
        AT_PAGESZ,
        PAGE_SIZE,
        AT_ENTRY,
        entry,
        AT_UID,
        uid,
        AT_EUID,
        uid,
        AT_GID,
        gid,
        AT_EGID,
        gid,
    )
    words = [len(argv), *offsets[: len(argv)], 0, *offsets[len(argv) :], 0, *auxv, AT_RANDOM, random_at, AT_NULL, 0]
    sp = (at - 8 * len(words)) & ~15
    data = struct.pack(f"<{len(words)}Q", *words)
    if copy_to_user(k, at, strings + k.random.randbytes(16)) or copy_to_user(k, sp, data):
        raise ValueError("the arguments do not fit on the stack")
    return sp
