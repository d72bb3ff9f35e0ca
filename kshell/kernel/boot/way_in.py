"""The text of the way in, put into memory: with its names, with the variables of the CPU that it uses, and as an object
that a debugger finds its functions in.

C counterpart: what the linker does with arch/x86/entry/entry_64.o, and setup_per_cpu_areas().
"""

from __future__ import annotations

from itertools import pairwise

from kshell.abi.elf import SHF_ALLOC, SHF_EXECINSTR, SHT_PROGBITS, STB_GLOBAL, STT_FUNC, ElfObject, ElfSymbol, Section
from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.entry import entry
from kshell.kernel.entry.entry_text import DISPATCH, NATIVE_IRET, entry_text, per_cpu
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.linked_object import LinkedObject
from kshell.machine.ram import PAGE_SIZE
from kshell.machine.ring0 import TOUCH, TRAMPOLINE
from kshell.machine.ring3 import IRETQ

OBJECT = "arch/x86/entry/entry_64.o"
_FRAME = 5 * 8  # what an iretq takes from the stack


def place_way_in(k: Kernel) -> None:
    """Put it there, do_syscall_64 and native_iret too."""
    text = entry_text(k.profile.version)
    k.way_in = text.way_in
    k.memory.poke(layout.ENTRY_TEXT, text.code)
    k.define_function("do_syscall_64", entry.do_syscall_64, DISPATCH)
    k.memory.poke(layout.TRAMPOLINE, TRAMPOLINE)
    k.memory.poke(layout.TOUCH, TOUCH)
    k.memory.poke(NATIVE_IRET, IRETQ)
    for symbol in (*text.symbols, Symbol("native_iret", NATIVE_IRET, "T", layout.FUNCTION_SIZE)):
        k.symbols.add(symbol)
    k.memory.map(layout.PER_CPU + layout.PER_CPU_TSS, PAGE_SIZE, writable=True)
    for name, at in per_cpu(k.profile.version).items():
        if name not in ("scratch", "top_of_stack"):
            k.symbols.add(Symbol(name, layout.PER_CPU + at, "D", 0x68 if name == "cpu_tss_rw" else 8))


def link_way_in(k: Kernel) -> LinkedObject:
    """The object file that it came from, as far as there is one."""
    text = entry_text(k.profile.version)
    first, *_, last = text.symbols
    stub = layout.FUNCTION_SIZE
    codes = (text.code, *(k.memory.read(at, stub) for at in (DISPATCH, NATIVE_IRET)))
    flags = SHF_ALLOC | SHF_EXECINSTR
    sections = [Section(".text", SHT_PROGBITS, flags, stub, code, len(code), []) for code in codes]
    functions = [(each.name, 0, each.address - layout.ENTRY_TEXT, each.size) for each in (first, last)]
    functions += [("do_syscall_64", 1, 0, stub), ("native_iret", 2, 0, stub)]
    symbols = [ElfSymbol(*function, STT_FUNC, STB_GLOBAL) for function in functions]
    linked = LinkedObject(OBJECT, None, ElfObject(sections, symbols), [])
    linked.places = {0: layout.ENTRY_TEXT, 1: DISPATCH, 2: NATIVE_IRET}
    pairs = pairwise([*text.depths, (layout.ENTRY_TEXT + len(text.code), 0)])
    linked.stack_rows = [(at, end, max(depth, 0), False) for (at, depth), (end, _) in pairs]
    linked.stack_rows += [(DISPATCH, DISPATCH + stub, 8, True), (NATIVE_IRET, NATIVE_IRET + stub, _FRAME, False)]
    return linked
