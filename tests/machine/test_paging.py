"""Page tables, against a dictionary."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kshell.machine.paging import NX, PRESENT, USER, USER_END, WRITABLE, PageTable, is_canonical, pages
from kshell.machine.ram import PAGE_SIZE, Ram

FLAGS = PRESENT | WRITABLE | USER
PLACES = st.sampled_from([0, 0x1000, 0x40_1000, 0x1FF000, 0x20_0000, 0x4000_0000, 0x7FFF_FFFF_E000, 0x80_0000_0000])


def test_canonical_addresses_are_those_of_48_bits_with_a_sign() -> None:
    assert [is_canonical(a) for a in (0, (1 << 47) - 1, 1 << 47, (1 << 64) - (1 << 47) - 1, 0xFFFF800000000000)] == [
        *(True, True, False, False, True)
    ]


@given(st.lists(st.tuples(st.booleans(), PLACES), max_size=40), PLACES, PLACES)
def test_a_table_holds_what_was_put_into_it(steps: list[tuple[bool, int]], start: int, end: int) -> None:
    ram = Ram(1 << 20)
    table, model = PageTable(ram), dict[int, int]()
    used = ram.frames_used
    for is_map, address in steps:
        if is_map and address not in model:
            model[address] = ram.alloc_frame() | FLAGS
            table.set_entry(address, model[address])
        elif not is_map:
            table.clear_user(address, address + PAGE_SIZE)
            model.pop(address, None)
    assert dict(table.user_pages()) == model
    assert [*table.user_pages(start, end)] == sorted((a, e) for a, e in model.items() if start <= a < end)
    assert all(table.entry(address) == entry for address, entry in model.items())
    assert table.entry(0x1234_5000) == 0
    table.clear_user()
    assert ram.frames_used == used
    table.destroy()
    assert ram.frames_used == used - 1


def test_the_walk_shows_each_level_down_to_the_one_that_is_missing() -> None:
    ram = Ram(1 << 20)
    table = PageTable(ram)
    assert table.levels(0x40_1000) == [0]
    table.set_entry(0x40_1000, 0x9000 | FLAGS | NX)
    assert table.levels(0x40_1000)[3] == 0x9000 | FLAGS | NX
    assert len(table.levels(0x40_1000)) == 4
    assert table.levels(0x40_2000)[3] == 0
    assert len(table.levels(0x4000_0000)) == 2


def test_the_kernels_half_is_shared_even_when_it_is_mapped_later() -> None:
    ram = Ram(1 << 20)
    kernel = PageTable(ram)
    kernel.reserve_top_level(0xFFFF_FFFF_8100_0000)
    space = PageTable(ram, kernel)
    kernel.set_entry(0xFFFF_FFFF_C000_0000, 0x5000 | PRESENT)
    assert space.entry(0xFFFF_FFFF_C000_0000) == 0x5000 | PRESENT
    space.set_entry(0x1000, ram.alloc_frame() | FLAGS)
    assert kernel.entry(0x1000) == 0
    space.destroy()
    assert kernel.entry(0xFFFF_FFFF_C000_0000) == 0x5000 | PRESENT


def test_pages_are_those_that_a_range_touches() -> None:
    assert list(pages(0x1FFF, 2)) == [0x1000, 0x2000]
    assert list(pages(0x1000, PAGE_SIZE)) == [0x1000]
    assert USER_END == 1 << 47
