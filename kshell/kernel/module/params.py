"""The parameters of a module: what text each type takes, and how its value reads in /sys.

C counterpart: kernel/params.c, and lib/kstrtox.c for the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kshell.abi.errno import EINVAL, ENOSPC, ERANGE
from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.kernel_param import STRING_MAX, TYPES, KernelParam
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import Module

OVERFLOW = 1 << 64
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+', re.ASCII)
SINCE = {"hexint": (5, 14)}  # the types that came later than the oldest kernel here


class Unfit(Exception):
    """A text that is no value of a parameter: `errno`, and why."""

    def __init__(self, errno: int, because: str) -> None:
        super().__init__(because)
        self.errno, self.because = errno, because


def param_get(k: Kernel, parameter: KernelParam) -> str:
    """The text that reading its file in /sys gives, without the newline that ends it (C: param_get_int, ...).

    Raises KernelFault where a module has spoiled the pointer of a charp.
    """
    value = parameter.load(k)
    if parameter.type in ("bool", "invbool"):
        return "Y" if bool(value) != (parameter.type == "invbool") else "N"
    if parameter.type == "hexint":
        return f"{value:#08x}" if value else "0" * 8
    return str(value)


def param_set(k: Kernel, parameter: KernelParam, text: str) -> int:
    """Write `text` to a parameter, as to its file in /sys: 0, or -EINVAL, -ERANGE, -ENOSPC and nothing is changed.

    A newline at the end is no part of a number; a charp keeps it.
    """
    try:
        parameter.store(k, parse(parameter, text, k.profile.version))
    except Unfit as unfit:
        k.note(f"{parameter.name}: {unfit.because}")
        return -unfit.errno
    return 0


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
        truth = _kstrtobool(text, version)
        if truth is None:
            raise Unfit(EINVAL, f"{name} is of type {kind}, and {text.rstrip()!r} is none: y or n, 1 or 0, on or off")
        return int(truth != (kind == "invbool"))
    value = _kstrtoint(parameter, text)
    low, high = parameter.low, parameter.high
    if low is not None and high is not None and not low <= value <= high:
        raise Unfit(EINVAL, f"{name} is from {low} to {high}, and {value} is not")
    return value


def _kstrtobool(text: str, version: tuple[int, int]) -> bool | None:
    """C looks at the first letter, or at two of them, and no further."""
    later = version >= (5, 17)
    first = text[:1].lower()
    if first in ("y", "1") or (later and first == "t"):
        return True
    if first in ("n", "0") or (later and first == "f"):
        return False
    return {"on": True, "of": False}.get(text[:2].lower())


def _kstrtoint(parameter: KernelParam, text: str) -> int:
    name, ctype = parameter.name, TYPES[parameter.type]
    said = text.rstrip("\n")
    body = text.removesuffix("\n")
    negative = ctype.signed and body[:1] == "-"
    digits = body[1:] if negative or body[:1] == "+" else body
    base = 10
    if digits[:1] == "0":
        base = 16 if digits[1:2] in ("x", "X") and digits[2:3].isalnum() else 8
    none = Unfit(EINVAL, f"{name} is of type {parameter.type}, and {said!r} is none")
    if not digits.isascii() or not digits.isalnum() or (base == 8 and digits[1:2] in ("o", "O")):
        raise none  # int() would take blanks, underlines and 0o17
    try:
        value = int(digits, base)
    except ValueError:
        raise none from None
    value = -value if negative else value
    if abs(value) >= OVERFLOW or ctype.narrow(value) != value:
        low = -(1 << 8 * ctype.size - 1) if ctype.signed else 0
        most = (1 << 8 * ctype.size - ctype.signed) - 1
        raise Unfit(ERANGE, f"{name} is of type {parameter.type} ({low} to {most}), and {said} does not fit")
    return value


def parse_args(text: str) -> list[tuple[str, str | None]]:
    """A string of parameters, as init_module is handed it: ``level=3 name="two words"`` (C: next_arg)."""
    words = [word[1:].removesuffix('"') if word[0] == '"' else word for word in _WORD.findall(text)]
    parts = [word.partition("=") for word in words]
    values = [value[1:].removesuffix('"') if value[:1] == '"' else value for _, _, value in parts]
    return [(name, value if equals else None) for (name, equals, _), value in zip(parts, values, strict=True)]


def set_parameters(k: Kernel, module: Module, given: Iterable[tuple[str, str | None]]) -> None:
    """What insmod was given after the file: ``level=3``.  Raises Refusal for the first that does not fit."""
    for name, text in given:
        parameter = module.parameters.get(name.replace("-", "_"))
        if parameter is None:
            k.printk(KERN_WARNING, f"{module.name}: unknown parameter '{name}' ignored")
            known = ", ".join(module.parameters) or "none"
            k.note(f"{module.name} has no parameter {name} (it has: {known}); Linux ignores it and so does kshell")
            continue
        try:
            parameter.store(k, parse(parameter, text, k.profile.version))
        except Unfit as unfit:
            too_large = unfit.errno == ENOSPC
            if too_large:
                k.printk(KERN_ERR, f"{name}: string parameter too long")
            verdict = "too large" if too_large else "invalid"
            k.printk(KERN_ERR, f"{module.name}: `{text or ''}' {verdict} for parameter `{name}'")
            example = parameter.low if parameter.low is not None else "text" if parameter.type == "charp" else 1
            facts = {"parameter": name, "why": unfit.because, "example": example}
            raise Refusal(unfit.errno, Reason.BAD_PARAMETER, **facts) from None
