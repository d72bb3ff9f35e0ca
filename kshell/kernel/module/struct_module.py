"""struct module: what the kernel knows of one module.

C counterpart: include/linux/module.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from kshell.kernel.core.module_macros import Param
from kshell.kernel.module.kernel_param import KernelParam

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

UNFORMED, LOADING, LIVE, UNLOADING = "Unformed", "Loading", "Live", "Unloading"
Parameter: TypeAlias = KernelParam | Param[Any]
Entry: TypeAlias = int | Callable[..., Any]  # the address of machine code, or a body in Python


class Module:
    """C: struct module.  elf_module.py has those of machine code, python_module.py those of Python bodies.

    `path` is the file that it came from, `info` what its .modinfo says, `vermagic` what it was built for (None: it was
    compiled for the kernel that runs).  `address` and `size` are those of its text (bytes, whole pages), `data_size`
    bytes of data stand behind it; `this_module` is where its struct module is in memory.
    `used_by` holds the names of the modules that use its symbols, `taints` the letters that it brought, in the order
    of their bits.  `syscalls` names the system calls that it defines.
    """

    def __init__(self, name: str, path: str, info: list[tuple[str, str]], vermagic: str | None, intree: bool) -> None:
        self.name, self.path, self.info = name, path, info
        self.vermagic, self.intree = vermagic, intree
        self.state = UNFORMED
        self.address = self.size = self.data_size = 0
        self.this_module = 0
        self.references = 0  # taken by try_module_get
        self.uses: list[Module] = []
        self.used_by: list[str] = []
        self.taints = ""
        self.parameters: dict[str, Parameter] = {}
        self.syscalls: list[str] = []
        self.init: Entry | None = None  # what module_init named
        self.exit: Entry | None = None  # what module_exit named

    def declare(self, k: Kernel) -> None:
        """Learn what the file declares.  Raises Refusal."""

    def unlink(self, k: Kernel) -> None:
        """Forget what linking has bound, but for pages and symbols."""

    def own_pointers(self) -> list[str]:
        """The names of the pointers that the module itself defines."""
        return []

    @property
    def refcount(self) -> int:
        """How many hold it: modules that use its symbols, whoever took a reference, and its own init while it runs.
        -1 while it is going: there is nothing left to be held."""
        if self.state == UNLOADING:
            return -1
        return len(self.used_by) + self.references + (self.state == LOADING)

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
