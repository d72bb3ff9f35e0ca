"""What makes a module of an object file: the texts of its .modinfo, and its struct module.

C counterpart: __MODULE_INFO() in include/linux/moduleparam.h, and the .mod.c that scripts/mod/modpost.c writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.elf import (
    SHF_ALLOC,
    SHF_WRITE,
    SHT_PROGBITS,
    STB_GLOBAL,
    STT_FILE,
    STT_OBJECT,
    ElfObject,
    ElfSymbol,
    Relocation,
    Section,
)

THIS_MODULE, THIS_MODULE_SECTION = "__this_module", ".gnu.linkonce.this_module"
MODULE_SIZE = 0x380  # C: sizeof(struct module)


def modinfo(obj: ElfObject) -> list[tuple[str, str]]:
    """What the object's .modinfo says: ``key=value`` each with its NUL, and NULs between them."""
    section = obj.section(".modinfo")
    said = section.data.split(b"\0") if section is not None else []
    texts = [text.decode("utf-8", "backslashreplace").partition("=") for text in said if b"=" in text]
    return [(key, value) for key, _, value in texts]


def source_of(obj: ElfObject) -> str:
    """The file that an object says it was compiled from; "" if it does not."""
    return next((each.name for each in obj.symbols if each.type == STT_FILE), "")


def with_this_module(
    obj: ElfObject, data: bytes = bytes(MODULE_SIZE), relocations: Sequence[Relocation] = ()
) -> ElfObject:
    """The object with a struct module of these bytes, which every name __this_module in it leads to."""
    flags = SHF_ALLOC | SHF_WRITE
    room = Section(THIS_MODULE_SECTION, SHT_PROGBITS, flags, 64, data, len(data), list(relocations))
    here = ElfSymbol(THIS_MODULE, len(obj.sections), 0, len(data), STT_OBJECT, STB_GLOBAL)
    symbols = [here if each.name == THIS_MODULE else each for each in obj.symbols]
    return ElfObject([*obj.sections, room], symbols if here in symbols else [*symbols, here])
