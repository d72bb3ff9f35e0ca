"""The text of the i386 entries, put into memory, and the table that leads to them.

C counterpart: the SYSCALL_DEFINE macros of arch/x86/include/asm/syscall_wrapper.h, and arch/x86/entry/syscall_32.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from inspect import unwrap
from types import ModuleType
from typing import NamedTuple

from kshell.abi.syscall_32_tbl import PREFIX, entry_32
from kshell.abi.syscall_rows import SyscallTable
from kshell.kernel.core import layout
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.ia32.call_table import Ia32
from kshell.kernel.ia32.compat import SLOTS, CompatCall, ia32_wrapper
from kshell.kernel.kernel import Kernel
from kshell.kernel.syscalls import definitions
from kshell.machine.encode import FUNCTION_SIZE, KERNEL_FUNCTION_STUB

SUBJECTS = (
    *("file_status", "itimer", "mapping", "old_signal", "opening", "readdir", "signal", "statfs", "time", "transfer"),
    *("truncate", "uid16", "uname", "utimes", "wait"),
)
ROOM = layout.EXTRA_TEXT - layout.IA32_TEXT
# mov reg, [rdi+slot], for the sixth argument down to the first, which takes rdi itself.
LOADS = ("44 8b 4f", "44 8b 47", "8b 4f", "8b 57", "8b 77", "8b 7f")
JUMP = 0xE9


@cache
def compat_calls() -> dict[str, CompatCall]:
    """The calls of this room by their entries: every one that stands in one of its files."""
    files = [import_module(f"{__package__}.{subject}") for subject in SUBJECTS]
    calls = [each for file in files for each in vars(file).values() if isinstance(each, CompatCall)]
    return {entry: call for call in calls for entry in call.entries}


class Placement(NamedTuple):
    """What a table comes to with the kernel's own bodies: the address of each number's entry, the numbers of entries
    without one, and what is at each address.

    `code` stands from layout.IA32_TEXT on.
    """

    switch: dict[int, int]
    others: dict[str, list[int]]
    definitions: dict[int, SyscallDefinition]
    bodies: dict[int, Callable[[Kernel, memoryview], int]]
    symbols: list[Symbol]
    code: bytes


@lru_cache(maxsize=8)
def placement(table: SyscallTable, files: tuple[ModuleType, ...]) -> Placement:
    """The same for every kernel that has this table and these files."""
    own = {each.name: each for file in files for each in definitions(file)}
    placed, code = Placement({}, {}, {}, {}, [], b""), bytearray(b"\xcc" * ROOM)
    free = (nr for nr in reversed(range(ROOM // FUNCTION_SIZE)) if nr not in table.by_number)
    for entry, numbers in _numbers(table).items():
        definition = _definition(own, entry)
        if definition is None or definition.body is None:
            placed.others[entry] = numbers
            continue
        at = FUNCTION_SIZE * numbers[0]
        at = at if at < ROOM else FUNCTION_SIZE * next(free)
        address = layout.IA32_TEXT + at
        placed.switch.update(dict.fromkeys(numbers, address))
        placed.definitions[address] = definition
        placed.bodies[address] = ia32_wrapper(definition)
        placed.symbols.append(_symbol_of(entry, address, definition.body))
        code[at : at + len(KERNEL_FUNCTION_STUB)] = KERNEL_FUNCTION_STUB
    return placed._replace(code=bytes(code))


def _numbers(table: SyscallTable) -> dict[str, list[int]]:
    """The entries with the numbers that lead to each."""
    found: dict[str, list[int]] = {}
    for nr, row in sorted(table.by_number.items()):
        entry = entry_32(row)
        if entry is not None:
            found.setdefault(entry, []).append(nr)
    return found


def _definition(own: Mapping[str, SyscallDefinition], entry: str) -> SyscallDefinition | None:
    """What is behind ``__ia32_sys_x``."""
    name = entry.removeprefix(PREFIX)
    call = compat_calls().get(name)
    return call.definition(name) if call is not None else own.get(layout.entry_name(name))


def _symbol_of(entry: str, address: int, body: Callable[..., int]) -> Symbol:
    written = unwrap(body).__code__
    source = f"{written.co_filename}:{written.co_firstlineno}"
    return Symbol(entry, address, "T", len(KERNEL_FUNCTION_STUB), source=source)


def place_ia32(k: Kernel) -> None:
    """Give each entry that has a body its address, and fill the table."""
    table = k.image.table_32
    placed = placement(table, tuple(k.image.bodies))
    k.memory.poke(layout.IA32_TEXT, placed.code)
    k.bodies |= placed.bodies
    for symbol in placed.symbols:
        k.symbols.add(symbol)
    k.ia32 = ia32 = Ia32(table, k.ni_syscall if k.dispatches_by_table else _place_ni_syscall(k))
    ia32.switch, ia32.definitions = dict(placed.switch), dict(placed.definitions)
    _place_code(k, ia32, placed.others)
    if k.dispatches_by_table:
        _fill_table(k, ia32)


def _place_ni_syscall(k: Kernel) -> int:
    body, address = k.bodies[k.ni_syscall], layout.IA32_NI_SYSCALL
    k.memory.poke(address, KERNEL_FUNCTION_STUB)
    k.bodies[address] = body
    k.symbols.add(_symbol_of("__ia32_sys_ni_syscall", address, body))
    return address


def _place_code(k: Kernel, ia32: Ia32, numbers: Mapping[str, list[int]]) -> None:
    """The wrappers of bodies in machine code are machine code too, one behind another.  Raises KernelPanic."""
    address = layout.IA32_WRAPPERS
    for definition in [each for linked in k.linked for each in linked.tables.syscalls]:
        entry = f"{PREFIX}sys_{definition.name}"
        target = k.symbols.lookup(f"__se_sys_{definition.name}")
        if entry not in numbers or target is None:
            continue
        if address + layout.IA32_WRAPPER_SIZE > layout.UACCESS_TEXT:
            raise KernelPanic("the entries of int 0x80 do not fit into the kernel's area")
        code = _wrapper_code(address, len(definition.parameters), target.address)
        k.memory.poke(address, code)
        k.symbols.add(Symbol(entry, address, "T", len(code)))
        ia32.switch.update(dict.fromkeys(numbers[entry], address))
        ia32.definitions[address] = definition
        address += layout.IA32_WRAPPER_SIZE


def _wrapper_code(address: int, parameters: int, target: int) -> bytes:
    """32 bits of each argument, and on to __se_sys_x."""
    code = b""
    for load, slot in [*zip(LOADS, reversed(SLOTS), strict=True)][len(SLOTS) - parameters :]:
        code += bytes.fromhex(load) + bytes([8 * slot])
    return code + bytes([JUMP]) + struct.pack("<i", target - (address + len(code) + 5))


def _fill_table(k: Kernel, ia32: Ia32) -> None:
    """ia32_sys_call_table: in read-only memory, `[0 ... max] = &sys_ni_syscall` first."""
    slots = [ia32.switch.get(nr, k.ni_syscall) for nr in range(ia32.nr_syscalls)]
    ia32.sys_call_table, size = layout.IA32_SYS_CALL_TABLE, 8 * len(slots)
    k.memory.map(ia32.sys_call_table, size, writable=True)
    k.memory.write(ia32.sys_call_table, struct.pack(f"<{len(slots)}Q", *slots))
    k.memory.set_writable(ia32.sys_call_table, size, False)
    k.symbols.add(Symbol("ia32_sys_call_table", ia32.sys_call_table, "R", size))
