"""The text of the way in as an object, in which a debugger finds its functions, and how deep the stack is where.

C counterpart: the symbols and UNWIND_HINTs of arch/x86/entry/entry_64.o.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from kshell.abi import ptregs
from kshell.abi.elf import SHF_ALLOC, SHF_EXECINSTR, SHT_PROGBITS, STB_GLOBAL, STT_FUNC, ElfObject, ElfSymbol, Section
from kshell.kernel.core import layout
from kshell.kernel.elf.linked_object import LinkedObject
from kshell.kernel.entry.entry_64 import IRET_LABEL
from kshell.kernel.entry.entry_text import DISPATCH, NATIVE_IRET, entry_text
from kshell.kernel.init_module.module_text import ROUTINES
from kshell.kernel.kernel import Kernel
from kshell.machine.encode import FUNCTION_SIZE
from kshell.machine.listing import Label

OBJECT = "arch/x86/entry/entry_64.o"
_FRAME = 5 * 8  # what an iretq takes from the stack


def link_way_in(k: Kernel) -> LinkedObject:
    """The object file of the text, as far as there is one."""
    text = entry_text(k.profile.version)
    first, *_, last = text.symbols
    stub = FUNCTION_SIZE
    codes = [text.code, *(k.memory.read(at, stub) for at in (DISPATCH, NATIVE_IRET)), *(each.code for each in ROUTINES)]
    flags = SHF_ALLOC | SHF_EXECINSTR
    sections = [Section(".text", SHT_PROGBITS, flags, stub, code, len(code), []) for code in codes]
    functions = [(each.name, 0, each.address - layout.ENTRY_TEXT, each.size) for each in (first, last)]
    functions += [("do_syscall_64", 1, 0, stub), ("native_iret", 2, 0, stub)]
    functions += [(each.name, index, 0, len(each.code)) for index, each in enumerate(ROUTINES, 3)]
    symbols = [ElfSymbol(*function, STT_FUNC, STB_GLOBAL) for function in functions]
    linked = LinkedObject(OBJECT, None, ElfObject(sections, symbols), [])
    linked.places = dict(enumerate([layout.ENTRY_TEXT, DISPATCH, NATIVE_IRET, *(each.address for each in ROUTINES)]))
    pairs = pairwise([*_depths(k.profile.version), (layout.ENTRY_TEXT + len(text.code), 0)])
    linked.stack_rows = [(at, end, max(depth, 0), False) for (at, depth), (end, _) in pairs]
    linked.stack_rows += [(DISPATCH, DISPATCH + stub, 8, True), (NATIVE_IRET, NATIVE_IRET + stub, _FRAME, False)]
    for routine in ROUTINES:
        linked.stack_rows += routine.stack_rows()
    return linked


@cache
def _depths(version: tuple[int, int]) -> list[tuple[int, int]]:
    """The addresses from which on so many bytes are on the kernel's stack; -1 while that is the user's."""
    found, depth = [], -1
    for at, line in entry_text(version).placed:
        if isinstance(line, Label):
            depth = ptregs.SIZE if line.name == IRET_LABEL else depth
        found.append((at, depth))
        word = line[0].split()[0]
        if line[0] in ("mov %gs:top_of_stack, %rsp", "mov RSP-ORIG_RAX(%rsp), %rsp"):
            depth = 0 if depth < 0 else -1
        elif word in ("push", "pop"):
            depth += 8 if word == "push" else -8
        elif line[0] == "add $8, %rsp":
            depth -= 8
    return found
