"""What the log says of machine code that died in ring 0, in the words of each release."""

from __future__ import annotations

import pytest

from kshell.kernel.core.layout import THREAD_SIZE
from kshell.kernel.core.pointers import BugEntry, KernelPanic
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.pointer_format import hashed
from kshell.kernel.task.binfmt import Segment
from tests.kernel.lab import EXIT, ending
from tests.kernel.lab import TEXT as USER_TEXT
from tests.kernel.machine_code_lab import DATA, EPILOGUE, PROLOGUE, MachineLab, call, h, mov_rax


@pytest.fixture(scope="module")
def old() -> MachineLab:
    return MachineLab()


@pytest.fixture(scope="module")
def new() -> MachineLab:
    return MachineLab("6.19")


def report(lab: MachineLab, code: bytes, name: str = "bad") -> list[str]:
    lab.end = ending(lab.run(code, name=name).outcome)
    return lab.log()


def test_a_division_by_zero_is_a_divide_error(old: MachineLab, new: MachineLab) -> None:
    for lab, head in ((old, "divide error: 0000 [#1] SMP PTI"), (new, "Oops: divide error: 0000 [#1] SMP NOPTI")):
        said = report(lab, PROLOGUE + h("b82a000000 31c9 31d2 f7f1") + EPILOGUE)
        assert said[0] == head
        assert "RIP: 0010:bad+0xd/0x11 [lab]" in said
        assert any(line.startswith("RAX: 000000000000002a RBX: 0000000000000000 RCX: 000000") for line in said)
        assert next(line for line in said if line.startswith("Code: ")).endswith(
            "31 c9 31 d2 <f7> f1 5d c3" + " 00" * 18
        )
        assert lab.end.startswith("SIGSEGV")


def test_a_halt_and_a_loop_with_interrupts_off_are_hard_lockups_and_set_no_taint() -> None:
    heads = {"course": "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0"}
    heads["6.19"] = "watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 0"
    for release, head in heads.items():
        for code in (h("fa f4"), h("fa ebfe")):  # cli; hlt, and cli; 1: jmp 1b
            lab = MachineLab(release)
            function = lab.function("stuck", PROLOGUE + code + EPILOGUE)
            lab.before = len(lab.k.log.since(0))
            lab.point(function)
            assert ending(lab.syscall(budget=100_000).outcome).startswith("SIGKILL")
            assert lab.log()[0] == head
            assert "L" not in lab.k.taint.letters
            assert lab.getpid() == lab.k.shell_task.pid


def test_the_caller_of_a_function_without_a_frame_is_in_the_call_trace(old: MachineLab) -> None:
    leaf = old.function("leaf", h("31c9 31d2 f7f1 c3"))
    said = report(old, PROLOGUE + call(leaf) + EPILOGUE, name="caller")
    trace = said[said.index("Call Trace:") + 1 :]
    assert "RIP: 0010:leaf+0x4/0x7 [lab]" in said
    assert trace[0] == " caller+0x10/0x12 [lab]"


def test_a_field_of_a_null_pointer_is_named_by_its_offset(old: MachineLab, new: MachineLab) -> None:
    code = PROLOGUE + h("31c0 488b4018") + EPILOGUE
    assert report(old, code)[0] == "BUG: unable to handle kernel NULL pointer dereference at 0000000000000018"
    said = report(new, code)
    assert said[:3] == [
        "BUG: kernel NULL pointer dereference, address: 0000000000000018",
        "#PF: supervisor read access in kernel mode",
        "#PF: error_code(0x0000) - not-present page",
    ]
    assert any(line.startswith("CR2: 0000000000000018 CR3: ") for line in said)
    assert new.end == "SIGKILL 0 0x0"


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (
            mov_rax(0xFFFFFFFF82000000) + h("c600 01"),
            "0003",
            "wrote to 0xffffffff82000000, and that memory is read-only",
        ),
        (h("8b042500104000"), "0001", "read 0x401000, and that is user memory"),
        (h("c6042500104000 01"), "0003", "wrote to 0x401000, and that is user memory"),
        (h("b845230100 ffd0"), "0010", "called 0x12345, and nothing is mapped there"),
        (mov_rax(DATA) + h("ffd0"), "0011", "called 0xffffffffc0008000, and that memory is no code (NX)"),
        (h("b800104000 ffd0"), "0011", "called 0x401000, and that is user memory, which the kernel must not execute"),
        (mov_rax(0xFFFFFFFFC0100000) + h("ffd0"), "0010", "called 0xffffffffc0100000, and nothing is mapped there"),
    ],
    ids=["read-only", "SMAP", "SMAP write", "nowhere", "NX", "SMEP", "freed module"],
)
def test_a_page_fault_has_its_error_code_and_says_why(old: MachineLab, code: bytes, error: str, words: str) -> None:
    run = old.run(PROLOGUE + code + EPILOGUE, name="bad")
    assert any(line.startswith(f"Oops: {error} [#") for line in old.log())
    assert run.outcome.signal is not None
    assert words in run.outcome.signal.why
    if "called" in words:
        assert next(line for line in old.log() if line.startswith(" bad+0x")).endswith("[lab]")


def test_what_is_no_address_is_a_general_protection_fault(old: MachineLab, new: MachineLab) -> None:
    code = PROLOGUE + mov_rax(1 << 63) + h("488b00") + EPILOGUE
    assert report(old, code)[0].startswith("general protection fault: 0000 [#")
    head = "Oops: general protection fault, probably for non-canonical address 0x8000000000000000: 0000 [#"
    assert report(new, code)[0].startswith(head)
    assert "RIP: 0010:bad+0xe/0x13 [lab]" in new.log()


def test_a_warning_of_a_new_release_names_the_file_as_it_was_compiled_too(new: MachineLab) -> None:
    k = new.k
    at = new.function("buggy", PROLOGUE + h("0f0b") + EPILOGUE)
    new.point(at)
    k.bug_at = lambda address: BugEntry("/home/me/hello.c", 8, is_warning=True) if address == at + 4 else None
    new.syscall()
    assert f"WARNING: /home/me/hello.c:8 at buggy+0x4/0x8 [lab], CPU#0: {k.current.comm}/{k.current.pid}" in new.log()


def test_ud2_is_a_bug_where_the_table_of_bugs_knows_it(old: MachineLab) -> None:
    k = old.k
    at = old.function("buggy", PROLOGUE + h("0f0b") + EPILOGUE)
    old.point(at)
    old.syscall()
    assert old.log()[0].startswith("invalid opcode: 0000 [#")
    k.bug_at = lambda address: BugEntry("/home/me/hello.c", 7) if address == at + 4 else None
    old.syscall()
    assert old.log()[1] == "kernel BUG at /home/me/hello.c:7!"
    assert old.log()[2].startswith("invalid opcode: 0000 [#")
    k.bug_at = lambda address: BugEntry("/home/me/hello.c", 8, is_warning=True) if address == at + 4 else None
    made = old.syscall().call
    assert made is not None
    assert made.ret is not None
    assert f"WARNING: CPU: 0 PID: {k.current.pid} at /home/me/hello.c:8 buggy+0x4/0x8 [lab]" in old.log()
    k.bug_at = lambda address: None


def test_int3_is_named(old: MachineLab) -> None:
    assert report(old, h("cc c3"))[0].startswith("int3: 0000 [#")


def test_the_call_trace_walks_the_frames_with_the_lines_behind_them(old: MachineLab) -> None:
    k = old.k
    inner = old.function("inner", PROLOGUE + h("31c0 8b00") + EPILOGUE)
    middle = old.function("middle", PROLOGUE + call(inner) + EPILOGUE)
    k.place_of = lambda address: ("hello.c", 30) if middle <= address < middle + 20 else None
    said = report(old, PROLOGUE + call(middle) + EPILOGUE, "outer")
    at = said.index("Call Trace:")
    assert said[at + 1 : at + 5] == [
        " middle+0x10/0x12 [lab] (hello.c:30)",
        " outer+0x10/0x12 [lab]",
        " do_syscall_64+0xa/0x10",
        " entry_SYSCALL_64_after_hwframe+0x44/0xa9",
    ]
    k.place_of = lambda address: None


def test_an_error_in_a_body_has_the_callers_registers_and_frames(old: MachineLab) -> None:
    def reads(k: Kernel, pointer: int) -> int:
        return k.memory.load(pointer)

    said = report(old, PROLOGUE + h("bf10000000 bb22000000") + call(old.body(reads)) + EPILOGUE, "caller")
    assert said[0] == "BUG: unable to handle kernel NULL pointer dereference at 0000000000000010"
    assert any(line.startswith("RIP: 0010:reads+0x") for line in said)
    assert any("RBX: 0000000000000022" in line for line in said)
    at = said.index("Call Trace:")
    assert said[at + 1 : at + 3] == [" caller+0x1a/0x1c [lab]", " do_syscall_64+0xa/0x10"]


def test_a_recursion_without_end_meets_the_guard_page(old: MachineLab, new: MachineLab) -> None:
    recurse = h("55 4889e5 e8f7ffffff 5d c3")
    low = old.k.shell_task.stack
    said = report(old, recurse)
    hit, first, last = (f"{hashed(each):016x}" for each in (low - 8, low, low + THREAD_SIZE - 1))
    assert said[0] == f"BUG: stack guard page was hit at {hit} (stack is {first}..{last})"
    assert said[1].startswith("kernel stack overflow (double-fault): 0000 [#")
    assert sum(" bad+0x9/0xb [lab]" in line for line in said) == 30  # 16 at either end, and two of the entry
    assert report(new, recurse)[0].startswith("BUG: TASK stack guard page was hit at ")
    assert new.log()[1].startswith("Oops: stack guard page: 0000 [#")
    assert old.end.startswith("SIGSEGV")


@pytest.mark.parametrize(
    "code",
    [
        "48cf",
        "cb",
        "48ff28",
        "ff18",
        "0f0118",
        "0f0110",
        "0f00d8",
        "8ed8",
        "0fa1",
        "0f30",
        "0f32",
        "0f07",
        "0f35",
        "0f23f8",
    ],
)
def test_what_would_leave_ring_0_by_the_back_door_is_a_general_protection_fault(old: MachineLab, code: str) -> None:
    assert report(old, PROLOGUE + h("6a10 6a00 4889e0") + h(code) + EPILOGUE)[0].startswith("general protection")


@pytest.mark.parametrize("code", ["31c0 0f22c0", "31c0 0f22d8", "31c0 0f22e0"], ids=["cr0", "cr3", "cr4"])
def test_taking_paging_away_is_a_triple_fault_and_no_crash(code: str) -> None:
    lab = MachineLab()
    with pytest.raises(KernelPanic, match="triple fault"):
        lab.run(h(code) + h("c3"))
    assert lab.getpid() is not None


def test_a_spoilt_descriptor_table_is_a_triple_fault_when_a_program_loads_from_it() -> None:
    lab = MachineLab()
    gdt = lab.k.symbols.lookup("gdt_page")
    assert gdt is not None
    assert lab.ret(mov_rax(gdt.address + 32) + h("48c700ffffff7f b801000000 c3")) == 1
    code = h("b823000000 8ed8 31ff") + EXIT
    task = load_program(lab.k, [Segment(USER_TEXT, code, len(code), "r-x")], USER_TEXT, "p", ["p"])
    with pytest.raises(KernelPanic, match="triple fault"):
        run_program(lab.k, task)


def test_a_locked_bit_test_is_an_undefined_opcode(old: MachineLab) -> None:
    assert report(old, h("f00fabea c3"))[0].startswith("invalid opcode: 0000")
    assert old.getpid() == old.k.shell_task.pid


def test_control_registers_read_as_on_a_real_machine(old: MachineLab) -> None:
    assert old.ret(h("0f20c0 c3")) == 0x80050033
    assert old.ret(h("440f20c0 c3")) is None  # cr8 is not there
    assert old.ret(h("0f20e0 c3")) == 0x3006F0
    assert old.ret(h("0f20d8 c3")) == old.k.current.mm.pages.root
