"""What directories list, release by release."""

from __future__ import annotations

import struct

import pytest

from kshell.api import Machine, boot

ROOT_OF_TMP = b"/tmp/d"


def answer(machine: Machine, call: str, *args: int | bytes | bytearray) -> int:
    """What a call answers that returns."""
    result = machine.syscall(call, *args)
    assert result is not None
    return result


def names(machine: Machine, fd: int, size: int = 4096) -> list[tuple[bytes, int]]:
    """The names that one getdents64 stores, each with its d_off."""
    data, found, at = bytearray(size), [], 0
    end = answer(machine, "getdents64", fd, data, size)
    while at < end:
        _, offset, length = struct.unpack_from("<QqH", data, at)
        found.append((bytes(data[at + 19 : at + length]).partition(b"\0")[0], offset))
        at += length
    return found


def folder(release: str) -> tuple[Machine, int]:
    """A machine with a folder of three files, from which the second was removed, and its descriptor."""
    machine = boot(release)
    machine.syscall("mkdir", ROOT_OF_TMP, 0o755)
    machine.syscall("chdir", ROOT_OF_TMP)
    for name in (b"one", b"two", b"three"):
        machine.syscall("close", answer(machine, "open", name, 0o100, 0o644))
    machine.syscall("unlink", b"two")
    return machine, answer(machine, "open", b".", 0, 0)


def test_4_19_counts_names_and_6_19_has_a_number_for_each() -> None:
    assert names(*folder("4.19")) == [(b".", 1), (b"..", 2), (b"three", 3), (b"one", 4)]
    assert names(*folder("6.19")) == [(b".", 1), (b"..", 5), (b"three", 3), (b"one", 0x7FFFFFFF)]


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_no_name_is_lost_where_those_that_were_read_are_removed(release: str) -> None:
    machine, fd = folder(release)
    assert [name for name, _ in names(machine, fd, 80)] == [b".", b"..", b"three"]
    machine.syscall("unlink", b"three")
    assert [name for name, _ in names(machine, fd, 80)] == [b"one"]
    assert names(machine, fd, 80) == []


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_proc_lists_the_tasks_and_sys_the_modules(release: str) -> None:
    machine = boot(release)
    machine.execute("modprobe hello")
    proc, modules = (answer(machine, "open", path, 0, 0) for path in (b"/proc", b"/sys/module"))
    assert {b".", b"..", b"self", b"77", b"version"} <= {name for name, _ in names(machine, proc)}
    assert names(machine, modules) == [(b".", 1), (b"..", 2), (b"hello", 3)]


def test_before_5_7_where_the_buffer_ends_is_asked_first() -> None:
    assert boot("4.19").syscall("getdents64", 99, 1 << 47, 9) == -14
    assert boot("6.19").syscall("getdents64", 99, 1 << 47, 9) == -9
