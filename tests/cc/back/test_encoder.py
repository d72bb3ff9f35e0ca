"""The encoder of the compiler, form by form, against capstone's reading of the bytes."""

from __future__ import annotations

import capstone
import pytest

from kshell.cc.back.encoder import ARITHMETIC, CONDITIONS, GROUP3, SHIFTS, Encoder
from kshell.cc.back.registers import R8, R9, R11, RAX, RBP, RCX, RDI, RDX, RSI, RSP, Memory
from kshell.cc.code import ABS32S, REL32, Fixup

NAMES = {
    8: ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11"],
    4: ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d"],
    2: ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w"],
    1: ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b"],
}
POINTED = {8: "qword ptr", 4: "dword ptr", 2: "word ptr", 1: "byte ptr"}
REGISTERS = [RAX, RCX, RDX, RSP, RBP, RSI, RDI, R8, R9, R11]
MEMORIES = [
    (Memory(RBP, -4), "[rbp - 4]"),
    (Memory(RBP, 0), "[rbp]"),
    (Memory(RBP, -0x1000), "[rbp - 0x1000]"),
    (Memory(RAX, 0), "[rax]"),
    (Memory(RCX, 0x7F), "[rcx + 0x7f]"),
    (Memory(RCX, 0x80), "[rcx + 0x80]"),
    (Memory(RSP, 0), "[rsp]"),
    (Memory(RSP, 8), "[rsp + 8]"),
    (Memory(R9, 0x12345), "[r9 + 0x12345]"),
    (Memory(None, 0, "x"), "[0]"),
]


def listing(form: str, *operands: int | str | bool | Memory) -> list[str]:
    """What capstone reads in one form."""
    encoder = Encoder()
    getattr(encoder, form)(*operands)
    return read(encoder)


def read(encoder: Encoder) -> list[str]:
    """What capstone reads in what was written."""
    reader = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    found = list(reader.disasm(bytes(encoder.text), 0))
    assert sum(each.size for each in found) == len(encoder.text)
    return [f"{each.mnemonic} {each.op_str}".strip() for each in found]


@pytest.mark.parametrize("register", REGISTERS)
def test_push_pop_and_call_take_every_register(register: int) -> None:
    name = NAMES[8][register]
    assert listing("push", register) == [f"push {name}"]
    assert listing("pop", register) == [f"pop {name}"]
    assert listing("call_register", register) == [f"call {name}"]


@pytest.mark.parametrize("source", REGISTERS)
@pytest.mark.parametrize("target", REGISTERS)
def test_two_registers_in_every_size(target: int, source: int) -> None:
    for size in (4, 8):
        to, of = NAMES[size][target], NAMES[size][source]
        assert listing("move", target, source, size) == [f"mov {to}, {of}"]
        assert listing("multiply", target, source, size) == [f"imul {to}, {of}"]
        for name in ARITHMETIC:
            assert listing("arithmetic", name, target, source, size) == [f"{name} {to}, {of}"]
    for wide in (4, 8):
        to = NAMES[wide][target]
        for size in (1, 2):
            of = NAMES[size][source]
            assert listing("load", target, source, size, True, wide) == [f"movsx {to}, {of}"]
            assert listing("load", target, source, size, False, wide) == [f"movzx {NAMES[4][target]}, {of}"]
    narrow, long = NAMES[4][source], NAMES[8][target]
    assert listing("load", target, source, 4, True, 8) == [f"movsxd {long}, {narrow}"]
    assert listing("load", target, source, 4, False, 8) == [f"mov {NAMES[4][target]}, {narrow}"]


@pytest.mark.parametrize(("memory", "shown"), MEMORIES)
@pytest.mark.parametrize("register", REGISTERS)
def test_a_register_and_memory_in_every_size(register: int, memory: Memory, shown: str) -> None:
    for size in (1, 2, 4, 8):
        place = f"{POINTED[size]} {shown}"
        assert listing("store", memory, register, size) == [f"mov {place}, {NAMES[size][register]}"]
        for signed in (False, True):
            for wide in (4, 8):
                extends, to = ("movsx", NAMES[wide]) if signed else ("movzx", NAMES[4])
                if size == 4:
                    extends, to = ("movsxd", NAMES[8]) if signed and wide == 8 else ("mov", NAMES[4])
                elif size == 8:
                    extends, to = "mov", NAMES[8]
                expected = [f"{extends} {to[register]}, {place}"]
                assert listing("load", register, memory, size, signed, wide) == expected
    if memory.base is not None:
        assert listing("lea", register, memory) == [f"lea {NAMES[8][register]}, {shown}"]


@pytest.mark.parametrize(("memory", "shown"), MEMORIES)
def test_an_immediate_is_stored_in_every_size(memory: Memory, shown: str) -> None:
    for size in (1, 2, 4, 8):
        assert listing("store_number", memory, 0x55, size) == [f"mov {POINTED[size]} {shown}, 0x55"]
        whole = hex((1 << 8 * size) - 1) if size < 8 else "-1"
        shown_back = listing("store_number", memory, -1, size)[0].split(", ")[1]
        assert int(shown_back, 16) & (1 << 8 * size) - 1 == int(whole, 16) & (1 << 8 * size) - 1


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(
    ("value", "size", "shown"),
    [
        (0, 4, "mov {4}, 0"),
        (-1, 4, "mov {4}, 0xffffffff"),
        (5, 8, "mov {4}, 5"),
        (0xFFFFFFFF, 8, "mov {4}, 0xffffffff"),
        (-5, 8, "mov {8}, 0xfffffffffffffffb"),
        (1 << 32, 8, "movabs {8}, 0x100000000"),
        (-(1 << 63), 8, "movabs {8}, 0x8000000000000000"),
    ],
)
def test_a_number_takes_the_shortest_form(register: int, value: int, size: int, shown: str) -> None:
    expected = shown.replace("{4}", NAMES[4][register]).replace("{8}", NAMES[8][register])
    assert listing("number", register, value, size) == [expected]


@pytest.mark.parametrize("register", REGISTERS)
def test_operations_on_one_register(register: int) -> None:
    for size in (4, 8):
        name = NAMES[size][register]
        for word in GROUP3:
            assert listing("group3", word, register, size) == [f"{word} {name}"]
        for word in SHIFTS:
            assert listing("shift", word, register, size) == [f"{word} {name}, cl"]
            assert listing("shift_number", word, register, 31, size) == [f"{word} {name}, 0x1f"]
        assert listing("test", register, size) == [f"test {name}, {name}"]
        for number, shown in ((0x7F, "0x7f"), (0x80, "0x80"), (0x12345678, "0x12345678")):
            for word in ARITHMETIC:
                assert listing("arithmetic_number", word, register, number, size) == [f"{word} {name}, {shown}"]
            assert listing("multiply_number", register, number, size) == [f"imul {name}, {name}, {shown}"]
        assert listing("arithmetic_number", "add", register, -1, size)[0].startswith(f"add {name}, ")
    for condition in CONDITIONS:
        expected = [f"set{condition} {NAMES[1][register]}", f"movzx {NAMES[4][register]}, {NAMES[1][register]}"]
        assert listing("set_condition", condition, register) == expected


def test_forms_without_operands() -> None:
    e = Encoder()
    for size in (4, 8):
        e.sign_into_rdx(size)
    for write in (e.leave, e.ret, e.ud2, e.rep_movsb, e.rep_stosb):
        write()
    assert read(e) == [
        "cdq",
        "cqo",
        "leave",
        "ret",
        "ud2",
        "rep movsb byte ptr [rdi], byte ptr [rsi]",
        "rep stosb byte ptr [rdi], al",
    ]


def test_jumps_reach_labels_before_and_behind_them() -> None:
    e = Encoder()
    back, on = e.label(), e.label()
    e.place(back)
    e.jump(on)
    e.jump(back)
    for condition in CONDITIONS:
        e.jump_if(condition, back)
    e.place(on)
    e.resolve()
    names = [f"j{condition} 0" for condition in CONDITIONS]
    assert read(e) == [f"jmp {10 + 6 * len(CONDITIONS):#x}", "jmp 0", *names]


def test_symbols_are_holes_that_a_linker_fills() -> None:
    e = Encoder()
    e.call("printk")
    e.address(R8, "name", 3)
    e.load(RAX, Memory(None, 4, "pair"), 4, True)
    e.store_number(Memory(None, 8, "pair"), 1, 8)
    assert e.fixups == [
        Fixup(1, "printk", REL32),
        Fixup(8, "name", ABS32S, 3),
        Fixup(15, "pair", ABS32S, 4),
        Fixup(23, "pair", ABS32S, 8),
    ]
    assert listing("address", R8, "name") == ["mov r8, 0"]


def test_int3_fills_up_to_a_boundary() -> None:
    e = Encoder()
    e.ret()
    e.align(4)
    e.align(4)
    assert read(e) == ["ret", "int3", "int3", "int3"]
