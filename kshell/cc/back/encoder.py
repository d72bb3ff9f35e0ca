"""A small encoder of x86-64: the few dozen forms of instructions that the compiler writes.

Operands are register numbers (registers.py), Memory, and Python's integers; `size` is that of the operation in bytes:
1, 2, 4 or 8.  As everywhere on x86-64, an operation of 4 bytes on a register clears the register's upper half.
"""

from __future__ import annotations

from kshell.cc.back.registers import RBP, RSP, Memory
from kshell.cc.code import ABS32S, REL32, Fixup

# The number of an operation in the families of `add` (also with an immediate), `not` and `shl`.
ARITHMETIC = {"add": 0, "or": 1, "and": 4, "sub": 5, "xor": 6, "cmp": 7}
GROUP3 = {"not": 2, "neg": 3, "div": 6, "idiv": 7}
SHIFTS = {"shl": 4, "shr": 5, "sar": 7}
# The conditions of jcc and setcc; the lowest bit turns one into its opposite.
CONDITIONS = {"b": 2, "ae": 3, "e": 4, "ne": 5, "be": 6, "a": 7, "l": 12, "ge": 13, "le": 14, "g": 15}
# The last byte of the opcodes of what takes a LOCK prefix, for operands of more than a byte, and of what counts bits.
LOCKED = {"xadd": 0xC1, "xchg": 0x87, "cmpxchg": 0xB1, "bts": 0xAB, "btr": 0xB3, "btc": 0xBB}
BITS = {"popcnt": 0xB8, "bsf": 0xBC, "bsr": 0xBD}
FENCES = {"lfence": b"\x0f\xae\xe8", "mfence": b"\x0f\xae\xf0", "sfence": b"\x0f\xae\xf8"}
INT3 = b"\xcc"


def fits(value: int, bits: int = 32) -> bool:
    """Whether a sign-extended immediate of so many bits holds the value."""
    return -(1 << bits - 1) <= value < 1 << bits - 1


class Encoder:
    """Text that grows: `text` holds the bytes, `fixups` the holes that a linker fills.  Jumps go to labels, which are
    numbers until `resolve` knows them all."""

    def __init__(self) -> None:
        self.text = bytearray()
        self.fixups: list[Fixup] = []
        self._places: list[int] = []
        self._jumps: list[tuple[int, int]] = []

    # Moves.

    def push(self, register: int) -> None:
        """push r64"""
        self.text += bytes([0x41, 0x50 | register & 7]) if register > 7 else bytes([0x50 | register])

    def pop(self, register: int) -> None:
        """pop r64"""
        self.text += bytes([0x41, 0x58 | register & 7]) if register > 7 else bytes([0x58 | register])

    def move(self, target: int, source: int, size: int = 8) -> None:
        """mov r, r"""
        self._form(b"\x89", source, target, size)

    def number(self, register: int, value: int, size: int) -> None:
        """mov r, imm: in the shortest form; the value is taken modulo 2 to the 8 * `size`."""
        value &= (1 << 8 * size) - 1
        if value < 1 << 32:
            self.text += (b"\x41" if register > 7 else b"") + bytes([0xB8 | register & 7]) + value.to_bytes(4, "little")
        elif value >= (1 << 64) - (1 << 31):
            self._form(b"\xc7", 0, register, 8)
            self._immediate(value - (1 << 64), 4)
        else:
            self.text += bytes([0x48 | register >> 3, 0xB8 | register & 7]) + value.to_bytes(8, "little")

    def address(self, register: int, symbol: str, addend: int = 0) -> None:
        """mov r64, imm32: the address of a symbol, sign-extended."""
        self._form(b"\xc7", 0, register, 8)
        self._hole(symbol, ABS32S, addend)

    def load(self, register: int, source: int | Memory, size: int, signed: bool, wide: int = 4) -> None:
        """mov, movzx, movsx or movsxd: `size` bytes of memory or of a register, extended to `wide` (at least 4)."""
        if size == 8 or (not signed and size == 4) or size == wide:
            self._form(b"\x8b", register, source, size)
        elif size == 4:
            self._form(b"\x63", register, source, 8)
        else:
            opcode = (0xBE if signed else 0xB6) | size >> 1
            self._form(bytes([0x0F, opcode]), register, source, wide if signed else 4, byte_source=size == 1)

    def load_own(self, register: int, symbol: str) -> None:
        """mov r64, gs:[symbol]: a variable of the CPU's own."""
        self.text += b"\x65"
        self._form(b"\x8b", register, Memory(None, 0, symbol), 8)

    def store(self, target: Memory, register: int, size: int) -> None:
        """mov [m], r"""
        self._form(b"\x88" if size == 1 else b"\x89", register, target, size)

    def store_number(self, target: Memory, value: int, size: int) -> None:
        """mov [m], imm: an immediate of 32 bits, sign-extended."""
        self._form(b"\xc6" if size == 1 else b"\xc7", 0, target, size)
        self._immediate(value, min(size, 4))

    def lea(self, register: int, source: Memory) -> None:
        """lea r64, [m]"""
        self._form(b"\x8d", register, source, 8)

    # Arithmetic.

    def arithmetic(self, name: str, target: int, source: int, size: int) -> None:
        """add, or, and, sub, xor, cmp r, r"""
        self._form(bytes([ARITHMETIC[name] << 3 | 1]), source, target, size)

    def arithmetic_number(self, name: str, target: int, value: int, size: int) -> None:
        """add, or, and, sub, xor, cmp r, imm: an immediate of 32 bits, sign-extended."""
        short = fits(value, 8)
        self._form(b"\x83" if short else b"\x81", ARITHMETIC[name], target, size)
        self._immediate(value, 1 if short else 4)

    def multiply(self, target: int, source: int, size: int) -> None:
        """imul r, r"""
        self._form(b"\x0f\xaf", target, source, size)

    def multiply_number(self, target: int, value: int, size: int) -> None:
        """imul r, r, imm: an immediate of 32 bits, sign-extended."""
        short = fits(value, 8)
        self._form(b"\x6b" if short else b"\x69", target, target, size)
        self._immediate(value, 1 if short else 4)

    def group3(self, name: str, register: int, size: int) -> None:
        """not, neg r; div, idiv r: rdx:rax by r, quotient in rax, remainder in rdx"""
        self._form(b"\xf7", GROUP3[name], register, size)

    def sign_into_rdx(self, size: int) -> None:
        """cdq, cqo"""
        self.text += b"\x99" if size == 4 else b"\x48\x99"

    def shift(self, name: str, register: int, size: int) -> None:
        """shl, shr, sar r, cl"""
        self._form(b"\xd3", SHIFTS[name], register, size)

    def shift_number(self, name: str, register: int, count: int, size: int) -> None:
        """shl, shr, sar r, imm8"""
        self._form(b"\xc1", SHIFTS[name], register, size)
        self.text.append(count)

    def test(self, register: int, size: int) -> None:
        """test r, r"""
        self._form(b"\x85", register, register, size)

    def set_condition(self, condition: str, register: int) -> None:
        """setcc r8; movzx r32, r8"""
        self._form(bytes([0x0F, 0x90 | CONDITIONS[condition]]), 0, register, 1, byte_source=True)
        self.load(register, register, 1, False)

    # Control flow.

    def label(self) -> int:
        """A new label, which has no place yet."""
        self._places.append(-1)
        return len(self._places) - 1

    def place(self, label: int) -> None:
        """The label is here."""
        self._places[label] = len(self.text)

    def jump(self, label: int) -> None:
        """jmp rel32"""
        self.text += b"\xe9"
        self._jump(label)

    def jump_if(self, condition: str, label: int) -> None:
        """jcc rel32"""
        self.text += bytes([0x0F, 0x80 | CONDITIONS[condition]])
        self._jump(label)

    def call(self, symbol: str) -> None:
        """call rel32"""
        self.text += b"\xe8"
        self._hole(symbol, REL32, 0)

    def locked(self, name: str, target: Memory, register: int, size: int) -> None:
        """lock xadd, xchg, cmpxchg, bts, btr, btc, add, or, and, xor [m], r; the prefix is xchg's own"""
        two = name in LOCKED
        opcode = (b"\x0f" if two and name != "xchg" else b"") + bytes(
            [LOCKED[name] if two else ARITHMETIC[name] << 3 | 1]
        )
        if size == 1:
            opcode = opcode[:-1] + bytes([opcode[-1] - 1])
        self.text += b"" if name == "xchg" else b"\xf0"
        self._form(opcode, register, target, size)

    def bits(self, name: str, register: int, size: int) -> None:
        """bsf, bsr, popcnt r, r"""
        self.text += b"\xf3" if name == "popcnt" else b""
        self._form(bytes([0x0F, BITS[name]]), register, register, size)

    def fence(self, name: str) -> None:
        """mfence, lfence, sfence"""
        self.text += FENCES[name]

    def call_register(self, register: int) -> None:
        """call r64"""
        self._form(b"\xff", 2, register, 4)

    def leave(self) -> None:
        """leave"""
        self.text += b"\xc9"

    def ret(self) -> None:
        """ret"""
        self.text += b"\xc3"

    def ud2(self) -> None:
        """ud2"""
        self.text += b"\x0f\x0b"

    def stac(self) -> None:
        """stac"""
        self.text += b"\x0f\x01\xcb"

    def clac(self) -> None:
        """clac"""
        self.text += b"\x0f\x01\xca"

    def rep_movsb(self) -> None:
        """rep movsb: rcx bytes from [rsi] to [rdi]"""
        self.text += b"\xf3\xa4"

    def rep_stosb(self) -> None:
        """rep stosb: rcx bytes of al to [rdi]"""
        self.text += b"\xf3\xaa"

    def align(self, boundary: int) -> None:
        """Fill with int3 up to a multiple of `boundary`."""
        self.text += INT3 * (-len(self.text) % boundary)

    def resolve(self) -> None:
        """Give every jump so far its distance."""
        for offset, label in self._jumps:
            assert self._places[label] >= 0
            self.text[offset : offset + 4] = (self._places[label] - offset - 4).to_bytes(4, "little", signed=True)
        self._jumps.clear()
        self._places.clear()

    # The parts of an instruction.

    def _form(self, opcode: bytes, reg: int, operand: int | Memory, size: int, byte_source: bool = False) -> None:
        """Prefixes, opcode and operands: `reg` is a register or the number of an operation, `operand` a register or
        memory; `byte_source`: as a register, it is one of 8 bits."""
        base = operand if isinstance(operand, int) else operand.base or 0
        rex = (8 if size == 8 else 0) | reg >> 3 << 2 | base >> 3
        # Without a prefix the numbers 4 to 7 are ah, ch, dh and bh.
        is_byte = operand if byte_source else reg if size == 1 else 0
        if rex or (isinstance(is_byte, int) and is_byte in (4, 5, 6, 7)):
            rex |= 0x40
        self.text += (b"\x66" if size == 2 else b"") + (bytes([rex]) if rex else b"") + opcode
        if isinstance(operand, int):
            self.text.append(0xC0 | (reg & 7) << 3 | operand & 7)
        else:
            self._memory(reg & 7, operand)

    def _memory(self, reg: int, memory: Memory) -> None:
        """ModRM, SIB and displacement."""
        base, displacement, symbol = memory
        if base is None:
            self.text += bytes([reg << 3 | 4, 0x25])
            self._hole(symbol, ABS32S, displacement)
            return
        mode = 0 if displacement == 0 and base & 7 != RBP else 1 if fits(displacement, 8) else 2
        self.text.append(mode << 6 | reg << 3 | base & 7)
        if base & 7 == RSP:
            self.text.append(0x24)
        if mode:
            self._immediate(displacement, 1 if mode == 1 else 4)

    def _immediate(self, value: int, size: int) -> None:
        self.text += (value & (1 << 8 * size) - 1).to_bytes(size, "little")

    def _hole(self, symbol: str, kind: str, addend: int) -> None:
        self.fixups.append(Fixup(len(self.text), symbol, kind, addend))
        self.text += bytes(4)

    def _jump(self, label: int) -> None:
        self._jumps.append((len(self.text), label))
        self.text += bytes(4)
