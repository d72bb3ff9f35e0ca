from __future__ import annotations

import pytest

from kshell.abi.errno import EBADF, EMFILE
from kshell.abi.fcntl import O_PATH, O_RDONLY, O_RDWR, O_WRONLY
from kshell.kernel.fs.dcache import Dentry
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, RLIMIT_NOFILE, File, FilesStruct
from kshell.kernel.fs.inode import SuperBlock
from kshell.kernel.fs.shmem import RegularInode


@pytest.fixture
def inode() -> RegularInode:
    return RegularInode(SuperBlock("test", 1, max_bytes=1 << 16), 0o644, now=0)


def opened(inode: RegularInode, flags: int = O_RDWR) -> File:
    return File(Dentry(b"name", None, inode), flags)


def test_the_lowest_free_number_is_given_out(inode: RegularInode) -> None:
    files = FilesStruct()
    for expected in range(5):
        assert files.get_unused_fd() == expected
        files.install(expected, opened(inode))
    files.close(3)
    files.close(1)
    assert files.get_unused_fd() == 1
    assert files.get_unused_fd(2) == 3
    assert files.get_unused_fd(4) == 5


def test_a_number_that_dup2_took_is_not_given_out_again(inode: RegularInode) -> None:
    files = FilesStruct()
    files.install(1, opened(inode))
    assert files.get_unused_fd() == 0
    files.install(0, opened(inode))
    assert files.get_unused_fd() == 2


def test_a_full_table_answers_EMFILE_until_something_is_closed(inode: RegularInode) -> None:
    files = FilesStruct()
    file = opened(inode)
    for fd in range(RLIMIT_NOFILE):
        files.install(files.get_unused_fd(), file)
        assert files.get(fd) is file
    assert files.get_unused_fd() == -EMFILE
    assert files.close(77) == 0
    assert files.get_unused_fd() == 77


def test_closing_twice_answers_EBADF(inode: RegularInode) -> None:
    files = FilesStruct()
    files.install(0, opened(inode))
    assert (files.close(0), files.close(0)) == (0, -EBADF)


def test_a_file_is_released_with_its_last_descriptor_in_any_task(inode: RegularInode) -> None:
    parent = FilesStruct()
    parent.install(0, opened(inode))
    parent.install(1, parent.items()[0][1])
    child = parent.copy()
    parent.close_all()
    child.close(0)
    assert inode.users == 1
    child.close_all()
    assert inode.users == 0


def test_a_child_has_the_same_numbers_and_the_same_close_on_exec_marks(inode: RegularInode) -> None:
    parent = FilesStruct()
    parent.install(4, opened(inode), cloexec=True)
    parent.install(2, opened(inode))
    child = parent.copy()
    assert child.items() == parent.items()
    assert (child.close_on_exec(4), child.close_on_exec(2)) == (True, False)
    assert child.get_unused_fd() == 0


def test_the_fourth_access_mode_can_neither_read_nor_write(inode: RegularInode) -> None:
    modes = [opened(inode, flags).mode for flags in (O_RDONLY, O_WRONLY, O_RDWR, 3)]
    assert modes == [FMODE_READ, FMODE_WRITE, FMODE_READ | FMODE_WRITE, 0]


def test_a_descriptor_of_O_PATH_is_only_found_by_those_who_ask_for_it(inode: RegularInode) -> None:
    files = FilesStruct()
    files.install(0, opened(inode, O_PATH))
    assert files.get(0) is None
    assert files.get_raw(0) is not None
