"""The text of the way in, put into memory: with its names, and with the variables of the CPU that it uses.

C counterpart: what the linker does with arch/x86/entry/entry_64.o, and setup_per_cpu_areas().
"""

from __future__ import annotations

from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.pointers import function_at
from kshell.kernel.entry import entry
from kshell.kernel.entry.entry_text import DISPATCH, NATIVE_IRET, entry_text, per_cpu
from kshell.kernel.init_module.module_text import DO_INIT_MODULE, DO_SYS_DELETE_MODULE, ROUTINES
from kshell.kernel.init_module.own_path import exit_returned, init_returned
from kshell.kernel.kernel import Kernel
from kshell.machine.encode import FUNCTION_SIZE
from kshell.machine.ram import PAGE_SIZE
from kshell.machine.ring0 import TOUCH, TRAMPOLINE
from kshell.machine.ring3 import IRETQ


def place_way_in(k: Kernel) -> None:
    """Put it there, do_syscall_64 and native_iret too."""
    text = entry_text(k.profile.version)
    k.way_in = text.way_in
    k.memory.poke(layout.ENTRY_TEXT, text.code)
    k.define_functions(function_at(DISPATCH, "do_syscall_64", entry.do_syscall_64))
    k.memory.poke(layout.TRAMPOLINE, TRAMPOLINE)
    k.memory.poke(layout.TOUCH, TOUCH)
    k.memory.poke(NATIVE_IRET, IRETQ)
    for each in ROUTINES:
        k.memory.poke(each.address, each.code)
    k.bodies |= {DO_INIT_MODULE.body: init_returned, DO_SYS_DELETE_MODULE.body: exit_returned}
    routines = [Symbol(each.name, each.address, each.kind, len(each.code)) for each in ROUTINES]
    for symbol in (*text.symbols, Symbol("native_iret", NATIVE_IRET, "T", FUNCTION_SIZE), *routines):
        k.symbols.add(symbol)
    k.memory.map(layout.PER_CPU + layout.PER_CPU_TSS, PAGE_SIZE, writable=True)
    for name, at in per_cpu(k.profile.version).items():
        if name not in ("scratch", "top_of_stack"):
            k.symbols.add(Symbol(name, layout.PER_CPU + at, "D", 0x68 if name == "cpu_tss_rw" else 8))
