"""The disassembler never stops, and says what an instruction does with memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.machine.disassembler import (
    MemoryOperand,
    decode_one,
    describe,
    disassemble,
    memory_operand,
    memory_operands,
    sse_divide,
)

HERE = 0x401000


def code(text: str) -> bytes:
    return bytes.fromhex(text)


def test_a_listing_goes_on_behind_a_byte_that_is_no_instruction() -> None:
    listing = disassemble(code("90 06 bf2a000000 0f05 ff"), HERE)
    assert [(i.address - HERE, i.size, i.text) for i in listing] == [
        (0, 1, "nop"), (1, 1, "(bad)"), (2, 5, "mov edi, 0x2a"), (7, 2, "syscall"), (9, 1, "(bad)"),
    ]  # fmt: skip


def test_a_count_ends_a_listing() -> None:
    assert [i.text for i in disassemble(code("90 c3 90"), HERE, 2)] == ["nop", "ret"]
    assert disassemble(code("90"), HERE, 0) == []


@given(st.binary(max_size=200), st.integers(0, (1 << 64) - 1))
def test_any_bytes_are_listed_without_a_gap(data: bytes, address: int) -> None:
    listing = disassemble(data, address)
    assert b"".join(i.code for i in listing) == data
    at = address
    for instruction in listing:
        assert instruction.address == at
        at = (at + instruction.size) % (1 << 64)


@given(st.binary(min_size=1, max_size=20))
def test_any_bytes_are_described(data: bytes) -> None:
    memory_operands(data, HERE)
    sse_divide(data, HERE)
    instruction = decode_one(data, HERE)
    listed = disassemble(data, HERE)[0]
    assert describe(listed)
    assert (instruction is None) == (not listed.valid)


MEMORY = [
    ("488b5808", "[rax + 8]", "read", 8, False),
    ("488945f8", "[rbp - 8]", "write", 8, True),
    ("50", "[rsp - 8]", "write", 8, True),
    ("e800000000", "[rsp - 8]", "write", 8, True),
    ("c3", "[rsp]", "read", 8, True),
    ("c9", "[rbp]", "read", 8, True),
    ("58", "[rsp]", "read", 8, True),
    ("0000", "[rax]", "read-write", 1, False),
    ("8a4001", "[rax + 1]", "read", 1, False),
    ("658a4001", "gs:[rax + 1]", "read", 1, False),
    ("648b042528000000", "fs:[0x28]", "read", 4, False),
    ("0f2900", "[rax]", "write", 16, False),
    ("0f1108", "[rax]", "write", 16, False),
    ("660fd608", "[rax]", "write", 8, False),
    ("0f1208", "[rax]", "read", 8, False),
    ("480fc708", "[rax]", "read-write", 16, False),
    ("0fb018", "[rax]", "read-write", 1, False),
    ("0fae00", "[rax]", "write", 512, False),
    ("48ff24d8", "[rax + rbx*8]", "read", 8, False),
    ("ff4c2404", "[rsp + 4]", "read-write", 4, True),
]


@pytest.mark.parametrize(("text", "spelled", "access", "size", "stack"), MEMORY)
def test_the_memory_of_an_instruction_is_named(text: str, spelled: str, access: str, size: int, stack: bool) -> None:
    operand = memory_operand(code(text), HERE)
    assert operand is not None
    if text == "48ff24d8":
        assert (operand.base, operand.index, operand.scale) == ("rax", "rbx", 8)
    assert (str(operand), operand.access, operand.size, operand.stack) == (spelled, access, size, stack)


@pytest.mark.parametrize("text", ["488d03", "0f1f00", "0f1808", "4889d8", "0f05", "06"])
def test_an_instruction_that_touches_no_memory_has_no_operand(text: str) -> None:
    assert memory_operand(code(text), HERE) is None


def test_a_push_of_memory_reads_before_it_writes_the_stack() -> None:
    assert [(str(m), m.access, m.implicit) for m in memory_operands(code("ff30"), HERE)] == [
        ("[rax]", "read", False),
        ("[rsp - 8]", "write", True),
    ]


def test_an_operands_address_is_computed_from_the_registers() -> None:
    registers = {"rax": 0x1000, "rbx": 3, "gs_base": 0x70000, "ebx": 0xFFFFFFFF}
    scaled = memory_operand(code("65488b44d810"), HERE)  # mov rax, gs:[rax + rbx*8 + 0x10]
    relative = memory_operand(code("488b0510000000"), HERE)  # mov rax, [rip + 0x10]
    narrow = memory_operand(code("678b4301"), HERE)  # mov eax, [ebx + 1]
    assert scaled is not None
    assert relative is not None
    assert narrow is not None
    assert scaled.address(registers.__getitem__) == 0x70000 + 0x1000 + 24 + 0x10
    assert relative.address(registers.__getitem__) == HERE + 7 + 0x10
    assert narrow.address(registers.__getitem__) == 0


def test_a_description_names_access_and_place() -> None:
    def told(text: str) -> str:
        instruction = decode_one(code(text), HERE)
        assert instruction is not None
        return describe(instruction)

    assert told("488b5808") == "`mov rbx, qword ptr [rax + 8]` reads 8 bytes at [rax + 8]"
    assert told("90") == "`nop`"
    assert "probably not code" in told("0000")


def test_an_sse_division_names_its_parts() -> None:
    scalar = sse_divide(code("f20f5ec1"), HERE)
    packed = sse_divide(code("0f5e5810"), HERE)
    vex = sse_divide(code("c5ec5ecb"), HERE)
    assert scalar is not None
    assert (scalar.destination, scalar.divisor, scalar.width, scalar.count, scalar.size) == ("xmm0", "xmm1", 8, 1, 4)
    assert packed is not None
    assert isinstance(packed.divisor, MemoryOperand)
    assert (packed.destination, str(packed.divisor), packed.width, packed.count) == ("xmm3", "[rax + 0x10]", 4, 4)
    assert vex is not None
    assert (vex.destination, vex.dividend, vex.divisor, vex.width, vex.count) == ("ymm1", "ymm2", "ymm3", 4, 8)
    assert sse_divide(code("f20f59c1"), HERE) is None
