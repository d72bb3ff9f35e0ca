"""Which function a number of `int 0x80` leads to: its row, its entry, and on 4.19 a slot of ia32_sys_call_table.

C counterpart: arch/x86/entry/syscall_32.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import unwrap

from kshell.abi import ptregs
from kshell.abi.syscall_32_tbl import PREFIX, entry_32, load_32
from kshell.abi.syscall_rows import SyscallTable
from kshell.kernel.core import layout
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.sections import section
from kshell.kernel.entry.entry import CallStatistics
from kshell.kernel.ia32.compat import SECTION, SLOTS, CompatCall, ia32_wrapper
from kshell.kernel.kernel import Kernel
from kshell.machine.encode import KERNEL_FUNCTION_STUB

SUBJECTS = ("file_status", "mapping", "opening", "time", "transfer", "uid16", "uname")
# mov reg, [rdi+slot], for the sixth argument down to the first, which takes rdi itself.
LOADS = ("44 8b 4f", "44 8b 47", "8b 4f", "8b 57", "8b 77", "8b 7f")
JUMP = 0xE9
IN_STATISTICS = 1 << 32  # what is added to a number there


class Ia32:
    """The i386 side of one kernel: the `table` of rows, where each number leads (`switch`), and the declaration behind
    the address of each entry.  `sys_call_table` is 0 where the release has none."""

    def __init__(self, table: SyscallTable, ni_syscall: int) -> None:
        self.table, self.ni_syscall = table, ni_syscall
        self.nr_syscalls = max(table.by_number, default=-1) + 1
        self.switch: dict[int, int] = {}
        self.definitions: dict[int, SyscallDefinition] = {}
        self.sys_call_table = 0

    def define_of(self, nr: int) -> SyscallDefinition | None:
        """The declaration of what the kernel was linked with for `nr`; None if there is none."""
        return self.definitions.get(self.switch.get(nr, self.ni_syscall))

    def state(self, nr: int) -> str:
        """ "built", "not built" (a call of Linux without a body here), "hole" or "unknown"."""
        if nr in self.table.by_number:
            return "built" if self.switch.get(nr, self.ni_syscall) != self.ni_syscall else "not built"
        return "hole" if 0 <= nr < self.nr_syscalls else "unknown"

    def statistics_of(self, k: Kernel, nr: int) -> CallStatistics:
        """How often `nr` was called by `int 0x80`; all that are out of range are one."""
        key = nr if 0 <= nr < self.nr_syscalls else -1
        return k.statistics.setdefault(IN_STATISTICS + key, CallStatistics())


@cache
def compat_calls() -> dict[str, CompatCall]:
    """The calls of this room by their entries."""
    files = [import_module(f"{__package__}.{subject}") for subject in SUBJECTS]
    calls: list[CompatCall] = [call for file in files for call in section(vars(file), SECTION)]
    return {entry: call for call in calls for entry in call.entries}


def place_ia32(k: Kernel) -> None:
    """Give each entry that has a body its address, and fill the table."""
    table, ni_syscall = load_32(k.profile.name), k.ni_syscall
    if not k.dispatches_by_table:
        ni_syscall = layout.IA32_NI_SYSCALL
        _add(k, "__ia32_sys_ni_syscall", ni_syscall, KERNEL_FUNCTION_STUB, k.bodies[k.ni_syscall])
    k.ia32 = ia32 = Ia32(table, ni_syscall)
    placed: dict[str, int] = {}
    for nr, row in table.by_number.items():
        entry = entry_32(row)
        if entry is None:
            continue
        if entry not in placed:
            placed[entry] = _place(k, ia32, nr, entry) or ni_syscall
        ia32.switch[nr] = placed[entry]
    if k.dispatches_by_table:
        _fill_table(k, ia32)


def _place(k: Kernel, ia32: Ia32, nr: int, entry: str) -> int | None:
    """The address of ``__ia32_sys_x``; None where nothing is behind it."""
    name = entry.removeprefix(PREFIX)
    call = compat_calls().get(name)
    definition = call.definition(name) if call is not None else k.definitions.get(layout.entry_name(name))
    if definition is None:
        return None
    if definition.body is None:
        address = _place_code(k, definition)
    else:
        address = layout.IA32_TEXT + layout.FUNCTION_SIZE * nr
        _add(k, entry, address, KERNEL_FUNCTION_STUB, ia32_wrapper(definition))
    if address is not None:
        ia32.definitions[address] = definition
    return address


def _add(
    k: Kernel, name: str, address: int, code: bytes, body: Callable[[Kernel, memoryview], int] | None = None
) -> None:
    k.memory.poke(address, code)
    source = None
    if body is not None:
        k.bodies[address] = body
        written = unwrap(body).__code__
        source = f"{written.co_filename}:{written.co_firstlineno}"
    k.symbols.add(Symbol(name, address, "T", len(code), source=source))


def _place_code(k: Kernel, definition: SyscallDefinition) -> int | None:
    """The wrapper of a body in machine code is machine code too: 32 bits of each argument, and on to __se_sys_x."""
    target = k.symbols.lookup(f"__se_sys_{definition.name}")
    if target is None:
        return None
    address = layout.IA32_WRAPPERS + layout.IA32_WRAPPER_SIZE * sum(
        symbol.address >= layout.IA32_WRAPPERS and symbol.name.startswith(PREFIX) for symbol in k.symbols
    )
    code = b""
    for load, slot in [*zip(LOADS, reversed(SLOTS), strict=True)][len(SLOTS) - len(definition.parameters) :]:
        code += bytes.fromhex(load) + bytes([8 * slot])
    distance = target.address - (address + len(code) + 5)
    _add(k, f"{PREFIX}sys_{definition.name}", address, code + bytes([JUMP]) + struct.pack("<i", distance))
    return address


def _fill_table(k: Kernel, ia32: Ia32) -> None:
    """ia32_sys_call_table: in read-only memory, `[0 ... max] = &sys_ni_syscall` first."""
    slots = [ia32.switch.get(nr, k.ni_syscall) for nr in range(ia32.nr_syscalls)]
    ia32.sys_call_table, size = layout.IA32_SYS_CALL_TABLE, 8 * len(slots)
    k.memory.map(ia32.sys_call_table, size, writable=True)
    k.memory.write(ia32.sys_call_table, struct.pack(f"<{len(slots)}Q", *slots))
    k.memory.set_writable(ia32.sys_call_table, size, False)
    k.symbols.add(Symbol("ia32_sys_call_table", ia32.sys_call_table, "R", size))


def lookup_32(k: Kernel, orig_ax: int) -> tuple[int | None, int]:
    """(address of the function, number) for the 32 bits that were in eax; address None leaves ax at -ENOSYS.

    4.19: `if (nr < IA32_NR_syscalls)`, nr unsigned, and what ia32_sys_call_table holds.  6.19: ia32_sys_call(), a
    switch; a number past the end gets __ia32_sys_ni_syscall(), unless it is -1.
    """
    ia32 = k.ia32
    if k.dispatches_by_table:
        if orig_ax < ia32.nr_syscalls:
            return k.memory.load(ia32.sys_call_table + 8 * orig_ax), orig_ax
        return None, orig_ax
    nr = (orig_ax ^ 0x80000000) - 0x80000000
    return (None if nr == -1 else ia32.switch.get(nr, ia32.ni_syscall)), nr


def arguments_32(regs: memoryview) -> tuple[int, ...]:
    """The six registers of the arguments, all 64 bits of them, as signed numbers."""
    return tuple([(regs[slot] ^ 1 << 63) - (1 << 63) for slot in SLOTS])


NAMES = tuple(ptregs.NAMES[slot] for slot in SLOTS)
