"""Page faults: what each brings in, who counts it, and what it is told as."""

from __future__ import annotations

from typing import Any

import pytest

from kshell.abi.fcntl import O_CREAT, O_RDWR, O_TRUNC
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_GROWSDOWN, MAP_PRIVATE, MAP_SHARED
from kshell.abi.signal import BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGSEGV
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program, new_shell_task, run_stub
from kshell.kernel.entry.run import run_program
from kshell.kernel.fs.shmem import RegularInode, SharedMemory
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fault import error_code, handle_mm_fault
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.trace.event import Event
from kshell.kernel.trace.tracer import Tracer
from kshell.machine.paging import DIRTY, FETCH, FRAME_MASK, PRESENT, READ, USER, WRITABLE, WRITE
from kshell.machine.ram import PAGE_SIZE
from tests.kernel.lab import DATA, EXIT, TEXT, ending

BASE = 0x3000_0000
PA = MAP_PRIVATE | MAP_ANONYMOUS
R, W, X = 1, 2, 4


@pytest.fixture(scope="module")
def booted() -> Kernel:
    return boot("course")


@pytest.fixture
def k(booted: Kernel) -> Kernel:
    booted.shell_task.mm.unmap(BASE, 64 * PAGE_SIZE)
    return booted


def touch(k: Kernel, address: int, access: int) -> dict[str, Any] | None:
    """The values of the one event that the fault was told as, None if there was none."""
    events: list[Event] = []
    k.on_event = lambda *step: events.append(Event(*step))
    try:
        handle_mm_fault(k, k.shell_task.mm, address, access)
    finally:
        k.on_event = None
    assert [event.step for event in events] == ["fault"]
    return events[0].values


def frame(k: Kernel, address: int) -> int:
    return k.shell_task.mm.pages.entry(address) & FRAME_MASK


def test_reads_of_fresh_memory_share_one_page_of_zeros_until_one_writes(k: Kernel) -> None:
    k.shell_task.mm.map(BASE, 2 * PAGE_SIZE, R | W, PA)
    used = k.ram.frames_used
    assert touch(k, BASE, READ) == {
        "cause": "zero_page", "error_code": 4, "mode": "user", "ip": k.current.regs[16], "major": False, "cost_ns": 500,
    }  # fmt: skip
    handle_mm_fault(k, k.shell_task.mm, BASE + PAGE_SIZE, READ)
    assert frame(k, BASE) == frame(k, BASE + PAGE_SIZE) == k.zero_page
    assert k.ram.frames_used - used <= 3  # the page tables alone
    told = touch(k, BASE + 5, WRITE)
    assert told is not None
    assert (told["cause"], told["error_code"], told["cost_ns"]) == ("copy_on_write", 7, 900)
    assert frame(k, BASE) != k.zero_page
    assert frame(k, BASE + PAGE_SIZE) == k.zero_page
    assert k.ram.bytes[k.zero_page : k.zero_page + PAGE_SIZE] == bytes(PAGE_SIZE)


def test_a_write_to_fresh_memory_gets_a_page_at_once(k: Kernel) -> None:
    k.shell_task.mm.map(BASE, PAGE_SIZE, R | W, PA)
    told = touch(k, BASE, WRITE)
    assert told is not None
    assert (told["cause"], told["error_code"]) == ("demand_zero", 6)
    wanted = PRESENT | USER | WRITABLE | DIRTY
    assert k.shell_task.mm.pages.entry(BASE) & wanted == wanted


def test_the_pages_of_a_file_are_shared_until_a_private_mapping_writes(k: Kernel) -> None:
    mm = k.shell_task.mm
    inode = RegularInode(k.fs.shm_mnt, 0o644, 0)
    inode.pwrite(0, b"text of the file")
    for at in (0, 1):
        mm.map(BASE + at * PAGE_SIZE, PAGE_SIZE, R | W, MAP_PRIVATE, inode=inode)
    told = touch(k, BASE, READ)
    assert told is not None
    assert told["cause"] == "page_cache"
    handle_mm_fault(k, mm, BASE + PAGE_SIZE, READ)
    assert frame(k, BASE) == frame(k, BASE + PAGE_SIZE)
    assert copy_to_user(k, BASE, b"TEXT") == 0
    assert frame(k, BASE) != frame(k, BASE + PAGE_SIZE)
    assert copy_from_user(k, BASE, 16) == b"TEXT of the file"
    inode.pwrite(8, b"THE")
    assert copy_from_user(k, BASE + PAGE_SIZE, 16) == b"text of THE file"
    assert copy_from_user(k, BASE, 16) == b"TEXT of the file"
    assert inode.pread(0, 16) == b"text of THE file"


def test_a_write_first_copies_the_page_of_the_file_at_once(k: Kernel) -> None:
    inode = RegularInode(k.fs.shm_mnt, 0o644, 0)
    inode.pwrite(PAGE_SIZE, b"second")
    k.shell_task.mm.map(BASE, 3 * PAGE_SIZE, R | W, MAP_PRIVATE, inode=inode)
    told = touch(k, BASE + PAGE_SIZE, WRITE)
    assert told is not None
    assert told["cause"] == "private_copy"
    assert copy_from_user(k, BASE + PAGE_SIZE, 6) == b"second"
    told = touch(k, BASE + 2 * PAGE_SIZE, READ)
    assert told is not None
    assert told["cause"] == "past_end"


@pytest.mark.parametrize(
    ("address", "access", "answer"),
    [
        (BASE - 1, READ, (SIGSEGV, SEGV_MAPERR)),
        (BASE, WRITE, (SIGSEGV, SEGV_ACCERR)),
        (BASE + PAGE_SIZE, FETCH, (SIGSEGV, SEGV_ACCERR)),
        (BASE + PAGE_SIZE, READ, (SIGSEGV, SEGV_ACCERR)),
        (BASE + 2 * PAGE_SIZE, READ, (SIGBUS, BUS_ADRERR)),
    ],
)
def test_what_is_refused_deserves_linuxs_signal_and_counts_as_no_fault(
    k: Kernel, address: int, access: int, answer: tuple[int, int]
) -> None:
    mm, task = k.shell_task.mm, k.current
    mm.map(BASE, PAGE_SIZE, R, PA)
    mm.map(BASE + PAGE_SIZE, PAGE_SIZE, 0, PA)
    mm.map(BASE + 2 * PAGE_SIZE, PAGE_SIZE, R, MAP_PRIVATE, inode=RegularInode(k.fs.shm_mnt, 0o644, 0))
    before, time = (task.min_flt, task.maj_flt), k.clock.ns
    assert handle_mm_fault(k, mm, address, access) == answer
    assert (task.min_flt, task.maj_flt) == before
    assert k.clock.ns - time == 600


def test_a_jump_to_fresh_data_brings_the_page_in_before_it_is_refused(k: Kernel) -> None:
    mm = k.shell_task.mm
    mm.map(BASE, PAGE_SIZE, R, PA)
    told = [touch(k, BASE, FETCH) for _ in range(2)]
    assert [(each["cause"], each["error_code"]) for each in told if each] == [("zero_page", 0x14), ("protection", 0x15)]
    assert error_code(mm, BASE, FETCH, by_user=True) == 0x15


def test_the_error_code_calls_the_kernels_half_present_and_what_nobody_may_touch_absent(k: Kernel) -> None:
    mm = k.shell_task.mm
    mm.map(BASE, PAGE_SIZE, R | W, PA)
    copy_to_user(k, BASE, b"there")
    assert error_code(mm, BASE, READ, by_user=True) == 5
    assert mm.protect(BASE, PAGE_SIZE, 0) == 0
    assert error_code(mm, BASE, WRITE, by_user=True) == 6
    assert error_code(mm, (1 << 64) - PAGE_SIZE, READ, by_user=True) == 5
    assert error_code(mm, BASE - PAGE_SIZE, WRITE, by_user=False) == 2


def test_a_page_that_nobody_may_touch_is_not_present_and_keeps_its_content(k: Kernel) -> None:
    mm = k.shell_task.mm
    mm.map(BASE, PAGE_SIZE, R | W, PA)
    copy_to_user(k, BASE, b"kept")
    assert mm.protect(BASE, PAGE_SIZE, 0) == 0
    assert not mm.pages.entry(BASE) & PRESENT
    assert copy_from_user(k, BASE, 4) == b""
    assert mm.protect(BASE, PAGE_SIZE, R) == 0
    assert copy_from_user(k, BASE, 4) == b"kept"


def test_a_change_of_protection_lets_nobody_write_to_a_shared_page(k: Kernel) -> None:
    mm = k.shell_task.mm
    mm.map(BASE, PAGE_SIZE, R, PA)
    handle_mm_fault(k, mm, BASE, READ)
    for prot in (R | W, 0, R | W | X):
        assert mm.protect(BASE, PAGE_SIZE, prot) == 0
    assert copy_to_user(k, BASE, b"mine") == 0
    assert k.ram.bytes[k.zero_page : k.zero_page + 4] == bytes(4)


def test_shared_memory_outlives_its_pages_in_a_page_table(k: Kernel) -> None:
    mm = k.shell_task.mm
    mm.map(BASE, PAGE_SIZE, R | W, MAP_SHARED, inode=SharedMemory(k.fs.shm_mnt, PAGE_SIZE, 0))
    copy_to_user(k, BASE, b"kept")
    mm.zap(BASE, BASE + PAGE_SIZE)
    assert copy_from_user(k, BASE, 4) == b"kept"


def test_a_file_that_is_truncated_takes_its_pages_away_from_who_maps_it() -> None:
    k = boot("course")

    def call(nr: int, *args: int | bytes) -> int:
        made = run_stub(k, nr, list(args)).call
        assert made is not None
        assert made.ret is not None
        return made.ret

    fd = call(2, b"/tmp/f", O_CREAT | O_RDWR, 0o644)
    assert call(1, fd, b"text", 4) == 4
    assert call(9, BASE, PAGE_SIZE, R | W, MAP_PRIVATE | MAP_FIXED, fd, 0) == BASE
    assert copy_to_user(k, BASE, b"TEXT") == 0
    assert call(2, b"/tmp/f", O_TRUNC | O_RDWR, 0) == fd + 1
    assert handle_mm_fault(k, k.shell_task.mm, BASE, READ) == (SIGBUS, BUS_ADRERR)


def test_the_stack_grows_down_to_where_it_is_touched(k: Kernel) -> None:
    k.shell_task.mm.map(BASE + 32 * PAGE_SIZE, PAGE_SIZE, R | W, PA | MAP_GROWSDOWN)
    told = touch(k, BASE + 30 * PAGE_SIZE, WRITE)
    assert told is not None
    assert (told["cause"], told["cost_ns"]) == ("stack_growth", 700)


def test_a_program_counts_its_own_faults_and_user_code_copies_on_write() -> None:
    k = boot("course")
    new_shell_task(k)
    # mov al, [DATA]; mov byte ptr [DATA], 7; xor edi, edi; mov dil, [DATA]; exit
    code = bytes.fromhex("8a042500005000 c6042500005000 07 31ff 408a3c2500005000") + EXIT
    segments = [Segment(TEXT, code, len(code), "r-x"), Segment(DATA, b"", PAGE_SIZE, "rw-")]
    task, tracer = load_program(k, segments, TEXT, "prog", ["prog"]), Tracer(wants_events=True)
    before = task.min_flt
    assert ending(run_program(k, task, tracer=tracer)) == "exit 7"
    told = [(e.address, e.values["cause"], e.values["ip"]) for e in tracer.events if e.step == "fault"]
    assert told == [(DATA, "zero_page", TEXT), (DATA, "copy_on_write", TEXT + 7)]
    assert (task.min_flt - before, task.maj_flt) == (2, 0)
