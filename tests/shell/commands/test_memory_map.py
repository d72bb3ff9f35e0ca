"""vmmap, pt and swapout: what is mapped, what is there, and where the page tables say that it is."""

from __future__ import annotations

import pytest

from kshell.machine.paging import FRAME_MASK
from kshell.shell.views.view import plain
from tests.shell.lab import Lab

PLACE = 0x1000_0000
PAGES = 32
MAPPED = f"syscall mmap {PLACE:#x} {PAGES * 4096} 3 MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED -1 0"


def fill(lab: Lab, page: int, count: int = 1) -> None:
    """Have the kernel write to pages of the mapping."""
    lab.json(f"syscall getrandom {PLACE + 4096 * page:#x} {4096 * (count - 1) + 8} 0")


def area(lab: Lab, start: int = PLACE) -> dict[str, object]:
    (found,) = [area for area in lab.json("vmmap")["areas"] if area["start"] == f"{start:#x}"]
    return dict(found)


def test_an_area_is_shown_with_the_pages_that_are_there(lab: Lab) -> None:
    lab.json(MAPPED)
    fill(lab, 1, 2)
    lab.json(f"syscall write 2 {PLACE + 8 * 4096:#x} 1")
    lab.json(f"swapout {PLACE + 4096:#x}")
    found = area(lab)
    assert (found["perms"], found["kind"], found["resident"], found["swapped"]) == ("rw-p", "anonymous", 2, 1)
    states = [(int(page["address"], 16) - PLACE >> 12, page["state"]) for page in found["pages"]]  # type: ignore[attr-defined]
    assert states == [(1, "swap"), (2, "ram"), (8, "zero")]
    (line,) = [line for line in lab.result("vmmap").view.text(120).split("\n") if line.startswith(f"{PLACE:012x}")]
    assert line.endswith("anonymous         2/32 .s#.....z.......................")


def test_a_bar_has_no_more_cells_than_there_is_room(lab: Lab) -> None:
    for width in (20, 40, 80, 160):
        lines = lab.result("vmmap").view.text(width).split("\n")
        bars = [line.split()[-1] for line in lines if set(line.split()[-1]) <= set("#+.szc-")]
        assert len(bars) == 6
        assert max(len(bar) for bar in bars) <= max(min(width - 2, 64), 10)


def test_a_cell_stands_for_several_pages_and_says_which_are_there(lab: Lab) -> None:
    lab.json(f"syscall mmap {PLACE:#x} {128 * 4096} 3 MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED -1 0")
    fill(lab, 0, 2)
    fill(lab, 4)
    (line,) = [line for line in lab.result("vmmap").view.text(160).split("\n") if line.startswith(f"{PLACE:012x}")]
    assert line.split()[-1] == "#.+" + "." * 61


def test_the_gap_below_the_stack_is_shown_and_not_counted(lab: Lab) -> None:
    found = lab.json("vmmap")
    (gap,) = [area for area in found["areas"] if area["kind"] == "guard gap"]
    assert (gap["size"], gap["perms"]) == (1 << 20, "----")
    assert gap["end"] == area(lab, 0x7FFF_FFFD_E000)["start"]
    assert found["total"] == 1 + 4096 + 33 + 3 + 2  # the last are the vDSO's


@pytest.mark.parametrize(
    ("boot", "perms", "pages"),
    [
        ("boot 4.19", "r-xp", [{"address": "0xffffffffff600000", "state": "ram"}]),
        ("boot 6.19", "--xp", []),
        ("boot 6.19 vsyscall=none", "", []),
    ],
)
def test_the_vsyscall_page_stands_last_as_in_maps_and_is_not_counted(
    lab: Lab, boot: str, perms: str, pages: list[dict[str, str]]
) -> None:
    lab.json(boot)
    found = lab.json("vmmap")
    shown = [area for area in found["areas"] if area["kind"] == "vsyscall"]
    assert [(area["name"], area["perms"], area["pages"]) for area in shown] == (
        [("[vsyscall]", perms, pages)] if perms else []
    )
    assert ("[vsyscall]" in lab.text("cat /proc/77/maps")) == bool(shown)
    assert shown == found["areas"][len(found["areas"]) - len(shown) :]
    counted = [area["size"] for area in found["areas"] if area["kind"] not in ("guard gap", "vsyscall")]
    assert found["total"] == sum(counted) >> 12


def test_vmmap_takes_the_number_of_a_task(lab: Lab) -> None:
    assert lab.json("vmmap 77") == lab.json("vmmap")
    assert lab.error("vmmap 5")["because"] == "the tasks of this machine are: 77"
    assert lab.error("vmmap 77 78")["what"] == "vmmap: one task at a time"


def test_pt_shows_the_entries_that_stand_in_ram(lab: Lab) -> None:
    lab.json(MAPPED)
    fill(lab, 0)
    found = lab.json(f"pt {PLACE + 5:#x}")
    assert [level["level"] for level in found["levels"]] == ["PGD", "PUD", "PMD", "PTE"]
    assert [level["index"] for level in found["levels"]] == [0, 0, PLACE >> 21, 0]
    for level in found["levels"]:
        assert lab.json(f"x/gx phys:{level['at']}")["rows"][0]["values"] == [f"0x{int(level['value'], 16):016x}"]
    last = found["levels"][-1]
    assert last["flags"] == ["P", "W", "U", "A", "D", "NX"]
    frame = int(last["value"], 16) & FRAME_MASK
    assert found["what"] == f"it is at {frame + 5:#x} in RAM: user code may read and write it"


@pytest.mark.parametrize(
    ("address", "levels", "what"),
    [
        ("0x8000000000000000", 0, "it is no address: bits 48 to 63 must repeat bit 47"),
        ("0xffffc00000000000", 1, "the PGD is empty: nothing is there within 512 GiB. For the kernel that is an oops"),
        ("0", 1, "the PGD is empty: nothing is there within 512 GiB, and no area is mapped there"),
        ("sys_call_table", 4, "in RAM: the kernel alone may read it"),
        ("__x64_sys_getpid", 4, "in RAM: the kernel alone may read and execute it"),
        (f"{PLACE + 4096:#x}", 4, "An area is mapped there (vmmap): touching it is a page fault"),
        (f"{PLACE + 2 * 4096:#x}", 4, "it is the shared zero page"),
        (f"{PLACE + 3 * 4096:#x}", 4, "the page is in swap, in slot 1"),
        (f"{PLACE + 4 * 4096:#x}", 4, "mprotect() has closed it (PROT_NONE)"),
    ],
)
def test_pt_says_what_the_walk_comes_to(lab: Lab, address: str, levels: int, what: str) -> None:
    if address.startswith("0x1000"):
        lab.json(MAPPED)
        fill(lab, 3, 2)
        lab.json(f"syscall write 2 {PLACE + 2 * 4096:#x} 1")
        lab.json(f"swapout {PLACE + 3 * 4096:#x}")
        lab.json(f"syscall mprotect {PLACE + 4 * 4096:#x} 4096 PROT_NONE")
    found = lab.json(f"pt {address}")
    assert len(found["levels"]) == levels
    assert what in found["what"]


def test_a_page_in_swap_comes_back_with_its_content_by_a_major_fault(lab: Lab) -> None:
    lab.json(MAPPED)
    fill(lab, 0)
    k = lab.session.kernel
    data, used = lab.json(f"x/32bx {PLACE:#x}")["rows"], k.ram.frames_used
    assert lab.json(f"swapout {PLACE + 7:#x}") == {"address": f"{PLACE:#x}", "slot": 1}
    assert (k.ram.frames_used, k.swap.used) == (used - 1, 1)
    assert lab.json(f"x/32bx {PLACE:#x}")["rows"] == data  # who only looks leaves it there
    hops = lab.json(f"trace syscall write 2 {PLACE:#x} 1")["hops"]
    (fault,) = [hop for hop in hops if hop["step"] == "fault"]
    assert fault["values"]["cause"] == "swap_in"
    assert fault["text"].startswith(f"#PF at {PLACE:#x}: read, kernel mode, not present  ")
    assert fault["text"].endswith("  back from swap, 90,000 ns, major")
    assert (k.swap.used, k.shell_task.maj_flt) == (0, 1)
    assert lab.json(f"x/32bx {PLACE:#x}")["rows"] == data


def test_what_does_not_go_to_swap_is_told_with_its_reason(lab: Lab) -> None:
    lab.json(MAPPED)
    lab.json(f"syscall write 2 {PLACE:#x} 1")
    fill(lab, 1)
    lab.json(f"swapout {PLACE + 4096:#x}")
    reasons = {
        f"{PLACE:#x}": "it is the shared zero page, of which nothing is worth keeping",
        f"{PLACE + 4096:#x}": "it is there already",
        f"{PLACE + 8192:#x}": "the page is not in RAM: nobody has touched it yet",
        "5": "nothing is mapped there",
        "sys_call_table": "it is no user address",
    }
    for address, because in reasons.items():
        assert lab.error(f"swapout {address}")["because"] == because


def test_a_way_back_brings_a_page_back_from_swap(lab: Lab) -> None:
    lab.json(MAPPED)
    fill(lab, 0)
    lab.json(f"swapout {PLACE:#x}")
    lab.json("back")
    assert area(lab)["swapped"] == 0


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("pt", "pt: which address?"),
        ("pt 1 2", "pt: one address at a time"),
        ("pt phys:0", "pt: that is a physical address"),
        ("swapout", "swapout: which address?"),
        ("swapout 1 2", "swapout: one address at a time"),
    ],
)
def test_pt_and_swapout_take_one_virtual_address(lab: Lab, line: str, what: str) -> None:
    assert lab.error(line)["what"] == what


@pytest.mark.parametrize("width", [80, 40, 20])
def test_the_legend_fits_the_screen(lab: Lab, width: int) -> None:
    lines = [plain(line) for line in lab.result("vmmap").view.lines(width)]
    legend = lines[next(at for at, line in enumerate(lines) if line.startswith("# in RAM")) :]
    assert max(map(len, legend)) <= width
    assert " ".join(legend).endswith("- there and closed, . not there")
