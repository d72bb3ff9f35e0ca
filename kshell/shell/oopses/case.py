"""A report read back: the facts in its lines, on which the sentences about them stand."""

from __future__ import annotations

import re
from functools import cached_property

from kshell.kernel.kernel import Kernel
from kshell.kernel.report.oops_report import Oops
from kshell.machine.disassembler import Instruction, MemoryOperand, decode_one, memory_operands
from kshell.machine.paging import is_canonical

_REGISTER = re.compile(r"\b(R[A-Z0-9]{2}): (?:0018:)?([0-9a-f]{16})")
_CODE = re.compile(r"\ACode: .*?<([0-9a-f]{2})>([0-9a-f ]*)\Z")
_ERROR_CODE = re.compile(r"\A(?:Oops: )?Oops: ([0-9a-f]{4}) ")
_CR2 = re.compile(r"\ACR2: ([0-9a-f]{16})")
_FETCH = 0x10
_ORIG_AX = re.compile(r" ORIG_RAX: ([0-9a-f]{16})\Z")
_SMALL_NAMES = {"bp": "bpl", "sp": "spl", "si": "sil", "di": "dil"}


class Case:
    """One report, and the kernel that made it."""

    def __init__(self, k: Kernel, oops: Oops) -> None:
        self.k, self.oops = k, oops

    def _first(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = (pattern.search(line) for line in self.oops.report)
        return next((match for match in found if match is not None), None)

    def _ring_0(self) -> list[str]:
        """The lines above those of the callers."""
        lines = self.oops.report
        return lines[: lines.index("Call Trace:")] if "Call Trace:" in lines else lines

    @cached_property
    def error_code(self) -> int | None:
        """Of a page fault."""
        found = self._first(_ERROR_CODE)
        return int(found[1], 16) if found is not None else None

    @cached_property
    def is_jump(self) -> bool:
        """Whether it was a page fault at RIP itself: nothing there was executed."""
        return bool(self.error_code and self.error_code & _FETCH)

    @cached_property
    def address(self) -> int:
        """Of a page fault, one that ended as a double fault too; 0 without one."""
        found = self._first(_CR2)
        return int(found[1], 16) if found is not None else 0

    @cached_property
    def number(self) -> int | None:
        """Of the system call that led here; None where none did."""
        found = self._first(_ORIG_AX)
        return int(found[1], 16) if found is not None else None

    @cached_property
    def registers(self) -> dict[str, int]:
        """Ring 0's, by their names ("rax"); empty where a body in Python was running, which has none."""
        found: dict[str, int] = {}
        for line in self._ring_0():
            found |= {name.lower(): int(value, 16) for name, value in _REGISTER.findall(line)}
        short = {"r08": "r8", "r09": "r9"}
        return {short.get(name, name): value for name, value in found.items()} if "rax" in found else {}

    @cached_property
    def instruction(self) -> Instruction | None:
        """The one at RIP, out of the bytes that the report shows."""
        found = next((match for line in self._ring_0() if (match := _CODE.search(line)) is not None), None)
        if found is None or self.is_jump:
            return None
        return decode_one(bytes.fromhex(found[1] + found[2]), self.oops.ip)

    @cached_property
    def operand(self) -> MemoryOperand | None:
        """The memory that the instruction could not touch: what lies at the address of the fault, or at none."""
        if self.instruction is None or not self.registers:
            return None
        operands = memory_operands(self.instruction.code, self.oops.ip)
        return next((each for each in operands if self._is_at_fault(each)), None)

    def _is_at_fault(self, operand: MemoryOperand) -> bool:
        reached = self.reach(operand)
        if self.error_code is not None or self.address:
            return 0 <= self.address - reached < max(operand.size, 1)
        return not is_canonical(reached)

    def reach(self, operand: MemoryOperand) -> int:
        """The address of an operand, by the registers in the report."""
        return operand.address(lambda name: self.registers.get(name, 0))

    def used(self) -> list[str]:
        """The registers that the instruction names."""
        text = self.instruction.text if self.instruction is not None else ""
        words = set(re.findall(r"\w+", text.partition(" ")[2]))
        return [name for name in self.registers if words & _names(name)]

    def used_words(self) -> str:
        """The registers that the instruction names, with what they held: ``, with rcx = 0x0``."""
        shown = [f"{name} = {self.registers[name]:#x}" for name in self.used()]
        return f", with {' and '.join(shown)}" if shown else ""


def _names(register: str) -> set[str]:
    """What an instruction may call a register, or a part of it."""
    if register[1:].isdigit():
        return {register, *(register + size for size in "dwb")}
    short = register[1:]
    return {register, "e" + short, short, _SMALL_NAMES.get(short, short[0] + "l"), short[0] + "h"}
