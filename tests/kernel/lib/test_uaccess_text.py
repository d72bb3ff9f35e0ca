"""get_user, put_user and the copies as machine code in ring 0, and that the copies in Python do what they do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kshell.abi.errno import EFAULT
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.lib.copy_user import SHORT
from kshell.kernel.mm import extable, uaccess
from kshell.machine.disassembler import disassemble
from tests.kernel.lib.uaccess_lab import AC, UaccessLab
from tests.kernel.machine_code_lab import DATA, EPILOGUE, PROLOGUE, h, mov_rax

PAGE = 4096
BASE = 0x3000_0000
AREA = 4 * PAGE
BAD = -EFAULT & 0xFFFF_FFFF_FFFF_FFFF
RELEASES = pytest.mark.parametrize("release", ["course", "6.19"])
OPTIONS = pytest.mark.parametrize("cmdline", ["", "nosmap"])


def lab_with_area(release: str, cmdline: str = "") -> UaccessLab:
    lab = UaccessLab(release, cmdline)
    lab.k.shell_task.mm.map(BASE, AREA, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    return lab


@RELEASES
@OPTIONS
@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_a_number_goes_out_and_comes_in_with_its_size_over_the_end_of_a_page(
    release: str, cmdline: str, size: int
) -> None:
    lab = lab_with_area(release, cmdline)
    at, value = BASE + PAGE - size // 2, 0x8877_6655_4433_2211
    assert lab.put_user(size, value, at) == 0
    assert lab.get_user(size, at) == (0, value & (1 << 8 * size) - 1)
    assert uaccess.copy_from_user(lab.k, at, 8) == value.to_bytes(8, "little")[:size] + bytes(8 - size)


@RELEASES
@OPTIONS
@pytest.mark.parametrize("address", [0, 1, BASE - 1, BASE + AREA, TASK_SIZE_MAX, 1 << 47, 0xFFFFFFFF82000000, -1])
def test_a_bad_pointer_is_EFAULT_and_nothing_dies(release: str, cmdline: str, address: int) -> None:
    lab = lab_with_area(release, cmdline)
    size = 2 if address == BASE - 1 else 1
    assert lab.get_user(size, address) == (BAD, 0)
    assert lab.put_user(size, 0x55, address) == BAD
    assert lab.get_user(1, BASE) == (0, 0)
    assert lab.k.oopses == 0


@RELEASES
def test_smap_is_back_when_the_routine_returns(release: str) -> None:
    lab = lab_with_area(release)
    for address in (BASE, 1):
        moved = lab.call("__get_user_1", rax=address)
        assert moved is not None
        assert not moved.flags & AC
    assert lab.dies(mov_rax(BASE) + h("8a00 c3"))  # mov al, [rax]
    assert "supervisor" in str(lab.log()) or "unable to handle" in str(lab.log())


@RELEASES
def test_a_module_may_lift_smap_itself_and_a_page_of_the_users_is_closed_again_afterwards(release: str) -> None:
    lab = lab_with_area(release)
    uaccess.copy_to_user(lab.k, BASE, b"\x2a")
    assert lab.ret(mov_rax(BASE) + h("0f01cb 0fb600 0f01ca c3")) == 0x2A  # stac; movzx eax, [rax]; clac
    assert lab.ret(mov_rax(BASE + PAGE) + h("0f01cb 0fb600 0f01ca c3")) == 0  # brought in
    again = mov_rax(BASE) + h("0f01cb 8a08 0f01ca 0fb600 c3")  # behind clac: mov eax, [rax]
    assert lab.dies(again)
    assert lab.k.oopses == 1


@RELEASES
def test_smap_that_a_call_left_lifted_is_on_in_the_next(release: str) -> None:
    lab = lab_with_area(release)
    assert lab.ret(mov_rax(BASE) + h("0f01cb 0fb600 c3")) == 0
    assert lab.dies(mov_rax(BASE) + h("0fb600 c3"))


@RELEASES
def test_with_nosmap_stac_and_clac_are_patched_away(release: str) -> None:
    for cmdline, there in (("", True), ("nosmap", False)):
        lab = UaccessLab(release, cmdline)
        code = lab.k.memory.read(lab.address("__get_user_1"), 0x30)
        texts = [each.text for each in disassemble(code, 0)]
        assert ("stac" in texts) is there
        assert ("nop dword ptr [rax]" in texts) is not there


@RELEASES
def test_with_nosmap_a_page_that_is_mapped_and_not_there_is_brought_in(release: str) -> None:
    lab = lab_with_area(release, "nosmap")
    assert lab.ret(mov_rax(BASE) + h("0fb600 c3")) == 0
    assert lab.dies(mov_rax(BASE + AREA) + h("0fb600 c3"))


@RELEASES
def test_with_nosmap_a_body_in_python_brings_pages_in_too(release: str) -> None:
    lab = lab_with_area(release, "nosmap")
    memset = h("48bf") + mov_rax(BASE)[2:] + h("be2a000000 ba04000000") + mov_rax(lab.address("memset"))
    assert lab.ret(PROLOGUE + memset + h("ffd0") + EPILOGUE) == BASE
    assert uaccess.copy_from_user(lab.k, BASE, 5) == b"****\0"
    closed = lab_with_area(release)
    assert closed.dies(PROLOGUE + memset + h("ffd0") + EPILOGUE)


@RELEASES
def test_what_could_not_be_copied_in_is_zeros(release: str) -> None:
    lab = lab_with_area(release)
    uaccess.copy_to_user(lab.k, BASE + AREA - 3, b"abc")
    assert lab.copy_from_user(BASE + AREA - 3, 5) == (2, b"abc\0\0")
    assert lab.copy_from_user(0xFFFFFFFF81000000, 5) == (5, bytes(5))


@RELEASES
@pytest.mark.parametrize("size", [1, 8, 60, 64, 200])
def test_clear_user_says_how_much_it_left(release: str, size: int) -> None:
    lab = lab_with_area(release)
    uaccess.copy_to_user(lab.k, BASE, b"\xff" * AREA)
    assert lab.clear_user(BASE + 3, size) == 0
    assert uaccess.copy_from_user(lab.k, BASE, size + 6) == b"\xff" * 3 + bytes(size) + b"\xff" * 3
    by_words = 8 + size % 8 if release == "course" else 8  # 4.19 does not go back to the bytes of a word
    assert lab.clear_user(BASE + AREA - size, size + 8) == by_words
    assert lab.clear_user(TASK_SIZE_MAX, 1) == 1


# The fast path.


def faults_of(lab: UaccessLab, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every fault on a user page that the kernel handles from here on: (address, access)."""
    from kshell.kernel.entry import kernel_fault

    seen: list[tuple[Any, ...]] = []
    for module in (kernel_fault, uaccess):
        handle = module.handle_mm_fault

        def watch(k: Any, mm: Any, address: int, access: int, *more: Any, handle: Any = handle) -> Any:
            seen.append((address, access, *more))
            return handle(k, mm, address, access, *more)

        monkeypatch.setattr(module, "handle_mm_fault", watch)
    return seen


Layout = tuple[list[int], list[bool], int, int]
layouts = st.tuples(
    st.lists(st.sampled_from([0, 1, 3]), min_size=4, max_size=4),  # protections
    st.lists(st.booleans(), min_size=4, max_size=4),  # which pages are there already
    st.one_of(st.integers(0, AREA - 1), st.sampled_from([PAGE - 4, PAGE - 1, PAGE, 2 * PAGE - 61, 3 * PAGE - 64])),
    st.one_of(st.integers(0, 140), st.integers(0, 3 * PAGE)),
)


def prepare(lab: UaccessLab, layout: Layout) -> None:
    protections, present, _, _ = layout
    mm = lab.k.shell_task.mm
    mm.unmap(BASE, AREA)
    mm.map(BASE, AREA, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    for at in range(4):
        if present[at]:
            uaccess.copy_to_user(lab.k, BASE + at * PAGE, bytes([at + 1]) * PAGE)
        if protections[at] != 3:
            mm.protect(BASE + at * PAGE, PAGE, protections[at])


def contents(lab: UaccessLab) -> list[bytes]:
    mm, ram = lab.k.shell_task.mm, lab.k.ram.bytes
    frames = [mm.pages.entry(BASE + at * PAGE) & 0x000F_FFFF_FFFF_F000 for at in range(4)]
    return [bytes(ram[frame : frame + PAGE]) if frame else b"" for frame in frames]


LABS: dict[str, UaccessLab] = {}


def shared(release: str) -> UaccessLab:
    return LABS.setdefault(release, lab_with_area(release))


@RELEASES
@settings(max_examples=60, deadline=None)
@given(layout=layouts)
def test_a_copy_in_python_is_what_the_machine_code_does_fault_by_fault(release: str, layout: Layout) -> None:
    lab, (_, _, offset, size) = shared(release), layout
    data = bytes(n % 251 for n in range(size))
    results = []
    for by_machine in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            prepare(lab, layout)
            faults = faults_of(lab, patch)
            if by_machine:
                moved = lab.copy_from_user(BASE + offset, size)
                assert moved is not None
                copied = (moved[0], moved[1][: size - moved[0]])
            else:
                found = uaccess.copy_from_user(lab.k, BASE + offset, size)
                copied = (size - len(found), found)
            first = list(faults)
            left = (
                lab.copy_to_user(BASE + offset, data)
                if by_machine
                else uaccess.copy_to_user(lab.k, BASE + offset, data)
            )
            results.append((copied, first, left, list(faults), contents(lab)))
    assert results[0] == results[1]


def test_both_copies_of_a_release_agree_on_what_is_short() -> None:
    assert uaccess.SHORT == SHORT


# The table.


@RELEASES
def test_the_search_looks_at_few_rows_and_finds_each_entry(release: str) -> None:
    k = shared(release).k
    table = extable.kernel_table(k)
    for row, entry in enumerate(extable.entries(k)):
        looks = list(extable.looks(k, table, entry.insn))
        assert looks[-1] == (row, entry, 0)
        assert len(looks) <= table.size.bit_length()
        assert all(look.side for look in looks[:-1])
    assert not [look for look in extable.looks(k, table, DATA) if look.side == 0]
