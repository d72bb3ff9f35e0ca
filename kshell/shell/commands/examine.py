"""Reading memory for a person: which bytes an expression means, and how gdb would show them."""

from __future__ import annotations

import re
from typing import NamedTuple

from kshell.abi.c_types import U64
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.debug.peek import peek
from kshell.kernel.kernel import Kernel
from kshell.machine.paging import is_canonical
from kshell.shell.calls.arguments import ALL_SYMBOLS, BadValue, register_value, symbol_address, total
from kshell.shell.errors import CommandError
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, show

SIZES = {"b": 1, "h": 2, "w": 4, "g": 8}
FORMATS = "xduotcsia"
FIRST_CALL = "syscall getpid; "  # before it there are no user registers
MOST = 4096  # units that one command may show
STRING_MAX = 200  # characters of a string that are shown, as gdb's `print elements`
_NUMBER = r"(?:0[xX][0-9a-fA-F_]+|[0-9]+)"
_COPIED = re.compile(r"[0-9a-fA-F]{16}\Z")  # an address as a table shows it
_SUM = re.compile(rf"(-?{_NUMBER}|\$\w+)([+*-][0-9a-fA-FxX_+*-]+)?\Z", re.ASCII)


class Place(NamedTuple):
    """Where to look: a virtual address, or a physical one."""

    address: int
    physical: bool = False

    def after(self, offset: int) -> Place:
        """The place `offset` bytes further on."""
        return Place(self.address + offset & U64, self.physical)


def parse_place(session: Context, command: str, text: str, name: str = "") -> Place:
    """An address: a number, a symbol, ``table[3]``, ``$rsp``, each with ``+8`` or ``-2*8``, or ``phys:`` and a number.

    A system call's name is that of its function.  CommandError if it is none of these; `command` is what was typed
    before it, `name` the command's name if that is not the same.
    """
    try:
        if text.startswith("phys:"):
            value = register_value(text[5:])
            if value is None or value < 0:
                raise BadValue(f"{show(text)} is not a physical address", "a number follows phys:", "phys:0x1000")
            return Place(value, True)
        if _COPIED.match(text):
            return Place(int(text, 16))
        match = _SUM.match(text)
        if match is None:
            return Place(symbol_address(session.kernel, text.removeprefix("&"), "tT" if command == "disas" else ""))
        base, rest = match.group(1), match.group(2) or ""
        start = _register(session, base[1:]) if base[0] == "$" else 0
        value = total(rest if base[0] == "$" else text) if rest else 0 if base[0] == "$" else register_value(text)
        if value is None:
            raise BadValue(f"{show(text)} is not an address", "numbers are joined by +, - and *", "sys_call_table+39*8")
        return Place(start + value & U64)
    except BadValue as bad:
        better = "sys_call_table" if bad.try_.partition(" ")[0].lstrip("-").isdigit() else bad.try_
        try_ = ALL_SYMBOLS if bad.try_ == ALL_SYMBOLS else f"{command} {better}"
        if bad.try_.startswith(FIRST_CALL):
            try_ = f"{FIRST_CALL}{command} {bad.try_.removeprefix(FIRST_CALL)}"
        raise CommandError(f"{name or command}: {bad.what}", bad.because, try_) from None


def _register(session: Context, name: str) -> int:
    registers = registers_of(session)
    for known in (name, name[1:], {"pc": "ip"}.get(name, "")):
        if known in registers and any(registers.values()):
            return registers[known]
        if known in registers:
            because = "no program has run yet, and no call was made"
            raise BadValue(f"${show(name)} has no value yet", because, f"{FIRST_CALL}${show(name)}")
    names = " ".join("$" + register_name(n) for n in registers)
    raise BadValue(f"no register ${show(name)}", f"there are {names}", "$rsp" if registers["sp"] else "sys_call_table")


def register_name(name: str) -> str:
    """``rdi`` for the kernel's ``di``, ``eflags`` for ``flags``."""
    if name in ("cs", "ss", "orig_ax"):
        return name
    return "eflags" if name == "flags" else name if name[0] == "r" else "r" + name


def registers_of(session: Context) -> dict[str, int]:
    """The registers, by Linux's names, of the call that stands still, else of the program that has ended, else of the
    shell's task."""
    from kshell.abi import ptregs

    if session.debugging is not None and session.debugging.stopped is not None:
        return dict(zip(ptregs.NAMES, session.debugging.stopped.frames[0].regs, strict=True))
    if session.core is not None:
        return session.core.registers
    return dict(zip(ptregs.NAMES, session.kernel.shell_task.regs.tolist(), strict=True))


def read(session: Context, place: Place, size: int) -> bytes:
    """Up to `size` bytes; fewer where the memory ends."""
    k, address = session.kernel, place.address
    if place.physical:
        return k.ram.bytes[address : address + size] if address < k.ram.size else b""
    found, end = b"", min(address + size, 1 << 64)
    while address < end:
        length = min(end - address, 4096 - (address & 4095))
        if session.core is not None and address < TASK_SIZE_MAX:
            part = session.core.read(address, length)
        else:
            part = _within_page(k, address, length)
        if not part:
            break
        found, address = found + part, address + len(part)
    return found


def _within_page(k: Kernel, address: int, length: int) -> bytes:
    """What stands in one page, nothing where it cannot be read.

    Of the shell's task a page that is not in RAM yet is shown as the task would find it.
    """
    task = k.current
    try:
        if address >= 1 << 47:
            return k.memory.read(address, length) if is_canonical(address) else b""
    except KernelFault:
        return b""
    return peek(k, task.mm, address, length) if task.is_alive else b""


def unreadable(session: Context, place: Place) -> CommandError:
    """gdb's words for memory that cannot be read, and why it cannot."""
    k, address = session.kernel, place.address
    what = f"Cannot access memory at address {address:#x}"
    if place.physical:
        return CommandError(what, f"the machine has {k.ram.size >> 20} MiB of RAM", "x/4gx phys:0x1000")
    if not is_canonical(address):
        because = "the address is not canonical: bits 48 to 63 must repeat bit 47"
        return CommandError(what, because, "x/4gx sys_call_table")
    if address < 1 << 47:
        because = "it is a user address, and the shell's task has nothing mapped there (or may not read it)"
        if session.core is not None:
            because = "it is a user address, and the program that has ended had no page there"
        if address < 4096:
            because = "nothing is ever mapped in the first page, so that a NULL pointer is found out"
        return CommandError(what, because, "x/4gx sys_call_table  (memory of the kernel)")
    because = "it is a kernel address, and no page is mapped there"
    if any(s.module for s in k.symbols) or k.last_unloaded:
        because += "; a module that was there may be gone"
    return CommandError(what, because, "kallsyms  (where functions and variables are)")


# gdb's formats.


def unit(data: bytes, format_: str) -> str:
    """One number as gdb's x shows it: `x` and `t` padded to their size, `d` signed, `c` with its character."""
    size = len(data)
    value = int.from_bytes(data, "little")
    signed = int.from_bytes(data, "little", signed=True)
    if format_ in "xa":
        return f"{value:#x}" if format_ == "a" else f"0x{value:0{2 * size}x}"
    if format_ == "o":
        return f"0{value:o}" if value else "0"
    if format_ == "t":
        return f"{value:0{8 * size}b}"
    if format_ == "c":
        return f"{signed} {c_character(value)}"
    return str(value if format_ == "u" else signed)


_NAMED = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "033"}


def _escaped(byte: int, special: bytes) -> str:
    """A byte as C writes it, with a backslash before one that is `special` there."""
    if byte in _NAMED or byte in special:
        return "\\" + _NAMED.get(byte, chr(byte))
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def c_character(value: int) -> str:
    """A byte between single quotes, as C writes it."""
    return "'" + _escaped(value & 0xFF, b"'\\") + "'"


def c_text(data: bytes) -> str:
    """Bytes between double quotes, as C writes them."""
    return '"' + "".join(_escaped(byte, b'"\\') for byte in data) + '"'


def per_line(format_: str, size: int) -> int:
    """How many units gdb puts on one line."""
    return 8 if format_ == "c" else {8: 2, 4: 4, 2: 8, 1: 8}[size]


def name_of(k: Kernel, place: Place) -> str:
    """`` <symbol+8>`` as gdb puts it behind an address; empty where no symbol is."""
    symbol = k.symbols.around(place.address) if not place.physical else None
    if symbol is None:
        return ""
    offset = place.address - symbol.address
    return f" <{symbol.name}+{offset}>" if offset else f" <{symbol.name}>"


def ends(session: Context, place: Place) -> Line:
    """The line in place of what cannot be read any more."""
    error = unreadable(session, place)
    return [(error.what, "error"), (f": {error.because}", "dim")]
