"""The text behind the gate of `int 0x80`.  It can be read; the CPU does in one stroke what it says.

C counterpart: arch/x86/entry/entry_64_compat.S on 4.19; on 6.19 it is entered as an exception is, by entry_64.S.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.entry.entry_64 import IRET_LABEL, REGISTERS
from kshell.kernel.entry.entry_text import entry_text, per_cpu
from kshell.machine.listing import Item, Label, Line, encode, extents, labels_of, place

SWAPGS: Line = ("swapgs", "0f 01 f8")
CLAC: Line = ("clac", "0f 01 ca")
REGS: Line = ("mov %rsp, %rdi", "48 89 e7")  # the argument: pt_regs
TO_USER: Line = (f"jmp {IRET_LABEL}", f"e9 {IRET_LABEL}")
# The CPU has pushed onto the stack of the TSS: what is there goes to the task's own stack.
ONTO_THE_TASK_STACK: tuple[Line, ...] = (
    ("mov %rsp, %rdi", "48 89 e7"),
    ("mov %gs:top_of_stack, %rsp", "65 48 8b 24 25 top_of_stack"),
    ("push 6*8(%rdi)", "ff 77 30"),
    ("push 5*8(%rdi)", "ff 77 28"),
    ("push 4*8(%rdi)", "ff 77 20"),
    ("push 3*8(%rdi)", "ff 77 18"),
    ("push 2*8(%rdi)", "ff 77 10"),
    ("push 1*8(%rdi)", "ff 77 08"),
    ("push (%rdi)", "ff 37"),
)


def _lines_4_19() -> Iterator[Item]:
    yield Label("entry_INT80_compat", is_function=True)
    yield from (CLAC, SWAPGS, ("mov %eax, %eax", "89 c0"), ("push %rax", "50"), ("push %rdi", "57"))
    yield from ONTO_THE_TASK_STACK
    for name, push, clear, _ in REGISTERS[1:]:
        yield f"push {'$-ENOSYS' if name == 'rax' else '%' + name}", push
        yield from ((f"xor %{name}, %{name}", clear),) if clear else ()
    yield from (("cld", "fc"), REGS, ("call do_int80_syscall_32", "e8 do_int80_syscall_32"), TO_USER)


def _lines_6_19() -> Iterator[Item]:
    yield Label("asm_int80_emulation", is_function=True)
    yield from (("endbr64", "f3 0f 1e fa"), CLAC, ("cld", "fc"), ("push $-1", "6a ff"))
    yield from (("call error_entry", "e8 error_entry"), ("mov %rax, %rsp", "48 89 c4"), REGS)
    yield from (("call int80_emulation", "e8 int80_emulation"), ("jmp error_return", "e9 error_return"))
    yield Label("error_entry", is_function=True)  # its own return address stays on top, rdi goes where that was
    yield from (("push %rsi", "56"), ("mov 8(%rsp), %rsi", "48 8b 74 24 08"), ("mov %rdi, 8(%rsp)", "48 89 7c 24 08"))
    for name, push, _, _ in REGISTERS[2:]:
        yield f"push %{name}", "50" if name == "rax" else push
    yield from ((f"xor %{name}, %{name}", clear) for name, _, clear, _ in REGISTERS if clear and name != "rsi")
    yield from (("push %rsi", "56"), ("xor %rsi, %rsi", "31 f6"))
    yield from (("testb $3, CS+8(%rsp)", "f6 84 24 90 00 00 00 03"), ("je .kernelspace", "0f 84 .kernelspace"))
    yield from (SWAPGS, ("lea 8(%rsp), %rdi", "48 8d 7c 24 08"), ("jmp sync_regs", "e9 sync_regs"))
    yield Label(".kernelspace")
    yield from (("lea 8(%rsp), %rax", "48 8d 44 24 08"), ("ret", "c3"))
    yield Label("sync_regs", is_function=True)  # pt_regs goes to the task's own stack
    yield from (("mov %gs:top_of_stack, %rax", "65 48 8b 04 25 top_of_stack"), ("sub $168, %rax", "48 2d a8 00 00 00"))
    yield from (("mov %rdi, %rsi", "48 89 fe"), ("mov %rax, %rdi", "48 89 c7"), ("mov $21, %ecx", "b9 15 00 00 00"))
    yield from (("rep movsq", "f3 48 a5"), ("ret", "c3"))
    yield Label("error_return", "t", is_function=True)
    yield from (("testb $3, CS(%rsp)", "f6 84 24 88 00 00 00 03"),)
    yield from ((f"jne {IRET_LABEL}", f"0f 85 {IRET_LABEL}"), ("ud2", "0f 0b"))  # ring 0 never came this way


class GateText(NamedTuple):
    """`code` stands at layout.INT80_TEXT, with these `symbols`: the first is where the gate leads."""

    code: bytes
    symbols: list[Symbol]


@cache
def gate_text(version: tuple[int, int], modern: bool) -> GateText:
    """The text of a release; `modern` is the one that has int80_emulation()."""
    placed = place(_lines_6_19() if modern else _lines_4_19(), layout.INT80_TEXT)
    labels = labels_of(placed)
    known = {each.name: each.address for each in entry_text(version).symbols}
    names = {**known, **labels, "do_int80_syscall_32": layout.DO_INT80, "int80_emulation": layout.DO_INT80}
    code = encode(placed, layout.INT80_TEXT, names, per_cpu(version))
    named = extents(placed, layout.INT80_TEXT + len(code))
    return GateText(code, [Symbol(each.name, at, each.kind, size) for at, each, size in named if each.is_function])
