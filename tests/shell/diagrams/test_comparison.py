"""trace --compare: two runs side by side."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.diagrams.comparison import ComparedView, Row
from kshell.shell.views.wrapping import columns
from tests.shell.lab import Lab, screen

WITH = "trace --compare --with 'modprobe syscallModule' syscall test_call 42"
TWO = "trace: --compare takes two command lines, each in quotes, or --with and one command"
NOT_FOUND = "B: modprobe: FATAL: Module nope not found in directory /lib/modules/4.19.1-course"
HIJACKED = "trace --compare 'syscall getpid' 'modprobe hijack; syscall getpid'"


def compared(lab: Lab, line: str) -> Any:
    return lab.json(line)["compared"]


def rows(lab: Lab, line: str) -> list[Row]:
    view = lab.result(line).view
    assert isinstance(view, ComparedView)
    return view.rows


def test_an_empty_stub_and_a_filled_one(shared: Lab) -> None:
    found = compared(shared, WITH)
    assert found["says"] == [
        "10 of 25 hops differ.",
        "The stub STUB_test_call: NULL / my_test_call [syscallModule].",
        "The result: -38 (-ENOSYS) / 42.",
    ]
    assert [found[side]["result"]["calls"][0]["ret"] for side in "ab"] == [-38, 42]
    only_b = [found["b"]["result"]["hops"][pair["b"]] for pair in found["pairs"] if pair["a"] is None]
    assert [hop["step"] for hop in only_b] == ["stub", "call", "call", "printk", "call", "call"]
    assert not [pair for pair in found["pairs"] if pair["b"] is None]


def test_the_table_of_4_19_and_the_switch_of_6_19(shared: Lab) -> None:
    assert compared(shared, "trace --compare --kernel 6.19 syscall getpid")["says"] == [
        "1 of 9 hops differ.",
        "The way to the function: sys_call_table[39] -> __x64_sys_getpid / x64_sys_call: case 39: __x64_sys_getpid.",
        "The result of both: 77.",
    ]
    text = shared.text("trace --compare --kernel 6.19 syscall getpid")
    assert "A: syscall getpid  (4.19.1-course)" in text
    assert "B: boot 6.19; syscall getpid  (6.19.0)" in text


def test_a_machine_that_cannot_be_copied_is_compared_with_no_other(lab: Lab) -> None:
    lab.session.kernel.last_unloaded = (each for each in "")  # type: ignore[assignment]  # nothing can put that by
    error = lab.error(WITH)
    assert (error["what"], error["try"]) == ("this machine cannot be copied", "boot  (a fresh machine)")


def test_hijacked_and_clean(shared: Lab) -> None:
    assert compared(shared, HIJACKED)["says"][1:] == [
        "Slot 39 of sys_call_table: __x64_sys_getpid / my_getpid [hijack].",
        "The result: 77 / 1077.",
    ]


def test_two_that_are_the_same(shared: Lab) -> None:
    found = compared(shared, "trace --compare getpid 'syscall getpid'")
    assert found["says"] == ["Both go the same way: 9 hops.", "The result of both: 77."]
    assert all(pair == {"a": at, "b": at, "same": True} for at, pair in enumerate(found["pairs"]))


def test_addresses_alone_are_no_difference(lab: Lab) -> None:
    found = rows(
        lab,
        "trace --compare 'modprobe syscallModule; syscall test_call 3' "
        "'modprobe hello; modprobe syscallModule; syscall test_call 3'",
    )
    assert {row.mark for row in found} == {" "}


def test_one_that_dies_and_one_that_exits(shared: Lab) -> None:
    crash = "modprobe crash; syscall test_call"
    assert (
        compared(shared, f"trace --compare '{crash} 0' '{crash} 2'")["says"][-1] == "The result: 0 / killed by SIGKILL."
    )
    says = compared(shared, "trace --compare 'run --hex f4' 'run --hex b83c000000bf070000000f05'")["says"]
    assert says[-1] == "The result: killed by SIGSEGV / exited with status 7."


def test_the_inits_of_two_modules(shared: Lab) -> None:
    found = rows(shared, "trace --compare 'modprobe hello' 'modprobe syscallModule'")
    assert "".join(row.mark for row in found) == "| <<< "
    assert [row.b for row in found if row.b][1:] == ["call      -> hello_init()", "call      <- hello_init = 0"]


def test_the_machine_itself_is_left_alone(lab: Lab) -> None:
    lab.result("syscall getpid")
    before, journal = lab.session.digest, list(lab.session.journal.steps)
    lab.result(WITH)
    lab.result("trace --compare --kernel 6.19 --with 'modprobe hello' syscall getpid")
    lab.error("trace --compare getpid 'modprobe crash; modprobe nope; getpid'")
    assert lab.session.digest == before
    assert [step.text for step in lab.session.journal.steps if step.changes] == [step.text for step in journal]
    assert not lab.session.kernel.modules
    assert lab.session.kernel.release == "4.19.1-course"
    assert lab.ret("test_call 42") == -38


def test_both_begin_at_the_machine_as_it_is(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    says = compared(lab, "trace --compare --with 'rmmod syscallModule' syscall test_call 42")["says"]
    assert says[1:] == [
        "The stub STUB_test_call: my_test_call [syscallModule] / NULL.",
        "The result: 42 / -38 (-ENOSYS).",
    ]


def test_lines_and_instructions_are_compared_too(shared: Lab) -> None:
    loads = "modprobe syscallModule; syscall test_call"
    found = rows(shared, f"trace --lines --compare '{loads} 1' '{loads} 2'")
    assert any("syscallModule.py:23  return test" in row.a for row in found)
    assert any(row.mark == "|" and row.a.startswith("return") for row in found)


def test_on_80_columns_what_differs_stands_one_under_the_other(shared: Lab) -> None:
    assert shared.result("trace --compare --kernel 6.19 getpid").view.text(80).split("\n")[2:10] == [
        "   user      mov eax, 0x27",
        "   user      syscall",
        "   cpu       LSTAR -> entry_SYSCALL_64",
        "   entry     swapgs, rsp -> kernel stack, pt_regs pushed",
        "   dispatch  do_syscall_64(nr=39)",
        "|< table     sys_call_table[39] -> __x64_sys_getpid",
        "|> switch    x64_sys_call: case 39: __x64_sys_getpid",
        "   wrapper   SYSCALL_DEFINE0(getpid)",
    ]
    text = shared.result(WITH).view.text(80)
    assert "\n  ... 10 hops, the same in both\n" in text
    assert "\n > stub      STUB_test_call -> my_test_call [syscallModule]\n" in text
    assert len(text.split("\n")) <= 26


def test_on_160_columns_they_stand_beside_each_other(shared: Lab) -> None:
    lines = shared.result(WITH).view.text(160).split("\n")
    assert [line for line in lines if " > stub " in line] == [
        " " * 78 + " > stub      STUB_test_call -> my_test_call [syscallModule]"
    ]
    assert [line.split() for line in lines if line.startswith("return")] == [
        ["return", "rax", "<-", "-38", "|", "return", "rax", "<-", "42"]
    ]


@pytest.fixture(scope="module")
def views() -> list[Any]:
    lab = Lab()
    a, b = "世界" * 20, "世" * 30
    wide = f"trace --compare 'syscall access \"{a}\" 0' 'syscall access \"{b}\" 0'"
    nothing = "trace --compare --kernel 6.19 'syscall write 1 NULL 3'"
    return [lab.result(line).view for line in (WITH, HIJACKED, nothing, wide)]


@given(st.integers(20, 200), st.integers(0, 3))
def test_no_line_is_wider_than_the_screen(views: list[Any], width: int, which: int) -> None:
    assert max(map(columns, views[which].text(width).split("\n"))) <= width


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("trace --compare", TWO),
        ("trace --compare syscall getpid", TWO),
        ("trace --compare --with 'modprobe hello'", "trace: which command is to be compared?"),
        ("trace --compare --kernel 6.19 syscall test_call 3", "B: no system call is named test_call"),
        ("trace --compare --with 'modprobe nope' getpid", NOT_FOUND),
        ("trace --compare '' getpid", "trace: A has no command"),
        ("trace --compare 'lsmod' 'lsmod'", "A: trace: lsmod makes no system calls that could be traced"),
        ("trace --compare 'syscall --stat getpid' getpid", "trace: A ends in a command that has no hops"),
        ("trace --compare 'trace on' getpid", "trace: A ends in a command that has no hops"),
        ("trace --compare \"syscall open '\" getpid", "the quote ' at column 14 is not closed"),
        ("trace --compare 'trace --compare getpid getuid' getpid", "trace: A ends in a command that has no hops"),
        ("trace --compare 'lesson start 1' getpid", "A: lesson: not in a comparison"),
        ("trace --compare getpid 'learn; syscall getpid'", "B: lesson: not in a comparison"),
        ("trace --compare getpid 'trace present demo'", "B: present: not in a comparison"),
        ("trace --compare 'exit; syscall getpid' getpid", "A: exit: not in a comparison"),
        ("trace --compare 'undo; syscall getpid' getpid", "A: back: not in a comparison"),
        ("trace --compare 'goto 0; syscall getpid' getpid", "A: goto: not in a comparison"),
        ("trace --compare --with 'transcript on x' getpid", "B: transcript: not in a comparison"),
        ("trace --compare --with 'break my_test_call' getpid", "B: break: not in a comparison"),
        ("trace --compare --with continue getpid", "B: continue: not in a comparison"),
        ("trace --compare --diagram getpid getpid", "trace: --diagram or --compare: one of them"),
        ("trace --with 'modprobe hello' getpid", "trace: --with belongs to --compare"),
        ("trace -o a.mmd getpid", "trace: -o belongs to --mermaid"),
        ("trace --diagram", "trace: which command?"),
        ("trace --mermaid lsmod", "trace: lsmod makes no system calls that could be traced"),
        ("trace --diagram syscall --stat getpid", "trace: there are no hops that --diagram could draw"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_sentence(shared: Lab, line: str, what: str) -> None:
    assert shared.error(line)["what"] == what


@pytest.mark.parametrize("seconds", [0.2, 0.6])
def test_ctrl_c_ends_it_and_the_machine_is_as_it_was(lab: Lab, seconds: float) -> None:
    lab.session.interactive = True
    before = lab.session.kernel, lab.session.digest
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    result = lab.result("trace --compare 'run --hex ebfe' getpid")
    assert result.status == 130
    assert (lab.session.kernel, lab.session.digest) == before
    assert lab.ret("getpid") == 77


def test_the_report_of_an_oops_is_cut(lab: Lab) -> None:
    lab.result("modprobe crash")
    lines = lab.result("trace --compare 'syscall test_call 2' 'syscall test_call 0'").view.text(80).split("\n")
    assert "  ... 40 more hops in A alone" in lines


def test_in_a_script_an_endless_loop_ends_by_its_budget() -> None:
    out, err, status = screen("trace --compare getpid 'run --hex ebfe'", keep_going=False)
    assert (out, status) == ("", 1)
    assert err.startswith("B: run: a.bin: stopped after 50,000,000 instructions")


def test_files_of_the_host_that_a_line_names_are_read(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lab.result("module copy syscallModule .")
    assert (
        compared(lab, "trace --compare --with 'insmod syscallModule.py' test_call 7")["says"][-1]
        == "The result: -38 (-ENOSYS) / 7."
    )


def test_what_a_file_of_commands_does_there_is_no_lesson_either(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "in.ksh").write_text("modprobe hello\nlesson start 1\n", encoding="utf-8")
    error = lab.error("trace --compare 'source in.ksh; syscall getpid' getpid")
    assert error["what"].startswith("A: source: in.ksh:2: stopped")
    (tmp_path / "in.ksh").write_text("modprobe hello\n", encoding="utf-8")
    lab.result("trace --compare 'source in.ksh; syscall getpid' getpid")


def test_the_system_call_exit_is_compared(shared: Lab) -> None:
    shared.result("trace --compare 'exit 0' 'exit 3'")
