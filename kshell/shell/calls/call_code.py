"""What the machine code of a system call tells of it: the pointers that it follows, and the errnos that it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kshell.abi.elf import SHF_EXECINSTR, STT_FUNC, ElfObject
from kshell.abi.errno import errno_name, is_error
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel

_OTHER = re.compile(r"(?:__x64_|__se_|__do_)?sys_(\w+)")
_RESULT = re.compile(rb"(?:\x48\xc7\xc0|\xb8)(..\xff\xff)", re.DOTALL)  # mov rax, -N or mov eax, -N
_SAYS = ("printk", "_printk")


def followed(k: Kernel, address: int, name: str) -> list[Symbol]:
    """The variables of eight bytes that the code of the call `name` refers to; `address` is that of its function."""
    found: dict[str, Symbol] = {}
    linked = next((each for each in k.linked if each.holds(address)), None)
    for used in _used(linked.elf, name) if linked is not None else ():
        symbol = k.symbols.lookup(used)
        if symbol is not None and symbol.kind in "bBdD" and symbol.size == 8:
            found[used] = symbol
    return list(found.values())


def _used(elf: ElfObject, name: str) -> Iterator[str]:
    """The names that the code of a file refers to, but for what belongs to another of its calls."""
    for index, section in enumerate(elf.sections):
        if not section.flags & SHF_EXECINSTR:
            continue
        functions = [each for each in elf.symbols if each.section == index and each.type == STT_FUNC]
        others = [each for each in functions if (call := _OTHER.fullmatch(each.name)) and call[1] != name]
        for each in section.relocations:
            if not any(other.value <= each.offset < other.value + other.size for other in others):
                yield elf.symbols[each.symbol].name


def is_function_pointer(k: Kernel, symbol: Symbol) -> bool:
    """Whether a variable is a pointer to a function, as far as the debugging information of its file says."""
    from kshell.kernel.debug.traced_code import code_of

    linked = next((each for each in k.linked if each.holds(symbol.address)), None)
    variables = code_of(k, linked).debug.variables if linked is not None else []
    variable = next((each for each in variables if each.name == symbol.name), None)
    return variable is None or (variable.type.target is not None and variable.type.target.kind == "function")


def code_at(k: Kernel, address: int) -> bytes:
    """The machine code of the function at an address; nothing where none is, or where its body is in Python."""
    symbol = k.symbols.around(address)
    if symbol is None or address in k.bodies:
        return b""
    try:
        return k.memory.read(symbol.address, symbol.size)
    except KernelFault:
        return b""


def code_of_call(k: Kernel, name: str) -> bytes:
    """The machine code of a call's functions."""
    symbols = (k.symbols.lookup(f"{prefix}{name}") for prefix in ("__x64_sys_", "__se_sys_", "__do_sys_"))
    return b"".join(code_at(k, each.address) for each in symbols if each is not None)


def results(code: bytes) -> list[int]:
    """The errors that stand in machine code as a result, as the kernel returns them (-2 for ENOENT)."""
    values = [int.from_bytes(each, "little", signed=True) for each in _RESULT.findall(code)]
    return [value for value in dict.fromkeys(values) if is_error(value) and errno_name(-value)]


def says_something(k: Kernel, address: int) -> bool:
    """Whether the function at an address calls printk."""
    symbol, code = k.symbols.around(address), code_at(k, address)
    targets = [found.address for name in _SAYS if (found := k.symbols.lookup(name)) is not None]
    if symbol is None:
        return False
    return any(
        symbol.address + at + 5 + int.from_bytes(code[at + 1 : at + 5], "little", signed=True) in targets
        for at in range(len(code) - 4)
        if code[at] == 0xE8
    )
