"""Which function a number of `int 0x80` leads to: its row, its entry, and on 4.19 a slot of ia32_sys_call_table.

C counterpart: arch/x86/entry/syscall_32.c.
"""

from __future__ import annotations

from kshell.abi import ptregs
from kshell.abi.syscall_rows import SyscallTable
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.entry.entry import CallStatistics
from kshell.kernel.ia32.compat import SLOTS
from kshell.kernel.kernel import Kernel

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
