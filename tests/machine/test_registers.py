"""Registers to and from pt_regs: the fast way, and the public one that stands in for it, with the same results."""

from __future__ import annotations

import random
import struct

import pytest

from kshell.abi import ptregs
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment
from kshell.machine import registers
from kshell.machine.registers import LOAD_SLOTS, RESULT_SLOTS, fast_path_available
from kshell.machine.ring3 import USER_CS, USER_SS
from tests.kernel.lab import EXIT, TEXT, ending, run

WAYS = ("fast", "public")


@pytest.fixture(params=WAYS)
def k(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A kernel whose registers move by the one way or by the other."""
    if request.param == "public":
        monkeypatch.setattr(registers, "fast_path_available", lambda: False)
    elif not fast_path_available():
        pytest.skip("this release of the binding has no fast way")
    return boot("course")


def test_what_is_loaded_is_what_is_saved(k: Kernel) -> None:
    dice, frame = random.Random(1), k.shell_task.frame
    for _ in range(20):
        wanted = [dice.getrandbits(64) for _ in range(ptregs.COUNT)]
        wanted[ptregs.FLAGS] = 0x202 | dice.getrandbits(1)
        for slot, value in enumerate(wanted):
            frame.words[slot] = value
        frame.load()
        for slot in range(ptregs.COUNT):
            frame.words[slot] = 0
        frame.save()
        found = frame.words.tolist()
        assert [found[slot] for slot in LOAD_SLOTS] == [wanted[slot] for slot in LOAD_SLOTS]
        assert (found[ptregs.CS], found[ptregs.SS]) == (USER_CS, USER_SS)
        assert found[ptregs.ORIG_AX] == 0, "the number of the last call is the entry's to write"


def test_a_result_changes_rax_rcx_and_r11_only(k: Kernel) -> None:
    frame = k.shell_task.frame
    for slot in range(ptregs.COUNT):
        frame.words[slot] = 0x1000 + slot
    frame.words[ptregs.FLAGS] = 0x202
    frame.load()
    for slot in range(ptregs.COUNT):
        frame.words[slot] = 0x2000 + slot
    frame.load_result()
    frame.save()
    for slot in LOAD_SLOTS:
        if slot != ptregs.FLAGS:
            assert frame.words[slot] == (0x2000 if slot in RESULT_SLOTS else 0x1000) + slot


def test_at_a_system_call_pt_regs_is_what_the_hardware_and_linux_leave(k: Kernel) -> None:
    seen: list[list[int]] = []
    real = k.cpu.on_syscall

    def look(regs: memoryview) -> None:
        seen.append(regs.tolist())
        real(regs)

    k.cpu.on_syscall = look
    loads = b"".join(bytes([0x48, 0xB8 + n]) + struct.pack("<Q", 0x1111 * n) for n in (2, 3, 5, 6, 7))  # not rax, rcx
    more = b"".join(bytes([0x49, 0xB8 + n]) + struct.pack("<Q", 0x1111 * (8 + n)) for n in range(8))
    code = loads + more + bytes.fromhex("f9 b827000000 0f05 89c7") + EXIT
    outcome = run(k, code)
    regs = seen[0]
    after = TEXT + code.index(b"\x0f\x05") + 2
    assert regs[ptregs.IP] == regs[ptregs.CX] == after
    assert regs[ptregs.FLAGS] == regs[ptregs.R11]
    assert regs[ptregs.FLAGS] & 0x201 == 0x201
    assert (regs[ptregs.ORIG_AX], regs[ptregs.AX]) == (39, (1 << 64) - 38)
    names = {"DX": 2, "BX": 3, "BP": 5, "SI": 6, "DI": 7} | {f"R{n}": n for n in (8, 9, 10, 12, 13, 14, 15)}
    assert {name: regs[getattr(ptregs, name)] for name in names} == {name: 0x1111 * n for name, n in names.items()}
    assert ending(outcome) == f"exit {k.shell_task.pid + 1 & 255}"


def test_a_program_finds_its_next_address_in_rcx_and_its_flags_in_r11(k: Kernel) -> None:
    # stc; syscall; pushf; pop rbx; xor rbx, r11; lea rdx, [rip + back to behind syscall]; sub rdx, rcx; or rbx, rdx
    head, tail = bytes.fromhex("b827000000 f9 0f05"), bytes.fromhex("9c 5b 4c31db 488d15f4ffffff 4829ca 4809d3")
    code = head + tail + bytes.fromhex("4885db 400f95c7 400fb6ff") + EXIT  # test rbx, rbx; setnz dil
    assert ending(run(k, code)) == "exit 0"


@pytest.mark.parametrize(
    "code",
    ["bf07000000 b83c000000 0f05", "8b042508000000", "0f0b", "31c9 f7f1", "b827000000 0f05 ffc0 0f31 8b0425", "ec"],
    ids=["exit", "segfault", "ud2", "divide", "call and rdtsc", "in"],
)
def test_both_ways_end_a_program_with_the_same_registers(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for way in WAYS:
        if way == "public":
            monkeypatch.setattr(registers, "fast_path_available", lambda: False)
        k = boot("course")
        parts = [Segment(TEXT, bytes.fromhex(code), 64, "r-x")]
        task = load_program(k, parts, TEXT, "prog", ["prog"])
        results.append((ending(run_program(k, task)), task.regs.tolist()))
    assert results[0] == results[1]


def test_the_feature_test_says_no_where_a_private_name_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    import unicorn.unicorn_py3.unicorn as binding

    monkeypatch.delattr(binding, "uclib")
    assert not fast_path_available()


def test_forgetting_an_exception_keeps_the_floating_point_state(k: Kernel) -> None:
    # movd xmm3, 7; fld1; then rdtsc, which traps; movd ebx, xmm3; fistp into memory; exit(7 + 1)
    code = bytes.fromhex("b807000000 660f6ed8 d9e8 bf00005000 0f31 660f7edb db1f 031f 89df") + EXIT
    assert ending(run(k, code)) == "exit 8"
