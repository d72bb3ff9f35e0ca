"""What a variable holds, as C would write it: its bytes read by the type that the debugging information gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kshell.abi.debug_types import DebugType

MOST_ELEMENTS, MOST_CHARACTERS = 8, 40
# The text at an address (without its NUL, no longer than it is asked for), None where nothing can be read.
ReadString = Callable[[int, int], bytes | None]
# How a number is written, where it is not to be as C writes it.
WriteNumber = Callable[["DebugType", int], str]


def spelled(kind: DebugType, data: bytes, string: ReadString, write: WriteNumber | None = None) -> str:
    """The value in `data`: a number, a name in quotes, {x = 1, y = 2}; "?" where its size is not known."""
    if kind.kind in ("struct", "union"):
        parts = [
            f"{name} = {spelled(each, data[at : at + each.size], string, write)}" for name, at, each in kind.fields
        ]
        return "{" + ", ".join(parts) + "}"
    if kind.kind == "array":
        return _array(kind, data, string, write)
    value = number(kind, data)
    if value is None:
        return "?"
    if write is not None:
        return write(kind, value)
    if kind.kind == "pointer":
        text = string(value, MOST_CHARACTERS + 1) if kind.target is not None and kind.target.is_char and value else None
        return quoted(text) if text is not None else f"{value:#x}" if value else "NULL"
    if kind.is_bool:
        return "true" if value else "false"
    return f"{value} '{chr(value)}'" if kind.is_char and 32 <= value < 127 else str(value)


def spelled_fields(
    kind: DebugType, data: bytes, string: ReadString, write: WriteNumber | None = None
) -> Iterator[tuple[str, str]]:
    """The fields of a struct, each with its value."""
    for name, at, each in kind.fields:
        yield name, spelled(each, data[at : at + each.size], string, write)


def number(kind: DebugType, data: bytes) -> int | None:
    """The number or address in `data`, by the type's size and sign; None for what is neither."""
    if kind.kind not in ("base", "enum", "pointer") or not 0 < kind.size <= len(data):
        return None
    return int.from_bytes(data[: kind.size], "little", signed=kind.signed)


def quoted(text: bytes) -> str:
    """A C string, shortened."""
    more = "..." if len(text) > MOST_CHARACTERS else ""
    names = {0x0A: "\\n", 0x09: "\\t", 0x22: '\\"', 0x5C: "\\\\"}
    letters = [names.get(c) or (chr(c) if 32 <= c < 127 else f"\\{c:03o}") for c in text[:MOST_CHARACTERS]]
    return f'"{"".join(letters)}"{more}'


def _array(kind: DebugType, data: bytes, string: ReadString, write: WriteNumber | None) -> str:
    element = kind.target
    if element is None or not element.size:
        return "?"
    if element.is_char and write is None:
        return quoted(data[: kind.size].split(b"\0")[0])
    shown = range(min(kind.length, MOST_ELEMENTS))
    parts = [spelled(element, data[at * element.size : (at + 1) * element.size], string, write) for at in shown]
    return "{" + ", ".join(parts) + (", ...}" if kind.length > MOST_ELEMENTS else "}")
