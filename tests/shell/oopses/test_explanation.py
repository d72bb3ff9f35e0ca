"""`explain`: the last report of the kernel, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.shell.oopses.explanation import Explanation
from kshell.shell.prompt.candidates import complete
from kshell.shell.views.view import plain
from tests.kernel.machine_code_lab import MachineLab, h
from tests.shell.lab import Lab

SOURCE = """from kshell.linux import *
MODULE_LICENSE("GPL")
kind = Param("kind", 0)
module_param(kind, "int", 0o644)
at = Param("at", 0)
module_param(at, "ulong", 0o644)

def forever(k: Kernel, n: int) -> int:
    return forever(k, n + 1) + 1

def start(k: Kernel) -> int:
    p = k.read(at)
    what = k.read(kind)
    if what == 1:
        return int(Ptr[Long](p)[0])
    if what == 2:
        Ptr[Long](p)[3] = 5
    if what == 3:
        return Fn[[], Int](p)(k)
    if what == 4:
        return int(7 // p)
    if what == 5:
        BUG()
    if what == 6:
        WARN_ON(1)
    if what == 7:
        return forever(k, 0)
    return 0

module_init(start)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text(SOURCE, encoding="utf-8")
    return "insmod bad.py"


def told(lab: Lab, command: str) -> dict[str, str]:
    """The first line of each part of the explanation of what `command` does, and what it says."""
    lab.result(command)
    parts = lab.json("explain")["lines"]
    return {part["lines"][0]: part["says"] for part in reversed(parts)} | {"the end": parts[-1]["says"]}


def says(told: dict[str, str], start: str) -> str:
    """What the line that begins so says."""
    return next(words for line, words in told.items() if line.startswith(start))


@pytest.mark.parametrize("release", ["course", "6.19"])
@pytest.mark.parametrize(
    ("parameters", "head", "words"),
    [
        ("kind=1", "BUG: ", "reached for 0x0, in the first page, which is never mapped: that counts as a NULL pointer"),
        ("kind=2", "BUG: ", "reached for 0x18, in the first page"),
        ("kind=2 at=0xffffffff82000000", "BUG: ", "in the kernel's read-only data (sys_call_table+0x18)."),
        ("kind=1 at=0x401000", "BUG: ", "reached for 0x401000, in the user's half."),
        ("kind=3 at=0xffffffff82000000", "kernel tried", "bit 63 (NX) of that page's entry"),
        ("kind=1 at=0x8000000000000000", "", "[rax] is 0x8000000000000000, and bits 48 to 63 of an address must"),
        ("kind=3 at=0x8000000000000000", "", "`call rax` goes to 0x8000000000000000, and bits 48 to 63"),
        (
            "kind=4",
            "",
            "Exception 0 (#DE): a division by 0, or a quotient that does not fit: `div rcx`, with rcx = 0x0",
        ),
        ("kind=5", "kernel BUG", "BUG() stands at line 23 of bad.py"),
        ("kind=6", "WARNING: ", "WARN() at line 25 of bad.py found its condition true"),
        ("kind=7", "BUG: ", "A kernel stack is 16 KiB"),
    ],
)
def test_every_line_of_each_kind_of_report_says_something_about_the_case(
    release: str, parameters: str, head: str, words: str, module: str
) -> None:
    lab = Lab(release)
    lines = told(lab, f"{module} {parameters}")
    assert not [line for line, meaning in lines.items() if not meaning]
    assert words in (says(lines, head) if head else " ".join(lines.values()))


def test_the_instruction_is_read_from_the_bytes_of_the_report_and_its_address_from_the_registers(module: str) -> None:
    lines = told(Lab(), f"{module} kind=2")
    assert (
        says(lines, "Code: ")
        == "<48> begins `mov qword ptr [rax + 0x18], 5`, which writes 8 bytes at [rax + 0x18] = 0x18."
    )
    assert says(lines, "RAX: ").startswith("The instruction uses rax, which is 0x0.")
    assert says(lines, "RIP: 0010:start+").endswith("Line 17 of bad.py: `Ptr[Long](p)[3] = 5`")
    assert says(lines, "Oops: 0002") == (
        "Error code 0002: bit 0 is 0: no page is there; bit 1 is 1: a write; bit 2 is 0: from ring 0; "
        "bit 4 is 0: not for execution. #1: the first oops since boot."
    )
    assert says(lines, "PGD ").endswith("not present: nothing is mapped in all that lies under it.")
    assert says(lines, "CR2: 0000000000000018 CR3").startswith("CR2 is the address of the page fault, 0x18; ")


def test_the_page_tables_and_control_registers_are_in_words(module: str) -> None:
    lines = told(Lab("6.19"), f"{module} kind=2 at=0xffffffff82000000")
    assert says(lines, "PGD ").endswith("read-only, the kernel's, no code (NX).")
    assert says(lines, "#PF: supervisor").startswith("It wrote.")
    assert says(lines, "CS: ").endswith("With WP ring 0, too, may not write to a read-only page.")
    assert says(lines, "CR2: ffffffff82000018 CR3").endswith("by CR4 SMEP is on and SMAP on.")
    assert says(lines, "Modules linked in:") == (
        "Loaded, the last one first: bad (from outside the kernel's tree, its init runs)."
    )


def test_the_callers_lead_out_to_the_program_with_what_it_handed_over() -> None:
    lines = told(Lab(), "modprobe crash; syscall test_call 2")
    assert (
        says(lines, " __do_sys_test_call+")
        == "__do_sys_test_call: the body of the call test_call, line 22 of test_call.py."
    )
    assert says(lines, "RSP: 002b").endswith("ORIG_RAX is the number of the call: 335, test_call.")
    assert says(lines, "RIP: 0033").endswith("it would go on at 0x40100c.")
    assert "What the call was handed: RDI 0x2. RAX holds -38 (ENOSYS)" in " ".join(lines.values())
    assert "the `syscall` that led here" in " ".join(lines.values())


def test_a_jump_into_a_module_that_is_gone_names_it_and_shows_no_instruction() -> None:
    lines = told(Lab(), "modprobe dangling; syscall test_call 1; rmmod dangling; syscall test_call 1")
    assert says(lines, "RIP: 0010").startswith("It had jumped to 0xffffffffc0000000, where no function is.")
    assert says(lines, "Code: Bad RIP").startswith("Nothing can be read at RIP")
    assert says(lines, "RAX: ffffffffc").startswith("rax held the address that it jumped to.")
    assert says(lines, "Modules linked in:").endswith(
        "The last to go was dangling: what kept a pointer into it oopses."
    )


def test_a_second_oops_says_that_it_may_follow_from_the_first() -> None:
    lab = Lab()
    lab.result("modprobe crash; syscall test_call 1")
    lines = told(lab, "syscall test_call 2")
    assert says(lines, "Oops: 0000 [#2]").endswith("#2: there were 1 before, and this one may follow from them.")
    assert "D: the kernel died" in says(lines, "CPU: 0")
    assert "The registers of the first oops since boot" in " ".join(lines.values())


def test_a_loop_that_the_watchdog_ended_is_explained_too() -> None:
    lab = Lab()
    lines = told(lab, "modprobe crash; syscall test_call 4")
    assert says(lines, "watchdog: BUG: soft lockup").startswith("For 22 seconds the watchdog's thread got no turn")


def test_the_report_stays_until_the_next_boot_and_goes_with_the_way_back() -> None:
    lab = Lab()
    lab.result("modprobe crash")
    lab.result("syscall test_call 2")
    lab.result("syscall getpid")
    assert "NULL pointer" in lab.json("explain oops")["because"]
    lab.result("back 2")
    assert lab.result("explain").error is not None
    lab.result("forward 2")
    assert "NULL pointer" in lab.json("explain")["because"]
    lab.result("boot")
    assert "there is no report" in str(lab.result("explain").error)


def test_it_explains_nothing_else() -> None:
    assert "write is nothing that it explains" in str(Lab().result("explain write").error)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_it_fits_the_screen(width: int, module: str) -> None:
    lab = Lab("6.19")
    lab.result(f"{module} kind=2 at=0xffffffff82000000")
    lines = [plain(line) for line in lab.result("explain").view.lines(width)]
    long = [line for line in lines if len(line) > width]
    assert all(line.startswith(("FS:", "    0x", "unable")) for line in long), long
    assert any(line.startswith("    <48> begins mov qword ptr") for line in lines)


def test_a_body_in_python_has_its_callers_registers_and_no_instruction_of_its_own(module: str) -> None:
    reads = "    return int(strlen(k, Ptr[Char](ULong(0x10))))\n"
    Path("body.py").write_text(SOURCE.replace("    p = k.read(at)\n", reads + "    p = k.read(at)\n"))
    lines = told(Lab(), "insmod body.py")
    assert says(lines, "RIP: 0010:strlen+0x0/0x10").startswith("0x0 bytes into strlen, which has 0x10.")
    assert says(lines, "Code: ").startswith("<0f> begins `vmcall`, the way to a function of the kernel's own")
    assert says(lines, "CR2: 0000000000000010 CR3").startswith("CR2 is the address of the page fault, 0x10")
    assert says(lines, " start+") == "start: module body, line 12 of body.py."


def test_a_warning_of_a_new_release_and_an_overflow_in_a_call_leave_no_line_without_words(module: str) -> None:
    for command in (f"{module} kind=6", "modprobe crash; syscall test_call 5"):
        lines = told(Lab("6.19" if "kind" in command else "course"), command)
        assert not [line for line, meaning in lines.items() if not meaning]


@pytest.mark.parametrize("release", ["course", "6.19"])
def test_a_machine_that_stands_still_with_interrupts_off_is_explained(release: str) -> None:
    lab = MachineLab(release)
    lab.run(h("fa f4"))  # cli; hlt
    report = lab.k.last_report
    assert report is not None
    says = {part.lines[0]: part.says for part in Explanation(lab.k, report).parts}
    assert all(says.values())
    assert next(iter(says.values())).startswith("CPU 0 took not even the timer's interrupt")


def test_the_prompt_offers_what_it_explains() -> None:
    assert [found.candidate.text for found in complete(Lab().session, "explain ")[1]] == ["oops", "signal"]
