"""`explain get_user`: the macro, what the compiler makes of it, and the machine code that it calls, side by side."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, NamedTuple

from kshell.abi.c_types import U64
from kshell.abi.errno import EFAULT
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.layout import PER_CPU, TASK_ADDR_LIMIT, TASK_SIZE_MAX
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.extable import entries
from kshell.kernel.mm.fixup import how_text
from kshell.machine.disassembler import Instruction, disassemble
from kshell.shell.calls.fault_words import without_sizes
from kshell.shell.views.view import Line, View, plain, span

U32 = (1 << 32) - 1
RESULT_IN_ECX_SINCE = (5, 10)
_CALLS = {
    "get_user": ("get_user(x, ptr)", "mov  rax, ptr", "call __get_user_4", "mov  x, edx", "mov  result, eax"),
    "put_user": ("put_user(x, ptr)", "mov  eax, x", "mov  rcx, ptr", "call __put_user_4", "mov  result, eax"),
}
_LEFT = 22  # columns of what the compiler makes of it
_NOTES = {  # by how an instruction ends
    "stac": "SMAP is lifted",
    "clac": "SMAP is back",
    f"+ {TASK_ADDR_LIMIT:#x}]": "addr_limit",
    f", {TASK_SIZE_MAX:#x}": "USER_PTR_MAX",
    **{f", {-EFAULT & mask:#x}": "-EFAULT" for mask in (U32, U64)},
}
_PADDING = "int3"


class Step(NamedTuple):
    """One instruction; `note` says what is not in its text."""

    offset: int
    text: str
    note: str


class UserAccess(View):
    """get_user or put_user of an int, as the kernel that runs has it."""

    def __init__(self, k: Kernel, name: str) -> None:
        self.name, self._k = name, k
        self._rows = {entry.insn: (row, entry) for row, entry in enumerate(entries(k))}
        macro, *calls = _CALLS[name]
        if name == "put_user" and k.profile.version >= RESULT_IN_ECX_SINCE:
            calls[-1] = "mov  result, ecx"
        self.macro, self.calls = macro, calls
        self.routines = [(symbol.name, self._steps(symbol)) for symbol in self._symbols()]

    def _symbols(self) -> list[Symbol]:
        """The routine, and where the kernel goes on after a fault in it."""
        routine = self._k.symbols.lookup(f"__{self.name}_4")
        assert routine is not None
        self._faults = [
            (row, entry)
            for insn, (row, entry) in self._rows.items()
            if routine.address <= insn < routine.address + routine.size
        ]
        fixups = [self._k.symbols.around(entry.fixup) for _, entry in self._faults]
        return [routine, *(symbol for symbol in fixups if symbol is not None)]

    def _steps(self, symbol: Symbol) -> list[Step]:
        code = self._k.memory.read(symbol.address, symbol.size)
        found = [each for each in disassemble(code, symbol.address) if each.text != _PADDING]
        return [Step(each.address - symbol.address, _shorter(each.text), self._note(each)) for each in found]

    def _note(self, instruction: Instruction) -> str:
        text = instruction.text
        if instruction.address in self._rows:
            return f"may fault: row {self._rows[instruction.address][0]}"
        if "gs:[" in text:
            variable = self._k.symbols.around(PER_CPU + int(text.partition("gs:[")[2].rstrip("]"), 16))
            return variable.name if variable is not None else ""
        if text.startswith("j"):
            return f"-> {self._k.symbols.offset(int(text.split()[-1], 16))}"
        return next((note for end, note in _NOTES.items() if text.endswith(end)), "")

    def json(self) -> dict[str, Any]:
        routines = [{"name": name, "code": [step._asdict() for step in steps]} for name, steps in self.routines]
        return {"macro": self.macro, "calls": self.calls, "routines": routines}

    def lines(self, width: int | None = None) -> list[Line]:
        left = [span(self.macro, "heading"), *(span("  " + call, "instruction") for call in self.calls)]
        right = [line for name, steps in self.routines for line in _listing(name, steps)]
        if width is not None and width < _LEFT + max(len(plain(line)) for line in right):
            return [*left, *right, *self._end()]
        pairs = zip_longest(left, right, fillvalue=span(""))
        return [[*one, (" " * (_LEFT - len(plain(one))), ""), *other] for one, other in pairs] + self._end()

    def _end(self) -> list[Line]:
        """Which row of the table belongs to it."""
        offset = self._k.symbols.offset
        return [
            span(
                f"row {row} of __ex_table: {offset(entry.insn)} -> {offset(entry.fixup)} by {how_text(self._k, entry)}",
                "comment",
            )
            for row, entry in self._faults
        ]


def _listing(name: str, steps: list[Step]) -> list[Line]:
    room = max(len(step.text) for step in steps)
    rows: list[Line] = [
        [
            (f"{f'+{step.offset:#x}':<7}", "address"),
            (step.text.ljust(room if step.note else 0), "instruction"),
            ("  " + step.note if step.note else "", "comment"),
        ]
        for step in steps
    ]
    return [span(f"{name}:", "symbol"), *rows]


def _shorter(text: str) -> str:
    """Without the size of an operand in memory, and where a jump leads."""
    text = without_sizes(text)
    word, _, target = text.partition(" ")
    return word if word.startswith("j") and target.startswith("0x") else text
