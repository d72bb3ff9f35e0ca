"""Which lanes take part in a traced call, and what goes between them."""

from __future__ import annotations

from typing import Any

import pytest

from kshell.kernel.trace.event import Event
from kshell.shell.calls.hops import WORDS
from kshell.shell.diagrams.alignment import WAYS
from kshell.shell.diagrams.path import messages_of
from kshell.shell.diagrams.sequence import CALL, NOTE, Message, sequence_of
from tests.shell.lab import Lab

MODULE = "module syscallModule"


def diagram(lab: Lab, line: str) -> Any:
    return lab.json(f"trace --diagram {line}")["diagram"]


def drawn(lab: Lab, line: str) -> list[tuple[str, str, str, str]]:
    return [(m["kind"], m["from"], m["to"], m["label"]) for m in diagram(lab, line)["messages"]]


WAY_IN = [
    ("call", "user", "cpu", "syscall"),
    ("call", "cpu", "entry", "LSTAR: entry_SYSCALL_64"),
    ("note", "entry", "entry", "pt_regs on the kernel stack"),
]


def test_a_call_with_a_body_in_python_goes_in_and_comes_back(shared: Lab) -> None:
    assert drawn(shared, "syscall getpid") == [
        ("note", "user", "user", "mov eax, 0x27"),
        *WAY_IN,
        ("note", "entry", "entry", "do_syscall_64(nr = 39)"),
        ("call", "entry", "table", "sys_call_table[39]"),
        ("call", "table", "wrapper", "__x64_sys_getpid()"),
        ("return", "wrapper", "entry", "__x64_sys_getpid = 77"),
        ("return", "entry", "user", "rax = 77"),
    ]


def test_only_lanes_that_take_part_are_there_each_in_its_ring(lab: Lab) -> None:
    lanes = [(lane["name"], lane["ring"]) for lane in diagram(lab, "syscall getpid")["lanes"]]
    assert lanes == [("user", 3), ("cpu", None), ("entry", 0), ("table", 0), ("wrapper", 0)]
    lab.result("modprobe syscallModule")
    titles = [lane["title"] for lane in diagram(lab, "syscall test_call 42")["lanes"]]
    assert titles == ["user", "CPU", "entry", "table", "wrapper", "stub", "module", "log"]


def test_a_filled_stub_leads_into_the_module_and_each_call_comes_back(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    assert drawn(lab, "syscall test_call 42")[5:] == [
        ("call", "entry", "table", "sys_call_table[335]"),
        ("call", "table", "wrapper", "__x64_sys_test_call(regs)"),
        ("note", "wrapper", "wrapper", "test_int = 42"),
        ("call", "wrapper", "wrapper", "__se_sys_test_call(test_int = 42)"),
        ("call", "wrapper", "wrapper", "__do_sys_test_call(test_int = 42)"),
        ("call", "wrapper", "log", "Inside SYSCALL_DEFINE1 block. __do_sys_test_call: Your int is 42"),
        ("call", "wrapper", "stub", "STUB_test_call"),
        ("call", "stub", MODULE, "my_test_call(test = 42) [syscallModule]"),
        ("call", MODULE, "log", "my_test_call: Your int is 42"),
        ("return", MODULE, "wrapper", "my_test_call = 42"),
        ("return", "wrapper", "entry", "__x64_sys_test_call = 42"),
        ("return", "entry", "user", "rax = 42"),
    ]


def test_an_empty_stub_is_not_followed_and_the_error_has_its_name(shared: Lab) -> None:
    found = diagram(shared, "syscall test_call 42")
    assert "stub" not in {lane["name"] for lane in found["lanes"]}
    last = found["messages"][-1]
    assert (last["label"], last["failed"]) == ("rax = -38 (-ENOSYS)", True)


def test_a_hijacked_slot_leads_into_the_module_which_calls_the_old_function(lab: Lab) -> None:
    lab.result("modprobe hijack")
    assert drawn(lab, "syscall getpid")[5:] == [
        ("call", "entry", "table", "sys_call_table[39]"),
        ("call", "table", "module hijack", "my_getpid(regs) [hijack]"),
        ("call", "module hijack", "wrapper", "__x64_sys_getpid(regs)"),
        ("return", "wrapper", "module hijack", "__x64_sys_getpid = 77"),
        ("call", "module hijack", "log", "hijack: getpid would have been 77"),
        ("return", "module hijack", "entry", "my_getpid = 1077"),
        ("return", "entry", "user", "rax = 1077"),
    ]


def test_6_19_has_a_switch_and_a_number_past_the_end_has_neither() -> None:
    lab = Lab("6.19")
    assert ("call", "entry", "switch", "x64_sys_call: case 39") in drawn(lab, "syscall getpid")
    assert drawn(lab, "syscall 9999")[-3:] == [
        ("call", "entry", "wrapper", "__x64_sys_ni_syscall()"),
        ("return", "wrapper", "entry", "__x64_sys_ni_syscall = -38"),
        ("return", "entry", "user", "rax = -38 (-ENOSYS)"),
    ]


def test_calls_between_functions_of_a_module_and_into_the_kernel_are_drawn(lab: Lab) -> None:
    lab.result("modprobe sleepy hold=1")
    found = drawn(lab, "syscall test_call 5")
    module = "module sleepy"
    assert ("call", module, module, "nap(test = 5)") in found
    assert ("call", module, "kernel", "msleep(msecs = 500)") in found
    assert ("note", "kernel", "kernel", "sleeps for 500 ms: the CPU is free") in found
    assert ("return", "kernel", module, "msleep") in found
    assert ("return", module, module, "nap = 5") in found


def test_what_another_task_does_meanwhile_has_its_own_lane(lab: Lab) -> None:
    lab.result("modprobe sleepy")
    found = drawn(lab, "syscall --during 'rmmod sleepy' test_call 5")
    at = found.index(("note", "task", "task", "rmmod sleepy"))
    assert found[at + 1 : at + 5] == [
        ("call", "task", "module sleepy", "sleepy_exit() [sleepy]"),
        ("return", "module sleepy", "task", "sleepy_exit"),
        ("note", "task", "task", "done"),
        ("return", "kernel", "module sleepy", "msleep"),
    ]


def test_an_oops_ends_in_a_cross_and_its_report_is_one_line(lab: Lab) -> None:
    lab.result("modprobe crash")
    found = drawn(lab, "syscall test_call 2")
    assert found[-3:] == [
        ("call", "module crash", "log", "BUG: unable to handle kernel NULL pointer dereference at 0000000000000000"),
        ("note", "log", "log", "and 43 more lines: dmesg shows them"),
        ("cross", "module crash", "module crash", "oops: Killed (SIGKILL)"),
    ]


def test_the_calls_of_a_program_stand_one_behind_the_other(lab: Lab) -> None:
    found = drawn(lab, "run --hex b8270000000f05b83c000000bf070000000f05")  # getpid(), exit(7)
    assert [label for kind, _, to, label in found if to == "cpu"] == ["syscall", "syscall"]
    assert ("return", "entry", "user", "rax = 78") in found
    assert found[-1] == ("cross", "wrapper", "wrapper", "exits with status 7")


def test_a_fault_in_ring_3_is_a_cross_in_the_lane_of_the_program(lab: Lab) -> None:
    found = drawn(lab, "run --hex f4")
    assert ("call", "kernel", "log") in [message[:3] for message in found]
    assert {lane for _, lane, _, _ in found[:-1]} == {"kernel"}
    assert found[-1] == ("cross", "user", "user", "Segmentation fault (SIGSEGV)")


def test_init_and_exit_of_modules_are_called_by_the_kernel(lab: Lab) -> None:
    lab.result("modprobe greeter")
    found = drawn(lab, "modprobe guest")
    assert found[0] == ("call", "kernel", "module guest", "guest_init() [guest]")
    assert ("call", "module guest", "module greeter", "greet(number = 7) [greeter]") in found
    assert found[-1] == ("return", "module guest", "kernel", "guest_init = 0")
    assert [lane["title"] for lane in diagram(lab, "rmmod guest")["lanes"]] == ["module", "kernel"]


def test_lines_and_instructions_are_drawn_where_they_run(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    labels = [m["label"] for m in diagram(lab, "--lines syscall test_call 42")["messages"]]
    assert "syscallModule.py:23 return test" in labels
    assert any(label.endswith("  (stub = 0xffffffffc0000000)") for label in labels)
    ran = [m for m in diagram(lab, "--insns syscall getpid")["messages"] if m["label"].startswith("+0x0 swapgs")]
    assert [m["from"] for m in ran] == ["entry"]


def test_of_a_deep_recursion_the_beginning_and_the_end_are_drawn(lab: Lab) -> None:
    lab.result("modprobe crash")
    found = diagram(lab, "syscall test_call 5")["messages"]
    assert len(found) == 501
    assert found[480]["label"].endswith(" more, not drawn")
    assert found[-1]["kind"] == "cross"


def test_of_too_many_messages_those_left_out_are_counted() -> None:
    messages = [Message(CALL, "user", "cpu", str(number)) for number in range(100)]
    labels = [each.label for each in sequence_of(messages, 50).messages]
    assert labels == [*map(str, range(30)), "50 more, not drawn", *map(str, range(80, 100))]
    assert sequence_of(messages, 100).messages == messages


SIGNAL = ("sent", "delivered", "frame", "sigreturn")


@pytest.mark.parametrize("what", sorted(WORDS))
def test_every_event_can_be_drawn_wherever_it_comes(what: str) -> None:
    facts = ["rcx", "r11", "nr", "nr_syscalls", "ms", "level", "depth", "line", "offset", "steps", "rax"]
    facts += ["error_code", "ip", "cost_ns", "major"]
    facts += ["ss", "rsp", "rflags", "cs", "rip", "raw", "left"]
    texts = ["macro", "stub", "message", "command", "answer", "function", "file", "text", "place"]
    facts += [
        "size",
        "limit",
        "allowed",
        "mapped",
        "clamped",
        "length",
        "row",
        "signo",
        "code",
        "caller",
        "blocked",
        "rows",
        "not_copied",
    ]
    texts += ["gate", "dispatcher", "register", "exception", "name", "action", "access", "where", "how", "by", "mode"]
    facts, texts = [*facts, "prev", "next"], [*texts, "prev_comm", "next_comm", "why"]
    values: dict[str, Any] = dict.fromkeys(facts, -2) | dict.fromkeys(texts, "text") | {"module": None, "result": None}
    values |= {"cause": "zero_page", "arguments": [], "variables": [], "registers": {}, "side": 0}
    if what in (*WAYS, "pointer"):
        values["symbol"] = None
    step = {"enter": "call", "leave": "call", "line": "line", "changed": "line", **dict.fromkeys(SIGNAL, "signal")}
    found = messages_of([Event(0, step.get(what, "insn"), what, 0x1000, values)], None)
    assert found or what in ("leave", "arguments", "iretq")


def test_a_module_s_lane_has_its_name_where_there_are_several() -> None:
    messages = [Message(CALL, "module a", "module " + "b" * 40, "x"), Message(NOTE, "log", "log", "")]
    titles = [lane.title for lane in sequence_of(messages, 9).lanes]
    assert titles == ["a", "b" * 11 + "~", "log"]
