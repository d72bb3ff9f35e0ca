"""A module file as it is handed to the kernel: an ELF relocatable file, and what its .modinfo says.

C counterpart: struct load_info, get_modinfo() and setup_load_info() in kernel/module/main.c.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from kshell.abi.elf import SHF_EXECINSTR, SHF_WRITE, ElfObject
from kshell.abi.modinfo import THIS_MODULE, modinfo, source_of, with_this_module
from kshell.abi.object_file import MODULE_NAME, ObjectError


class LoadInfo:
    """The bytes of the file at `path`, read.  Where they are no object, `problem` says why, and `elf` is empty.

    What an object does not say is made up for: a .o has no name but that of its file, or with the path "" that of the
    source that it was made of, no version magic, and no struct module.  `notes` are what the compiler lets pass, and a
    person should look at.
    """

    text = ""  # there is no source at hand

    def __init__(self, path: str, data: bytes, notes: Sequence[str] = ()) -> None:
        self.path, self.source, self.data = path, path, data
        self.notes = notes
        self.elf, self.problem = ElfObject([], []), ""
        from kshell.abi.elf_reader import read_elf  # no machine code, no reader

        try:
            self.elf = read_elf(data, path)
            if not any(each.name == THIS_MODULE and each.section is not None for each in self.elf.symbols):
                self.elf = with_this_module(self.elf)
        except ObjectError as error:
            self.problem = error.because
        self.info = modinfo(self.elf)
        said = dict(self.info)
        stem = os.path.splitext(os.path.basename(path or source_of(self.elf)))[0].replace("-", "_")
        self.name = said.get("name", stem)
        if not MODULE_NAME.fullmatch(self.name):
            self.problem, self.name = self.problem or "its name is none that a module can have", "module"
        self.problem = self.problem or _fault_of(self.elf)
        self.vermagic = said.get("vermagic")
        self.intree = "intree" in said
        self.depends = [each for each in said["depends"].split(",") if each] if "depends" in said else None


def _fault_of(elf: ElfObject) -> str:
    """What a kernel will not have in an object (C: module_enforce_rwx_sections, setup_load_info)."""
    if len(elf.symbols) < 2:  # that of its struct module is always there
        return "module has no symbols (stripped?)"
    for index, each in enumerate(elf.sections):
        if each.flags & SHF_WRITE and each.flags & SHF_EXECINSTR:
            return f"section {each.name} (index {index}) has invalid WRITE|EXEC flags"
    odd = next((each.name for each in elf.symbols if not each.name.isprintable()), None)
    return f"the symbol {odd!r} has no name that can be shown" if odd is not None else ""
