"""How many instructions the CPU has executed in ring 3 and in ring 0, for who wants to know: a hook on each.

The emulator counts none by itself, and what runs is the same with the hook, only much slower.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from unicorn import unicorn_const as uc_const

from kshell.abi.c_types import U64
from kshell.machine.mmu import Mmu

# What may jump to itself: jcc, loop and jrcxz, call, jmp, ret; a jcc of two bytes; call and jmp through a pointer.
_JUMPS = {bytes([first]) for first in (*range(0x70, 0x80), *range(0xE0, 0xE4), 0xE8, 0xE9, 0xEB, 0xC3, 0xFF)}
_JUMPS |= {bytes([0x0F, second]) for second in range(0x80, 0x90)}


class InstructionCount:
    """`user` and `kernel` count while `wanted`.

    An instruction that the CPU meets twice in a row counts once: a string instruction with all its repetitions, and one
    that was stopped before and is executed when the run goes on.  One that jumps to itself counts each time.
    """

    def __init__(self, uc: Any, mmu: Mmu) -> None:
        self.wanted = False
        self.user = self.kernel = 0
        self.hooked_elsewhere: Container[int] = ()  # addresses whose hook is another's, who calls `met`
        self._uc, self._mmu = uc, mmu
        self._last = 0
        self._handle: int | None = None

    def begin(self) -> None:
        """Count from 0."""
        self.wanted = True
        self.user = self.kernel = self._last = 0

    @property
    def is_stale(self) -> bool:
        """Whether the hook is not there that is wanted, or the other way round."""
        return self.wanted != (self._handle is not None)

    def install(self) -> bool:
        """Have the hook, or have none; True if translated code must be forgotten for it."""
        if not self.is_stale:
            return False
        if self._handle is None:
            self._handle = self._uc.hook_add(uc_const.UC_HOOK_CODE, self._hooked, None, 0, U64)
        else:
            self._uc.hook_del(self._handle)
            self._handle = None
        return True

    def _hooked(self, _uc: Any, address: int, size: int, _data: object) -> None:
        if address not in self.hooked_elsewhere:
            self.met(address, size)

    def met(self, address: int, size: int = 0) -> None:
        """The CPU executes the instruction there."""
        if address == self._last and not self._jumps(address, size):
            return
        self._last = address
        if self._mmu.ring == 3:
            self.user += 1
        else:
            self.kernel += 1

    def _jumps(self, address: int, size: int) -> bool:
        code = self._mmu.read_user(address, size)
        return code[:1] in _JUMPS or code[:2] in _JUMPS
