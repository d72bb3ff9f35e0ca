"""A module of machine code: an ELF object whose sections stand in module space.

link.py puts it there.

C counterpart: struct module in include/linux/module.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.elf import SHN_ABS, SHT_NOBITS, STT_OBJECT
from kshell.abi.errno import ENOEXEC
from kshell.abi.loglevel import KERN_ERR
from kshell.kernel.core.pointers import BugEntry
from kshell.kernel.module.kernel_param import KernelParam
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import Module

if TYPE_CHECKING:
    from kshell.abi.debug_info import LineTable
    from kshell.kernel.kernel import Kernel

POINTER = 8


class Export(NamedTuple):
    """What others may use: `macro` is EXPORT_SYMBOL or EXPORT_SYMBOL_GPL."""

    name: str
    address: int
    macro: str


class Tables(NamedTuple):
    """All of them."""

    exports: list[Export]
    parameters: list[KernelParam]
    syscalls: list[str]
    bugs: dict[int, BugEntry]  # by the address of the ud2


class ElfModule(Module):
    """`elf` is the object, `places` the address of each of its sections that are in memory, by its index; behind the
    text stand `read_only` bytes that nobody writes to."""

    def __init__(self, image: LoadInfo) -> None:
        super().__init__(image.name, image.path, image.info, image.vermagic, image.intree)
        self.elf, self._problem = image.elf, image.problem
        self.places: dict[int, int] = {}
        self.read_only = 0
        self.lines: LineTable | None = None  # read when somebody asks
        self.tables = Tables([], [], [], {})

    def declare(self, k: Kernel) -> None:
        """Look at what the reader made of the file (C: elf_validity_check)."""
        if self._problem:
            if k.profile.version >= (5, 12):
                k.printk(KERN_ERR, "Module has invalid ELF structures")
            raise self.malformed(k, self._problem)

    def malformed(self, k: Kernel, why: str) -> Refusal:
        """What is wrong with the file, in the log too."""
        k.printk(KERN_ERR, f"{self.name}: {why}")
        return Refusal(ENOEXEC, Reason.BAD_OBJECT, why=why)

    def own_pointers(self) -> list[str]:
        """The names of its variables that are as large as a pointer and begin as NULL."""
        return [
            each.name
            for each in self.elf.symbols
            if each.type == STT_OBJECT and each.size == POINTER and each.section not in (None, SHN_ABS)
            if self.elf.sections[each.section].type == SHT_NOBITS
        ]
