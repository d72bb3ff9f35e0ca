"""The text of copies from and to user memory as an object, in which a debugger finds its functions.

C counterpart: the symbols of arch/x86/lib/lib.a.
"""

from __future__ import annotations

from kshell.abi.elf import SHF_ALLOC, SHF_EXECINSTR, SHT_PROGBITS, STB_GLOBAL, STT_FUNC, ElfObject, ElfSymbol, Section
from kshell.kernel.core import layout
from kshell.kernel.elf.linked_object import LinkedObject
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.uaccess_text import uaccess_text
from kshell.machine.encode import FUNCTION_SIZE

OBJECT = "arch/x86/lib/lib.a"


def link_uaccess(k: Kernel) -> LinkedObject:
    """The object file of the text."""
    text = uaccess_text(k.profile.version, k.memory.protection.smap)
    section = Section(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, FUNCTION_SIZE, text.code, len(text.code), [])
    names = {each.address: each for each in text.symbols}  # of two names for one function the last
    symbols = [
        ElfSymbol(each.name, 0, each.address - layout.UACCESS_TEXT, each.size, STT_FUNC, STB_GLOBAL)
        for each in names.values()
    ]
    linked = LinkedObject(OBJECT, None, ElfObject([section], symbols), [])
    linked.places = {0: layout.UACCESS_TEXT}
    return linked
