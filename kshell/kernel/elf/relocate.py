"""Filling in addresses: each symbol gets its value, and each hole in the sections the address that belongs there.

C counterpart: move_module() and simplify_symbols() in kernel/module/main.c, apply_relocate_add() in
arch/x86/kernel/module.c.
"""

from __future__ import annotations

from collections.abc import Mapping

from kshell.abi.c_types import U64
from kshell.abi.elf import (
    R_X86_64_32,
    R_X86_64_32S,
    R_X86_64_64,
    R_X86_64_NONE,
    R_X86_64_PC32,
    R_X86_64_PLT32,
    SHN_ABS,
    SHT_NOBITS,
    Relocation,
)
from kshell.abi.loglevel import KERN_ERR
from kshell.kernel.elf.linked_object import (
    BAD_OBJECT,
    BAD_RELOCATION,
    RELOCATION_OVERFLOW,
    LinkedObject,
    LinkError,
)
from kshell.kernel.kernel import Kernel

SIZES = {R_X86_64_64: 8, R_X86_64_32: 4, R_X86_64_32S: 4, R_X86_64_PC32: 4, R_X86_64_PLT32: 4}


def move_object(k: Kernel, module: LinkedObject, found: Mapping[str, int]) -> None:
    """Put the sections into memory, relocated.  `found` are the addresses of what the module uses of others, NULL for
    what it does without.  Raises LinkError."""
    values = [_value(module, each.section, each.value, found.get(each.name, 0)) for each in module.elf.symbols]
    for index, address in module.places.items():
        section = module.elf.sections[index]
        if section.type == SHT_NOBITS:
            if section.relocations:
                raise module.malformed(k, f"section {section.name} has no bytes, and relocations all the same")
            continue
        data = bytearray(section.data)
        for each in section.relocations:
            _apply(k, module, index, data, each, values[each.symbol])
        k.memory.poke(address, bytes(data))


def _value(module: LinkedObject, section: int | None, value: int, found: int) -> int:
    if section is None:
        return found
    return value if section == SHN_ABS else module.places.get(section, 0) + value & U64


def _apply(k: Kernel, module: LinkedObject, index: int, data: bytearray, relocation: Relocation, symbol: int) -> None:
    """Fill one hole in the `data` of a section with an address that is made of the symbol's."""
    offset, kind = relocation.offset, relocation.kind
    if kind == R_X86_64_NONE:
        return
    size, place = SIZES.get(kind), module.places[index] + offset
    if size is None:
        k.printk(KERN_ERR, f"{module.name}: Unknown rela relocation: {kind}")
        raise LinkError(BAD_RELOCATION, kind=kind, symbol=module.elf.symbol_name(relocation.symbol))
    if any(data[offset : offset + size]):
        nonzero = f"existing value is nonzero for type {kind}, loc {place:016x}, val {symbol:x}"
        k.printk(KERN_ERR, f"module: x86/modules: Skipping invalid relocation target, {nonzero}")
        why = f"a hole of section {module.elf.sections[index].name} that an address belongs in is not empty"
        raise LinkError(BAD_OBJECT, why=why)
    value = symbol + relocation.addend
    if kind in (R_X86_64_PC32, R_X86_64_PLT32):
        value -= place
    elif _overflows(kind, value & U64):
        k.printk(KERN_ERR, f"module: overflow in relocation type {kind} val {value & U64:x}")
        k.printk(KERN_ERR, f"module: `{module.name}' likely not compiled with -mcmodel=kernel")
        raise LinkError(RELOCATION_OVERFLOW, kind=kind, value=value & U64)
    data[offset : offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def _overflows(kind: int, value: int) -> bool:
    """Whether an address does not come back from the 4 bytes that it is to be kept in."""
    if kind == R_X86_64_32:
        return value >= 1 << 32
    return kind == R_X86_64_32S and not (value < 1 << 31 or value >= (1 << 64) - (1 << 31))
