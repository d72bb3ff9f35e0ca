"""What the tables of an object say: its exports, its parameters, its system calls, where its BUG()s are.

Each is an array of C structs, full of pointers that somebody else has written: it is read from memory by address, and
whatever lies outside of the module is refused or left out.

C counterpart: find_module_sections() in kernel/module/main.c, lib/bug.c.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from kshell.abi.c_types import U64, declared
from kshell.abi.ptregs import ARGUMENTS
from kshell.kernel.core.declare import Parameter, SyscallDefinition
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import BugEntry
from kshell.kernel.elf.kernel_param import TYPES, KernelParam
from kshell.kernel.elf.linked_object import Export, LinkedObject, Tables
from kshell.kernel.kernel import Kernel

NAME_MAX = 512  # C: KSYM_NAME_LEN
EXPORTS = {"__ksymtab": "EXPORT_SYMBOL", "__ksymtab_gpl": "EXPORT_SYMBOL_GPL"}
# struct kernel_symbol {value_offset, name_offset, namespace_offset}, each a distance from its own place;
# struct kernel_param {name, mod, ops, perm, level, flags, arg};
# the metadata of a system call {name, nr, nb_args, types, args}; struct bug_entry {bug_addr, file, line, flags}.
KERNEL_SYMBOL, KERNEL_PARAM, SYSCALL, BUG = "<iii", "<QQQHbB4xQ", "<QiiQQ", "<iiHH"
BUGFLAG_WARNING = 1


def read_tables(k: Kernel, module: LinkedObject) -> Tables:
    """The tables of an object whose sections are in memory.  Raises LinkError."""
    try:
        return Tables(_exports(k, module), _parameters(k, module), _syscalls(k, module), _bugs(k, module))
    except KernelFault as fault:
        raise module.malformed(k, f"one of its tables points to {fault.address:#x}, and nothing is there") from None


def _exports(k: Kernel, module: LinkedObject) -> list[Export]:
    found = []
    for section, macro in EXPORTS.items():
        for at, (value, name, _) in _entries(k, module, section, KERNEL_SYMBOL):
            export = Export(_string(k, at + 4 + name), at + value & U64, macro)
            if not module.holds(export.address):
                raise module.malformed(k, f"it exports {export.name}, which is not in it")
            found.append(export)
    return found


def _parameters(k: Kernel, module: LinkedObject) -> list[KernelParam]:
    ranges = _ranges(module)
    found = []
    for _, (name_at, _, ops, perm, _, _, arg) in _entries(k, module, "__param", KERNEL_PARAM):
        name, symbol = _string(k, name_at), k.symbols.at(ops)
        kind = symbol.name.removeprefix("param_ops_") if symbol is not None else ""
        if kind not in TYPES:
            raise module.malformed(k, f"its parameter {name} has operations of its own, and kshell calls none")
        if not module.holds(arg):
            raise module.malformed(k, f"its parameter {name} is no variable of its own")
        found.append(KernelParam(name, kind, perm & 0o777, arg, *ranges.get(name, (None, None))))
    return found


def _syscalls(k: Kernel, module: LinkedObject) -> list[SyscallDefinition]:
    found = []
    docs = dict(value.split(":", 1) for key, value in module.info if key == "kshell_doc" and ":" in value)
    for _, (name_at, _, count, types, names) in _entries(k, module, "__syscalls_metadata", SYSCALL):
        if not 0 <= count <= len(ARGUMENTS):
            raise module.malformed(k, f"a system call with {count} arguments")
        said = [
            (_string(k, k.memory.load(names + 8 * at)), _string(k, k.memory.load(types + 8 * at)))
            for at in range(count)
        ]
        parameters = tuple(Parameter(argument, declared(c)) for argument, c in said)
        name = _string(k, name_at).removeprefix("sys_")
        found.append(SyscallDefinition(name, parameters, None, docs.get(name, "")))
    return found


def _bugs(k: Kernel, module: LinkedObject) -> dict[int, BugEntry]:
    return {
        at + address & U64: BugEntry(_string(k, at + 4 + file), line, bool(flags & BUGFLAG_WARNING))
        for at, (address, file, line, flags) in _entries(k, module, "__bug_table", BUG)
    }


def _ranges(module: LinkedObject) -> dict[str, tuple[int, int]]:
    """kshell_range=NAME:LOW:HIGH in .modinfo; what is no range is left out."""
    found = {}
    for key, value in module.info:
        name, _, ends = value.partition(":")
        low, _, high = ends.partition(":")
        if key == "kshell_range" and all(end.removeprefix("-").isdecimal() and len(end) < 22 for end in (low, high)):
            found[name] = int(low), int(high)
    return found


def _entries(k: Kernel, module: LinkedObject, name: str, layout: str) -> Iterator[tuple[int, Any]]:
    """The entries of a table, each with its address."""
    size = struct.calcsize(layout)
    for index, address in module.places.items():
        section = module.elf.sections[index]
        if section.name != name:
            continue
        if section.size % size:
            raise module.malformed(k, f"section {name} is no array of {size} bytes each")
        data = k.memory.read(address, section.size)
        yield from zip(range(address, address + section.size, size), struct.iter_unpack(layout, data), strict=True)


def _string(k: Kernel, address: int) -> str:
    return k.memory.read_string(address & U64, NAME_MAX).decode("utf-8", "backslashreplace")
