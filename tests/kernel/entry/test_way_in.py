"""The kernel's text of the way in: what stands there, that it does what the short road does, and when it runs."""

from __future__ import annotations

import re

import pytest

from kshell.abi import ptregs
from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.entry.entry_64 import lines
from kshell.kernel.entry.entry_text import entry_text
from kshell.kernel.entry.exec import load_program, run_stub
from kshell.kernel.entry.machine_code import call as call_from_outside
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import TaskExit
from kshell.machine.disassembler import disassemble
from kshell.machine.listing import Label
from tests.kernel.entry.both_roads import RELEASES, Roads
from tests.kernel.lab import EXIT, TEXT, ending
from tests.kernel.machine_code_lab import MachineLab, h

INTEL = {"cmpq": "cmp", "movslq": "movsxd"}


@pytest.fixture(scope="module")
def lab() -> MachineLab:
    found = MachineLab()
    found.k.cpu.always_by_text = True
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_a_random_program_leaves_the_same_behind_on_both_roads(release: str) -> None:
    roads = Roads(release)
    assert {number: what for number in range(40) if (what := roads.differs(number))} == {}


@pytest.mark.parametrize(("version", "back"), [((4, 19), "+0x44/0xa9"), ((6, 19), "+0x76/0x7e")])
def test_each_instruction_is_what_it_says_and_the_call_is_where_linux_has_it(
    version: tuple[int, int], back: str
) -> None:
    text = entry_text(version)
    written = [line[0].split()[0] for line in lines(version >= (6, 7)) if not isinstance(line, Label)]
    found = [each.text.split()[0] for each in disassemble(text.code, layout.ENTRY_TEXT) if each.text != "int3"]
    assert found == [INTEL.get(word, word) for word in written if word != "int3"]
    label = next(each for each in text.symbols if each.name == "entry_SYSCALL_64_after_hwframe")
    assert label.at(text.way_in.back) == "entry_SYSCALL_64_after_hwframe" + back


@pytest.mark.parametrize("release", RELEASES)
def test_the_text_is_where_kallsyms_says_it_is_and_nobody_can_write_it(release: str) -> None:
    k = boot(release)
    entry = k.symbols.lookup("entry_SYSCALL_64")
    assert entry is not None
    assert (entry.address, k.symbols.describe(k.way_in.back)[:30]) == (k.way_in.entry, "entry_SYSCALL_64_after_hwframe")
    assert k.memory.read(entry.address, entry.size).rstrip(b"\xcc") in entry_text(k.profile.version).code
    assert not k.memory.space.entry(entry.address) & 2
    assert k.memory.load(k.way_in.top_of_stack) == k.current.stack + layout.THREAD_SIZE


def user_registers(k: Kernel, code: bytes) -> list[int]:
    task = load_program(k, [Segment(TEXT, code, len(code), "r-x")], TEXT, "p", ["p"])
    run_program(k, task)
    return task.regs.tolist()


def test_what_a_module_writes_into_pt_regs_comes_back_by_iretq(lab: MachineLab) -> None:
    for slot in (ptregs.CX, ptregs.R11, ptregs.BX):
        lab.point(lab.function(f"sets_{slot}", h(f"48c787{8 * slot:02x}00000078560000 b802000000 c3")))
        assert user_registers(lab.k, h("b84f010000 0f05 0f0b"))[slot] == 0x5678


def test_it_runs_where_it_was_changed_and_only_then() -> None:
    k = boot("course")
    program = h("bb11000000 bd22000000 b827000000 0f05 89df") + EXIT  # rbx = 0x11, rbp = 0x22, getpid, exit(ebx)
    outcome = run_program(k, load_program(k, [Segment(TEXT, program, len(program), "r-x")], TEXT, "p", ["p"]))
    assert (ending(outcome), k.cpu.by_text) == ("exit 17", False)
    place = k.way_in.entry + entry_text(k.profile.version).code.index(h("53 31db"))
    k.memory.poke(place, h("55"))  # push %rbp, where %rbx is to be pushed
    k.cpu.flush_code()
    outcome = run_program(k, load_program(k, [Segment(TEXT, program, len(program), "r-x")], TEXT, "p", ["p"]))
    assert (ending(outcome), k.cpu.by_text) == ("exit 34", True)


def test_a_budget_that_ends_anywhere_in_it_lets_the_call_end(lab: MachineLab) -> None:
    for budget in range(1, 90):
        call = run_stub(lab.k, 39, [], budget=budget).call
        assert call is None or call.ret == lab.k.shell_task.pid, budget
    assert run_stub(lab.k, 39, [], budget=90).call is not None


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_it_is_stepped_through_to_the_instruction_that_leads_to_ring_3(release: str) -> None:
    k = boot(release)
    k.cpu.always_by_text = True
    code = h("b827000000 0f05 90")
    task = load_program(k, [Segment(TEXT, code, len(code), "r-x")], TEXT, "p", ["p"])
    k.cpu.reset()
    path, places = None, []
    for _ in range(140):
        stop = k.cpu.step(task.frame, path)
        path = k.cpu.ring0.suspended() if stop.ring == 0 else None
        places.append((k.cpu.ring0.regs if stop.ring == 0 else task.regs)[ptregs.IP])
        if places[-1] == TEXT + 7:
            break
    assert places[:2] == [TEXT + 5, k.way_in.entry]
    assert places[-2] in k.way_in.exits
    assert k.way_in.dispatch in places
    assert task.regs[ptregs.AX] == task.pid


@pytest.mark.parametrize("from_call", [True, False])
def test_nobody_else_leads_to_ring_3_or_dispatches(lab: MachineLab, from_call: bool) -> None:
    way_in = lab.k.way_in
    for at, word in ((way_in.entry, "page fault|NULL pointer|unable"), (way_in.dispatch, "invalid opcode")):
        jump = lab.function("jumps", h("48c7c0") + (at & 0xFFFFFFFF).to_bytes(4, "little") + h("ffd0 c3"))
        lab.before = len(lab.k.log.since(0))
        if from_call:
            lab.point(jump)
            lab.syscall()
        else:
            with pytest.raises(TaskExit):
                call_from_outside(lab.k, jump)
        assert re.search(word, "\n".join(lab.log()))
    sysretq = next(at for at, is_iret in way_in.exits.items() if not is_iret)
    with pytest.raises(TaskExit):
        call_from_outside(lab.k, sysretq)
    assert "general protection" in "\n".join(lab.log())
    assert lab.getpid() == lab.k.shell_task.pid


def test_a_module_that_leaves_by_sysretq_itself_only_ends_its_call(lab: MachineLab) -> None:
    """rcx leads to where the program goes on: its call has no end, and the next one is as ever."""
    sysretq = next(at for at, is_iret in lab.k.way_in.exits.items() if not is_iret)
    code = h("488b8f80000000 49c7c302020000 48c7c0") + (sysretq & 0xFFFFFFFF).to_bytes(4, "little") + h("ffe0")
    lab.point(lab.function("leaves", code))
    program = h("b84f010000 0f05 bf05000000") + EXIT
    outcome = run_program(lab.k, load_program(lab.k, [Segment(TEXT, program, len(program), "r-x")], TEXT, "p", ["p"]))
    assert ending(outcome) == "exit 5"
    assert lab.getpid() == lab.k.shell_task.pid
