"""From a .o to a .ko: what modpost and the linker add.

C counterpart: scripts/mod/modpost.c, which writes NAME.mod.c.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.elf import (
    R_X86_64_64,
    SHF_ALLOC,
    SHF_WRITE,
    SHT_PROGBITS,
    STB_GLOBAL,
    STT_NOTYPE,
    STT_OBJECT,
    ElfObject,
    ElfSymbol,
    Relocation,
    Section,
)

THIS_MODULE, THIS_MODULE_SECTION = "__this_module", ".gnu.linkonce.this_module"
# struct module: its size, and where the name and the addresses of the two functions stand in it.
MODULE_SIZE, MODULE_NAME, MODULE_INIT, MODULE_EXIT = 0x380, 0x18, 0x150, 0x328
NAME_SIZE = 56  # C: MODULE_NAME_LEN


def make_module(obj: ElfObject, name: str, vermagic: str, depends: Sequence[str], intree: bool) -> ElfObject:
    """The .ko of a .o: `name` is the module's, `vermagic` that of the kernel it is for, `depends` the modules whose
    symbols it uses; `intree` if it was built from the kernel's own sources."""
    called, retpoline, mark = [("name", name)], [("retpoline", "Y")], [("intree", "Y")] if intree else []
    by_modpost = [*retpoline, *mark, *called] if vermagic.startswith("4.") else [*mark, *called, *retpoline]
    pairs = [("depends", ",".join(depends)), *by_modpost, ("vermagic", vermagic)]
    said = "".join(f"{key}={value}\0" for key, value in pairs).encode()
    sections = list(obj.sections)
    old = next((at for at, each in enumerate(sections) if each.name == ".modinfo"), None)
    if old is None:
        sections.append(Section(".modinfo", SHT_PROGBITS, SHF_ALLOC, 1, said, len(said), []))
    else:
        data = sections[old].data + said
        sections[old] = sections[old]._replace(data=data, size=len(data))
    return _with_this_module(ElfObject(sections, list(obj.symbols)), name)


def _with_this_module(obj: ElfObject, name: str) -> ElfObject:
    """The object with its struct module, which knows the name and the addresses of init_module and cleanup_module."""
    data = bytearray(MODULE_SIZE)
    data[MODULE_NAME : MODULE_NAME + NAME_SIZE] = name.encode()[: NAME_SIZE - 1].ljust(NAME_SIZE, b"\0")
    places = {each.name: at for at, each in enumerate(obj.symbols) if each.section is not None}
    relocations = [
        Relocation(offset, R_X86_64_64, places[symbol], 0)
        for offset, symbol in ((MODULE_INIT, "init_module"), (MODULE_EXIT, "cleanup_module"))
        if symbol in places
    ]
    section = Section(
        *(THIS_MODULE_SECTION, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 64), bytes(data), MODULE_SIZE, relocations
    )
    here = ElfSymbol(THIS_MODULE, len(obj.sections), 0, MODULE_SIZE, STT_OBJECT, STB_GLOBAL)
    wanted = ElfSymbol(THIS_MODULE, None, 0, 0, STT_NOTYPE, STB_GLOBAL)
    symbols = [here if each == wanted else each for each in obj.symbols]
    return ElfObject([*obj.sections, section], symbols if here in symbols else [*symbols, here])
