"""A parameter of a module: a variable of C's size in the module's data.

C counterpart: struct kernel_param in include/linux/moduleparam.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.c_types import CType
from kshell.kernel.lib.slab import slab_of
from kshell.machine.ram import OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

# The types that module_param takes, each as its variable is in memory.
TYPES: dict[str, CType] = {
    "bool": CType("bool", 1, False),
    "invbool": CType("bool", 1, False),
    "byte": CType("unsigned char", 1, False),
    "short": CType("short", 2, True),
    "ushort": CType("unsigned short", 2, False),
    "int": CType("int", 4, True),
    "uint": CType("unsigned int", 4, False),
    "long": CType("long", 8, True),
    "ulong": CType("unsigned long", 8, False),
    "hexint": CType("unsigned int", 4, False),
    "charp": CType("char *", 8, False),
}
SINCE = {"hexint": (5, 14)}  # the types that came later than the oldest kernel here
STRING_MAX = 1024  # bytes of a charp parameter, without its NUL


class KernelParam(NamedTuple):
    """`type` is one of TYPES, `perm` the mode of its file in /sys (0: none), `address` where the variable is; `low` and
    `high` are the least and the greatest value that is taken, None for any."""

    name: str
    type: str
    perm: int
    address: int
    low: int | None = None
    high: int | None = None

    def load(self, k: Kernel) -> int | str:
        """Its value, a str for a charp.  Raises KernelFault where its memory or its pointer is bad."""
        ctype = TYPES[self.type]
        value = ctype.narrow(int.from_bytes(k.memory.read(self.address, ctype.size), "little"))
        if self.type != "charp":
            return value
        text = k.memory.read_string(value, STRING_MAX + 1) if value else b"(null)"
        return text.decode("utf-8", "surrogateescape")

    def store(self, k: Kernel, value: int | str) -> None:
        """Give it a value: a charp gets a copy of the string.  Raises KernelFault, OutOfMemory."""
        ctype = TYPES[self.type]
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogateescape")[:STRING_MAX] + b"\0"
            value = slab_of(k).alloc(len(data))
            if not value:
                raise OutOfMemory
            k.memory.write(value, data)
            self.free(k)
            slab_of(k).parameters.add(value)
        k.memory.write(self.address, (value & ctype.mask).to_bytes(ctype.size, "little"))

    def free(self, k: Kernel) -> None:
        """Give back the copy that a charp points to, if that is one (C: param_free_charp)."""
        slab = slab_of(k)
        text = k.memory.load(self.address) if self.type == "charp" and slab.parameters else 0
        if text in slab.parameters:
            slab.parameters.remove(text)
            slab.release(text)
