"""Machine code in ring 0: the way in and out, bodies in Python, calls from outside of a run, paths that wait."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from kshell.abi.c_types import Int, ULong
from kshell.abi.ptregs import SP
from kshell.kernel.core import layout
from kshell.kernel.core.calling import VaList
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.machine_code import call as call_from_outside
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import TaskExit
from kshell.machine.quirks.ring0_guard import HOOK_COST
from tests.kernel.lab import EXIT, ending
from tests.kernel.lab import TEXT as USER_TEXT
from tests.kernel.machine_code_lab import DATA, EPILOGUE, NR, PROLOGUE, MachineLab, call, h, mov_rax

LOAD_DI = h("488b7f70")  # mov rdi, [rdi+0x70]: the first argument in pt_regs
SPIN = h("ebfe")


@pytest.fixture(scope="module")
def lab() -> MachineLab:
    return MachineLab()


def test_a_call_of_machine_code_answers_what_it_leaves_in_rax(lab: MachineLab) -> None:
    assert lab.ret(h("b807000000 c3")) == 7
    assert lab.ret(h("48c7c0daffffff c3")) == -38


def test_it_gets_a_pointer_to_pt_regs_on_an_aligned_stack_below_it(lab: MachineLab) -> None:
    assert lab.ret(h("488b4770 c3"), -5) == -5
    assert lab.ret(h("4889f8 c3")) == lab.k.current.regs_address - (1 << 64)
    assert lab.ret(h("4889e0 83e00f c3")) == 8  # as a C function finds it: the return address is pushed


def test_statistics_and_errors_are_counted(lab: MachineLab) -> None:
    before = lab.k.statistics[NR].count, lab.k.statistics[NR].errors
    lab.ret(h("b807000000 c3"))
    lab.ret(h("48c7c0daffffff c3"))
    assert (lab.k.statistics[NR].count, lab.k.statistics[NR].errors) == (before[0] + 2, before[1] + 1)


def test_the_user_finds_every_register_as_it_was_but_the_three_that_a_call_changes(lab: MachineLab) -> None:
    # every register and xmm0 clobbered in ring 0
    clobber = b"".join(h(x) for x in ("31db", "31ed", "31c9", "31d2", "31f6", "4531c0", "4531c9", "4531d2", "4531e4"))
    lab.point(lab.function("clobber", h("53 55 4154") + clobber + h("660fefc0 0f57c0") + h("415c 5d 5b b801000000 c3")))
    lab.point(lab.function("clobber2", clobber + h("4531ed 4531f6 4531ff 0f57c0 b801000000 c3")))
    code = h("bb11000000 bd22000000 ba33000000 41bc44000000 66480f6ec3 b84f010000 0f05")
    code += h("66480f7ec1 01d8 01e8 01d0 4401e0 01c8 89c7") + EXIT
    task = load_program(lab.k, [Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, "p", ["p"])
    assert ending(run_program(lab.k, task)) == f"exit {1 + 0x11 + 0x22 + 0x33 + 0x44 + 0x11 & 255}"


def test_an_instruction_that_empties_the_tlb_costs_as_much_as_it_takes(lab: MachineLab) -> None:
    assert lab.run(h("0f0138" * 20 + "c3"), budget=100_000).call is not None  # invlpg [rax]
    assert 20 * HOOK_COST <= lab.k.cpu.charged < 40 * HOOK_COST


def test_a_body_gets_its_arguments_narrowed_to_their_types(lab: MachineLab) -> None:
    heard: list[tuple[int, int, int]] = []

    def hears(k: Kernel, a: Int, b: ULong, c: int) -> Int:
        heard.append((a, b, c))
        return -3

    code = h("bff9ffffff 48c7c6ffffffff 48c7c2ffffffff")  # edi = 0xfffffff9, rsi = rdx = -1
    assert lab.ret(PROLOGUE + code + call(lab.body(hears)) + EPILOGUE) == -3
    assert heard == [(-7, (1 << 64) - 1, -1)]


def test_a_body_that_returns_nothing_returns_0(lab: MachineLab) -> None:
    def nothing(k: Kernel) -> None:
        return None

    assert lab.ret(PROLOGUE + call(lab.body(nothing)) + EPILOGUE) == 0


def test_a_variadic_body_reads_on_in_registers_and_then_on_the_stack(lab: MachineLab) -> None:
    heard: list[int] = []

    def varied(k: Kernel, first: Int, more: VaList) -> None:
        heard.extend([first, *(more.next() for _ in range(7))])

    registers = h("bf01000000 be02000000 ba03000000 b904000000 41b805000000 41b906000000")
    code = PROLOGUE + registers + h("6a08 6a07") + call(lab.body(varied)) + h("c9 c3")
    assert lab.ret(code) == 0
    assert heard == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_saved_slot_can_be_called_with_a_pointer_to_pt_regs(lab: MachineLab) -> None:
    getpid = lab.k.symbols.lookup("__x64_sys_getpid")
    assert getpid is not None
    assert lab.ret(PROLOGUE + call(getpid.address) + h("48ffc0") + EPILOGUE) == lab.k.shell_task.pid + 1


def test_a_call_from_outside_of_a_run_answers_its_result(lab: MachineLab) -> None:
    double = lab.function("double", h("8d043f 01f0 c3"))  # lea eax, [rdi+rdi]; add eax, esi
    assert call_from_outside(lab.k, double, 20, 2) == 42
    assert lab.syscall().call is not None


def test_a_call_from_outside_that_dies_is_reported_and_raises(lab: MachineLab) -> None:
    bad = lab.function("bad_init", h("31c0 8b00 c3"))
    lab.before = len(lab.k.log.since(0))
    with pytest.raises(TaskExit):
        call_from_outside(lab.k, bad)
    assert "BUG: unable to handle kernel NULL pointer dereference at 0000000000000000" in lab.log()
    assert any(line.startswith("RIP: 0010:bad_init+0x2/0x5 [lab]") for line in lab.log())
    assert not any("do_syscall_64" in line for line in lab.log())


def test_a_call_from_outside_has_a_budget(lab: MachineLab) -> None:
    spin = lab.function("spin_init", SPIN)
    lab.ret(h("c3"))
    lab.k.init_budget = 10_000
    try:
        with pytest.raises(TaskExit):
            call_from_outside(lab.k, spin)
    finally:
        lab.k.init_budget = 0


# Waiting.


def test_a_body_that_waits_is_called_anew_and_the_path_goes_on(lab: MachineLab) -> None:
    k, calls = lab.k, []

    def waits(k: Kernel, n: Int) -> int:
        calls.append(n)
        k.schedule()
        return n + 1

    inner = lab.function("inner", h("b805000000 c3"))
    code = PROLOGUE + h("53 bb09000000 50 bf07000000") + call(lab.body(waits)) + h("01d8 59 5b") + EPILOGUE
    lab.point(lab.function("sleeper", code))
    k.on_sleep = lambda: calls.append(call_from_outside(k, inner))
    made = lab.syscall().call
    assert made is not None
    assert made.ret == 8 + 9
    assert calls == [7, 5, 7]


def test_a_path_waits_while_another_task_makes_calls(lab: MachineLab) -> None:
    k, statuses = lab.k, []

    def wait_for_it(k: Kernel) -> int:
        k.schedule()
        return 1

    def another() -> None:
        code = h("bf03000000") + EXIT
        task = load_program(k, [Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, "other", ["other"])
        statuses.append(ending(run_program(k, task)))

    lab.point(lab.function("sleeper2", PROLOGUE + call(lab.body(wait_for_it)) + EPILOGUE))
    code = h("66480f6ec4 b84f010000 0f05 66480f7ec1 4839e1 0f95c1 0fb6c9 8d3c48") + EXIT  # xmm0 is kept, exit 1
    k.on_sleep = another
    task = load_program(k, [Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, "p", ["p"])
    assert ending(run_program(k, task)) == "exit 1"
    assert statuses == ["exit 3"]


# Loops.


def test_ctrl_c_ends_a_loop_in_ring_0_with_the_watchdogs_words(lab: MachineLab) -> None:
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    run = lab.run(PROLOGUE + SPIN, name="sys_spin")
    assert ending(run.outcome) == "SIGKILL 0 0x0"
    said = "\n".join(lab.log())
    assert "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [kshell:" in said
    assert "RIP: 0010:sys_spin+0x4/0x6 [lab]" in said
    assert "kshell: it looped at sys_spin+0x4/0x6 [lab]" in said


def test_a_budget_ends_a_loop_in_ring_0_also_after_an_uncounted_run_of_it(lab: MachineLab) -> None:
    for _ in range(2):
        run = lab.run(PROLOGUE + h("ffc0") + h("ebfc"), budget=50_000, name="sys_count")
        assert ending(run.outcome) == "SIGKILL 0 0x0"
        assert "soft lockup" in "\n".join(lab.log())


def test_a_budget_that_ends_in_ring_0_lets_a_path_that_is_no_loop_reach_its_end(lab: MachineLab) -> None:
    lab.point(lab.function("long", h("b910270000 ffc9 75fc b801000000 c3")))  # 20,000 instructions
    run = lab.syscall(budget=3000)
    assert run.call is not None
    assert run.call.ret == 1


def test_single_steps_go_through_ring_0_and_back(lab: MachineLab) -> None:
    k = lab.k
    lab.point(at := lab.function("stepped", h("90 b807000000 c3")))
    code = h("b84f010000 0f05 90") + EXIT
    task = load_program(k, [Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, "p", ["p"])
    k.switch_to(task)
    k.cpu.reset()
    path, places = None, []
    for _ in range(8):
        stop = k.cpu.step(task.frame, path)
        path = k.cpu.ring0.suspended() if stop.ring == 0 else None
        regs = k.cpu.ring0.regs if stop.ring == 0 else task.regs
        places.append((stop.ring, regs[16]))
    first = layout.TRAMPOLINE
    assert places == [
        *((3, USER_TEXT + 5), (0, first), (0, at), (0, at + 1), (0, at + 6), (0, first + 2)),
        *((3, USER_TEXT + 7), (3, USER_TEXT + 8)),
    ]
    assert task.regs[10] == 7
    assert task.regs[SP] < 1 << 47


# Memory.


def test_write_protection_is_cr0s(lab: MachineLab) -> None:
    table = lab.k.sys_call_table
    clear_wp = h("0f20c0 4825fffffeff 0f22c0")
    set_wp = h("0f20c0 480d00000100 0f22c0")
    store = mov_rax(table + 8 * 300) + h("c700 78563412")
    assert lab.ret(clear_wp + store + set_wp + h("b801000000 c3")) == 1
    assert lab.k.memory.load(table + 8 * 300) & 0xFFFFFFFF == 0x12345678
    assert lab.k.memory.protection.write_protect
    assert ending(lab.run(store + h("c3")).outcome) == "SIGKILL 0 0x0"
    assert "Oops: 0003" in " ".join(lab.log())


def test_smap_and_smep_are_off_where_the_command_line_says_so() -> None:
    lab = MachineLab(cmdline="nosmap nosmep")
    assert lab.ret(h("8b042500104000 c3")) is not None  # mov eax, [0x401000]
    user = h("b863000000 c3")
    lab.point(DATA)
    assert ending(lab.syscall().outcome) == "SIGKILL 0 0x0"  # NX all the same
    code = h("b84f010000 0f05 89c7") + EXIT + user
    lab.point(USER_TEXT + len(code) - len(user))
    task = load_program(lab.k, [Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, "p", ["p"])
    assert ending(run_program(lab.k, task)) == "exit 99"


def test_time_stands_still_in_ring_0_but_for_events(lab: MachineLab) -> None:
    read = h("0f31 48c1e220 4809d0 c3")
    first, second = lab.ret(read), lab.ret(h("b910270000 ffc9 75fc") + read)
    assert first is not None
    assert second is not None
    assert second - first == 120
