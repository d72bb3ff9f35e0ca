"""The CPU by itself: registers after a stop, watched code, budgets, steps, the TLB."""

from __future__ import annotations

import random
import struct

import pytest

from kshell.abi import ptregs
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_task
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import Task, do_exit, release_task
from kshell.machine.quirks.host_killers import LOCK_BT
from kshell.machine.stop import STOPPED, UNDEFINED
from tests.kernel.lab import DATA, EXIT, TEXT, ending, in_child, run

LOCK_BTS = bytes.fromhex("f00fabea")


@pytest.fixture(scope="module")
def k() -> Kernel:
    return boot("course")


def start(k: Kernel, code: bytes, prot: str = "r-x", size: int = 0) -> Task:
    segments = [Segment(TEXT, code, size or len(code), prot), Segment(DATA, b"", 0x10_0000, "rw-")]
    task = load_program(k, segments, TEXT, "prog", ["prog"])
    k.cpu.reset()
    return task


def finish(k: Kernel, task: Task) -> None:
    do_exit(k, task, 0)
    release_task(k, task)
    k.switch_to(k.shell_task)


# Host killers: in children of their own, since a mistake ends the process.


def killed_by_ud(code: bytes, **how: object) -> str:
    return in_child(lambda: ending(run(boot("course"), code, **how)))  # type: ignore[arg-type]


def test_each_form_of_a_locked_bit_test_is_an_undefined_instruction() -> None:
    forms = [b"\x0f" + bytes([op, modrm]) for op in (0xA3, 0xAB, 0xB3, 0xBB) for modrm in (0xC0, 0xEA, 0xFF)]
    forms += [bytes([0x0F, 0xBA, modrm, 3]) for modrm in (0xE0, 0xE8, 0xF1, 0xFF)]

    def all_of_them() -> str:
        k = boot("course")
        for form in forms:
            for before, after in (
                (b"", b""),
                (b"\x66", b""),
                (b"", b"\x48"),
                (b"\xf2\x48", b"\x66\x41"),
                (b"\xf0", b""),
            ):
                code = before + b"\xf0" + after + form
                assert LOCK_BT.search(code)
                got = ending(run(k, code))
                if got != f"SIGILL 2 {TEXT:#x}":
                    return f"{code.hex()}: {got}"
        return "fine"

    assert in_child(all_of_them) == "fine"


@pytest.mark.parametrize("cut", [1, 2, 3])
@pytest.mark.parametrize("prefixes", [b"", b"\x66\x48", b"\x2e" * 9])
def test_a_host_killer_that_straddles_two_pages_is_an_undefined_instruction(cut: int, prefixes: bytes) -> None:
    killer = prefixes + LOCK_BTS
    code = b"\x90" * (4096 - cut - len(prefixes)) + killer + b"\x90" * 20
    assert killed_by_ud(code) == f"SIGILL 2 {TEXT + 4096 - cut - len(prefixes):#x}"


def test_a_host_killer_behind_a_memory_operand_is_an_undefined_instruction() -> None:
    code = bytes.fromhex("8b042500005000") + LOCK_BTS
    assert killed_by_ud(code) == f"SIGILL 2 {TEXT + 7:#x}"


def test_a_host_killer_that_the_program_writes_is_an_undefined_instruction() -> None:
    # mov dword [rip+0x10], 0xeaab0ff0; jmp to it; and again over code that ran before
    store = bytes.fromhex("c705") + struct.pack("<i", 10) + LOCK_BTS
    code = store + b"\x90" * 10 + b"\x90" * 4 + EXIT
    assert killed_by_ud(code, prot="rwx") == f"SIGILL 2 {TEXT + 20:#x}"
    # call the target first: it returns, then is overwritten, then called again
    target = b"\xc3" + b"\x90" * 3
    body = (
        bytes.fromhex("e8")
        + struct.pack("<i", 5 + 10 + 5 - 5)
        + bytes.fromhex("c705")
        + struct.pack("<i", 5)
        + LOCK_BTS
    )
    code = body + bytes.fromhex("e8") + struct.pack("<i", 0) + target
    assert killed_by_ud(code, prot="rwx").startswith("SIGILL 2")


def test_a_host_killer_read_or_protected_into_place_is_an_undefined_instruction() -> None:
    # mprotect(DATA, 4096, R|W|X) after storing the killer there; then jump
    code = bytes.fromhex("bf00005000 c707") + LOCK_BTS
    code += bytes.fromhex("be00100000 ba05000000 b80a000000 0f05 bf00005000 ffe7")
    assert killed_by_ud(code) == f"SIGILL 2 {DATA:#x}"


def test_a_host_killer_entered_by_a_jump_into_an_instruction_is_an_undefined_instruction() -> None:
    # jmp +1; mov eax, 0xeaab0ff0: the bytes are a number unless one jumps into it
    assert killed_by_ud(bytes.fromhex("eb01 b8") + LOCK_BTS) == f"SIGILL 2 {TEXT + 3:#x}"
    assert killed_by_ud(bytes.fromhex("b8") + LOCK_BTS + bytes.fromhex("31ff") + EXIT) == "exit 0"


def test_a_second_page_that_comes_later_completes_a_host_killer() -> None:
    """The killer's last bytes lie in a page that is mapped only when the first page has been looked at."""

    def action() -> str:
        k = boot("course")
        head = bytes.fromhex("b809000000 bf00204000 be00100000 ba07000000 41ba32000000 4983c8ff 4531c9 0f05")  # mmap
        head += bytes.fromhex("66c704250020400 0abea".replace(" ", ""))  # mov word [0x402000], 0xeaab
        code = head + b"\xe9" + struct.pack("<i", 4094 - len(head) - 5)
        code += b"\x90" * (4094 - len(code)) + b"\xf0\x0f"
        return ending(run(k, code))

    assert in_child(action) == f"SIGILL 2 {TEXT + 4094:#x}"


# Registers and state.


def test_registers_at_a_fault_are_those_of_the_faulting_instruction(k: Kernel) -> None:
    dice = random.Random(5)
    for _ in range(30):
        values = [dice.getrandbits(64) for _ in range(6)]
        loads = zip((0, 1, 2, 3, 6, 7), values, strict=True)
        code = b"".join(bytes([0x48, 0xB8 + n]) + struct.pack("<Q", v) for n, v in loads)
        code += bytes.fromhex("4801d8 4883d201 4929c9 488b042508000000 48ffc0")  # add, adc, sub, then the fault
        task = start(k, code)
        assert run_task(k, task).kind == "killed"
        total = values[0] + values[3]
        carry = total >> 64
        regs = task.regs
        assert regs[ptregs.AX] == total & (1 << 64) - 1
        assert regs[ptregs.DX] == values[2] + 1 + carry & (1 << 64) - 1
        assert regs[ptregs.R9] == -values[1] & (1 << 64) - 1
        assert regs[ptregs.FLAGS] & 1 == (values[1] != 0)
        assert regs[ptregs.IP] == TEXT + 60 + 10
        finish(k, task)


def test_flags_and_registers_survive_a_system_call(k: Kernel) -> None:
    # stc; getpid; the carry is still set: sbb ebx, ebx gives -1
    code = bytes.fromhex("b827000000 f9 0f05 19db 89df c1ef1f") + EXIT
    assert ending(run(k, code)) == "exit 1"


def test_a_new_program_finds_clean_registers_and_a_clean_fpu(k: Kernel) -> None:
    dirty = bytes.fromhex("d9e8 d9eb d9e8 660f76c0 660f76ff bf00005000 c707801d0000 0fae17 0f0b")
    assert ending(run(k, dirty)).startswith("SIGILL")
    look = bytes.fromhex(
        "4809c3 4809cb 4809d3 4809f3 4809fb 4809eb 4c09c3 4c09fb 4885db 7533"  # any register not zero?
        "660fd6c1 660f7ec0 85c0 7527"  # movd eax, xmm0
        "bf00005000 0fae1f 813f801f0000 7518"  # stmxcsr
        "d93f 66813f7f03 750f"  # fnstcw
        "dd3f 66813f0000 7506"  # fnstsw
        "bf00000000" + "eb05 bf01000000"
    )
    assert ending(run(k, look + EXIT)) == "exit 0"


def test_floating_point_state_survives_rdtsc_and_a_page_fault(k: Kernel) -> None:
    code = bytes.fromhex(
        "bf00005000 48b8182d4454fb210940 488907 f20f1007 f20f580f"  # pi into xmm0
        "d9eb d9e8 66480f6ef8"  # fldpi, fld1, movq xmm7, rax
        "0f31 0f31"  # rdtsc twice: stops and goes on
        "c6870040000001"  # a page fault
        "0f31 f20f114708 483b5708"
        "ddd9 dd5f10"  # fstp st1; fstp qword [rdi+16]: 1.0 is on top, then what
        "f20f5807 f20f117718"
        "488b4708 483b07 7507 bf00000000 eb05 bf01000000"
    )
    assert ending(run(k, code + EXIT)) == "exit 0"


def test_the_x87_stack_survives_rdtsc(k: Kernel) -> None:
    # fld1; fldpi; fldz; rdtsc; faddp; fsubp; fistp dword [DATA]: 1 - (pi + 0) = -2.14 -> -2, negated 2
    code = bytes.fromhex("d9e8 d9eb d9ee 0f31 dec1 dee9 bf00005000 db1f 8b3f f7df") + EXIT
    assert ending(run(k, code)) == "exit 2"


def test_two_programs_at_the_same_address_do_not_see_each_others_code(k: Kernel) -> None:
    for status in range(20):
        assert ending(run(k, b"\xbf" + struct.pack("<I", status) + EXIT)) == f"exit {status}"


def test_a_program_that_changes_its_own_code_sees_the_change(k: Kernel) -> None:
    # loop: mov edi, N; inc byte of N; 5 times
    code = bytes.fromhex("bb05000000 bf00000000 fe05f6ffffff ffcb 75f1".replace(" ", "")) + EXIT
    # fe05 disp32: inc byte [rip+disp]; the byte is the first of the number at TEXT + 6
    code = bytes.fromhex("bb05000000") + bytes.fromhex("bf00000000") + b"\xfe\x05" + struct.pack("<i", 6 - 16)
    code += bytes.fromhex("ffcb") + b"\x75" + struct.pack("<b", 5 - 20) + EXIT
    assert ending(run(k, code, prot="rwx")) == "exit 4"


def test_code_that_a_system_call_stores_is_what_runs(k: Kernel) -> None:
    """uname() stores "Linux" over code that ran before: 4c 69 6e 75 78 78 .. is an imul that reads [rsi + 0x75]."""
    target = DATA
    code = bytes.fromhex("bf00005000 be00100000 ba07000000 b80a000000 0f05")  # mprotect rwx
    code += bytes.fromhex("c60425") + struct.pack("<I", target) + b"\xc3"  # ret
    code += bytes.fromhex("b800005000 ffd0")  # call it
    code += bytes.fromhex("bf00005000 b83f000000 0f05")  # uname(target)
    code += bytes.fromhex("31f6 b800005000 ffd0")
    assert ending(run(k, code)) == "SIGSEGV 1 0x75"


def test_unmapping_and_protecting_take_effect_at_once(k: Kernel) -> None:
    touch = bytes.fromhex("c6042500005000 01")
    unmap = bytes.fromhex("bf00005000 be00100000 b80b000000 0f05")
    protect = bytes.fromhex("bf00005000 be00100000 ba01000000 b80a000000 0f05")
    assert ending(run(k, touch + unmap + touch)) == f"SIGSEGV 1 {DATA:#x}"
    assert ending(run(k, touch + protect + touch)) == f"SIGSEGV 2 {DATA:#x}"
    own = bytes.fromhex("bf00104000 be00100000 b80b000000 0f05 90")
    assert ending(run(k, own)) == f"SIGSEGV 1 {TEXT + len(own) - 1:#x}"
    nx = bytes.fromhex("bf00104000 be00100000 ba01000000 b80a000000 0f05 90")
    assert ending(run(k, nx)) == f"SIGSEGV 2 {TEXT + len(nx) - 1:#x}"


def test_a_fault_before_a_page_that_cannot_be_fetched_comes_first(k: Kernel) -> None:
    tail = bytes.fromhex("8b042508000000 90")  # reads address 8, then a nop, then the page ends
    code = b"\x90" * (4096 - len(tail)) + tail
    assert ending(run(k, code)) == "SIGSEGV 1 0x8"
    assert ending(run(k, b"\x90" * 4096)) == f"SIGSEGV 1 {TEXT + 4096:#x}"
    assert ending(run(k, b"\x90" * 4094 + b"\x48\xb8")) == f"SIGSEGV 1 {TEXT + 4096:#x}"


# Budgets and steps.


def test_a_step_is_one_instruction_even_across_faults_and_watched_code(k: Kernel) -> None:
    code = bytes.fromhex("bf00005000 c707801d0000 0fae17 90 c6870000010001 eb00 90 0f0b")
    task = start(k, code)
    k.switch_to(task)
    places = []
    for _ in range(7):
        stop = k.cpu.step(task.frame)
        assert stop.kind == STOPPED
        places.append(task.regs[ptregs.IP] - TEXT)
    assert places == [5, 11, 14, 15, 22, 24, 25]
    assert k.cpu.step(task.frame).kind == UNDEFINED
    finish(k, task)


def test_one_iteration_of_a_repeated_string_instruction_is_a_step(k: Kernel) -> None:
    task = start(k, bytes.fromhex("bf00005000 b903000000 f3aa 90"))
    k.switch_to(task)
    counts = []
    for _ in range(6):
        k.cpu.step(task.frame)
        counts.append(task.regs[ptregs.CX])
    assert counts[1:5] == [3, 2, 1, 0]
    finish(k, task)


@pytest.mark.parametrize(
    "loop",
    ["ebfe", "48ffc0 ebfb", "b827000000 0f05 ebf7", "0f31 ebfc", "bf00005000 c707801f0000 0fae17 ebf0", "f390 ebfc"],
    ids=["jump", "count", "getpid", "rdtsc", "ldmxcsr", "pause"],
)
def test_an_endless_loop_ends_by_its_budget(k: Kernel, loop: str) -> None:
    assert ending(run(k, bytes.fromhex(loop), budget=300_000)) == "budget"


def test_a_budget_is_not_used_up_early(k: Kernel) -> None:
    # 100,000 turns of two instructions, and 100 rdtsc in between each 1000
    code = bytes.fromhex("b9a0860100 ffc9 75fc 31ff") + EXIT
    assert ending(run(k, code, budget=206_000)) == "exit 0"
    assert ending(run(k, code, budget=195_000)) == "budget"


def test_a_loop_that_ran_uncounted_can_be_counted_and_stepped_afterwards(k: Kernel) -> None:
    task = start(k, bytes.fromhex("b827000000 0f05 b910000000 ffc9 75fc ebee"))
    k.switch_to(task)
    assert run_task(k, task, calls=3).kind == "returned"
    steps = []
    for _ in range(4):
        assert k.cpu.step(task.frame).kind == STOPPED
        steps.append(task.regs[ptregs.IP] - TEXT)
    assert steps == [0xC, 0xE, 0xC, 0xE]
    assert run_task(k, task, calls=1).kind == "returned"
    assert run_task(k, task, budget=3 * 200).kind == "budget"
    finish(k, task)


# The TLB.


def test_a_copy_over_many_pages_is_right_across_the_growth_of_the_tlb(k: Kernel) -> None:
    size = 3 << 20
    words = bytes(range(256)) * 16
    source, target = 0x1000_0000, 0x2000_0000
    copy = bytes.fromhex("be00000010 bf00000020") + b"\xb9" + struct.pack("<I", size) + bytes.fromhex("f3a4")
    compare = (
        bytes.fromhex("be00000010 bf00000020")
        + b"\xb9"
        + struct.pack("<I", size)
        + bytes.fromhex("f3a6 400f95c7 400fb6ff")
    )
    parts = [Segment(source, words * (size // 4096), size, "rw-"), Segment(target, b"", size, "rw-")]
    assert ending(run(k, copy + compare + EXIT, segments=parts)) == "exit 0"


# Flags at a fault, where instructions are counted and where they are not.

FAULT = "8b0425 08000000"  # mov eax, [8]


@pytest.mark.parametrize("budget", [0, 10_000])
@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("b8ab000000 3c00" + FAULT, 0x80),  # cmp al, 0
        ("b8ab000000 0480" + FAULT, 0x805),  # add al, 0x80
        ("b8ab000000 0480 000425 08000000", 0x805),  # the same, and add [8], al
        ("b802000000 83f801 7500" + FAULT, 0),  # cmp eax, 1; jne to the next: the fault begins a block
        ("b802000000 83f801 eb00" + FAULT, 0),
        ("f9 b8ffffff7f 83d000" + FAULT, 0x894),  # stc; adc eax, 0
        ("b805000000 83f805 0f31 8b0425 08000000", 0x44),  # rdtsc in between, which is answered
        ("b803000000 83f805 31c9 f7f1", 0x44),  # xor ecx, ecx; div ecx
    ],
)
def test_the_flags_at_a_fault_are_what_the_program_has_made_of_them(
    k: Kernel, code: str, flags: int, budget: int
) -> None:
    task = start(k, bytes.fromhex(code))
    k.switch_to(task)
    run_task(k, task, budget=budget)
    assert task.killed_by is not None
    assert task.regs[ptregs.FLAGS] & 0x8D5 == flags
    finish(k, task)
