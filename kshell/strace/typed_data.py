"""User memory by the type that a declaration gives it, as strace writes numbers, arrays and structs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.debug_value import number
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.strace import user_data

if TYPE_CHECKING:
    from kshell.abi.debug_types import DebugType


def pointed(k: Kernel, call: Call, index: int) -> str:
    """What an argument points to: ``[5]``, ``{a=1, b=2}``; the address where that cannot be read."""
    from kshell.kernel.debug.pointed import pointed_type

    kind = pointed_type(k, call.definition, index) if call.definition is not None else None
    data = user_data.read_exactly(k, call.args[index], kind.size) if kind is not None and call.args[index] else None
    if kind is None or not data:
        return user_data.pointer(call.args[index])
    return behind_pointer(kind, data)


def behind_pointer(kind: DebugType, data: bytes) -> str:
    """What stands behind a pointer; numbers and pointers, of which there may be several, in brackets."""
    if kind.kind in ("struct", "union"):
        return spelled(kind, data)
    parts = [spelled(kind, data[at : at + kind.size]) for at in range(0, len(data), kind.size)]
    return f"[{', '.join(_shortened(parts))}]"


def spelled(kind: DebugType, data: bytes) -> str:
    """The value in `data`; "?" where its type says no size."""
    if kind.kind in ("struct", "union"):
        fields = (f"{name}={spelled(each, data[at : at + each.size])}" for name, at, each in kind.fields)
        return "{" + ", ".join(fields) + "}"
    if kind.kind == "array" and kind.target is not None and kind.target.size:
        if kind.target.is_char:
            return _text(data)
        size = kind.target.size
        parts = [spelled(kind.target, data[at : at + size]) for at in range(0, kind.size, size)]
        return f"[{', '.join(_shortened(parts))}]"
    value = number(kind, data)
    if value is None:
        return "?"
    return user_data.pointer(value) if kind.kind == "pointer" else str(value)


def _shortened(parts: list[str]) -> list[str]:
    return parts if len(parts) <= user_data.MAX_STRLEN else [*parts[: user_data.MAX_STRLEN], "..."]


def _text(data: bytes) -> str:
    """An array of characters, up to its NUL."""
    text = data.partition(b"\0")[0]
    is_cut = len(text) > user_data.MAX_STRLEN or len(text) == len(data)
    return user_data.quote(text[: user_data.MAX_STRLEN]) + ("..." if is_cut else "")
