"""Regular files: pages of memory, and holes where nothing was written.

C counterpart: mm/shmem.c (tmpfs).
"""

from __future__ import annotations

from kshell.abi.errno import EFAULT, EFBIG, ENOSPC, ENXIO
from kshell.abi.fcntl import O_APPEND, O_LARGEFILE, SEEK_DATA, SEEK_HOLE
from kshell.abi.st_mode import S_IFREG
from kshell.kernel.fs.file import File, Kiocb
from kshell.kernel.fs.inode import (
    MAX_LFS_FILESIZE,
    MAX_NON_LFS,
    Inode,
    SuperBlock,
    file_remove_privs,
    generic_llseek,
    vfs_setpos,
)
from kshell.kernel.fs.uio import IovIter, fill
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.vma import ANY_ACCESS
from kshell.machine.ram import PAGE_SIZE, Ram, page_parts


class MappedPage:
    """A page of a file that some task has mapped: it stands in a frame of RAM, which all who map it share."""

    __slots__ = ("frame", "ram")

    def __init__(self, ram: Ram, content: bytearray | None) -> None:
        self.ram, self.frame = ram, ram.alloc_frame()
        if content is not None:
            self[:PAGE_SIZE] = content

    def __getitem__(self, part: slice) -> bytes:
        return self.ram.bytes[self.frame + (part.start or 0) : self.frame + part.stop]

    def __setitem__(self, part: slice, data: bytes | bytearray) -> None:
        self.ram.bytes[self.frame + (part.start or 0) : self.frame + part.stop] = data


class RegularInode(Inode):
    """A regular file.  Only pages that were written exist, so a byte at a huge offset costs one page."""

    __slots__ = ("_pages", "_size", "linkable")
    shared_write = False  # whether a shared mapping may write to it
    may, splits, is_special = ANY_ACCESS, True, False  # of a mapping

    def __init__(self, sb: SuperBlock, mode: int, now: int, uid: int = 0, gid: int = 0) -> None:
        super().__init__(sb, S_IFREG | mode, now, uid, gid)
        self._pages: dict[int, bytearray | MappedPage] = {}
        self._size = 0
        self.linkable = False  # whether it may get a name though it has none (C: I_LINKABLE)

    @property
    def size(self) -> int:
        """Bytes from the start to the last one written."""
        return self._size

    @property
    def blocks(self) -> int:
        """Holes hold no blocks."""
        return len(self._pages) * (PAGE_SIZE // 512)

    def pread(self, pos: int, size: int) -> bytes:
        """Up to `size` bytes at `pos`; holes read as zeros."""
        parts = []
        for at, length in page_parts(pos, min(size, self._size - pos)):
            index, offset = divmod(at, PAGE_SIZE)
            page = self._pages.get(index)
            parts.append(bytes(length) if page is None else bytes(page[offset : offset + length]))
        return b"".join(parts)

    def pwrite(self, pos: int, data: bytes) -> int:
        """Store bytes within one page at `pos`; how many, or -ENOSPC."""
        index, offset = divmod(pos, PAGE_SIZE)
        page = self._pages.get(index)
        if page is None:
            if self.sb.free_pages <= 0:
                return -ENOSPC
            self.sb.free_pages -= 1
            page = self._pages[index] = bytearray(PAGE_SIZE)
        page[offset : offset + len(data)] = data
        self._size = max(self._size, pos + len(data))
        return len(data)

    def page_frame(self, ram: Ram, pos: int) -> int:
        """The frame that holds the page at `pos`, which a hole gets too; 0 behind the end, or where there is no space.

        Raises OutOfMemory.  C: shmem_fault()."""
        index = pos // PAGE_SIZE
        page = self._pages.get(index)
        if pos >= self._size or (page is None and self.sb.free_pages <= 0):
            return 0
        if not isinstance(page, MappedPage):
            self.sb.free_pages -= page is None
            mapped = self._pages[index] = MappedPage(ram, page)
            self.sb.free_pages -= page is None
            return mapped.frame
        return page.frame

    def has_page(self, pos: int) -> bool:
        """Whether the page at `pos` is there, and no hole."""
        return pos // PAGE_SIZE in self._pages

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """Read from the position; EFAULT only if not one byte could be delivered."""
        done = fill(k, to, lambda done, size: self.pread(iocb.pos + done, size))
        iocb.pos += max(done, 0)
        self.accessed(k.clock.realtime_ns())
        return done

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """Write at the position (with O_APPEND, at the end), page by page, as far as buffer and space reach."""
        if not source.count:
            return 0
        if iocb.file.flags & O_APPEND:
            iocb.pos = self._size
        limit = MAX_LFS_FILESIZE if iocb.file.flags & O_LARGEFILE else MAX_NON_LFS
        if iocb.pos >= limit:
            return -EFBIG
        todo = min(source.count, limit - iocb.pos)
        file_remove_privs(k.current.cred, self)
        self.modified(k.clock.realtime_ns())
        done = 0
        while todo and not (done and k.signal_pending()):
            wanted = min(todo, PAGE_SIZE - iocb.pos % PAGE_SIZE)
            data = source.copy_from_iter(wanted)
            stored = self.pwrite(iocb.pos, data) if data else -EFAULT
            if stored < 0:
                return done or stored
            if isinstance(self._pages[iocb.pos // PAGE_SIZE], MappedPage):
                k.cpu.flush_code()  # somebody may execute it
            iocb.pos += stored
            done += stored
            todo -= stored
            if stored < wanted:
                break
        return done

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """As everywhere, and SEEK_DATA and SEEK_HOLE by page.  C: shmem_file_llseek()."""
        if whence not in (SEEK_DATA, SEEK_HOLE):
            return generic_llseek(file, offset, whence, self._size)
        if not 0 <= offset < self._size:
            return -ENXIO
        index = offset // PAGE_SIZE
        if whence == SEEK_DATA:
            index = min((page for page in self._pages if page >= index), default=-1)
            if index < 0 or index * PAGE_SIZE >= self._size:
                return -ENXIO
        else:
            while index in self._pages:
                index += 1
        return vfs_setpos(file, min(max(offset, index * PAGE_SIZE), self._size), MAX_LFS_FILESIZE)

    def truncate(self, now: int, size: int = 0) -> None:
        """Make it `size` bytes long: what is cut off is gone, what is new is a hole.  C: shmem_setattr()."""
        index, tail = divmod(size, PAGE_SIZE)
        self.punch_hole(size, MAX_LFS_FILESIZE)
        if tail and index in self._pages:
            self._pages[index][tail:PAGE_SIZE] = bytes(PAGE_SIZE - tail)
        self._size = size
        self.modified(now)

    def punch_hole(self, start: int, end: int) -> None:
        """Give the whole pages of [start, end) back: they are zeros then.  C: shmem_fallocate()."""
        for index in [index for index in self._pages if start <= index * PAGE_SIZE < end]:
            page = self._pages.pop(index)
            self.sb.free_pages += 1
            if isinstance(page, MappedPage):
                page.ram.free_frame(page.frame)

    def evict(self) -> None:
        """Give the pages back to the file system."""
        self.punch_hole(0, MAX_LFS_FILESIZE)


class SharedMemory(RegularInode):
    """What MAP_SHARED shows without a file, or of /dev/zero: so many zeros, under no name.  C: shmem_zero_setup()."""

    __slots__ = ()
    shared_write = True

    def __init__(self, sb: SuperBlock, size: int, now: int) -> None:
        super().__init__(sb, 0o777, now)
        self._size, self.nlink = size, 0
