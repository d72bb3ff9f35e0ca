"""Areas of an address space whose searches are counted."""

from __future__ import annotations

from kshell.kernel.mm.vma import Vma, VmaList


class _Counted(int):
    """An address that counts how often it is compared."""

    comparisons = 0

    def __lt__(self, other: int) -> bool:
        self.comparisons += 1
        return int(self) < other

    def __gt__(self, other: int) -> bool:
        self.comparisons += 1
        return int(self) > other


class CountedAreas(VmaList):
    """The same areas, and how many comparisons the searches among them have taken."""

    __slots__ = ("comparisons",)

    def __init__(self, areas: VmaList) -> None:
        super().__init__()
        self.comparisons = 0
        for area in areas:
            self.insert(area)

    def find(self, address: int) -> Vma | None:
        counted = _Counted(address)
        found = super().find(counted)
        self.comparisons += counted.comparisons
        return found
