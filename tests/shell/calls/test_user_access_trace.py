"""What a trace shows of a copy that fails: who checked, the fault, the search by halves, the fixup."""

from __future__ import annotations

from array import array

import pytest

from kshell.abi.ptregs import NAMES
from kshell.kernel.boot.start import boot
from kshell.kernel.debug.uaccess_checks import tell_check
from kshell.kernel.trace.event import Event
from kshell.shell.views.view import plain
from tests.shell.lab import Lab

COURSE = """\
        check      vfs_write: access_ok(0x0, 5): yes
        check      _copy_from_user: access_ok(0x0, 5): yes
        fault      #PF at 0x0: read, kernel mode, not present
                     copy_user_enhanced_fast_string+0x44: mov al, [rsi]
                     nothing is mapped there, 600 ns
        search     __ex_table, 17 rows, by halves
                     [ 8] insn < ip    copy_user_enhanced_fast_string+0xe
                     [13] insn > ip    copy_user_handle_tail+0xb
                     [11] insn == ip   copy_user_enhanced_fast_string+0x44
        fixup      regs->ip = copy_user_enhanced_fast_string+0x64
                     ex_handler_default
        fault      #PF at 0x0: read, kernel mode, not present
                     copy_user_handle_tail+0xb: mov al, [rsi]
                     nothing is mapped there, 600 ns
        search     __ex_table, 17 rows, by halves
                     [ 8] insn < ip    copy_user_enhanced_fast_string+0xe
                     [13] insn == ip   copy_user_handle_tail+0xb
        fixup      regs->ip = copy_user_handle_tail+0x25
                     ex_handler_default
        copy       5 of 5 bytes are left
        return     rax <- -14
"""
MODERN = """\
        check      vfs_write: access_ok(0x0, 5): yes
        check      _copy_from_user: 0x0 is not above USER_PTR_MAX
        fault      #PF at 0x0: read, kernel mode, not present
                     _copy_from_user+0x1f: rep movsb [rdi], [rsi]
                     nothing is mapped there, 600 ns
"""


@pytest.mark.parametrize(("release", "slide"), [("course", COURSE), ("6.19", MODERN)])
def test_fault_search_and_fixup_stand_together_in_eighty_columns(release: str, slide: str) -> None:
    (result,) = Lab(release).session.execute("trace syscall write 1 0 5")
    lines = [plain(line) for line in result.view.lines(80)]
    assert slide in "\n".join(lines) + "\n"
    assert max(map(len, lines[lines.index(slide.splitlines()[0]) : -6])) <= 80


def test_a_pointer_into_the_kernel_is_refused_or_moved_and_the_page_was_there() -> None:
    line = "trace syscall write 1 0xffffffff81000000 5"
    refusal = "vfs_write: access_ok(0xffffffff81000000, 5): no  user memory ends at 0x7ffffffff000  the page is there"
    for release in ("course", "6.19"):
        (check,) = [hop for hop in Lab(release).json(line)["hops"] if hop["step"] == "check"]
        assert check["text"].startswith(refusal)
    moved = [hop["text"] for hop in Lab("6.19").json("trace syscall open 0xffffffff81000000 0")["hops"]]
    assert any("0xffffffff81000000 -> 0x7ffffffff000  it was above USER_PTR_MAX" in text for text in moved)


def test_the_rows_of_the_search_are_values_in_json(shared: Lab) -> None:
    hops = [hop for hop in shared.json("trace syscall write 1 0 5")["hops"] if hop["step"] == "search"]
    assert [hop["what"] for hop in hops] == ["table", "row", "row", "row", "table", "row", "row"]
    assert hops[0]["values"] == {"module": None, "rows": 17}
    assert [hop["values"]["side"] for hop in hops if hop["what"] == "row"] == [1, -1, 0, 1, 0]
    assert hops[3]["text"] == "[11] insn == ip   copy_user_enhanced_fast_string+0x44"


@pytest.mark.parametrize(
    ("release", "pointer", "check"),
    [
        ("course", "0x10", "__get_user_1: access_ok(0x10, 1): yes"),
        ("course", "0xffffffff82000000", "__get_user_1: access_ok(0xffffffff82000000, 1): no  user memory ends at"),
    ],
)
def test_the_check_inside_machine_code_is_told_where_a_module_calls_it(release: str, pointer: str, check: str) -> None:
    lab = Lab(release)
    lab.json("modprobe double_fetch")
    hops = lab.json(f"trace syscall test_call {pointer}")["hops"]
    checks = [hop["text"] for hop in hops if hop["step"] == "check"]
    assert len(checks) == 1
    assert checks[0].startswith(check)


def test_a_limit_that_set_fs_moved_stands_beside_the_verdict(lab: Lab) -> None:
    lab.json("modprobe addr_limit mode=1")
    hops = lab.json("trace syscall test_call 0")["hops"]
    (check,) = [hop["text"] for hop in hops if hop["step"] == "check"]
    assert check == "__get_user_4: access_ok(0xffffffff82000000, 4): yes  addr_limit is 0xffffffffffffffff"


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("__get_user_8", 0xFFFF_FFFF_8200_0000, ("clamp", 0x7FFF_FFFF_F000)),
        ("__get_user_8", 0x10, ("clamp", 0x10)),
        ("__put_user_8", 0xFFFF_FFFF_8200_0000, ("clamp", (1 << 64) - 1)),
        ("__put_user_8", 0x8000_0000_0000, ("clamp", 0x8000_0000_0000)),
        ("_copy_from_user", 0xFFFF_FFFF_8200_0000, ("clamp", 0x7FFF_FFFF_F000)),
        ("_copy_to_user", 0xFFFF_FFFF_8200_0000, ("range", False)),
        ("clear_user", 0x10, ("range", True)),
        ("__get_user_nocheck_8", 0x10, None),
    ],
)
def test_a_new_release_clamps_or_compares(name: str, address: int, told: tuple[str, int] | None) -> None:
    k, seen = boot("6.19"), list[Event]()
    k.on_event = lambda *step: seen.append(Event(*step))
    tell_check(k, name, memoryview(array("Q", [address] * len(NAMES))))
    assert [(each.what, each.values.get("clamped", each.values.get("allowed"))) for each in seen] == (
        [told] if told else []
    )
