from __future__ import annotations

from kshell.abi.errno import ENOSPC
from kshell.kernel.fs.inode import SuperBlock
from kshell.kernel.fs.shmem import RegularInode
from kshell.machine.ram import PAGE_SIZE

PAGES = 4


def make() -> RegularInode:
    return RegularInode(SuperBlock("test", 1, max_bytes=PAGES * PAGE_SIZE), 0o644, now=0)


def test_a_hole_reads_as_zeros_and_holds_no_page() -> None:
    inode = make()
    inode.pwrite(10 * PAGE_SIZE + 5, b"end")
    assert inode.size == 10 * PAGE_SIZE + 8
    assert inode.blocks == PAGE_SIZE // 512
    assert inode.pread(10 * PAGE_SIZE - 2, 100) == bytes(7) + b"end"


def test_a_byte_at_an_offset_of_a_tebibyte_costs_one_page() -> None:
    inode = make()
    assert inode.pwrite(1 << 40, b"x") == 1
    assert inode.sb.free_pages == PAGES - 1
    assert inode.pread(1 << 40, 10) == b"x"


def test_a_full_file_system_answers_ENOSPC_and_still_overwrites() -> None:
    inode = make()
    for page in range(PAGES):
        assert inode.pwrite(page * PAGE_SIZE, b"x" * PAGE_SIZE) == PAGE_SIZE
    assert inode.pwrite(PAGES * PAGE_SIZE, b"x") == -ENOSPC
    assert inode.size == PAGES * PAGE_SIZE
    assert inode.pwrite(0, b"yy") == 2


def test_truncating_gives_the_pages_back() -> None:
    inode = make()
    inode.pwrite(0, b"x")
    inode.truncate(now=5)
    assert (inode.size, inode.sb.free_pages, inode.mtime) == (0, PAGES, 5)


def test_reading_past_the_end_gives_nothing() -> None:
    inode = make()
    inode.pwrite(0, b"abc")
    assert inode.pread(3, 10) == b""
    assert inode.pread(5000, 10) == b""
    assert inode.pread(1, 10) == b"bc"
