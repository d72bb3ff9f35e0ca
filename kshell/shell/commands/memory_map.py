"""The areas of a task's memory, and which of their pages are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kshell.abi.mman import MAP_GROWSDOWN, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE
from kshell.kernel.debug.page_walk import NOBODY, RAM, SWAP, ZERO, states
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import AddressSpace
from kshell.kernel.mm.vma import Vma
from kshell.kernel.vdso.vsyscall import gate_vma
from kshell.machine.paging import PRESENT
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, View, show, span
from kshell.shell.views.wrapping import wrapped

LETTERS = ((PROT_READ, "r"), (PROT_WRITE, "w"), (PROT_EXEC, "x"))
UNITS = ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"))
NOT_COUNTED = ("guard gap", "vsyscall")  # as Linux counts: nothing is there, and it is the kernel's
WIDEST, NARROWEST = 64, 10  # cells of a bar
ROLES = {"#": "good", "+": "good", "s": "note", "z": "number", "-": "dim", ".": "dim"}
LEGEND = "# in RAM, + some of them, z the shared zero page, s in swap, - there and closed, . not there"


class Area(NamedTuple):
    """One row: a mapping, or the gap below a stack, which nothing else may come into; `pages` are those that have an
    entry, with their states."""

    start: int
    end: int
    perms: str
    name: str
    kind: str
    pages: dict[int, str]

    def number(self, *wanted: str) -> int:
        """How many pages are in one of these states."""
        return sum(state in wanted for state in self.pages.values())


def areas_of(k: Kernel, mm: AddressSpace) -> list[Area]:
    """All areas of an address space, lowest first; the vsyscall page is the last, in the kernel's half."""
    found, gate = [], gate_vma(k)
    for vma in mm.vmas:
        if vma.flags & MAP_GROWSDOWN:
            found.append(Area(vma.guarded_start, vma.start, "----", "", "guard gap", {}))
        found.append(_area(vma, dict(states(k, mm, vma.start, vma.end))))
    if gate is not None:
        found.append(_area(gate, {gate.start: RAM} if mm.pages.entry(gate.start) & PRESENT else {}))
    return found


def _area(vma: Vma, pages: dict[int, str]) -> Area:
    return Area(vma.start, vma.end, _perms(vma), vma.name, _kind(vma), pages)


def _perms(vma: Vma) -> str:
    return "".join(c if vma.prot & bit else "-" for bit, c in LETTERS) + ("s" if vma.flags & MAP_SHARED else "p")


def _kind(vma: Vma) -> str:
    """What an area is for, as far as it shows."""
    if vma.name.startswith("["):
        return vma.name.strip("[]")
    if vma.inode is not None:
        return "shared memory" if vma.inode.shared_write else "file"
    if not vma.name:
        return "stack" if vma.flags & MAP_GROWSDOWN else "anonymous"
    return "text" if vma.prot & PROT_EXEC else "data"


def human(size: int) -> str:
    """``16M``, ``132K``: a size as it is said in short."""
    unit, letter = next(((unit, letter) for unit, letter in UNITS if size % unit == 0), (1, ""))
    return f"{size // unit}{letter}"


def bar(area: Area, cells: int) -> str:
    """The pages of an area in at most `cells` characters, each for as many pages as it takes; LEGEND explains them."""
    total = (area.end - area.start) // PAGE_SIZE
    per_cell = -(-total // cells)
    groups: dict[int, list[str]] = {}
    for page, state in area.pages.items():
        groups.setdefault((page - area.start) // PAGE_SIZE // per_cell, []).append(state)
    return "".join(
        _cell(groups.get(at, []), min(per_cell, total - at * per_cell)) for at in range(-(-total // per_cell))
    )


def _cell(there: list[str], pages: int) -> str:
    if not there:
        return "."
    if SWAP in there:
        return "s"
    if RAM in there:
        return "#" if len(there) == pages else "+"
    return "z" if ZERO in there else "-"


class MapView(View):
    """Areas one under another, the highest address last, as /proc/PID/maps has them."""

    def __init__(self, pid: int, comm: str, areas: Sequence[Area]) -> None:
        self.pid, self.comm, self.areas = pid, comm, areas

    def json(self) -> dict[str, Any]:
        rows = [
            {
                "start": f"{a.start:#x}",
                "end": f"{a.end:#x}",
                "size": a.end - a.start,
                "perms": a.perms,
                "name": a.name,
                "kind": a.kind,
                "resident": a.number(RAM, ZERO, NOBODY),
                "swapped": a.number(SWAP),
                "pages": [{"address": f"{page:#x}", "state": state} for page, state in a.pages.items()],
            }
            for a in self.areas
        ]
        return {"pid": self.pid, "comm": self.comm, "areas": rows, **self._totals()}

    def _totals(self) -> dict[str, int]:
        mapped = [area for area in self.areas if area.kind not in NOT_COUNTED]
        return {
            "total": sum(area.end - area.start for area in mapped) // PAGE_SIZE,
            "resident": sum(area.number(RAM, ZERO, NOBODY) for area in mapped),
            "swapped": sum(area.number(SWAP) for area in mapped),
        }

    def lines(self, width: int | None = None) -> list[Line]:
        totals = self._totals()
        swapped = f", {totals['swapped']:,} in swap" if totals["swapped"] else ""
        head = f"task {self.pid} ({show(self.comm)}): {totals['total']:,} pages mapped, "
        lines = [span(f"{head}{totals['resident']:,} in RAM{swapped}", "heading")]
        names = [show(area.name) or area.kind for area in self.areas]
        longest = max(map(len, names), default=0)
        for area, name in zip(self.areas, names, strict=True):
            lines += self._area(area, name.ljust(longest), width or 120)
        return [*lines, *wrapped([(LEGEND, "dim")], width or 120)]

    def _area(self, area: Area, name: str, width: int) -> list[Line]:
        pages = (area.end - area.start) // PAGE_SIZE
        numbers = f"{area.number(RAM, ZERO, NOBODY):,}/{pages:,}" if area.kind != "guard gap" else ""
        line: Line = [
            (f"{area.start:012x}-{area.end:012x}", "address"),
            (f" {human(area.end - area.start):>5} {area.perms} ", ""),
            (name, "name"),
            (f" {numbers:>11} ", "number"),
        ]
        if area.kind == "guard gap":
            return [[*line[:3], (" nothing may be mapped here", "dim")]]
        room = width - sum(len(text) for text, _ in line)
        if room >= NARROWEST:
            return [[*line, *_coloured(bar(area, min(room, WIDEST)))]]
        return [line, [("  ", ""), *_coloured(bar(area, max(min(width - 2, WIDEST), 1)))]]


def _coloured(cells: str) -> Line:
    """The cells of a bar, each run of equal ones in its role."""
    line: Line = []
    for cell in cells:
        if line and line[-1][0][-1] == cell:
            line[-1] = (line[-1][0] + cell, line[-1][1])
        else:
            line.append((cell, ROLES[cell]))
    return line


@command(
    "vmmap",
    group="Memory and registers",
    arguments=(Argument("word", "[PID]"),),
    examples=(
        ("vmmap", "the memory of the shell's task"),
        ("vmmap 77", "that of the task with this number"),
    ),
)
def vmmap(session: Context, words: list[Word]) -> View:
    """Show a task's memory: its areas, and which pages are there.

    An area is what may be touched; its pages come when they are. Beside each area stand its size, what is allowed, how
    many of its pages are in RAM, and a bar of them. The gap below a stack is kept free, so that it can grow.

    Without PID it is the current task: that of `syscall`, or the one that stands still at a breakpoint.
    """
    k = session.kernel
    if len(words) > 1:
        raise misuse("vmmap", "one task at a time")
    task = k.tasks.get(count("vmmap", words[0])) if words else k.current
    if task is None or not task.is_alive:
        numbers = ", ".join(map(str, sorted(k.tasks))) or "none"
        raise CommandError("vmmap: no such task", f"the tasks of this machine are: {numbers}", "vmmap")
    return MapView(task.pid, task.comm, areas_of(k, task.mm))
