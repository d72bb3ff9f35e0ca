"""A module file as it is handed to the kernel: an ELF relocatable file, and what its .modinfo says.

C counterpart: struct load_info, get_modinfo() and setup_load_info() in kernel/module/main.c.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from kshell.abi.elf import (
    SHF_ALLOC,
    SHF_EXECINSTR,
    SHF_WRITE,
    SHT_PROGBITS,
    STB_GLOBAL,
    STT_FILE,
    STT_OBJECT,
    ElfObject,
    ElfSymbol,
    Section,
)
from kshell.abi.object_file import MODULE_NAME, ObjectError

THIS_MODULE, THIS_MODULE_SECTION = "__this_module", ".gnu.linkonce.this_module"
MODULE_SIZE = 0x380  # C: sizeof(struct module)


class LoadInfo:
    """The bytes of the file at `path`, read.  Where they are no object, `problem` says why, and `elf` is empty.

    What an object does not say is made up for: a .o has no name but that of its file, or with the path "" that of the
    source that it was made of, and no version magic.  `notes` are what the compiler lets pass, and a person should look
    at.
    """

    text = ""  # there is no source at hand

    def __init__(self, path: str, data: bytes, notes: Sequence[str] = ()) -> None:
        self.path, self.source, self.data = path, path, data
        self.notes = notes
        self.elf, self.problem = ElfObject([], []), ""
        from kshell.abi.elf_reader import read_elf  # no machine code, no reader

        try:
            self.elf = with_this_module(read_elf(data, path))
        except ObjectError as error:
            self.problem = error.because
        modinfo = self.elf.section(".modinfo")
        self.info = pairs(modinfo.data) if modinfo is not None else []
        said = dict(self.info)
        stem = os.path.splitext(os.path.basename(path or source_of(self.elf)))[0].replace("-", "_")
        self.name = said.get("name", stem)
        if not MODULE_NAME.fullmatch(self.name):
            self.problem, self.name = self.problem or "its name is none that a module can have", "module"
        self.problem = self.problem or _fault_of(self.elf)
        self.vermagic = said.get("vermagic")
        self.intree = "intree" in said
        self.depends = [each for each in said["depends"].split(",") if each] if "depends" in said else None

    @property
    def undefined(self) -> list[str]:
        """The symbols that somebody else must export."""
        return [each.name for each in self.elf.symbols if each.section is None and each.name]


def source_of(elf: ElfObject) -> str:
    """The file that an object says it was compiled from; "" if it does not."""
    return next((each.name for each in elf.symbols if each.type == STT_FILE), "")


def _fault_of(elf: ElfObject) -> str:
    """What a kernel will not have in an object (C: module_enforce_rwx_sections, setup_load_info)."""
    if len(elf.symbols) < 2:  # that of its struct module is always there
        return "module has no symbols (stripped?)"
    for index, each in enumerate(elf.sections):
        if each.flags & SHF_WRITE and each.flags & SHF_EXECINSTR:
            return f"section {each.name} (index {index}) has invalid WRITE|EXEC flags"
    odd = next((each.name for each in elf.symbols if not each.name.isprintable()), None)
    return f"the symbol {odd!r} has no name that can be shown" if odd is not None else ""


def pairs(data: bytes) -> list[tuple[str, str]]:
    """``key=value`` each with its NUL, and NULs between them."""
    texts = [text.decode("utf-8", "backslashreplace") for text in data.split(b"\0") if b"=" in text]
    return [(key, value) for key, _, value in (text.partition("=") for text in texts)]


def with_this_module(obj: ElfObject) -> ElfObject:
    """A .o gets the struct module that modpost would have given it; a .ko has one."""
    if any(each.name == THIS_MODULE and each.section is not None for each in obj.symbols):
        return obj
    room = Section(THIS_MODULE_SECTION, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 64, bytes(MODULE_SIZE), MODULE_SIZE, [])
    here = ElfSymbol(THIS_MODULE, len(obj.sections), 0, MODULE_SIZE, STT_OBJECT, STB_GLOBAL)
    symbols = [here if each.name == THIS_MODULE else each for each in obj.symbols]
    return ElfObject([*obj.sections, room], symbols if here in symbols else [*symbols, here])
