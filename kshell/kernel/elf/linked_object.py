"""What the kernel knows of an ELF object in its memory.

C counterpart: what struct module has of one; vmlinux keeps one such for all of its files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from kshell.abi.c_types import U64
from kshell.abi.elf import ElfObject, ElfSymbol
from kshell.abi.loglevel import KERN_ERR
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.pointers import BugEntry
from kshell.kernel.elf.kernel_param import KernelParam
from kshell.kernel.mm.extable import ENTRY_SIZE, Table

if TYPE_CHECKING:
    from kshell.abi.debug_info import LineTable
    from kshell.abi.debug_types import DebugType
    from kshell.kernel.kernel import Kernel

BAD_OBJECT = "BAD_OBJECT"  # why
BAD_RELOCATION = "BAD_RELOCATION"  # kind, symbol
RELOCATION_OVERFLOW = "RELOCATION_OVERFLOW"  # kind, value


class LinkError(Exception):
    """An object that cannot be linked: `kind` is one of the above, and behind each are the names of its facts."""

    def __init__(self, kind: str, /, **facts: Any) -> None:
        super().__init__(kind)
        self.kind, self.facts = kind, facts


class Export(NamedTuple):
    """What others may use: `macro` is EXPORT_SYMBOL or EXPORT_SYMBOL_GPL."""

    name: str
    address: int
    macro: str


class Tables(NamedTuple):
    """What the macros of a file have laid down in tables, once it is in memory."""

    exports: list[Export]
    parameters: list[KernelParam]
    syscalls: list[SyscallDefinition]
    bugs: dict[int, BugEntry]  # by the address of the ud2


class LinkedObject:
    """`name` is what lsmod calls the module, or the .o of a file that is linked in; `owner` the module's name again,
    None for a file of the kernel; `elf` the object, `info` its .modinfo, and `places` the address of each of its
    sections that are in memory, by its index."""

    def __init__(self, name: str, owner: str | None, elf: ElfObject, info: list[tuple[str, str]]) -> None:
        self.name, self.owner, self.elf, self.info = name, owner, elf, info
        self.places: dict[int, int] = {}
        self.lines: LineTable | None = None  # read when somebody asks
        self.structs: dict[str, DebugType] | None = None  # read when somebody asks
        self.watched: object = None  # what who watches it has found out (debug/traced_code.py)
        # Of the text of the way in: from an address to another, how far from rsp the stack is as it was before the
        # call, and whether a return address stands there.
        self.stack_rows: list[tuple[int, int, int, bool]] = []
        self.tables = Tables([], [], [], {})

    def symbols(self) -> Iterator[tuple[ElfSymbol, int]]:
        """The symbols in its sections that are in memory, each with its address."""
        for each in self.elf.symbols:
            if each.section is not None and each.section in self.places:
                yield each, self.places[each.section] + each.value & U64

    def address_of(self, name: str) -> int | None:
        """Where the symbol of that name is; None if it has none."""
        return next((address for each, address in self.symbols() if each.name == name), None)

    def holds(self, address: int) -> bool:
        """Whether an address is in one of its sections."""
        return any(0 <= address - at < self.elf.sections[index].size for index, at in self.places.items())

    @property
    def extable(self) -> Table:
        """Its section __ex_table."""
        for index, at in self.places.items():
            if self.elf.sections[index].name == "__ex_table":
                return Table(at, self.elf.sections[index].size // ENTRY_SIZE, self.owner)
        return Table(0, 0, self.owner)

    def malformed(self, k: Kernel, why: str) -> LinkError:
        """What is wrong with the file, in the log too."""
        k.printk(KERN_ERR, f"{self.name}: {why}")
        return LinkError(BAD_OBJECT, why=why)
