"""Reading memory for a person: which bytes an expression means, and how gdb would show them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kshell.kernel.layout import TASK_SIZE_MAX
from kshell.kernel.memory import KernelFault
from kshell.machine.paging import PRESENT, READ, is_canonical
from kshell.shell.arguments import Refusal, register_value, symbol_address
from kshell.shell.errors import CommandError
from kshell.shell.views import show

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.shell.session import Session

U64 = (1 << 64) - 1
SIZES = {"b": 1, "h": 2, "w": 4, "g": 8}
FORMATS = "xduotcsia"
MOST = 4096  # units that one command may show
STRING_MAX = 200  # characters of a string that are shown, as gdb's `print elements`
PER_LINE = {("x", 8): 2, ("x", 4): 4, ("x", 2): 8, ("x", 1): 8, ("o", 8): 2, ("o", 2): 8, ("t", 8): 1, ("t", 4): 2}
PER_LINE |= {("t", 2): 8, ("t", 1): 8}


class Place:
    """Where to look: a virtual address, or a physical one."""

    __slots__ = ("address", "physical")

    def __init__(self, address: int, physical: bool = False) -> None:
        self.address, self.physical = address, physical

    def after(self, offset: int) -> Place:
        """The place `offset` bytes further on."""
        return Place(self.address + offset & U64, self.physical)


def parse_place(session: Session, command: str, text: str) -> Place:
    """An address: a number, a symbol, ``symbol+8``, ``table[3]``, ``$rsp``, or ``phys:`` and a number.

    CommandError if it is none of these.
    """
    try:
        if text.startswith("phys:"):
            value = register_value(text[5:])
            if value is None or value < 0:
                raise Refusal(f"{show(text)} is not a physical address", "a number follows phys:", "phys:0x1000")
            return Place(value, True)
        if text.startswith("$"):
            return Place(_register(session, text))
        value = register_value(text)
        if value is not None:
            return Place(value & U64)
        base, sign, offset = re.match(r"(0[xX][0-9a-fA-F_]+|[0-9]+)([+-])(.+)\Z", text) and _parts(text) or ("", "", "")
        if base:
            first, second = register_value(base), register_value(offset)
            if first is not None and second is not None:
                return Place((first + second if sign == "+" else first - second) & U64)
        return Place(symbol_address(session.kernel, text.removeprefix("&").lstrip("*")))
    except Refusal as refusal:
        raise CommandError(f"{command}: {refusal.what}", refusal.because, f"{command} {refusal.try_}") from None


def _parts(text: str) -> tuple[str, str, str]:
    at = max(text.find("+", 1), text.find("-", 1))
    return text[:at], text[at], text[at + 1 :]


def _register(session: Session, text: str) -> int:
    from kshell.abi import ptregs

    name, sign, offset = re.match(r"\$(\w+)(?:([+-])(\w+))?\Z", text, re.ASCII) and _register_parts(text) or ("", "", "")
    registers = registers_of(session)
    plain = name if name in registers else name[1:] if name[:1] in "re" and name[1:] in registers else ""
    plain = {"pc": "ip"}.get(name, plain)
    if not plain:
        known = " ".join("$r" + n if n[0] != "r" else "$" + n for n in ptregs.NAMES if n not in ("orig_ax", "cs", "ss"))
        raise Refusal(f"no register {show(text)}", f"there are {known}", "$rsp")
    distance = register_value(offset) if offset else 0
    if distance is None:
        raise Refusal(f"{show(offset)} is not a number", "an offset is a number", f"${name}+8")
    return (registers[plain] + (-distance if sign == "-" else distance)) & U64


def _register_parts(text: str) -> tuple[str, str, str]:
    match = re.match(r"\$(\w+)(?:([+-])(\w+))?\Z", text, re.ASCII)
    assert match is not None
    return match[1], match[2] or "", match[3] or ""


def registers_of(session: Session) -> dict[str, int]:
    """The registers of the program that ran last, else of the shell's task, by Linux's names."""
    from kshell.abi import ptregs

    if session.registers is not None:
        return session.registers
    return dict(zip(ptregs.NAMES, session.kernel.shell_task.regs.tolist(), strict=True))


def read(k: Kernel, place: Place, size: int) -> bytes:
    """Up to `size` bytes; fewer where the memory ends."""
    address = place.address
    if place.physical:
        return k.ram.bytes[address : address + size] if address < k.ram.size else b""
    size = min(size, (1 << 64) - address)
    if address < 1 << 47:
        return _read_user(k, address, size)
    found = b""
    while size > 0 and is_canonical(address):
        length = min(size, 4096 - (address & 4095))
        try:
            found += k.memory.read(address, length)
        except KernelFault:
            break
        address, size = address + length, size - length
    return found


def _read_user(k: Kernel, address: int, size: int) -> bytes:
    """User memory of the shell's task, as a debugger reads it: a page that is not there yet is brought in."""
    from kshell.machine.paging import FRAME_MASK

    mm, found = k.shell_task.mm, b""
    if not k.shell_task.is_alive:
        return b""
    while size > 0 and address < TASK_SIZE_MAX:
        length = min(size, 4096 - (address & 4095))
        if mm.find(address) is None or mm.fault(address, READ) is not None:
            break
        entry = mm.pages.entry(address)
        if not entry & PRESENT:
            break
        at = (entry & FRAME_MASK) + (address & 4095)
        found += k.ram.bytes[at : at + length]
        address, size = address + length, size - length
    return found


def unreadable(k: Kernel, place: Place) -> CommandError:
    """gdb's words for memory that cannot be read, and why it cannot."""
    address = place.address
    what = f"Cannot access memory at address {address:#x}"
    if place.physical:
        return CommandError(what, f"the machine has {k.ram.size >> 20} MiB of RAM", "x/4gx phys:0x1000")
    if not is_canonical(address):
        because = "the address is not canonical: bits 48 to 63 must repeat bit 47"
        return CommandError(what, because, "x/4gx sys_call_table")
    if address < TASK_SIZE_MAX:
        because = "it is a user address, and the shell's task has nothing mapped there"
        if address < 4096:
            because = "nothing is ever mapped in the first page, so that a NULL pointer is found out"
        return CommandError(what, because, "x/4gx $rsp  (the stack of that task)")
    because = "it is a kernel address, and no page is mapped there"
    if any(s.module for s in k.symbols) or k.last_unloaded:
        because += "; a module that was there may be gone"
    return CommandError(what, because, "kallsyms  (where functions and variables are)")


# gdb's formats.


def unit(data: bytes, format_: str) -> str:
    """One number as gdb's x shows it: `x`, `o` and `t` padded to their size, `d` signed, `c` with its character."""
    size = len(data)
    value = int.from_bytes(data, "little")
    signed = int.from_bytes(data, "little", signed=True)
    if format_ in "xa":
        return f"{value:#x}" if format_ == "a" else f"0x{value:0{2 * size}x}"
    if format_ == "o":
        return f"0{value:0{(8 * size + 2) // 3}o}" if value else "0" * ((8 * size + 2) // 3 + 1)
    if format_ == "t":
        return f"{value:0{8 * size}b}"
    if format_ == "c":
        return f"{signed} {c_character(value)}"
    return str(value if format_ == "u" else signed)


_NAMED = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "033"}


def c_character(value: int) -> str:
    """A byte between single quotes, as C writes it."""
    byte = value & 0xFF
    if byte in _NAMED:
        return f"'\\{_NAMED[byte]}'"
    if byte in (39, 92):
        return f"'\\{chr(byte)}'"
    return f"'{chr(byte)}'" if 32 <= byte < 127 else f"'\\{byte:03o}'"


def c_text(data: bytes) -> str:
    """Bytes between double quotes, as C writes them."""
    out = []
    for byte in data:
        if byte in (34, 92):
            out.append("\\" + chr(byte))
        elif byte in _NAMED:
            out.append("\\" + _NAMED[byte])
        else:
            out.append(chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def per_line(format_: str, size: int) -> int:
    """How many units gdb puts on one line."""
    if format_ == "a":
        return 2
    if format_ == "c":
        return 8
    return PER_LINE.get((format_, size), {8: 2, 4: 4, 2: 8, 1: 8}[size])
