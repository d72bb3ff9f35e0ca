"""struct module: what the kernel knows of one module.

C counterpart: include/linux/module.h.
"""

from __future__ import annotations

from kshell.kernel.elf.kernel_param import KernelParam
from kshell.kernel.elf.linked_object import LinkedObject
from kshell.kernel.module.load_info import LoadInfo

UNFORMED, LOADING, LIVE, UNLOADING = "Unformed", "Loading", "Live", "Unloading"


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
