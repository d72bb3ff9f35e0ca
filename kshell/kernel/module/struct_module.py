"""struct module: what the kernel knows of one module.

C counterpart: include/linux/module.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kshell.kernel.core.module_macros import Param
from kshell.kernel.core.object import ObjectFile
from kshell.kernel.module.declarations import sections_of

UNFORMED, LOADING, LIVE, UNLOADING = "Unformed", "Loading", "Live", "Unloading"


class Module:
    """C: struct module.

    `address` and `size` are those of its text (bytes, whole pages), `data_size` bytes of data stand behind it;
    `used_by` holds the names of the modules that use its symbols, `taints` the letters that it brought, in the order
    of their bits.  `object` is what was loaded.
    """

    def __init__(self, obj: ObjectFile) -> None:
        self.object, self.name = obj, obj.name
        self.state = UNFORMED
        self.namespace: dict[str, Any] = {}
        self.sections = sections_of(self.namespace)  # what its macros declared
        self.address = self.size = self.data_size = 0
        self.this_module = 0  # where its struct module is in memory
        self.references = 0  # taken by try_module_get
        self.uses: list[Module] = []
        self.used_by: list[str] = []
        self.taints = ""
        self.parameters: dict[str, Param[Any]] = {}

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
    def version(self) -> str | None:
        """What MODULE_VERSION says, None without one."""
        return dict(self.sections[".modinfo"]).get("version")

    @property
    def init(self) -> Callable[..., Any] | None:
        """What module_init named."""
        return next(iter(self.sections[".init"]), None)

    @property
    def exit(self) -> Callable[..., Any] | None:
        """What module_exit named."""
        return next(iter(self.sections[".exit"]), None)
