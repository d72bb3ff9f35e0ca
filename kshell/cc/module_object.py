"""From a .o to a .ko: what modpost and the linker add.

C counterpart: scripts/mod/modpost.c, which writes NAME.mod.c.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.elf import R_X86_64_64, SHF_ALLOC, SHT_PROGBITS, ElfObject, Relocation, Section
from kshell.abi.modinfo import MODULE_SIZE, with_this_module

# Where the name and the addresses of the two functions stand in a struct module.
MODULE_NAME, MODULE_INIT, MODULE_EXIT = 0x18, 0x150, 0x328
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
    return _with_struct_module(ElfObject(sections, list(obj.symbols)), name)


def _with_struct_module(obj: ElfObject, name: str) -> ElfObject:
    """The object with its struct module, which knows the name and the addresses of init_module and cleanup_module."""
    data = bytearray(MODULE_SIZE)
    data[MODULE_NAME : MODULE_NAME + NAME_SIZE] = name.encode()[: NAME_SIZE - 1].ljust(NAME_SIZE, b"\0")
    places = {each.name: at for at, each in enumerate(obj.symbols) if each.section is not None}
    relocations = [
        Relocation(offset, R_X86_64_64, places[symbol], 0)
        for offset, symbol in ((MODULE_INIT, "init_module"), (MODULE_EXIT, "cleanup_module"))
        if symbol in places
    ]
    return with_this_module(obj, bytes(data), relocations)
