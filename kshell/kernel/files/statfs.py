"""struct statfs: what is known of a file system.

C counterpart: fs/statfs.c, shmem_statfs() in mm/shmem.c, simple_statfs() in fs/libfs.c.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from kshell.kernel.fs.inode import SuperBlock
from kshell.kernel.fs.namei import NAME_MAX
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

TMPFS_MAGIC = 0x01021994
MAGICS = {"tmpfs": TMPFS_MAGIC, "devtmpfs": TMPFS_MAGIC, "proc": 0x9FA0, "sysfs": 0x62656572, "pipefs": 0x50495045}
ST_NOEXEC, ST_VALID, ST_RELATIME = 0x8, 0x20, 0x1000
FSID_SINCE = (5, 11)  # of a file system that keeps nothing
STATFS = struct.Struct("<7Q2I3Q32x")


class Statfs(NamedTuple):
    """The fields of struct statfs; blocks are of `bsize` bytes."""

    type: int
    bsize: int
    blocks: int
    bfree: int
    bavail: int
    files: int
    ffree: int
    fsid: int
    namelen: int
    frsize: int
    flags: int


def statfs_of(k: Kernel, sb: SuperBlock) -> Statfs:
    """What is known of one."""
    magic, is_mounted = MAGICS[sb.name], sb.name != "pipefs"
    flags = ST_VALID | (ST_RELATIME if is_mounted else 0) | (ST_NOEXEC if sb.noexec and is_mounted else 0)
    if magic == TMPFS_MAGIC:
        counts = (sb.max_pages, sb.free_pages, sb.free_pages, sb.max_inodes, sb.free_inodes)
    else:
        counts = (0, 0, 0, 0, 0)
    fsid = sb.dev if magic == TMPFS_MAGIC or k.profile.version >= FSID_SINCE else 0
    return Statfs(magic, PAGE_SIZE, *counts, fsid, NAME_MAX, PAGE_SIZE, flags)


def pack_statfs(found: Statfs) -> bytes:
    """``struct statfs``, 120 bytes."""
    return STATFS.pack(*found[:7], found.fsid, 0, *found[8:])
