"""Machine code in ring 0, watched: what is told of its calls, lines and instructions, and that it runs as unwatched."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kshell.abi.elf import ElfObject
from kshell.abi.elf_reader import read_elf
from kshell.abi.elf_writer import write_elf
from kshell.kernel.debug.code_trace import MOST_STEPS
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.task.task import TaskExit
from kshell.kernel.trace.event import Event
from kshell.kernel.trace.listening import heard_by
from kshell.kernel.trace.tracer import CALLS, INSTRUCTIONS, LINES, Tracer
from kshell.shell.modules.insmod import insmod, rmmod
from tests.kernel.module.elf_lab import ElfLab, lab_of, needs_compiler

SOURCE = """
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")

def add(k: Kernel, a: int, b: Long) -> Long:
    total: Long = a + b
    return total

def say(k: Kernel, text: str) -> None:
    k.printk(KERN_NOTICE, f"{text}!")

def handler(k: Kernel, n: int) -> Long:
    found: Long = 7
    for i in range(n):
        found = add(k, -i, found)
    say(k, "so")
    return found

def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0

def stop(k: Kernel) -> None:
    k[STUB_test_call] = None

module_init(start)
module_exit(stop)
"""
LINE_OF_FOUND = 14  # found: Long = 7


@pytest.fixture
def lab(tmp_path: Path) -> ElfLab:
    lab = lab_of(tmp_path)
    insmod(lab.k, lab.build(SOURCE), {})
    return lab


def events(lab: ElfLab, n: int, detail: str = CALLS, budget: int = 0) -> list[Event]:
    tracer = Tracer(wants_events=True)
    tracer.detail = detail
    lab.k.init_budget = budget
    with heard_by(lab.k, tracer), suppress(TaskExit):
        lab.k.call_out(lab.address("handler"), n)
    return tracer.events


def calls(found: list[Event]) -> list[str]:
    """Calls and returns as text."""

    def said(event: Event) -> str:
        values = event.values
        if event.what == "enter":
            arguments = ", ".join(f"{each['type']} {each['name']} = {each['text']}" for each in values["arguments"])
            return f"{values['depth']} {values['function']}({arguments})"
        result = values["result"]
        return f"{values['depth']} {values['function']}" + (f" = {result['text']}" if result is not None else "")

    return [said(event) for event in found if event.step == "call"]


def test_each_call_and_return_is_told_with_values_by_their_types(lab: ElfLab) -> None:
    assert calls(events(lab, 2)) == [
        "0 handler(int n = 2)",
        "1 add(int a = 0, long b = 7)",
        "1 add = 7",
        "1 add(int a = -1, long b = 7)",
        "1 add = 6",
        '1 say(const char * text = "so")',
        '2 printk(const char * fmt = "\\0015%s!\\n")',
        "2 printk = 6",
        "1 say",
        "0 handler = 6",
    ]


def test_events_carry_addresses_modules_and_numbers(lab: ElfLab) -> None:
    found = events(lab, 1)
    entered = {event.values["function"]: event for event in found if event.what == "enter"}
    assert entered["add"].address == lab.address("add")
    assert entered["add"].values["module"] == "m"
    assert entered["printk"].values["module"] is None
    assert entered["add"].values["arguments"][1] == {"name": "b", "type": "long", "value": 7, "text": "7"}
    left = next(event for event in found if event.what == "leave" and event.values["function"] == "add")
    assert left.values["result"] == {"name": "", "type": "long", "value": 7, "text": "7"}


def test_lines_are_told_as_they_run_with_the_locals_that_changed(lab: ElfLab) -> None:
    told = [event for event in events(lab, 1, LINES) if event.step == "line"]
    text = SOURCE.split("\n")
    lines = [event.values["line"] for event in told if event.what == "line"]
    assert [text[line - 1].strip().split(" ")[0] for line in lines] == [
        *("found:", "for", "found", "total:", "return", "for", "say(k,", "k.printk(KERN_NOTICE,", "return"),
    ]
    assert lines[0] == LINE_OF_FOUND
    changed = [
        (each["name"], each["text"]) for event in told if event.what == "changed" for each in event.values["variables"]
    ]
    assert ("found", "7") in changed
    assert ("total", "7") in changed
    assert changed.count(("i", "1")) == 1


def test_instructions_are_told_with_the_registers_that_changed(lab: ElfLab) -> None:
    found = [event for event in events(lab, 0, INSTRUCTIONS) if event.step in ("call", "insn")]
    assert [event.what for event in found[:5]] == ["enter", "executes", "registers", "executes", "registers"]
    first, pushed, second, moved = found[1:5]
    assert (first.values["text"], first.values["offset"], first.address) == ("push rbp", 0, lab.address("handler"))
    assert second.values["text"] == "mov rbp, rsp"
    assert list(pushed.values["registers"]) == ["sp"]
    assert moved.values["registers"] == {"bp": pushed.values["registers"]["sp"]}
    assert found[-2].values["text"] == "ret"


def test_a_loop_is_told_of_up_to_a_limit_and_runs_on(lab: ElfLab) -> None:
    for detail in (CALLS, LINES, INSTRUCTIONS):
        tracer = Tracer(wants_events=True)
        tracer.detail = detail
        run_stub(lab.k, 335, [3000], tracer=tracer)
        found = tracer.events
        steps = [event for event in found if event.step in ("call", "line", "insn", "stub")]
        assert len(steps) == MOST_STEPS
        limit = next(event for event in found if event.what == "limit")
        assert limit.values == {"steps": MOST_STEPS}
        assert found.index(steps[-1]) < found.index(limit)
        result = next(event for event in found if event.what == "result")
        assert result.values == {"rax": 7 - sum(range(3000))}


def test_a_counted_run_is_told_of_in_the_same_way(lab: ElfLab) -> None:
    events(lab, 20)  # what stands in locals before they are set, is what the last call left there
    for detail in (CALLS, LINES, INSTRUCTIONS):
        uncounted = [event for event in events(lab, 20, detail) if event.step in ("call", "line", "insn")]
        counted = [
            event for event in events(lab, 20, detail, budget=1_000_000) if event.step in ("call", "line", "insn")
        ]
        assert counted == uncounted
        assert len(counted) > 40


def test_watching_changes_neither_the_clock_nor_the_log_nor_the_result(tmp_path: Path) -> None:
    def outcome(detail: str | None) -> tuple[Any, ...]:
        lab = lab_of(tmp_path)
        insmod(lab.k, lab.build(SOURCE), {})
        if detail is not None:
            events(lab, 30, detail)
        else:
            lab.k.call_out(lab.address("handler"), 30)
        call = run_stub(lab.k, 335, [3]).call
        assert call is not None
        return lab.k.clock.ns, [record.text for record in lab.k.log.since(0)], call.ret

    assert outcome(CALLS) == outcome(None) == outcome(LINES) == outcome(INSTRUCTIONS)


def test_nothing_is_hooked_while_nobody_listens(lab: ElfLab) -> None:
    assert events(lab, 1)
    assert run_stub(lab.k, 335, [1]).call is not None
    assert not lab.k.cpu.probes.install()
    assert not any(list(watcher.wanted()) for watcher in lab.k.cpu.probes.watchers)


def test_without_debugging_information_registers_are_told(tmp_path: Path) -> None:
    lab = lab_of(tmp_path)
    path = Path(lab.build(SOURCE))
    obj = read_elf(path.read_bytes(), str(path))
    assert isinstance(obj, ElfObject)
    bare = [each._replace(name="." + "x" * 4) if each.name.startswith(".debug") else each for each in obj.sections]
    path.write_bytes(write_elf(obj._replace(sections=bare)))
    insmod(lab.k, str(path), {})
    told = calls(events(lab, 1))
    assert told[0].startswith("0 handler( rdi = 0x1,  rsi = ")
    assert told[-1] == "0 handler = 0x7"


def test_a_module_that_is_loaded_anew_is_watched_anew(lab: ElfLab) -> None:
    first = events(lab, 1)
    rmmod(lab.k, "m")
    insmod(lab.k, lab.build(SOURCE), {})
    second = events(lab, 1)
    assert calls(second) == calls(first)
    assert [event.address for event in second] != [event.address for event in first]


def test_an_uncounted_run_after_a_counted_one_meets_no_fault(lab: ElfLab) -> None:
    for budget in (0, 1_000_000, 0, 0, 1_000_000, 0):
        before = lab.k.clock.ns
        made = run_stub(lab.k, 335, [20], budget)
        assert made.call is not None
        assert made.call.ret == 7 - sum(range(20))
        assert lab.k.clock.ns - before == 3160


C_SOURCE = """
struct point { int x, y; };
extern long (*STUB_test_call)(int);
static noinline int add(struct point *p, const char *why, unsigned char c) {
    int sum = p->x + p->y;
    printk("%s\\n", why);
    return sum + c;
}
static noinline int last(int n) { printk("last\\n"); return n; }
long handler(int n) {
    struct point p = { n, 2 };
    p.x += 3;
    return add(&p, "why", 'A') + last(n);
}
static int start(void) { STUB_test_call = handler; return 0; }
module_init(start);
static void stop(void) { STUB_test_call = NULL; }
module_exit(stop);
"""


@needs_compiler
def test_a_module_that_a_c_compiler_made_is_watched_by_its_own_types(tmp_path: Path) -> None:
    lab = lab_of(tmp_path)
    lab.insert(C_SOURCE)
    told = calls(events(lab, 4))
    assert told[0] == "0 handler(int n = 4)"
    assert told[1].startswith("1 add(struct point * p = 0xffff")
    assert told[1].endswith(""", const char * why = "why", unsigned char c = 65 'A')""")
    assert told[2:] == [
        '2 printk(const char * fmt = "%s\\n")',
        "2 printk = 4",
        "1 add = 74",
        "1 last(int n = 4)",
        '2 printk(const char * fmt = "last\\n")',
        "2 printk = 5",
        "1 last = 4",
        "0 handler = 78",
    ]
    lines = events(lab, 4, LINES)
    changed = [each["text"] for event in lines if event.what == "changed" for each in event.values["variables"]]
    assert "{x = 7, y = 2}" in changed
