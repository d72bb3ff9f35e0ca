"""What the kernel knows of an ELF object in its memory: of a module, and of each file that it was itself linked from.

C counterpart: struct module in include/linux/module.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.c_types import U64
from kshell.abi.elf import ElfObject, ElfSymbol
from kshell.abi.errno import ENOEXEC
from kshell.abi.loglevel import KERN_ERR
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.pointers import BugEntry
from kshell.kernel.mm.extable import ENTRY_SIZE, Table
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.params import KernelParam
from kshell.kernel.module.refusal import Reason, Refusal

if TYPE_CHECKING:
    from kshell.abi.debug_info import LineTable
    from kshell.kernel.kernel import Kernel

UNFORMED, LOADING, LIVE, UNLOADING = "Unformed", "Loading", "Live", "Unloading"


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

    def malformed(self, k: Kernel, why: str) -> Refusal:
        """What is wrong with the file, in the log too."""
        k.printk(KERN_ERR, f"{self.name}: {why}")
        return Refusal(ENOEXEC, Reason.BAD_OBJECT, why=why)


class Module(LinkedObject):
    """C: struct module.

    `path` is the file that it came from, `problem` what is wrong with that, `vermagic` what it was built for (None:
    nobody says).  `address` and `size` are those of its text (bytes, whole pages), `data_size` bytes of data stand
    behind it, the first `read_only` of which nobody writes to; `this_module` is where its struct module is in memory,
    `init` and `exit` what module_init and module_exit named.  `used_by` holds the names of the modules that use its
    symbols, `taints` the letters that it brought, in the order of their bits.
    """

    def __init__(self, image: LoadInfo) -> None:
        super().__init__(image.name, image.name, image.elf, image.info)
        self.path, self.problem = image.path, image.problem
        self.vermagic, self.intree = image.vermagic, image.intree
        self.state = UNFORMED
        self.address = self.size = self.data_size = self.read_only = 0
        self.this_module = 0
        self.init: int | None = None
        self.exit: int | None = None
        self.references = 0  # taken by try_module_get, and by insmod while init runs
        self.uses: list[Module] = []
        self.using_gpl_only = False
        self.used_by: list[str] = []
        self.taints = ""

    @property
    def parameters(self) -> dict[str, KernelParam]:
        """What module_param named, by name."""
        return {parameter.name: parameter for parameter in self.tables.parameters}

    @property
    def refcount(self) -> int:
        """How many hold it: modules that use its symbols, and whoever took a reference.  -1 after one module_put() too
        many, and while it is going: there is nothing left to be held."""
        return -1 if self.state == UNLOADING else len(self.used_by) + self.references

    @property
    def initstate(self) -> str:
        """What /sys/module/NAME/initstate says: coming, live or going; "unformed" while it is not listed yet."""
        return {LOADING: "coming", LIVE: "live", UNLOADING: "going"}.get(self.state, "unformed")

    @property
    def permanent(self) -> bool:
        """Whether only force unloads it: it has an init function and no exit function."""
        return self.init is not None and self.exit is None

    @property
    def space(self) -> range:
        """The addresses of its text and data."""
        return range(self.address, self.address + self.size + self.data_size)
