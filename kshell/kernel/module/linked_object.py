"""An ELF object in the kernel's memory: a module, or one of the files that the kernel itself was linked from.

C counterpart: what struct module has of an object; vmlinux keeps one such for all of its files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.elf import ElfObject
from kshell.abi.errno import ENOEXEC
from kshell.abi.loglevel import KERN_ERR
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.pointers import BugEntry
from kshell.kernel.module.kernel_param import KernelParam
from kshell.kernel.module.refusal import Reason, Refusal

if TYPE_CHECKING:
    from kshell.abi.debug_info import LineTable
    from kshell.kernel.kernel import Kernel


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
        self.watched: object = None  # what who watches it has found out (debug/traced_code.py)
        # Of the text of the way in: from an address to another, how far from rsp the stack is as it was before the
        # call, and whether a return address stands there.
        self.stack_rows: list[tuple[int, int, int, bool]] = []
        self.tables = Tables([], [], [], {})

    def holds(self, address: int) -> bool:
        """Whether an address is in one of its sections."""
        return any(0 <= address - at < self.elf.sections[index].size for index, at in self.places.items())

    def malformed(self, k: Kernel, why: str) -> Refusal:
        """What is wrong with the file, in the log too."""
        k.printk(KERN_ERR, f"{self.name}: {why}")
        return Refusal(ENOEXEC, Reason.BAD_OBJECT, why=why)
