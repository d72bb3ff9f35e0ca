"""A linker of a few lines, and an emulated CPU with nothing around it: what the back end wrote runs by itself."""

from __future__ import annotations

import struct
from typing import Any

from unicorn import Uc, UcError  # type: ignore[attr-defined]
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.cc.code import ABS32S, REL32, Code
from kshell.cc.tree_unit import Unit
from kshell.cc.types import align_of, size_of

TEXT, STRINGS, DATA, STACK = 0x400000, 0x600000, 0x700000, 0x900000
SPAN, END = 0x100000, 0x10000
BUDGET = 3_000_000
ARGUMENTS = ("RDI", "RSI", "RDX", "RCX", "R8", "R9")
KEPT = {"RBX": 0x1111, "RBP": 0x2222, "R12": 0x3333, "R13": 0x4444, "R14": 0x5555, "R15": 0x6666}
GARBAGE = 0xA5A5A5A5_A5A5A5A5
# As the kernel has them, but without a check: address in rax, number in rdx; number in rax, address in rcx, no rbx.
USER_ACCESS = {
    "__get_user_1": "0fb610 31c0 c3",
    "__get_user_2": "0fb710 31c0 c3",
    "__get_user_4": "8b10 31c0 c3",
    "__get_user_8": "488b10 31c0 c3",
    "__put_user_1": "8801 31c0 31db c3",
    "__put_user_2": "668901 31c0 31db c3",
    "__put_user_4": "8901 31c0 31db c3",
    "__put_user_8": "488901 31c0 31db c3",
}


class Trapped(Exception):
    """The CPU met what it could not go on from; `at` is the offset in the text."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(f"{why} at text+{at:#x}")
        self.why, self.at = why, at


class RawMachine:
    """A unit in memory: `addresses` of its symbols."""

    def __init__(self, unit: Unit, code: Code) -> None:
        self.unit, self.code = unit, code
        self.addresses = {each.function.name: TEXT + each.offset for each in code.functions}
        at = DATA
        for datum in unit.data:
            at = -(-at // align_of(datum.type)) * align_of(datum.type)
            self.addresses[datum.name] = at
            at += size_of(datum.type)
        self.addresses[""] = STRINGS
        self.addresses |= {name: TEXT + SPAN - 16 * (1 + at) for at, name in enumerate(USER_ACCESS)}
        uc: Any = Uc(uc_const.UC_ARCH_X86, uc_const.UC_MODE_64)  # type: ignore[no-untyped-call]
        for start in (TEXT, STRINGS, DATA, STACK):
            uc.mem_map(start, SPAN)
        uc.mem_map(END, 0x1000)
        uc.mem_write(TEXT, self.linked())
        uc.mem_write(STRINGS, code.strings)
        for name, text in USER_ACCESS.items():
            uc.mem_write(self.addresses[name], bytes.fromhex(text))
        self.uc = uc

    def linked(self) -> bytes:
        """The text with its holes filled."""
        text = bytearray(self.code.text)
        for fixup in self.code.fixups:
            value = self.addresses[fixup.symbol] + fixup.addend
            if fixup.kind == REL32:
                value -= TEXT + fixup.offset + 4
            else:
                assert fixup.kind == ABS32S
            struct.pack_into("<i", text, fixup.offset, value)
        return bytes(text)

    def reset(self) -> None:
        """Every variable has its initial value again."""
        for datum in self.unit.data:
            data = bytearray(datum.data or bytes(size_of(datum.type)))
            for pointed in datum.pointers:
                struct.pack_into("<Q", data, pointed.offset, self.addresses[pointed.symbol] + pointed.addend)
            self.uc.mem_write(self.addresses[datum.name], bytes(data))

    def memory(self, name: str) -> bytes:
        """The bytes of a variable."""
        kind = next(datum.type for datum in self.unit.data if datum.name == name)
        return bytes(self.uc.mem_read(self.addresses[name], size_of(kind)))

    def call(self, name: str, arguments: list[tuple[int, int]]) -> int:
        """rax after a call; each argument is a value and its size: the bits above it are garbage.  Registers that a
        function must keep are kept, or this fails."""
        words = [value & (1 << 8 * size) - 1 | GARBAGE << 8 * size & (1 << 64) - 1 for value, size in arguments]
        on_stack = words[6:]
        rsp = (STACK + SPAN - 0x100 - 8 * len(on_stack)) & ~15
        self.uc.mem_write(STACK, b"\xa5" * SPAN)
        self.uc.mem_write(rsp - 8, struct.pack(f"<{1 + len(on_stack)}Q", END, *on_stack))
        for register, value in {**KEPT, **dict(zip(ARGUMENTS, words, strict=False)), "RSP": rsp - 8}.items():
            self.uc.reg_write(getattr(x86, f"UC_X86_REG_{register}"), value)
        self.uc.reg_write(x86.UC_X86_REG_RAX, GARBAGE)
        try:
            self.uc.emu_start(self.addresses[name], END, count=BUDGET)
        except UcError as error:
            raise Trapped(str(error), self.uc.reg_read(x86.UC_X86_REG_RIP) - TEXT) from None
        rip = self.uc.reg_read(x86.UC_X86_REG_RIP)
        if rip != END:
            raise Trapped("the budget is spent", rip - TEXT)
        assert self.uc.reg_read(x86.UC_X86_REG_RSP) == rsp
        assert all(self.uc.reg_read(getattr(x86, f"UC_X86_REG_{each}")) == value for each, value in KEPT.items())
        return int(self.uc.reg_read(x86.UC_X86_REG_RAX))
