"""The MMU: who may do what to a page, and what user code would read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.core.layout import KERNEL_TEXT
from kshell.kernel.kernel import Kernel
from kshell.machine.mmu import Mmu
from kshell.machine.paging import FETCH, NX, PRESENT, READ, USER, WRITABLE, WRITE, Protection
from kshell.machine.ram import OutOfMemory
from tests.kernel.lab import DATA, EXIT, ending, run

PAGE, BASE = 4096, 0x3000_0000


@pytest.fixture
def k() -> Kernel:
    return boot("course")


@pytest.fixture
def mmu(k: Kernel) -> Iterator[Mmu]:
    protection = k.cpu.mmu.protection
    k.shell_task.mm.map(BASE, 2 * PAGE, 3, 0x22)
    k.cpu.mmu.reopen()
    yield k.cpu.mmu
    k.cpu.mmu.ring, k.cpu.mmu.protection = 3, protection


@pytest.mark.parametrize(
    ("pte", "allowed"),
    [
        (0, ""),
        (USER | WRITABLE, ""),
        (PRESENT, "k"),
        (PRESENT | WRITABLE | NX, "k"),
        (PRESENT | USER | NX, "r"),
        (PRESENT | USER | WRITABLE | NX, "rw"),
        (PRESENT | USER, "rx"),
        (PRESENT | USER | WRITABLE, "rwx"),
    ],
)
def test_what_ring_3_may_do_is_what_the_entry_says(mmu: Mmu, pte: int, allowed: str) -> None:
    assert [mmu.allows(pte, access) for access in (READ, WRITE, FETCH)] == [c in allowed for c in "rwx"]
    mmu.ring = 0
    assert mmu.allows(pte, READ) == (allowed == "k")
    assert mmu.allows(pte, FETCH) == (pte == PRESENT)
    assert mmu.allows(pte, WRITE) == (allowed == "k" and bool(pte & WRITABLE))


def test_without_smap_smep_and_write_protection_ring_0_may_do_more(mmu: Mmu) -> None:
    mmu.ring, mmu.protection = 0, Protection()
    mmu.protection.smap = False
    assert mmu.allows(PRESENT | USER, READ)
    assert not mmu.allows(PRESENT | USER, WRITE)
    assert not mmu.allows(PRESENT | USER, FETCH)
    mmu.protection.smep = mmu.protection.write_protect = False
    assert mmu.allows(PRESENT | USER, FETCH)
    assert not mmu.allows(PRESENT | USER | NX, FETCH)
    assert mmu.allows(PRESENT, WRITE)
    assert not mmu.allows(WRITABLE, WRITE)


def test_user_bytes_are_read_across_pages_and_end_where_user_code_could_not_read(k: Kernel, mmu: Mmu) -> None:
    assert mmu.read_user(BASE + PAGE - 2, 4) == bytes(4)  # both pages were brought in
    assert len([page for page in k.shell_task.mm.resident() if page >= BASE and page < BASE + 2 * PAGE]) == 2
    assert mmu.read_user(BASE + 2 * PAGE - 3, 10) == bytes(3)
    for address in (0, KERNEL_TEXT, 1 << 47, (1 << 64) - 1):
        assert mmu.read_user(address, 4) == b""


def test_a_closed_mmu_asks_the_kernel_for_nothing(k: Kernel, mmu: Mmu) -> None:
    mmu.closed = True
    frames = k.ram.frames_used
    assert mmu.read_user(BASE, 4) == b""
    assert k.ram.frames_used == frames
    mmu.reopen()
    assert mmu.read_user(BASE, 4) == bytes(4)


def test_what_the_kernel_raises_in_a_page_fault_comes_out_of_the_run(k: Kernel) -> None:
    real = k.cpu.mmu.on_page_fault

    def broken(address: int, access: int) -> bool:
        if address >> 12 == DATA >> 12:
            raise OutOfMemory("of the test")
        return real(address, access)

    k.cpu.mmu.on_page_fault = broken
    touch = bytes.fromhex("c6042500005000 01 31ff") + EXIT
    with pytest.raises(OutOfMemory, match="of the test"):
        run(k, touch)
    k.cpu.mmu.on_page_fault = real
    assert ending(run(k, touch)) == "exit 0"


def test_memory_in_one_piece_ends_where_the_next_frame_or_kind_of_page_is_another(k: Kernel, mmu: Mmu) -> None:
    space, pages, frame = k.shell_task.mm.pages, BASE + (1 << 21) - 3 * PAGE, k.ram.alloc_frame()
    kind = PRESENT | USER | NX
    following = [frame | kind, frame + PAGE | kind, frame + 2 * PAGE | kind]
    for changed, expected in (
        (following, 3 * PAGE - 8),  # to the end of the table
        ([*following[:2], frame + 3 * PAGE | kind], 2 * PAGE - 8),
        ([following[0], following[1] & ~NX, following[2]], PAGE - 8),
        ([following[0], 0, following[2]], PAGE - 8),
        ([0, *following[1:]], 0),
    ):
        for at, entry in enumerate(changed):
            space.set_entry(pages + at * PAGE, entry)
        assert mmu.run(pages + 8, 4 * PAGE, PRESENT)[1] == expected
        assert mmu.run(pages + 8, 100, PRESENT)[1] == min(expected, 100)
        assert mmu.run(pages + 8, 100, PRESENT | WRITABLE) == (0, 0)
    space.set_entry(pages, following[0])
    assert mmu.run(pages + 8, 100, PRESENT)[0] == frame + 8
    for at in range(3):
        space.set_entry(pages + at * PAGE, 0)
