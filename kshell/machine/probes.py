"""Places in the code of ring 0 at which somebody wants to be called, before the instruction there.

A hook on each: there is none, and nothing is slower, while nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any, Protocol

from unicorn import unicorn_const as uc_const

from kshell.machine.registers import new_frame


class Watcher(Protocol):
    """Who wants to be called."""

    def wanted(self) -> Iterable[int]:
        """At which addresses; asked whenever the code or who watches has changed."""

    def reached(self, address: int) -> None:
        """The CPU stands before the instruction at one of them, with the registers in `Probes.regs`."""


class Probes:
    """The hooks.  What a watcher raises, `on_error` is told."""

    def __init__(self, uc: Any, on_error: Callable[[BaseException], None]) -> None:
        self.watchers: list[Watcher] = []
        self.stale = False  # whether to ask them again
        self.passing: int | None = None  # a run that goes on there has told of it already
        self.hooked_elsewhere: Container[int] = ()  # addresses whose hook is another's, who calls `met`
        self.frame, self.regs = new_frame(uc)
        self._uc, self._on_error = uc, on_error
        self._handles: dict[int, int] = {}
        self._watched: dict[int, list[Watcher]] = {}

    def ask_again(self) -> None:
        """Who watches, or what, has changed."""
        self.stale = True
        self._uc.emu_stop()

    def install(self) -> bool:
        """Have hooks at the addresses that are wanted now; True if translated code must be forgotten for it."""
        self.stale = False
        self._watched = {}
        for watcher in self.watchers:
            for address in watcher.wanted():
                self._watched.setdefault(address, []).append(watcher)
        wanted = {address for address in self._watched if address not in self.hooked_elsewhere}
        changed = wanted != self._handles.keys()
        for address in self._handles.keys() - wanted:
            self._uc.hook_del(self._handles.pop(address))
        for address in wanted - self._handles.keys():
            self._handles[address] = self._uc.hook_add(uc_const.UC_HOOK_CODE, self.met, None, address, address)
        return changed

    def watches(self, text: range) -> bool:
        """Whether one of the addresses is in that text."""
        return any(address in text for address in self._watched)

    def met(self, _uc: Any, address: int, _size: int = 0, _data: object = None) -> None:
        """The CPU stands before the instruction at one of the addresses."""
        if self.stale:  # the emulator has been asked to stop, and nobody listens any more
            return
        passing, self.passing = self.passing, None
        if passing == address:
            return
        try:
            self.frame.save()
            for watcher in self._watched.get(address, ()):
                watcher.reached(address)
        except BaseException as error:
            self._on_error(error)
