"""File calls where a native run cannot be the oracle: the screen, waiting for ever, limits, the errnos of the facts."""

from __future__ import annotations

from typing import Any

import pytest

from kshell.abi.errno import (
    EAGAIN,
    EBADF,
    EFAULT,
    EINTR,
    EINVAL,
    EISDIR,
    ENOENT,
    ENOSPC,
    ENOTDIR,
    EPIPE,
    ERANGE,
    ESPIPE,
)
from kshell.abi.fcntl import AT_FDCWD, O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, SEEK_SET
from kshell.abi.signal import SIGPIPE
from kshell.abi.structs import unpack_stat
from kshell.kernel.core.profile import V4_19
from kshell.kernel.fs.inode import DAY_NS
from kshell.shell.calls.manual import page
from tests.kernel.file_lab import BODIES, Lab

KERNEL = 0xFFFFFFFF81000000
UNMAPPED = ["unmapped"]
AT = ["buf", 144]


def path(name: str) -> list[str]:
    return ["path", name]


@pytest.fixture
def lab() -> Lab:
    return Lab()


def stat(lab: Lab, name: str) -> dict[str, int]:
    ((value, (data,)),) = lab.run([["stat", path(name), AT]])
    assert value == 0
    return unpack_stat(bytes.fromhex(data))


# The screen.


def test_what_is_written_to_descriptor_1_is_on_the_screen(lab: Lab) -> None:
    assert lab.call("write", 1, ["data", "hello\n"], 6) == 6
    assert lab.call("write", 2, ["data", "again"], 5) == 5
    assert lab.screen.shown == b"hello\nagain"


def test_a_line_typed_arrives_in_pieces_as_large_as_asked_for_and_then_the_end(lab: Lab) -> None:
    lab.screen.typed = [b"hello\n", b"you\n"]
    results = lab.run([["read", 0, ["buf", n], n] for n in (4, 10, 10, 10)])
    assert [value for value, _ in results] == [4, 2, 4, 0]
    assert bytes.fromhex(results[0][1][0]) == b"hell"


def test_a_terminal_takes_a_write_in_chunks_of_2048_and_none_of_a_chunk_that_faults(lab: Lab) -> None:
    assert lab.call("write", 1, ["edge", 100, "x"], 200) == -EFAULT
    assert lab.screen.shown == b""
    assert lab.call("write", 1, ["edge", 3000, "x"], 4000) == 2048
    assert lab.screen.shown == b"x" * 2048


def test_a_read_that_faults_in_the_middle_of_a_line_loses_the_rest_of_it(lab: Lab) -> None:
    lab.screen.typed = [b"abcdef\n"]
    results = lab.run([["read", 0, ["edge", 3, ""], 6], ["read", 0, ["buf", 9], 9]])
    assert [value for value, _ in results] == [3, 1]
    lab.screen.typed = [b"line\n"]
    assert lab.call("read", 0, UNMAPPED, 5) == -EFAULT


def test_a_screen_cannot_seek(lab: Lab) -> None:
    assert lab.call("lseek", 1, 0, SEEK_SET) == -ESPIPE
    assert lab.call("lseek", 1, 0, 99) == -EINVAL
    assert lab.call("pread64", 0, ["buf", 3], 3, 0) == -ESPIPE
    assert lab.call("pread64", 0, ["buf", 3], 3, -1) == -EINVAL


# Waiting for ever.


def test_a_read_that_nobody_could_end_says_why_and_is_interrupted(lab: Lab) -> None:
    assert lab.call("pipe", ["buf", 8]) == 0
    assert lab.call("read", 3, ["buf", 8], 8) == -EINTR
    assert ["empty" in note for note in lab.k.take_notes()] == [True]
    assert lab.call("write", 4, ["data", "x" * 70000], 70000) == 65536
    assert ["full" in note for note in lab.k.take_notes()] == [True]
    assert lab.call("write", 4, ["data", "x"], 1) == -EINTR
    assert lab.k.take_notes()


def test_a_non_blocking_pipe_answers_EAGAIN_without_a_word(lab: Lab) -> None:
    assert lab.call("pipe2", ["buf", 8], O_NONBLOCK) == 0
    assert lab.call("read", 3, ["buf", 8], 8) == -EAGAIN
    assert lab.call("write", 4, ["data", "x" * 70000], 70000) == 65536
    assert lab.call("write", 4, ["data", "x"], 1) == -EAGAIN
    assert not lab.k.take_notes()


def test_writing_where_nobody_reads_sends_SIGPIPE(lab: Lab) -> None:
    assert [lab.call("pipe", ["buf", 8]), lab.call("close", 3)] == [0, 0]
    assert lab.call("write", 4, 1, 0) == 0
    assert not lab.k.current.signals.queued
    assert lab.call("write", 4, UNMAPPED, 5) == -EPIPE
    assert [(info.signo, info.code, info.sender) for info in lab.k.current.signals.queued] == [(SIGPIPE, 0, (77, 0))]


def test_the_end_of_a_task_is_the_end_of_its_side_of_a_pipe(lab: Lab) -> None:
    lab.call("pipe", ["buf", 8])
    child = lab.k.current.files.copy()
    lab.call("close", 4)
    child.close_all()
    assert lab.call("read", 3, ["buf", 8], 8) == 0


# Limits.


def test_a_file_system_holds_64_MiB_and_gives_them_back(lab: Lab) -> None:
    lab.call("open", path("big"), O_CREAT | O_RDWR, 0o644)
    sb = lab.k.current.cwd.inode.sb
    free = sb.free_pages
    sb.free_pages = 2
    assert lab.call("write", 3, ["data", "x" * 20000], 20000) == 8192
    assert lab.call("write", 3, ["data", "x"], 1) == -ENOSPC
    sb.free_pages += free - 2
    lab.call("unlink", path("big"))
    assert sb.free_pages == free - 2, "an open file keeps its pages"
    lab.call("close", 3)
    assert sb.free_pages == free


def test_a_file_system_holds_so_many_files_and_no_more(lab: Lab) -> None:
    sb = lab.k.current.cwd.inode.sb
    sb.free_inodes = 1
    assert lab.call("mkdir", path("a"), 0o755) == 0
    assert lab.call("mkdir", path("b"), 0o755) == -ENOSPC
    assert lab.call("open", path("f"), O_CREAT, 0o644) == -ENOSPC
    assert lab.call("rmdir", path("a")) == 0
    assert lab.call("open", path("f"), O_CREAT, 0o644) == 3


def test_thousands_of_rounds_leave_nothing_behind(lab: Lab) -> None:
    sb, pipes = lab.k.current.cwd.inode.sb, lab.k.fs.pipefs
    before = sb.free_pages, sb.free_inodes, pipes.free_inodes
    for _ in range(1000):
        lab.run([["open", path("f"), O_CREAT | O_RDWR, 0], ["write", 3, ["data", "x"], 1], ["pipe", ["buf", 8]]])
        lab.run(
            [["unlink", path("f")], *(["close", fd] for fd in (3, 4, 5)), ["mkdir", path("d"), 0], ["rmdir", path("d")]]
        )
    assert (sb.free_pages, sb.free_inodes, pipes.free_inodes) == before


# Times.


def test_times_tell_what_was_done_last(lab: Lab) -> None:
    lab.call("open", path("f"), O_CREAT | O_RDWR, 0o644)
    made = stat(lab, "f")
    lab.k.clock.ns += 5 * 10**9
    lab.call("write", 3, ["data", "abc"], 3)
    written = stat(lab, "f")
    assert written["st_mtime"] == written["st_ctime"] == made["st_mtime"] + 5
    assert written["st_atime"] == made["st_atime"]
    lab.k.clock.ns += 5 * 10**9
    lab.call("pread64", 3, ["buf", 3], 3, 0)
    assert stat(lab, "f")["st_atime"] == made["st_atime"] + 10


def test_the_time_of_a_read_is_noted_once_after_a_change_and_then_once_a_day(lab: Lab) -> None:
    lab.call("open", path("f"), O_CREAT | O_RDWR, 0o644)
    lab.k.clock.ns += 10**9
    lab.call("read", 3, ["buf", 3], 3)
    first = stat(lab, "f")["st_atime"]
    lab.k.clock.ns += 10**9
    lab.call("read", 3, ["buf", 3], 3)
    assert stat(lab, "f")["st_atime"] == first
    lab.k.clock.ns += DAY_NS
    lab.call("read", 3, ["buf", 3], 3)
    assert stat(lab, "f")["st_atime"] == first + 86401


def test_making_a_name_changes_the_directory_s_time(lab: Lab) -> None:
    before = stat(lab, ".")["st_mtime"]
    lab.k.clock.ns += 3 * 10**9
    lab.call("mkdir", path("d"), 0o755)
    assert stat(lab, ".")["st_mtime"] == before + 3


def test_a_device_says_which_it_is(lab: Lab) -> None:
    assert stat(lab, "/dev/null")["st_rdev"] == 0x103
    assert stat(lab, "/dev/tty")["st_rdev"] == 0x500
    assert stat(lab, "/dev")["st_dev"] != stat(lab, "/")["st_dev"]


# The errnos that surprise.


def test_errors_come_in_linux_s_order(lab: Lab) -> None:
    lab.run([["open", path("f"), O_CREAT | O_RDWR, 0o644], ["open", path("f"), O_RDONLY, 0], ["pipe", ["buf", 8]]])
    lab.call("open", path("/dev/null"), O_RDWR, 0)
    answers: list[tuple[list[Any], int]] = [
        (["write", -1, UNMAPPED, 5], -EBADF),
        (["write", 4, UNMAPPED, 5], -EBADF),
        (["write", 6, KERNEL, 0], -EFAULT),
        (["write", 6, 1, 0], 0),
        (["write", 7, 1, 5], 5),
        (["write", 7, KERNEL, 5], -EFAULT),
        (["write", 7, 4096, -1], -EFAULT),
        (["write", 7, 4096, 0x7FFFFFFF], 0x7FFFF000),
        (["lseek", 5, 0, 99], -EINVAL),
        (["dup2", -1, -1], -EBADF),
        (["dup3", 1, 1, 0], -EINVAL),
        (["openat", -1, path(""), 0, 0], -ENOENT),
        (["openat", -1, 0, 0, 0], -EFAULT),
        (["openat", -1, path("/etc/hostname"), 0, 0], 8),
        (["openat", 3, path("x"), 0, 0], -ENOTDIR),
        (["open", path("."), O_CREAT, 0], -EISDIR),
        (["getcwd", 0, 0], -ERANGE),
        (["getcwd", ["buf", 64], 64], len("/base/here") + 1),
        (["open", path("/tmp"), 0, 0], 9),
        (["read", 9, ["buf", 8], 8], -EISDIR),
    ]
    assert [(step, lab.call(*step)) for step, _ in answers] == answers


def test_a_buffer_that_ends_in_unmapped_memory_is_written_as_far_as_it_goes(lab: Lab) -> None:
    lab.call("open", path("f"), O_CREAT | O_RDWR, 0o644)
    assert lab.call("write", 3, ["edge", 4100, "abc"], 9000) == 4100
    assert lab.call("lseek", 3, 0, SEEK_SET) == 0
    assert lab.call("read", 3, ["edge", 10, ""], 4100) == 10
    assert lab.call("lseek", 3, 0, 1) == 10


def test_a_pipe_whose_descriptors_cannot_be_stored_leaves_none_open(lab: Lab) -> None:
    assert lab.call("pipe", UNMAPPED) == -EFAULT
    assert lab.call("dup", 0) == 3


def test_random_bytes_are_the_same_after_every_boot(lab: Lab) -> None:
    steps = [["open", path("/dev/urandom"), O_RDONLY, 0], ["read", 3, ["buf", 32], 32]]
    assert lab.run(steps) == Lab().run(steps)
    assert lab.call("read", 3, ["buf", 8], 8) == 8


# The manual.


@pytest.mark.parametrize("name", sorted({definition.name for definition in BODIES.values()}))
def test_every_call_has_a_manual_page_whose_errnos_exist(name: str) -> None:
    from kshell.abi import errno

    found = page(BODIES[name], V4_19)
    assert BODIES[name].doc.splitlines()[0].endswith(".")
    listed = [symbol for symbol, _ in found.errors]
    assert listed or found.without_errors == "this call always succeeds"
    assert all(isinstance(getattr(errno, symbol), int) for symbol in listed)
    assert len(set(listed)) == len(listed)


def test_relative_paths_start_where_the_descriptor_says(lab: Lab) -> None:
    lab.run([["mkdir", path("d"), 0o755], ["open", path("d"), 0, 0], ["openat", 3, path("f"), O_CREAT, 0o644]])
    assert lab.call("newfstatat", AT_FDCWD, path("d/f"), AT, 0) == 0
    assert lab.call("unlinkat", 3, path("f"), 0) == 0
    assert lab.call("newfstatat", AT_FDCWD, path("d/f"), AT, 0) == -ENOENT
