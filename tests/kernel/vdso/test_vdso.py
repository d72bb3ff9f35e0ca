"""The vDSO in programs: what it answers, what that costs, and what may be done with its areas."""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import sys

import pytest

from kshell.abi.clock import NSEC_PER_SEC
from kshell.abi.errno import EACCES, EFAULT, EINVAL
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from kshell.abi.ptregs import AX as REGS_AX
from kshell.abi.ptregs import BX, IP, SP
from kshell.kernel.boot.start import boot
from kshell.kernel.core.clock import SYSCALL_NS
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.kernel.task.task import Task, do_exit, release_task
from kshell.kernel.trace.tracer import Tracer
from kshell.kernel.vdso.data import CODE_PAGES, SERVED, SERVED_4_19, update_vsyscall
from kshell.machine.paging import FRAME_MASK
from kshell.machine.ram import PAGE_SIZE
from kshell.machine.stop import BUDGET, STOPPED
from tests.kernel.lab import DATA, TEXT
from tests.kernel.vdso.lab import AX, CX, R8, READ_ONLY, call, mov, program, run_code, stored, system_call

CLOCK_GETTIME, GETTIMEOFDAY, TIME, CLOCK_GETRES, GETCPU, GETRANDOM = 228, 96, 201, 229, 309, 318
INSTRUCTIONS, COMPARES = 20, 15  # of clock_gettime, and the one that looks whether the counter is the same
RELEASES = ["4.19", "course", "6.19"]


def at(k: Kernel, name: str) -> int:
    """Where a function is in every program."""
    found = next(each.offset for each in k.vdso.code.image.functions if each.name == f"__vdso_{name}")
    return k.shell_task.mm.vdso + found


@pytest.mark.parametrize("release", RELEASES)
def test_a_clock_read_in_ring_3_is_what_the_call_would_answer_at_that_moment(release: str) -> None:
    k = boot(release)
    for clock in SERVED if release == "6.19" else SERVED_4_19:
        code = call(at(k, "clock_gettime"), clock, DATA) * 2  # once for the pages to come
        code += system_call(CLOCK_GETTIME, clock, DATA + 16) + call(at(k, "clock_gettime"), clock, DATA + 32)
        numbers = struct.unpack("<6Q", stored(k, code, 48))
        before, called, after = (
            seconds * NSEC_PER_SEC + rest for seconds, rest in zip(*[iter(numbers)] * 2, strict=True)
        )
        assert (called - before, after - called) == (SYSCALL_NS, 0), clock


@pytest.mark.parametrize("release", RELEASES)
def test_the_other_functions_answer_what_their_calls_answer(release: str) -> None:
    k = boot(release)
    code = call(at(k, "gettimeofday"), DATA, DATA + 16) + call(at(k, "getcpu"), DATA + 24, DATA + 28)
    code += call(at(k, "time"), DATA + 32) + call(at(k, "gettimeofday"), 0, 0) + call(at(k, "getcpu"))
    seconds, micro, west, dst, cpu, node, now = struct.unpack("<QQiiIIQ", stored(k, mov(AX, 0) + code, 40))
    assert seconds == now == k.clock.realtime_ns() // NSEC_PER_SEC
    assert 0 <= k.clock.realtime_ns() % NSEC_PER_SEC // 1000 - micro < 20
    assert (west, dst, cpu, node) == (0, 0, 0, 0)
    assert run_code(k, call(at(k, "time")))[1].regs[BX] == now


def test_it_makes_no_trap_once_its_pages_are_there() -> None:
    k = boot("6.19")

    def traps(times: int) -> tuple[int, int, int]:
        calls, before = Tracer(), k.clock.ns
        code = b"".join(call(at(k, name), clock, DATA) for name, clock in (("clock_gettime", 1), ("time", 0)))
        task = run_code(k, code * times, calls)[1]
        return len(calls.calls), task.min_flt, k.clock.ns - before

    assert traps(1) == traps(20)


def test_a_clock_that_the_page_does_not_have_is_left_to_the_kernel() -> None:
    for release, clocks in (("4.19", (2, 3, 4, 7, 11, 12, 99, -6)), ("6.19", (2, 3, 8, 10, 12, 31, 33, 99, -6))):
        k = boot(release)
        for clock in clocks:
            tracer = Tracer()
            got = run_code(k, call(at(k, "clock_gettime"), clock, DATA), tracer)[1].regs[BX]
            assert [each.name for each in tracer.calls] == ["clock_gettime", "exit"]
            assert got == (-EINVAL & (1 << 64) - 1 if clock in (8, 10, 12, 31, 33, 99) else 0)


def test_the_resolution_of_a_clock_is_known_without_a_call() -> None:
    k = boot("6.19")
    for clock in (*SERVED, 2, 8):
        tracer = Tracer()
        code = call(at(k, "clock_getres"), clock, DATA) + system_call(CLOCK_GETRES, clock, DATA + 16)
        task = run_code(k, code + call(at(k, "clock_getres"), clock, 0), tracer)[1]
        assert len(tracer.calls) == (2 if clock in SERVED else 4)
        assert task.regs[BX] == (0 if clock != 8 else -EINVAL & (1 << 64) - 1)
        if clock in SERVED:
            data = stored(k, code, 32)
            assert data[:16] == data[16:]


def test_getrandom_says_what_a_thread_needs_and_leaves_the_rest_to_the_kernel() -> None:
    """Measured on 6.18: 144 bytes, PROT_READ|PROT_WRITE, MAP_DROPPABLE|MAP_ANONYMOUS."""
    k = boot("6.19")

    def asked(di: int, si: int, cx: int, r8: int) -> bytes:
        return mov(CX, cx) + mov(R8, r8) + call(at(k, "getrandom"), di, si, 0)

    assert struct.unpack("<16I", stored(k, asked(0, 0, DATA, -1), 64)) == (144, 3, 0x28, *[0] * 13)
    tracer = Tracer()
    assert run_code(k, asked(DATA, 8, DATA + 64, 144), tracer)[1].regs[BX] == 8
    assert [each.name for each in tracer.calls] == ["getrandom", "exit"]
    assert run_code(k, asked(DATA, 8, DATA + 4090, 144))[1].regs[BX] == -EFAULT & (1 << 64) - 1


@pytest.mark.parametrize("name", ["clock_gettime", "time", "gettimeofday", "getcpu"])
def test_a_bad_pointer_is_the_programs_own_fault_and_no_efault(name: str) -> None:
    k = boot("course")
    arguments = (1, READ_ONLY) if name == "clock_gettime" else (READ_ONLY, 0)
    how, task = run_code(k, call(at(k, name), *arguments))
    assert how == f"SIGSEGV 2 {READ_ONLY:#x}"
    assert task.killed_by is not None
    assert task.killed_by.ip >> 12 == at(k, name) >> 12


def test_a_read_that_was_disturbed_is_done_again() -> None:
    """Stopped before each of its instructions in turn, while the clock goes over the end of a second."""
    k = boot("6.19")
    second = NSEC_PER_SEC * 5
    for steps in range(1, INSTRUCTIONS):
        task = program(k, call(at(k, "time")) + call(at(k, "clock_gettime"), 1, DATA))
        k.clock.ns = second - 1
        with k.cpu.ctrl_c:
            k.switch_to(task)
            _until(k, task, at(k, "clock_gettime"))
            k.clock.ns = second - 1
            k.clock.advance(0)
            for _ in range(steps):
                k.cpu.step(task.frame)
            k.clock.advance(1)
            _until(k, task, TEXT + 2 * len(call(0)))
        frame = task.mm.pages.entry(DATA) & FRAME_MASK
        read = struct.unpack_from("<QQ", k.ram.bytes, frame)
        assert read == ((5, 0) if steps < COMPARES else (4, NSEC_PER_SEC - 1)), steps
        do_exit(k, task, 0)


def test_a_read_waits_as_long_as_the_counter_is_odd() -> None:
    k = boot("6.19")
    task = program(k, call(at(k, "time")) + call(at(k, "clock_gettime"), 1, DATA))
    with k.cpu.ctrl_c:
        k.switch_to(task)
        _until(k, task, at(k, "clock_gettime"))
        counter = k.vdso.vvar.frames[0] >> 3
        k.ram.words[counter] += 1
        assert k.cpu.run(task.frame, budget=5_000).kind == BUDGET
        k.ram.words[counter] += 1
        _until(k, task, TEXT + 2 * len(call(0)))
    assert task.regs[REGS_AX] == 0


def _until(k: Kernel, task: Task, address: int) -> None:
    for _ in range(100):
        if task.regs[IP] == address:
            return
        stop = k.cpu.step(task.frame)
        assert stop.kind == STOPPED, stop
    raise AssertionError(f"it did not come to {address:#x}")


def test_the_clocks_go_only_while_a_program_has_the_page() -> None:
    k = boot("course")
    seen = []
    k.on_exit = lambda: seen.append(k.clock.on_advance is not None)
    run_code(k, b"")
    run_code(k, call(at(k, "time")))
    assert seen == [False, True]
    k.clock.advance(1)
    assert k.clock.on_advance is None


@pytest.mark.parametrize(("release", "splits"), [("4.19", True), ("6.19", False)])
def test_the_areas_are_protected_and_unmapped_as_linux_has_it(release: str, splits: bool) -> None:
    """Measured on 6.18; before 5.11 an area could be cut."""
    k = boot(release)

    def syscall(name: str, *args: int) -> int | None:
        called = run_stub(k, {"mmap": 9, "mprotect": 10, "munmap": 11}[name], args).call
        return called.ret if called is not None else None

    code, data = k.shell_task.mm.vdso, k.shell_task.mm.vdso - k.vdso.layout.size
    vvar = k.vdso.layout.vvar * PAGE_SIZE
    part = 0 if splits else -EINVAL
    assert syscall("mprotect", data, PAGE_SIZE, 3) == syscall("mprotect", data, PAGE_SIZE, 5) == -EACCES
    assert syscall("mprotect", data, vvar, 2) == -EACCES
    assert syscall("mprotect", data, vvar, 0) == syscall("mprotect", data, vvar, 1) == 0
    assert syscall("mprotect", code, PAGE_SIZE, 5) == 0
    assert syscall("mprotect", code, PAGE_SIZE, 7) == part
    assert syscall("mprotect", code, 2 * PAGE_SIZE, 7) == syscall("mprotect", code, 2 * PAGE_SIZE, 5) == 0
    fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    assert syscall("mmap", code + PAGE_SIZE, PAGE_SIZE, 1, fixed, -1, 0) == (code + PAGE_SIZE if splits else -EINVAL)
    assert syscall("munmap", code + PAGE_SIZE, PAGE_SIZE) == part
    assert syscall("munmap", data, vvar) == 0


def test_a_program_that_writes_to_the_code_has_its_own_copy() -> None:
    k = boot("6.19")
    before = k.vdso.code.image.data[:16]
    code = system_call(10, k.shell_task.mm.vdso, 2 * PAGE_SIZE, 7) + mov(AX, k.shell_task.mm.vdso) + b"\xc6\x00\x00"
    assert run_code(k, code)[0] == "exit 0"  # mov byte [rax], 0
    assert k.ram.bytes[k.vdso.code.frames[0] : k.vdso.code.frames[0] + 16] == before
    assert run_code(k, mov(AX, k.shell_task.mm.vdso) + b"\xc6\x00\x00")[0].startswith("SIGSEGV 2")


@pytest.mark.parametrize("release", RELEASES)
def test_pages_of_data_without_data_are_a_bus_error(release: str) -> None:
    k = boot(release)
    first = k.shell_task.mm.vdso - k.vdso.layout.size
    ends = [run_code(k, mov(AX, first + page * PAGE_SIZE) + b"\x8b\x18")[0] for page in range(k.vdso.layout.vvar)]
    there = ["exit 0" if page in (0, k.vdso.layout.random) else "SIGBUS" for page in range(k.vdso.layout.vvar)]
    assert [end.split(" 2")[0] for end in ends] == there


def test_a_program_is_told_where_it_is_and_all_have_the_same_pages() -> None:
    k = boot("6.19")
    run_code(k, call(at(k, "time")))
    frames = k.ram.frames_used
    task = program(k, b"")
    words = struct.unpack("<20Q", copy_from_user(k, task.regs[SP], 160))
    assert words[words.index(33) + 1] == task.mm.vdso == k.shell_task.mm.vdso
    assert copy_from_user(k, task.mm.vdso, PAGE_SIZE) == k.vdso.code.image.data[:PAGE_SIZE]
    do_exit(k, task, 0)
    release_task(k, task)
    assert k.ram.frames_used == frames


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64", reason="it is x86-64 machine code for Linux"
)
def test_the_code_runs_on_a_real_cpu_too() -> None:
    """All but getcpu, whose answer is the real one there."""
    k = boot("6.19")
    k.clock.ns = 12_345_678_901
    update_vsyscall(k, k.vdso.vvar.frames[0])
    page = k.ram.bytes[k.vdso.vvar.frames[0] : k.vdso.vvar.frames[0] + PAGE_SIZE]
    size = k.vdso.layout.size
    memory = mmap.mmap(-1, size + CODE_PAGES * PAGE_SIZE, prot=7)
    memory[:PAGE_SIZE], memory[size:] = page, k.vdso.code.image.data
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + size
    found = {each.name: start + each.offset for each in k.vdso.code.image.functions}
    function = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_void_p)
    room = (ctypes.c_uint64 * 2)()
    assert function(found["__vdso_clock_gettime"])(1, room) == 0
    assert list(room) == [12, 345_678_901]
    assert function(found["__vdso_clock_getres"])(5, room) == 0
    assert list(room) == [0, 4_000_000]
    assert function(found["__vdso_clock_gettime"])(99, room) == -EINVAL
    timeofday = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)(found["__vdso_gettimeofday"])
    assert timeofday(room, None) == 0
    assert list(room) == [1_767_225_612, 345_678]
