"""Calls that stop in ring 0, and go on by lines, instructions and functions."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.shell.debugger.debug_lab import STEPS, debug, debug_json, line_of
from tests.shell.lab import Lab

LOADED = ("module copy syscallModule .", "insmod syscallModule.py", "break my_test_call")
SOURCE = 'k.printk(KERN_NOTICE, f"my_test_call: Your int is {test}")'


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("steps.py").write_text(STEPS, encoding="utf-8")


def test_a_call_stops_before_the_line_and_is_stepped_to_its_end() -> None:
    shown = debug(*LOADED, "syscall test_call 42", "dmesg -n 1", "step", "dmesg -n 1", "step")[2:]
    assert [line.partition("] ")[2] or line for line in shown] == [
        "Breakpoint 1, my_test_call (test=42) at syscallModule.py:22",
        f"22\t    {SOURCE}",
        "Inside SYSCALL_DEFINE1 block. __do_sys_test_call: Your int is 42",
        "23\t    return test",
        "my_test_call: Your int is 42",
        "test_call(42)                           = 42",
    ]


def test_the_kernels_own_test_call_is_stepped_into_the_module() -> None:
    shown = debug(*LOADED, "delete", "break test_call.py:19", "syscall test_call 7", *["s"] * 5)
    assert [line.split("\t")[0] for line in shown if "\t" in line] == ["19", "20", "21", "22", "22", "23"]
    assert "__do_sys_test_call (test_int=7) at SystemCalls/test_call.py:19" in shown[3]
    assert "my_test_call (test=7) at syscallModule.py:22" in shown
    assert shown[-1] == "test_call(7)                            = 7"


def test_bt_goes_through_the_wrappers_to_the_entry() -> None:
    shown = debug(*LOADED, "syscall test_call 42", "bt")[4:-1]
    assert shown[0] == "#0  my_test_call (test=42) at syscallModule.py:22"
    assert shown[1].endswith(" in __do_sys_test_call (test_int=42) at SystemCalls/test_call.py:22")
    functions = [line.split(" (")[0].split(" in ")[-1].split()[-1] for line in shown]
    assert functions == [
        *("my_test_call", "__do_sys_test_call", "__se_sys_test_call", "__x64_sys_test_call"),
        *("do_syscall_64", "entry_SYSCALL_64"),
    ]


def test_finish_shows_the_value_and_where_it_was_returned_to() -> None:
    shown = debug(*LOADED, "syscall test_call 42", "finish", "finish", "finish", "finish")[4:]
    assert shown[0] == "Run till exit from #0  my_test_call (test=42) at syscallModule.py:22"
    assert shown[1].endswith(" in __do_sys_test_call (test_int=42) at SystemCalls/test_call.py:22")
    assert [line for line in shown if line.startswith("Value")] == [f"Value returned is ${n} = 42" for n in range(1, 5)]
    assert "do_syscall_64 ()" in shown[-3]
    assert shown[-1] == "test_call(42)                           = 42"


def test_next_stays_in_its_frame_of_a_recursion() -> None:
    shown = debug("insmod steps.py", "break fact", "syscall test_call 4", "delete", "next", "next", "info locals", "n")
    assert shown[1:] == [
        f"Breakpoint 1, fact (n=4) at steps.py:{line_of('if n < 2')}",
        f"{line_of('if n < 2')}\t    if n < 2:",
        f"{line_of('rest = ')}\t    rest = fact(k, n - 1)",
        f"{line_of('return n * rest')}\t    return n * rest",
        "rest = 6",
        f"handler (n=4) at steps.py:{line_of('while n')}",
        f"{line_of('while n')}\t    while n == 9:",
        "test_call(4)                            = 6",
    ]


def test_step_goes_into_each_call_and_a_number_repeats_it() -> None:
    shown = debug("insmod steps.py", "break fact", "syscall test_call 3", "delete", "step 2", "step 2", "step 2", "c")
    assert [line for line in shown if line.startswith("fact")] == [
        f"fact (n=2) at steps.py:{line_of('if n < 2')}",
        f"fact (n=1) at steps.py:{line_of('if n < 2')}",
        f"fact (n=2) at steps.py:{line_of('return n')}",
    ]


@pytest.mark.parametrize(("release", "call"), [("4.19", "+68"), ("6.19", "+118")])
def test_the_way_in_and_out_is_stepped_through(release: str, call: str) -> None:
    stop = ["break entry_SYSCALL_64", "syscall getpid"]
    shown = debug(
        f"boot {release}", *stop, "stepi 4", "finish", "break do_syscall_64", "c", "bt", "si 2", "x/i $pc", "c"
    )
    assert shown[2] == "Breakpoint 1, entry_SYSCALL_64 ()"
    assert '"finish" not meaningful in the outermost frame.' in shown
    assert [line.split(" in ")[-1] for line in shown if line.startswith("#")] == [
        "do_syscall_64 ()",
        "entry_SYSCALL_64 ()",
    ]
    assert any(f"<entry_SYSCALL_64_after_hwframe{call}>" in line for line in shown)
    assert "getpid()                                = 77" in shown


def test_a_step_that_has_no_line_to_go_to_ends_with_the_call() -> None:
    for step in ("step", "next", "stepi 200"):
        shown = debug("break entry_SYSCALL_64", "syscall getpid", step, "delete", "syscall getuid")
        assert shown[-2:] == [
            "getpid()                                = 77",
            "getuid()                                = 0",
        ]


def test_finish_of_a_recursion_waits_for_its_own_frame() -> None:
    shown = debug("insmod steps.py", "break fact", "syscall test_call 4", "delete", "finish", "c")
    assert "Value returned is $1 = 24" in shown


def test_stepi_is_one_instruction_and_a_body_in_python_is_one() -> None:
    found = debug_json(*LOADED, "syscall test_call 42", "si", "si", "si", "si", "nexti 2", "ni", "c")[3:]
    stops = [each["result"]["stopped"] for each in found if "stopped" in each["result"]]
    offsets = [int(stop["address"], 16) & 0xFFF for stop in stops[:-2]]
    assert offsets == [0x0B, 0x12, 0x15, 0x1A, 0x1F, 0x24]
    assert stops[-2]["function"] == "__do_sys_test_call"
    assert stops[-1] is None


def test_the_clock_the_log_and_the_result_do_not_depend_on_stops() -> None:
    def outcome(*between: str) -> tuple[int, list[str], str]:
        lab = Lab()
        lab.results("; ".join(["insmod steps.py", *between]))
        k = lab.session.kernel
        return k.clock.ns, [record.text for record in k.log.since(0)], lab.text("x/gx calls")

    call = "syscall test_call 5"
    plain = outcome(call)
    assert outcome("break handler", call, *["step"] * 60) == plain
    assert outcome("break fact", call, "n", "bt", "c", "si 5", "finish", "quit") == plain
    assert outcome("break handler", call, *["stepi"] * 300) == plain


def test_two_breakpoints_and_the_hits_of_each() -> None:
    shown = debug("insmod steps.py", "b handler", "b fact", "syscall test_call 2", "c", "c", "delete 2", "c", "info b")
    assert [line.split(" (")[0] for line in shown if " at steps" in line][:3] == [
        *("Breakpoint 1, handler", "Breakpoint 2, fact", "Breakpoint 2, fact"),
    ]
    assert "test_call(2)                            = 0" in shown
    assert shown[-1] == "\tbreakpoint already hit 1 time"


def test_an_oops_while_stepping_ends_it_with_the_report() -> None:
    place = f"steps.py:{line_of('result = result')}"
    shown = debug("insmod steps.py", f"break {place}", "syscall test_call 8", "step", "bt", "syscall getpid")
    assert any(f"{place}: an integer was divided by zero" in line for line in shown)
    assert "bt: The program is not being run." in shown
    assert any(line.startswith("getpid()") for line in shown)


def test_a_step_out_of_a_call_of_a_program_does_not_stop_the_next_one() -> None:
    twice = "mov edi, 5; mov eax, 335; syscall; mov edi, 6; mov eax, 335; syscall; mov eax, 60; syscall"
    shown = debug(*LOADED, f'asm "{twice}"', "delete", "step", "step", "echo over")
    assert [line for line in shown if "my_test_call (" in line] == [
        "Breakpoint 1, my_test_call (test=5) at syscallModule.py:22",
    ]
    assert shown[-1] == "over"


def test_each_call_of_a_program_stops_at_a_breakpoint() -> None:
    twice = "mov edi, 5; mov eax, 335; syscall; mov edi, 6; mov eax, 335; syscall; mov eax, 60; syscall"
    shown = debug(*LOADED, f'asm "{twice}"', "c", "p test", "c", "echo over")
    assert "$1 = 6" in shown
    assert shown[-1] == "over"


def test_init_and_exit_stop_too() -> None:
    shown = debug("break steps.py:start", "break steps.py:stop", "insmod steps.py", "bt", "n", "c", "rmmod steps", "bt")
    assert shown[:2] == ["Breakpoint 1 (steps.py:start) pending.", "Breakpoint 2 (steps.py:stop) pending."]
    assert f"#0  start () at steps.py:{line_of('k[STUB_test_call] = handler')}" in shown
    assert f"Breakpoint 2, stop () at steps.py:{line_of('k[STUB_test_call] = None')}" in shown


@pytest.mark.parametrize("seed", range(8))
def test_a_call_comes_out_the_same_however_it_is_stepped(seed: int) -> None:
    random = Random(seed)
    words = ["step", "next", "stepi", "nexti", "finish", "step 3", "next 2", "bt", "info locals", "up", "continue"]
    places = ["handler", "fact", "__do_sys_test_call", f"steps.py:{line_of('return n *')}", "__x64_sys_test_call"]
    places += ["entry_SYSCALL_64", "do_syscall_64"]
    lab, plain = Lab(), Lab()
    for each in (lab, plain):
        each.results("insmod steps.py")
    for _ in range(4):
        call = f"syscall test_call {random.randint(0, 6)}"
        typed = random.choices(words, k=random.randint(5, 60))
        lab.results("; ".join([*(f"break {place}" for place in random.sample(places, 2)), call, *typed]))
        lab.results("delete")
        plain.results(call)
        k, other = lab.session.kernel, plain.session.kernel
        assert k.clock.ns == other.clock.ns, typed
        assert lab.text("x/gx calls") == plain.text("x/gx calls")
        assert [record.text for record in k.log.since(0)] == [record.text for record in other.log.since(0)]
        assert lab.session.last_call is not None
        assert plain.session.last_call is not None
        assert lab.session.last_call.ret == plain.session.last_call.ret
