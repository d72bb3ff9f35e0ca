"""User memory by itself: what is mapped, what is filled in, and that nothing is left behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kshell.abi.errno import EFAULT
from kshell.abi.mman import MAP_ANONYMOUS, MAP_GROWSDOWN, MAP_PRIVATE, MAP_SHARED
from kshell.abi.signal import BUS_ADRERR, SIGBUS, SIGKILL
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program, new_shell_task, run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fault import handle_mm_fault
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.task.binfmt import Segment as Part
from kshell.kernel.task.task import do_exit, release_task
from kshell.machine.paging import READ
from kshell.machine.ram import PAGE_SIZE
from tests.kernel.lab import DATA, EXIT, TEXT, ending, run

BASE = 0x2000_0000
PAGES = 12
PA = MAP_PRIVATE | MAP_ANONYMOUS
R, W, X = 1, 2, 4
NUMBERS = {"open": 2, "mmap": 9, "mprotect": 10, "munmap": 11, "pread64": 17}


@pytest.fixture(scope="module")
def k() -> Kernel:
    return boot("course")


def page(number: int) -> int:
    return BASE + number * PAGE_SIZE


class AgainstADictionary(RuleBasedStateMachine):
    """The model: a dictionary from page to [protection, bytes]."""

    kernel = boot("course")
    pages = st.integers(0, PAGES - 1)
    lengths = st.integers(1, 5)
    protections = st.sampled_from([0, R, R | W, W, X, R | X, R | W | X])

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, tuple[int, bytearray]] = {}
        self.mm = self.kernel.shell_task.mm
        self.mm.unmap(BASE, 2 * PAGES * PAGE_SIZE)

    @rule(start=pages, count=lengths, prot=protections)
    def map(self, start: int, count: int, prot: int) -> None:
        assert self.mm.map(page(start), count * PAGE_SIZE, prot, PA) == page(start)
        self.model.update({n: (prot, bytearray(PAGE_SIZE)) for n in range(start, start + count)})

    @rule(start=pages, count=lengths)
    def unmap(self, start: int, count: int) -> None:
        assert self.mm.unmap(page(start), count * PAGE_SIZE) == 0
        for number in range(start, start + count):
            self.model.pop(number, None)

    @rule(start=pages, count=lengths, prot=protections)
    def protect(self, start: int, count: int, prot: int) -> None:
        result = self.mm.protect(page(start), count * PAGE_SIZE, prot)
        for number in range(start, start + count):
            if number not in self.model:
                assert result == -12
                return
            self.model[number] = prot, self.model[number][1]
        assert result == 0

    @rule(
        start=pages, offset=st.integers(0, PAGE_SIZE - 1), size=st.integers(1, 3 * PAGE_SIZE), byte=st.integers(1, 255)
    )
    def write(self, start: int, offset: int, size: int, byte: int) -> None:
        left = copy_to_user(self.kernel, page(start) + offset, bytes([byte]) * size)
        done = 0
        while done < size:
            number, at = divmod(start * PAGE_SIZE + offset + done, PAGE_SIZE)
            prot, content = self.model.get(number, (0, bytearray()))
            if not prot & W:
                break
            length = min(size - done, PAGE_SIZE - at)
            content[at : at + length] = bytes([byte]) * length
            done += length
        assert left == size - done

    @rule(start=pages, offset=st.integers(0, PAGE_SIZE - 1), size=st.integers(1, 3 * PAGE_SIZE))
    def read(self, start: int, offset: int, size: int) -> None:
        expected = b""
        while len(expected) < size:
            number, at = divmod(start * PAGE_SIZE + offset + len(expected), PAGE_SIZE)
            prot, content = self.model.get(number, (0, bytearray()))
            if not prot:
                break
            expected += content[at : at + min(size - len(expected), PAGE_SIZE - at)]
        assert copy_from_user(self.kernel, page(start) + offset, size) == expected

    @invariant()
    def mappings_are_sorted_and_apart(self) -> None:
        ends = [(vma.start, vma.end) for vma in self.mm.vmas]
        assert all(start < end for start, end in ends)
        assert all(a[1] <= b[0] for a, b in pairwise(ends))
        mapped = {n for n in range(2 * PAGES) if self.mm.vmas.find(page(n)) is not None}
        assert mapped == set(self.model)
        joined = pairwise(self.mm.vmas)
        assert not any(a.joins(b) for a, b in joined)

    def teardown(self) -> None:
        used = self.kernel.ram.frames_used
        self.mm.unmap(BASE, 2 * PAGES * PAGE_SIZE)
        resident = {address for address in self.mm.resident() if BASE <= address < page(2 * PAGES)}
        assert not resident
        assert self.kernel.ram.frames_used <= used


AgainstADictionary.TestCase.settings = settings(max_examples=30, stateful_step_count=30)
TestAgainstADictionary = AgainstADictionary.TestCase


def test_a_thousand_tasks_leave_no_frame_behind(k: Kernel) -> None:
    run(k, EXIT)
    before = k.ram.frames_used
    for _ in range(1000):
        task = load_program(
            k, [Part(TEXT, EXIT, 8192, "r-x"), Part(DATA, b"x" * 5000, 20_000, "rw-")], TEXT, "p", ["p"]
        )
        do_exit(k, task, 0)
        release_task(k, task)
        k.switch_to(k.shell_task)
    assert k.ram.frames_used == before


def test_programs_that_map_and_unmap_leave_no_frame_behind(k: Kernel) -> None:
    # r12 pages of 2 MiB distance: mmap fixed, touch, munmap
    code = bytes.fromhex("41bc00000030 41bd00020000") + bytes.fromhex(
        "4c89e7 be00100000 ba03000000 41ba32000000 4983c8ff 4531c9 b809000000 0f05"  # mmap
        "c60001 4889c7 be00100000 b80b000000 0f05"  # touch, munmap
        "4981c400002000 41ffcd 75c1"
    )
    before = k.ram.frames_used
    assert ending(run(k, code + EXIT)) != "killed"
    assert k.ram.frames_used == before


def test_page_tables_go_when_their_last_page_is_unmapped(k: Kernel) -> None:
    mm = k.shell_task.mm
    before = k.ram.frames_used
    for number in range(100):
        at = 0x1000_0000_0000 + (number << 30)
        assert mm.map(at, PAGE_SIZE, R | W, PA) == at
        assert copy_to_user(k, at, b"x") == 0
        assert mm.unmap(at, PAGE_SIZE) == 0
    assert k.ram.frames_used == before


def test_ram_used_up_is_the_oom_killer_and_the_shell_goes_on() -> None:
    for release, line in (("course", "Out of memory: Kill process"), ("6.19", "Out of memory: Killed process")):
        k = boot(release)
        before = k.ram.frames_used
        touch = bytes.fromhex("bf00005000 c60701 4881c700100000 ebf4")
        parts = [Part(0x600000 + (n << 25), b"", 32 << 20, "rw-") for n in range(3)]
        outcome = run(k, touch, segments=parts)
        assert outcome.signal is not None
        assert (outcome.kind, outcome.signal.signo) == ("killed", SIGKILL)
        assert "memory" in outcome.signal.why
        lines = [record.text for record in k.log.since(0) if line in record.text]
        assert len(lines) == 1
        assert k.ram.frames_used == before
        call = run_stub(k, 39, []).call
        assert call is not None
        assert call.ret == k.shell_task.pid


def test_a_system_call_that_runs_out_of_ram_ends_by_the_oom_killer() -> None:
    k = boot("course", ram_size=4 << 20)
    assert run_stub(k, 9, [BASE, 4 << 20, R | W, PA | 0x10, -1, 0]).outcome.kind == "returned"
    outcome = run_stub(k, 318, [BASE, 4 << 20, 0]).outcome  # getrandom fills it
    assert outcome.signal is not None
    assert outcome.signal.signo == SIGKILL
    assert run_stub(k, 39, []).outcome.kind == "returned"


def test_a_write_to_more_than_all_of_ram_is_refused_when_it_is_mapped(k: Kernel) -> None:
    call = run_stub(k, 9, [0, 1 << 40, R | W, PA, -1, 0]).call
    assert call is not None
    assert call.ret == -12


def test_the_stack_grows_to_eight_megabytes_and_no_further(k: Kernel) -> None:
    loop = bytes.fromhex("50 ebfd")  # push rax; jmp
    outcome = run(k, loop)
    assert outcome.signal is not None
    assert outcome.signal.address == 0x7FFF_FFFF_F000 - (8 << 20) - 8
    assert "stack" in outcome.signal.why


def test_a_mapping_that_grows_down_stops_before_its_neighbour(k: Kernel) -> None:
    mm = k.shell_task.mm
    assert mm.map(0x3000_0000, PAGE_SIZE, R | W, PA) == 0x3000_0000
    assert mm.map(0x3020_0000, PAGE_SIZE, R | W, PA | MAP_GROWSDOWN) == 0x3020_0000
    assert copy_to_user(k, 0x3010_1000, b"x") == 0
    assert copy_to_user(k, 0x3010_0000, b"x") == 1
    mm.unmap(0x3000_0000, 0x40_0000)


def test_a_mapped_file_shows_its_bytes_and_outlives_its_name(k: Kernel) -> None:
    fd = run_stub(k, 2, [b"/tmp/f", 0o102, 0o644]).call
    assert fd is not None
    assert fd.ret is not None
    run_stub(k, 1, [fd.ret, b"hello", 5])
    mapped = run_stub(k, 9, [0x3000_0000, 8192, R | W, MAP_PRIVATE | 0x10, fd.ret, 0]).call
    assert mapped is not None
    assert mapped.ret == 0x3000_0000
    free = k.shell_task.files.get(fd.ret)
    assert free is not None
    inode = free.inode
    run_stub(k, 3, [fd.ret])
    run_stub(k, 87, [b"/tmp/f"])
    assert copy_from_user(k, 0x3000_0000, 4096) == b"hello" + bytes(4091)
    assert copy_from_user(k, 0x3000_1000, 1) == b""
    assert inode.users == 1
    run_stub(k, 11, [0x3000_0000, 8192])
    assert inode.users == 0


def test_a_shared_mapping_without_a_file_is_one_object_as_large_as_itself(k: Kernel) -> None:
    def call(name: str, *args: int | bytes) -> int:
        made = run_stub(k, NUMBERS[name], list(args)).call
        assert made is not None
        assert made.ret is not None
        return made.ret

    begin, free = 0x3000_0000, k.fs.shm_mnt.free_inodes
    zero = call("open", b"/dev/zero", 2, 0)
    for at, size in ((0, 4096), (4096, 4096)):
        assert call("mmap", begin + at, size, R | W, MAP_SHARED | MAP_ANONYMOUS | 0x10, -1, 0) == begin + at
    assert call("mmap", begin + 8192, 8192, R | W, MAP_SHARED | 0x10, zero, 4096) == begin + 8192
    mm = k.shell_task.mm
    assert [(vma.start - begin, vma.end - begin) for vma in mm.vmas if begin <= vma.start < begin + 16384] == [
        *((0, 4096), (4096, 8192), (8192, 16384)),  # none is part of another, as they show different memory
    ]
    # Of /dev/zero the offset counts, and the object ends where the mapping's size says: one page of two is there.
    assert [call("pread64", zero, begin + at, 4096, 0) for at in (0, 4096, 8192, 12288)] == [4096, 4096, 4096, -14]
    assert handle_mm_fault(k, mm, begin + 12288, READ) == (SIGBUS, BUS_ADRERR)
    for prot in (R, R | W):  # parts of one object join again
        assert call("mprotect", begin + 8192, 4096, prot) == 0
    assert sum(begin + 8192 <= vma.start < begin + 16384 for vma in mm.vmas) == 1
    assert call("munmap", begin, 16384) == 0
    assert k.fs.shm_mnt.free_inodes == free


def test_brk_moves_back_and_forth_and_never_answers_an_errno(k: Kernel) -> None:
    new_shell_task(k)

    def brk(to: int) -> int:
        call = run_stub(k, 12, [to]).call
        assert call is not None
        assert call.ret is not None
        return call.ret

    start = brk(0)
    assert brk(start + 100) == start + 100
    assert copy_to_user(k, start + 50, b"x") == 0
    assert brk(start + 5 * PAGE_SIZE + 1) == start + 5 * PAGE_SIZE + 1
    for refused in (1, start - 1, 1 << 47, (1 << 64) - 1, 1 << 63):
        assert brk(refused) == start + 5 * PAGE_SIZE + 1
    assert brk(start) == start
    assert copy_to_user(k, start + 50, b"x") == 1
    assert k.shell_task.mm.map(start + 4 * PAGE_SIZE, PAGE_SIZE, R, PA) > 0
    assert brk(start + 3 * PAGE_SIZE + 1) == start  # a page must stay free between the heap and what is above
    assert brk(start + 3 * PAGE_SIZE) == start + 3 * PAGE_SIZE


def test_a_read_into_a_mapping_without_write_is_EFAULT(k: Kernel) -> None:
    assert k.shell_task.mm.map(BASE, PAGE_SIZE, R, PA) == BASE
    call = run_stub(k, 318, [BASE, 8, 0]).call
    assert call is not None
    assert call.ret == -EFAULT


def lines_of(action: Callable[[], object]) -> int:
    """How many lines of Python an action executes."""
    count = 0

    def traced(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def test_a_mapping_among_thousands_costs_what_one_among_few_does(k: Kernel) -> None:
    mm = new_shell_task(k).mm
    costs = []
    for number in range(6000):
        prot = R if number % 2 else R | W  # neighbours that do not join

        def map_one(prot: int = prot) -> None:
            where = mm.get_unmapped_area(0, PAGE_SIZE, PA)
            assert mm.map(where, PAGE_SIZE, prot, PA) == where

        if number in (100, 5900):
            costs.append(lines_of(map_one))
        else:
            map_one()
    middle = mm.vmas[3000:3001][0].start
    costs.append(lines_of(lambda: mm.vmas.find(middle)))
    costs.append(lines_of(lambda: mm.protect(middle, PAGE_SIZE, R | W | X)))
    costs.append(lines_of(lambda: mm.unmap(middle, PAGE_SIZE)))
    assert costs[0] == costs[1]
    assert max(costs) < 500
