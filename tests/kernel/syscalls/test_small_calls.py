"""The calls that tell who asks, what time it is, and how the machine is: small, and each with its one true answer."""

from __future__ import annotations

import pytest

from kshell.abi.errno import EFAULT, EINVAL, ENXIO
from kshell.abi.structs import RUSAGE_SIZE, SYSINFO_SIZE, unpack_rusage, unpack_sysinfo, unpack_timespec
from kshell.api import Machine, boot

SECOND = 10**9
EPOCH = 1_767_225_600  # 2026-01-01


@pytest.fixture(scope="module")
def machine() -> Machine:
    return boot("course")


def test_root_and_a_user_have_their_own_ids(machine: Machine) -> None:
    user = boot("course", "uid=1000")
    for name in ("getuid", "geteuid", "getgid", "getegid"):
        assert (machine.syscall(name), user.syscall(name)) == (0, 1000)


def test_a_task_has_one_number_as_process_and_as_thread_and_a_parent(machine: Machine) -> None:
    assert machine.syscall("getpid") == machine.syscall("gettid") == 77
    assert machine.syscall("getppid") == 1


def test_uname_names_the_release(machine: Machine) -> None:
    room = bytearray(390)
    assert machine.syscall("uname", room) == 0
    fields = [bytes(room[at : at + 65]).split(b"\0")[0] for at in range(0, 390, 65)]
    assert [fields[i] for i in (0, 1, 2, 4)] == [b"Linux", b"kshell", b"4.19.1-course", b"x86_64"]
    assert machine.syscall("uname", 1) == -EFAULT


def test_sysinfo_counts_memory_in_bytes(machine: Machine) -> None:
    room = bytearray(SYSINFO_SIZE)
    assert machine.syscall("sysinfo", room) == 0
    found = unpack_sysinfo(bytes(room))
    assert (found["mem_unit"], found["procs"]) == (1, 1)
    assert 0 < found["freeram"] < found["totalram"] <= 64 << 20


def test_getrusage_counts_the_faults_of_the_caller_and_of_its_children() -> None:
    machine, room = boot("course"), bytearray(RUSAGE_SIZE)

    def faults(who: int) -> tuple[int, int]:
        assert machine.syscall("getrusage", who, room) == 0
        used = unpack_rusage(bytes(room))
        return used["ru_minflt"], used["ru_majflt"]

    before = faults(0)
    assert faults(1) == (before[0] + 1, 0)  # the page that the structure is stored in is new in each call
    assert faults(-1) == (0, 0)
    machine.execute("asm 'mov rax, [rsp-0x3000]; mov [rsp-0x3000], rax; mov edi, 0; mov eax, 60; syscall'")
    assert faults(-1)[0] >= 2
    assert machine.syscall("getrusage", 2, room) == -EINVAL
    assert machine.syscall("getrusage", 0, 1) == -EFAULT


def test_the_clocks_agree_and_move_on_by_what_was_slept(machine: Machine) -> None:
    room = bytearray(16)

    def now(which: int) -> int:
        assert machine.syscall("clock_gettime", which, room) == 0
        seconds, rest = unpack_timespec(bytes(room))
        return seconds * SECOND + rest

    before, wall = now(1), now(0)
    assert 0 < wall - EPOCH * SECOND - before < SECOND // 1000
    assert machine.syscall("nanosleep", (3).to_bytes(8, "little") + (500).to_bytes(8, "little"), 0) == 0
    assert 0 <= now(1) - before - 3 * SECOND - 500 < SECOND // 1000
    assert machine.syscall("gettimeofday", room, 0) == 0
    assert int.from_bytes(room[:8], "little") == machine.syscall("time", 0) == EPOCH + 3
    assert machine.syscall("clock_gettime", 99, room) == -EINVAL


def test_the_resolution_of_a_clock_is_a_nanosecond_or_a_tick(machine: Machine) -> None:
    room = bytearray(16)

    def resolution(which: int) -> int:
        assert machine.syscall("clock_getres", which, room) == 0
        seconds, rest = unpack_timespec(bytes(room))
        return seconds * SECOND + rest

    assert [resolution(which) for which in (0, 1, 2, 3, 4, 7, 11, -6, -2)] == [1] * 9
    assert [resolution(which) for which in (5, 6, -8, -7, -4, -3)] == [4_000_000] * 6  # measured where HZ is 250
    assert [machine.syscall("clock_getres", which, room) for which in (8, 9, 10, 12, 99, -1, -5)] == [-EINVAL] * 7
    assert machine.syscall("clock_getres", 1, 0) == 0


def test_getcpu_stores_what_it_is_asked_for(machine: Machine) -> None:
    cpu, node = bytearray(b"\xff" * 4), bytearray(b"\xff" * 4)
    assert machine.syscall("getcpu", cpu, 0, 1) == machine.syscall("getcpu", 0, node, 0) == 0
    assert cpu == node == bytearray(4)
    assert machine.syscall("getcpu", cpu, 1, 0) == machine.syscall("getcpu", 1, 0, 0) == -EFAULT
    assert machine.syscall("getcpu", 0, 0, 0) == 0


def test_getrandom_gives_the_same_bytes_after_each_boot_and_others_each_time(machine: Machine) -> None:
    first, again, other = bytearray(16), bytearray(16), bytearray(16)
    assert boot("course").syscall("getrandom", first, 16, 0) == 16
    fresh = boot("course")
    assert [fresh.syscall("getrandom", room, 16, 0) for room in (again, other)] == [16, 16]
    assert first == again != other
    assert machine.syscall("getrandom", first, 16, 8) == -EINVAL


def test_who_yields_goes_on(machine: Machine) -> None:
    assert machine.syscall("sched_yield") == 0


def test_a_task_that_exits_is_followed_by_a_new_one_for_the_shell() -> None:
    machine = boot("course")
    assert machine.syscall("exit_group", 3) is None
    assert machine.syscall("getpid") == 78


def test_the_calls_of_probes_are_for_the_kernels_own_trampoline() -> None:
    machine = boot("6.19")
    assert machine.syscall("uprobe") == -ENXIO
    assert machine.syscall("uretprobe") is None
    run = machine.run(bytes.fromhex("b84f010000 0f05"))
    assert run.signal is not None
    assert run.signal.name == "SIGILL"
