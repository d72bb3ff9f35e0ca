"""The disassembler: bytes into text, and what an instruction does with memory. Capstone is loaded on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kshell.machine.encode import LONGEST_INSTRUCTION

_STACK_REGISTERS = ("rsp", "rbp", "esp", "ebp")
_MASK = 0xFFFF_FFFF_FFFF_FFFF

_plain: Any = None
_detailed: Any = None


class Instruction:
    """One instruction, or one byte that is none: address, size and code in bytes, text in Intel spelling."""

    __slots__ = ("address", "code", "size", "text")

    def __init__(self, address: int, code: bytes, text: str) -> None:
        self.address, self.size, self.code, self.text = address, len(code), code, text

    @property
    def valid(self) -> bool:
        """False for a byte that begins no instruction."""
        return self.text != "(bad)"

    def __repr__(self) -> str:
        return f"{self.address:#x}: {self.code.hex()} {self.text}"


class MemoryOperand:
    """Memory that an instruction touches.

    base, index   register names, or None; base "rip" counts from the next instruction
    scale         1, 2, 4 or 8
    displacement  signed, in bytes
    segment       "fs" or "gs" if one is added, else None
    stack         whether the access goes through the stack segment: a non-canonical address is then #SS, not #GP
    access        "read", "write" or "read-write"
    size          in bytes; 0 where it is not fixed
    implicit      whether the operand is not written in the text (push, call, ...)
    next_rip      address of the next instruction
    """

    __slots__ = (
        "access",
        "address_bits",
        "base",
        "displacement",
        "implicit",
        "index",
        "next_rip",
        "scale",
        "segment",
        "size",
        "stack",
    )

    def __init__(
        self,
        *,
        base: str | None,
        index: str | None = None,
        scale: int = 1,
        displacement: int = 0,
        segment: str | None = None,
        access: str = "read",
        size: int = 8,
        implicit: bool = False,
        next_rip: int = 0,
        address_bits: int = 64,
    ) -> None:
        self.base, self.index, self.scale, self.displacement = base, index, scale, displacement
        self.segment, self.access, self.size, self.implicit = segment, access, size, implicit
        self.next_rip, self.address_bits = next_rip, address_bits
        self.stack = segment is None and base in _STACK_REGISTERS

    def address(self, register: Callable[[str], int]) -> int:
        """The address touched, given the value of each register by name ("rax", "fs_base", ...)."""
        total = self.displacement
        if self.base:
            total += self.next_rip if self.base in ("rip", "eip") else register(self.base)
        if self.index:
            total += register(self.index) * self.scale
        if self.address_bits == 32:
            total &= 0xFFFF_FFFF
        if self.segment:
            total += register(self.segment + "_base")
        return total & _MASK

    def __str__(self) -> str:
        parts = [self.base or "", f"{self.index}*{self.scale}" if self.index and self.scale > 1 else self.index or ""]
        text = " + ".join(part for part in parts if part)
        if self.displacement or not text:
            magnitude = abs(self.displacement)
            number = str(magnitude) if magnitude < 10 else f"{magnitude:#x}"
            sign = "-" if self.displacement < 0 else "+"
            text = f"{text} {sign} {number}" if text else f"{'-' if sign == '-' else ''}{number}"
        return f"{self.segment + ':' if self.segment else ''}[{text}]"

    __repr__ = __str__


class SseDivide:
    """An SSE or AVX division: which registers and lanes take part, for a CPU that does not raise #XM itself.

    destination     register that gets the quotients
    dividend        register divided
    divisor         register, or the memory operand that holds the divisors
    width, count    bytes of an element (4 or 8), and how many are divided, from the lowest up
    """

    __slots__ = ("count", "destination", "dividend", "divisor", "size", "width")

    def __init__(
        self, destination: str, dividend: str, divisor: str | MemoryOperand, width: int, count: int, size: int
    ) -> None:
        self.destination, self.dividend, self.divisor = destination, dividend, divisor
        self.width, self.count, self.size = width, count, size


def _engine(detail: bool) -> Any:
    """Capstone, made once: without details (three times as fast) or with them."""
    global _plain, _detailed
    if _plain is None:
        from capstone import CS_ARCH_X86, CS_MODE_64, Cs

        _plain, _detailed = Cs(CS_ARCH_X86, CS_MODE_64), Cs(CS_ARCH_X86, CS_MODE_64)
        _detailed.detail = True
    return _detailed if detail else _plain


def disassemble(code: bytes, address: int, count: int | None = None) -> list[Instruction]:
    """Every instruction of `code` (or the first `count`), one after the other without a gap.

    A byte that starts no instruction becomes `(bad)` by itself, so that the listing goes on behind it.
    """
    found: list[Instruction] = []
    for instruction in _walk(bytes(code), address):
        if count is not None and len(found) >= count:
            break
        found.append(instruction)
    return found


def _walk(code: bytes, address: int) -> Iterator[Instruction]:
    engine, at = _engine(False), 0
    while at < len(code):
        for _, size, mnemonic, operands in engine.disasm_lite(code[at:], address + at & _MASK):
            yield Instruction(address + at & _MASK, code[at : at + size], f"{mnemonic} {operands}".strip())
            at += size
        if at < len(code):
            yield Instruction(address + at & _MASK, code[at : at + 1], "(bad)")
            at += 1


def decode_one(code: bytes, address: int) -> Instruction | None:
    """The instruction that `code` starts with, or None if it starts with none (or is cut off)."""
    for _, size, mnemonic, operands in _engine(False).disasm_lite(bytes(code[:LONGEST_INSTRUCTION]), address, 1):
        return Instruction(address, bytes(code[:size]), f"{mnemonic} {operands}".strip())
    return None


def _decode_detailed(code: bytes, address: int) -> Any:
    return next(_engine(True).disasm(bytes(code[:LONGEST_INSTRUCTION]), address, 1), None)


# Name a memory operand but never touch it.
_NO_ACCESS = ("lea", "nop", "prefetch", "bndmk")
# Capstone's access marks are wrong for some moves and missing for these.
_STORES = (
    "fxsave",
    "xsave",
    "fnstenv",
    "fnsave",
    "fst",
    "fist",
    "fnstcw",
    "fnstsw",
    "fbstp",
    "stmxcsr",
    "sgdt",
    "sidt",
)
_SIZES = {"fxsave": 512, "fxsave64": 512, "fxrstor": 512, "fxrstor64": 512, "fnstenv": 28, "fldenv": 28, "fnsave": 108,
          "frstor": 108, "xsave": 0, "xsave64": 0, "xrstor": 0, "xrstor64": 0}  # fmt: skip


def memory_operands(code: bytes, address: int) -> list[MemoryOperand]:
    """All memory that the instruction touches: what its text names first, then the stack it uses unasked."""
    instruction = _decode_detailed(code, address)
    return [] if instruction is None else _named(instruction) + _implied(instruction)


def memory_operand(code: bytes, address: int) -> MemoryOperand | None:
    """The first memory operand (see memory_operands), or None if the instruction touches no memory."""
    operands = memory_operands(code, address)
    return operands[0] if operands else None


def _named(instruction: Any) -> list[MemoryOperand]:
    from capstone.x86 import X86_OP_MEM

    mnemonic = instruction.mnemonic.split()[-1]
    if mnemonic.startswith(_NO_ACCESS):
        return []
    found = []
    for position, operand in enumerate(instruction.operands):
        if operand.type != X86_OP_MEM:
            continue
        memory = operand.mem
        segment = instruction.reg_name(memory.segment) if memory.segment else None
        base = instruction.reg_name(memory.base) if memory.base else None
        index = instruction.reg_name(memory.index) if memory.index else None
        found.append(
            MemoryOperand(
                base=base,
                index=None if index in ("riz", "eiz") else index,
                scale=memory.scale,
                displacement=memory.disp
                + (operand.size if mnemonic == "pop" and base == "rsp" else 0),  # rsp moves first
                segment=segment if segment in ("fs", "gs") else None,
                access=_access(mnemonic, position, operand),
                size=_SIZES.get(mnemonic, operand.size),
                next_rip=instruction.address + instruction.size,
                address_bits=instruction.addr_size * 8,
            )
        )
    return found[::-1] if mnemonic.startswith("cmps") else found  # it reads [rdi] first


def _access(mnemonic: str, position: int, operand: Any) -> str:
    from capstone import CS_AC_READ, CS_AC_WRITE

    if mnemonic.startswith(("mov", "vmov")):  # the first operand is always where it goes
        return "read" if position else "write"
    if mnemonic.startswith("cmpxchg"):
        return "read-write"
    if mnemonic.startswith(_STORES):
        return "write"
    if operand.access & CS_AC_WRITE:
        return "read-write" if operand.access & CS_AC_READ else "write"
    return "read"


def _implied(instruction: Any) -> list[MemoryOperand]:
    mnemonic = instruction.mnemonic.split()[-1]
    size = 2 if instruction.prefix[2] == 0x66 and mnemonic.startswith(("push", "pop", "enter")) else 8
    if mnemonic.startswith("push") or mnemonic in ("call", "enter"):
        pushed = MemoryOperand(base="rsp", displacement=-size, access="write", size=size, implicit=True)
        outer = range(1, instruction.operands[1].imm % 32) if mnemonic == "enter" else ()
        places = [MemoryOperand(base="rbp", displacement=-size * at, size=size, implicit=True) for at in outer]
        return [pushed, *places]
    if mnemonic == "lcall":
        return [MemoryOperand(base="rsp", displacement=-8, access="write", implicit=True)]
    if (mnemonic.startswith("pop") and mnemonic != "popcnt") or mnemonic.startswith(("ret", "iret")):
        return [MemoryOperand(base="rsp", access="read", size=size, implicit=True)]
    if mnemonic == "leave":
        return [MemoryOperand(base="rbp", access="read", implicit=True)]
    if mnemonic == "xlatb":
        return [MemoryOperand(base="rbx", index="al", access="read", size=1, implicit=True)]
    return []


_VERBS = {"read": "reads", "write": "writes", "read-write": "reads and writes"}


def describe(instruction: Instruction) -> str:
    """One line for a person: the instruction, and what it does with memory."""
    if not instruction.valid:
        return f"byte {instruction.code.hex()} starts no instruction"
    parts = []
    for operand in memory_operands(instruction.code, instruction.address):
        size = f"{operand.size} byte{'s' if operand.size != 1 else ''}" if operand.size else "memory"
        parts.append(f"{_VERBS[operand.access]} {size} at {operand}")
    text = f"`{instruction.text}`" + (f" {' and '.join(parts)}" if parts else "")
    if instruction.code == b"\x00\x00":
        text += " (two zero bytes: this is probably not code, the program ran past its end)"
    return text


def sse_divide(code: bytes, address: int) -> SseDivide | None:
    """The parts of an SSE division (`divss`, `divps`, `divsd`, `divpd` and their `v` forms), None for anything else."""
    instruction = _decode_detailed(code, address)
    name = instruction.mnemonic.split()[-1].removeprefix("v") if instruction is not None else ""
    if name not in ("divss", "divps", "divsd", "divpd"):
        return None
    width = 4 if name.endswith("s") else 8
    registers = [instruction.reg_name(operand.reg) if operand.reg else "" for operand in instruction.operands]
    count = 1 if name[3] == "s" else (32 if registers[0].startswith("y") else 16) // width
    named = _named(instruction)
    dividend = registers[1] if len(registers) == 3 else registers[0]
    divisor: str | MemoryOperand = named[0] if named else registers[-1]
    return SseDivide(registers[0], dividend, divisor, width, count, instruction.size)
