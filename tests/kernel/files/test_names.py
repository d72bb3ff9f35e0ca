"""Names that move, nodes that work, times that stay."""

from __future__ import annotations

import struct

import pytest

from kshell.abi.errno import EACCES, EBUSY, EINTR, EINVAL, ENXIO, EXDEV
from kshell.abi.fcntl import AT_FDCWD, O_NONBLOCK, O_RDONLY, O_WRONLY, RENAME_EXCHANGE
from kshell.abi.st_mode import S_IFCHR, S_IFIFO
from kshell.abi.structs import unpack_stat
from kshell.abi.utime import UTIME_OMIT
from kshell.api import Machine, boot
from tests.kernel.files.test_readdir import answer, names

RELEASES = ("4.19", "6.19")


def status(machine: Machine, path: bytes) -> dict[str, int]:
    room = bytearray(144)
    assert machine.syscall("lstat", path, room) == 0
    return unpack_stat(bytes(room))


def test_a_name_does_not_leave_its_file_system_nor_a_mount_its_place() -> None:
    machine = boot()
    assert machine.syscall("rename", b"/dev/null", b"/tmp/null") == -EXDEV
    assert machine.syscall("link", b"/etc/hostname", b"/dev/hostname") == -EXDEV
    assert machine.syscall("rename", b"/proc", b"/tmp/proc") == -EBUSY
    assert machine.syscall("renameat2", AT_FDCWD, b"/etc", AT_FDCWD, b"/sys", RENAME_EXCHANGE) == -EBUSY


@pytest.mark.parametrize("release", RELEASES)
def test_who_reads_a_directory_is_told_each_name_once_though_one_moves(release: str) -> None:
    machine = boot(release)
    machine.syscall("mkdir", b"/tmp/d", 0o755)
    machine.syscall("chdir", b"/tmp/d")
    for name in (b"one", b"two", b"three"):
        assert machine.syscall("mknod", name, 0o644, 0) == 0
    fd = answer(machine, "open", b".", O_RDONLY, 0)
    assert [name for name, _ in names(machine, fd, 80)] == [b".", b"..", b"three"]
    assert machine.syscall("rename", b"three", b"four") == 0
    assert [name for name, _ in names(machine, fd)] == [b"two", b"one"]
    assert machine.syscall("lseek", fd, 0, 0) == 0
    assert [name for name, _ in names(machine, fd)] == [b".", b"..", b"four", b"two", b"one"]


def test_a_directory_that_moves_takes_along_who_stands_in_it() -> None:
    machine = boot()
    for path in (b"/tmp/a", b"/tmp/a/b", b"/tmp/c"):
        machine.syscall("mkdir", path, 0o755)
    machine.syscall("chdir", b"/tmp/a/b")
    assert machine.syscall("rename", b"/tmp/a", b"/tmp/c/d") == 0
    room = bytearray(20)
    assert machine.syscall("getcwd", room, 20) == 11
    assert bytes(room[:11]) == b"/tmp/c/d/b\0"
    assert [status(machine, path)["st_nlink"] for path in (b"/tmp", b"/tmp/c", b"/tmp/c/d")] == [3, 3, 3]


def test_a_node_of_a_device_works_and_one_without_a_driver_cannot_be_opened() -> None:
    machine = boot()
    assert machine.syscall("mknod", b"/tmp/zero", S_IFCHR | 0o666, 0x105) == 0
    room = bytearray(b"xxxx")
    assert machine.syscall("read", answer(machine, "open", b"/tmp/zero", O_RDONLY, 0), room, 4) == 4
    assert room == bytes(4)
    assert machine.syscall("mknod", b"/tmp/none", S_IFCHR | 0o666, 0x4242) == 0
    assert machine.syscall("open", b"/tmp/none", O_RDONLY, 0) == -ENXIO


def test_before_5_8_only_root_made_a_whiteout() -> None:
    assert boot("4.19", "uid=1000").syscall("mknod", b"/tmp/w", S_IFCHR, 0) == -1
    assert boot("6.19", "uid=1000").syscall("mknod", b"/tmp/w", S_IFCHR, 0) == 0


def test_who_opens_a_fifo_waits_for_the_other_end_which_nobody_can_open() -> None:
    machine = boot()
    assert machine.syscall("mknod", b"/tmp/p", S_IFIFO | 0o644, 0) == 0
    for way in (O_RDONLY, O_WRONLY):
        assert machine.syscall("open", b"/tmp/p", way, 0) == -EINTR
    assert machine.syscall("open", b"/tmp/p", O_WRONLY | O_NONBLOCK, 0) == -ENXIO
    reader = answer(machine, "open", b"/tmp/p", O_RDONLY | O_NONBLOCK, 0)
    writer = answer(machine, "open", b"/tmp/p", O_WRONLY, 0)
    room = bytearray(5)
    assert machine.syscall("write", writer, b"hello", 5) == machine.syscall("read", reader, room, 5) == 5
    assert room == b"hello"
    assert status(machine, b"/tmp/p")["st_nlink"] == 1


def test_a_time_that_is_set_is_the_one_that_stat_tells() -> None:
    machine = boot()
    pair = struct.pack("<4q", 1_700_000_000, 5, 0, UTIME_OMIT)
    before = status(machine, b"/etc/hostname")
    assert machine.syscall("utimensat", AT_FDCWD, b"/etc/hostname", pair, 0) == 0
    after = status(machine, b"/etc/hostname")
    assert (after["st_atime"], after["st_atime_nsec"]) == (1_700_000_000, 5)
    assert (after["st_mtime"], after["st_mtime_nsec"]) == (before["st_mtime"], before["st_mtime_nsec"])
    assert machine.syscall("utimes", b"/etc/hostname", struct.pack("<4q", 7, 999_999, 8, 0)) == 0
    after = status(machine, b"/etc/hostname")
    assert (after["st_atime"], after["st_atime_nsec"], after["st_mtime"]) == (7, 999_999_000, 8)
    assert machine.syscall("utime", b"/etc/hostname", bytes(16)) == 0
    assert status(machine, b"/etc/hostname")["st_mtime"] == 0


def test_a_file_of_o_tmpfile_gets_a_name_once_it_is_wanted() -> None:
    machine = boot()
    fd = answer(machine, "open", b"/tmp", 0o20200002, 0o600)
    assert machine.syscall("linkat", fd, b"", AT_FDCWD, b"/tmp/kept", 0x1000) == 0
    assert status(machine, b"/tmp/kept")["st_nlink"] == 1
    assert boot("4.19", "uid=1000").syscall("linkat", 0, b"", AT_FDCWD, b"/tmp/x", 0x1000) == -2


def test_the_status_of_a_file_system_counts_its_blocks() -> None:
    machine = boot()
    room = bytearray(120)
    assert machine.syscall("statfs", b"/tmp", room) == 0
    kind, size, blocks, free = struct.unpack_from("<4Q", room)
    assert (kind, size, blocks) == (0x01021994, 4096, 16384)
    fd = answer(machine, "open", b"/tmp/f", 0o102, 0o644)
    assert machine.syscall("write", fd, bytes(8192), 8192) == 8192
    assert machine.syscall("fstatfs", fd, room) == 0
    assert struct.unpack_from("<4Q", room)[3] == free - 2


def test_the_i386_calls_change_the_same_files() -> None:
    machine = boot("6.19")
    lines = (
        'syscall --abi i386 mknod "/tmp/p" S_IFIFO|0600 0',
        'syscall --abi i386 chown "/tmp/p" 5 -1',
        'syscall --abi i386 utime "/tmp/p" "\\x07\\0\\0\\0\\x08\\0\\0\\0"',
        'syscall --abi i386 truncate64 "/etc/hostname" 3 0',
        'syscall --abi i386 statfs64 "/tmp" 84 buf:84',
    )
    for line in lines:
        assert machine.execute(line)["result"]["calls"][0]["ret"] == 0, line
    found = status(machine, b"/tmp/p")
    assert (found["st_uid"], found["st_gid"], found["st_atime"], found["st_mtime"]) == (5, 0, 7, 8)
    assert status(machine, b"/etc/hostname")["st_size"] == 3
    short = machine.execute('syscall --abi i386 statfs64 "/tmp" 83 buf:84')
    assert short["result"]["calls"][0]["ret"] == -EINVAL


def test_nobody_else_links_to_what_he_may_not_write() -> None:
    machine = boot("6.19", "uid=1000")
    assert machine.syscall("link", b"/etc/passwd", b"/tmp/passwd") == -1
    assert machine.syscall("access", b"/etc/passwd", 2) == -EACCES
