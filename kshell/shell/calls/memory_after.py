"""The buffers of a call as it left them: the value, where the declaration says what they are, else the bytes."""

from __future__ import annotations

from typing import Any, NamedTuple

from kshell.abi.debug_types import DebugType
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.debug.pointed import pointed_type
from kshell.kernel.kernel import Kernel
from kshell.shell.views.view import Line, span
from kshell.strace.typed_data import behind_pointer


class MemoryAfter(NamedTuple):
    """A buffer as a call left it: of which argument (from 0), the parameter's name, address, bytes.  Where the call's
    declaration says what they are, `type` is that and `text` the value as strace writes it; `whole` if that is all."""

    argument: int
    name: str
    address: int
    data: bytes
    type: str = ""
    text: str = ""
    whole: bool = False

    def json(self) -> dict[str, Any]:
        """As --json shows it."""
        found = {"argument": self.argument + 1, "name": self.name, "address": f"{self.address:#x}"}
        said = {"type": self.type, "value": self.text} if self.type else {}
        return found | {"bytes": self.data.hex()} | said

    def lines(self) -> list[Line]:
        """The value, and the bytes of what has none."""
        head: Line = [(f"  {self.name} at ", "dim"), (f"{self.address:#x}", "address")]
        value: list[Line] = [[*head, (f", {self.type}: ", "dim"), (self.text, "string")]] if self.type else []
        return value if self.whole else [*value, *_bytes_lines(self.name, self.address, self.data)]


def _typed(memory: MemoryAfter, kind: DebugType) -> MemoryAfter:
    """The same with its value, if it holds one of its type."""
    used = len(memory.data) if kind.kind not in ("struct", "union") else kind.size
    if not kind.size or used > len(memory.data) or used % kind.size:
        return memory
    text = behind_pointer(kind, memory.data[:used])
    return memory._replace(type=kind.text, text=text, whole=used == len(memory.data))


def _bytes_lines(name: str, address: int, data: bytes) -> list[Line]:
    """The bytes of a buffer, sixteen a line; zeros at its end are only counted."""
    used = min(len(data), -(-len(data.rstrip(b"\0")) // 16) * 16)
    lines: list[Line] = [[(f"  {name} at ", "dim"), (f"{address:#x}", "address"), (f", {len(data)} bytes:", "dim")]]
    starred, before = False, b""
    for at in range(0, used, 16):
        row = data[at : min(at + 16, used)]
        if row == before:  # as hexdump does
            if not starred:
                lines.append(span("    *", "dim"))
            starred = True
            continue
        starred, before = False, row
        text = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
        pairs = row.hex(" ")
        lines.append([(f"    {address + at:#x}  ", "address"), (f"{pairs:<47}", "bytes"), (f"  {text}", "string")])
    if used < len(data):
        zeros = len(data) - used
        lines.append(span(f"    {'and ' if used else ''}{zeros} zero byte{'' if zeros == 1 else 's'}", "dim"))
    return lines


def memory_after(k: Kernel, definition: SyscallDefinition | None, index: int, address: int, data: bytes) -> MemoryAfter:
    """What a buffer holds that was the argument `index` of a call."""
    if definition is None or index >= len(definition.parameters):
        return MemoryAfter(index, f"argument {index + 1}", address, data)
    plain = MemoryAfter(index, definition.parameters[index].name, address, data)
    kind = pointed_type(k, definition, index)
    return plain if kind is None else _typed(plain, kind)
