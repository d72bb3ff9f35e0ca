"""Places in the code of ring 0 at which somebody wants to be called, before the instruction there.

A hook on each: there is none, and nothing is slower, while nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from unicorn import unicorn_const as uc_const

from kshell.machine.registers import new_frame


class Probes:
    """The hooks.  `wanted()` says at which addresses, whenever the code or who watches has changed; `reached(address)`
    is called there, with `regs` filled.  What that raises, `on_error` is told."""

    def __init__(self, uc: Any, on_error: Callable[[BaseException], None]) -> None:
        self.wanted: Callable[[], Iterable[int]] = tuple
        self.reached: Callable[[int], None] = lambda address: None
        self.stale = False  # whether to ask again
        self.frame, self.regs = new_frame(uc)
        self._uc, self._on_error = uc, on_error
        self._handles: dict[int, int] = {}

    def ask_again(self) -> None:
        """Who watches, or what, has changed."""
        self.stale = True
        self._uc.emu_stop()

    def install(self) -> bool:
        """Have hooks at the addresses that are wanted now; True if translated code must be forgotten for it."""
        self.stale = False
        wanted = set(self.wanted())
        changed = wanted != self._handles.keys()
        for address in [each for each in self._handles if each not in wanted]:
            self._uc.hook_del(self._handles.pop(address))
        for address in wanted - self._handles.keys():
            self._handles[address] = self._uc.hook_add(uc_const.UC_HOOK_CODE, self._met, None, address, address)
        return changed

    def _met(self, _uc: Any, address: int, _size: int, _data: object) -> None:
        if self.stale:  # the emulator has been asked to stop, and nobody listens any more
            return
        try:
            self.frame.save()
            self.reached(address)
        except BaseException as error:
            self._on_error(error)
