"""What text a parameter of a module takes, by its type.

C counterpart: kernel/params.c.
"""

from __future__ import annotations

from kshell.abi.errno import EINVAL, ENOSPC, ERANGE
from kshell.kernel.elf.kernel_param import STRING_MAX, TYPES, KernelParam
from kshell.kernel.lib.kstrtox import kstrtobool, parse_int


class Unfit(Exception):
    """A text that is no value of a parameter: `errno`, and why."""

    def __init__(self, errno: int, because: str) -> None:
        super().__init__(because)
        self.errno, self.because = errno, because


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
        value = parse_int(text, TYPES[kind])
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
