"""The parameters of a module: variables of C's types in its data, what text each takes, and how that reads in /sys.

C counterpart: struct kernel_param in include/linux/moduleparam.h, kernel/params.c.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.c_types import CType
from kshell.abi.errno import EINVAL, ENOSPC, ERANGE
from kshell.kernel.lib.kstrtox import kstrtobool, kstrtoint
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
_WORD = r'(?a)(?:"[^"]*"?|[^\s"])+'  # compiled when a program loads a module


class Unfit(Exception):
    """A text that is no value of a parameter: `errno`, and why."""

    def __init__(self, errno: int, because: str) -> None:
        super().__init__(because)
        self.errno, self.because = errno, because


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


def parse(parameter: KernelParam, text: str | None, version: tuple[int, int]) -> int | str:
    """The value that `text` means for a parameter; None is a parameter without ``=``.  Raises Unfit."""
    kind, name = parameter.type, parameter.name
    if text is None:
        if kind != "bool":
            raise Unfit(EINVAL, f"{name} is of type {kind} and needs a value; only a bool may stand alone")
        text = "1"
    if kind == "charp":
        if len(text.encode("utf-8", "surrogateescape")) > STRING_MAX:
            raise Unfit(ENOSPC, f"a string parameter has at most {STRING_MAX} bytes")
        return text
    if kind in ("bool", "invbool"):
        truth = kstrtobool(text, version)
        if truth is None:
            raise Unfit(EINVAL, f"{name} is of type {kind}, and {text.rstrip()!r} is none: y or n, 1 or 0, on or off")
        return int(truth != (kind == "invbool"))
    try:
        value = kstrtoint(text, TYPES[kind])
    except ValueError:
        said = text.rstrip("\n")
        raise Unfit(EINVAL, f"{name} is of type {kind}, and {said!r} is none") from None
    except OverflowError:
        said, bits, signed = text.rstrip("\n"), 8 * TYPES[kind].size, TYPES[kind].signed
        ends = f"{-(1 << bits - 1) if signed else 0} to {(1 << bits - signed) - 1}"
        raise Unfit(ERANGE, f"{name} is of type {kind} ({ends}), and {said} does not fit") from None
    low, high = parameter.low, parameter.high
    if low is not None and high is not None and not low <= value <= high:
        raise Unfit(EINVAL, f"{name} is from {low} to {high}, and {value} is not")
    return value


def parse_args(text: str) -> list[tuple[str, str | None]]:
    """A string of parameters, as init_module is handed it: ``level=3 name="two words"`` (C: next_arg)."""
    words = [word[1:].removesuffix('"') if word[0] == '"' else word for word in re.findall(_WORD, text)]
    parts = [word.partition("=") for word in words]
    values = [value[1:].removesuffix('"') if value[:1] == '"' else value for _, _, value in parts]
    return [(name, value if equals else None) for (name, equals, _), value in zip(parts, values, strict=True)]
