"""kallsyms: every kernel function and variable by name and by address, and the Python body behind a function.

C counterpart: kernel/kallsyms.c, and /proc/kallsyms for the letters (T text, D data, R read-only, B zeroed data;
lower case: not exported).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple


class Symbol(NamedTuple):
    """One name and its address.  `kind` is nm's letter; `module` the owner's name, or None for the kernel itself;
    `source` is where a Python body stands ("file:line")."""

    name: str
    address: int
    kind: str
    size: int
    module: str | None = None
    source: str | None = None
    exported: str | None = None

    @property
    def is_function(self) -> bool:
        """Whether it is in text, and not a variable."""
        return self.kind in "tT"

    def at(self, address: int) -> str:
        """``name+0x4/0x10 [module]`` for an address in it, or right behind it."""
        tail = f" [{self.module}]" if self.module else ""
        return f"{self.name}+0x{address - self.address:x}/0x{self.size:x}{tail}"

    def __repr__(self) -> str:
        return f"{self.address:016x} {self.kind} {self.name}" + (f"\t[{self.module}]" if self.module else "")


class Kallsyms:
    """The symbols of one kernel and its modules.  `kptr_restrict` says who may read addresses: 0 and 1 root, 2 nobody
    (C: kernel.kptr_restrict)."""

    def __init__(self) -> None:
        self.kptr_restrict = 0
        self._by_name: dict[str, list[Symbol]] = {}
        self._addresses: list[int] = []
        self._symbols: list[Symbol] = []

    def add(self, symbol: Symbol) -> Symbol:
        """Enter a symbol.  A name may stand more than once, as static functions' names do; the first one wins."""
        self._symbols.append(symbol)
        self._by_name.setdefault(symbol.name, []).append(symbol)
        return symbol

    def _in_order(self) -> list[Symbol]:
        """All of them by their addresses; sorted only now, since many come at once."""
        if len(self._addresses) < len(self._symbols):
            self._symbols.sort(key=attrgetter("address"))
            self._addresses = [symbol.address for symbol in self._symbols]
        return self._symbols

    def remove_module(self, module: str) -> None:
        """Forget every symbol of a module that is gone."""
        self._symbols = [s for s in self._in_order() if s.module != module]
        self._addresses = [s.address for s in self._symbols]
        left = {name: [s for s in found if s.module != module] for name, found in self._by_name.items()}
        self._by_name = {name: found for name, found in left.items() if found}

    def lookup(self, name: str) -> Symbol | None:
        """The symbol of that name (C: kallsyms_lookup_name)."""
        found = self._by_name.get(name)
        return found[0] if found else None

    def lookup_exported(self, name: str) -> Symbol | None:
        """The symbol that modules get by that name (C: find_symbol): a private namesake does not hide it."""
        return next((symbol for symbol in self._by_name.get(name, ()) if symbol.exported), None)

    def at(self, address: int) -> Symbol | None:
        """The symbol that begins at `address` exactly."""
        found = self.around(address)
        return found if found is not None and found.address == address else None

    def around(self, address: int) -> Symbol | None:
        """The symbol that `address` lies in, or None."""
        symbols = self._in_order()
        at = bisect.bisect_right(self._addresses, address) - 1
        if at < 0:
            return None
        symbol = symbols[at]
        return symbol if address < symbol.address + max(symbol.size, 1) else None

    def describe(self, address: int) -> str:
        """``name+0x4/0x10 [module]`` as an oops prints it (%pS), or the bare address."""
        symbol = self.around(address)
        return f"0x{address:x}" if symbol is None else symbol.at(address)

    def offset(self, address: int) -> str:
        """``name+0x4``, ``name`` where it begins, or the bare address."""
        symbol = self.around(address)
        if symbol is None:
            return f"0x{address:x}"
        return symbol.name + (f"+0x{address - symbol.address:x}" if address != symbol.address else "")

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self._in_order())

    def __len__(self) -> int:
        return len(self._symbols)
