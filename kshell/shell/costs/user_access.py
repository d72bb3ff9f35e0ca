"""A user pointer: what it costs to check it before it is used, and to use it and handle the fault.

The lecture's table has a search of the address space for the check, of a good pointer too; for the fault nothing of a
good pointer, and of a bad one a search of the exception table.  Here both are done, among more and more areas.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.mman import PROT_READ, PROT_WRITE
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.event import Event
from kshell.kernel.trace.tracer import Call, Tracer
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.costs.counted_areas import CountedAreas
from kshell.shell.replay.deeds import Live, SystemCall

COUNTS = (1, 10, 100, 1_000, 10_000)  # of areas that are mapped
FIRST = 0x10_0000_0000  # where the first of them is; behind each is a hole
STRIDE = 2 * PAGE_SIZE
POINTERS = 8  # of each kind, spread over the areas
CALL = "time"  # it stores one number at the user's pointer


class Cost(NamedTuple):
    """Comparisons in the search among the areas, page faults, rows of the exception table that were looked at, and
    nanoseconds on the machine's clock."""

    comparisons: int = 0
    faults: int = 0
    rows: int = 0
    ns: int = 0


class Measured(NamedTuple):
    """Both ways, for POINTERS pointers of one kind among `areas` areas, of which `mapped` were made for this."""

    mapped: int
    areas: int
    valid: bool
    check: Cost
    use: Cost


class _Meter(Tracer):
    """Counts what a call does."""

    def __init__(self, k: Kernel, areas: CountedAreas) -> None:
        super().__init__(wants_events=True)
        self.k, self.areas = k, areas
        self.faults = self.rows = 0

    def call_begins(self, call: Call) -> bool:
        self.before = (self.areas.comparisons, self.k.clock.ns)
        return super().call_begins(call)

    def event(self, event: Event) -> None:
        self.faults += event.step == "fault"
        self.rows += (event.step, event.what) == ("search", "row")

    def call_ends(self, call: Call) -> None:
        comparisons, ns = self.before
        self.cost = Cost(self.areas.comparisons - comparisons, self.faults, self.rows, self.k.clock.ns - ns)


def measure(k: Kernel) -> list[Measured]:
    """Both ways for each of COUNTS and each kind of pointer; `k` is a machine that is thrown away after that."""
    mm = k.shell_task.mm
    areas = CountedAreas(mm.vmas)
    mm.vmas = areas
    found, mapped = [], 0
    for count in COUNTS:
        for number in range(mapped, count):
            mm.map(FIRST + number * STRIDE, PAGE_SIZE, PROT_READ | PROT_WRITE, 0)
        mapped = count
        spread = [FIRST + STRIDE * (count * at // POINTERS) for at in range(POINTERS)]
        for pointer in spread:
            _use(k, areas, pointer)  # the page is there from now on
        for valid in (True, False):
            pointers = spread if valid else [pointer + PAGE_SIZE for pointer in spread]
            check = _sum([_check(areas, pointer) for pointer in pointers])
            use = _sum([_use(k, areas, pointer) for pointer in pointers])
            found.append(Measured(count, len(areas), valid, check, use))
    return found


def _check(areas: CountedAreas, pointer: int) -> Cost:
    """Is it in an area?"""
    before = areas.comparisons
    areas.find(pointer)
    return Cost(areas.comparisons - before)


def _use(k: Kernel, areas: CountedAreas, pointer: int) -> Cost:
    """Just use it, in a system call."""
    meter = _Meter(k, areas)
    SystemCall(k.table.by_name[CALL].number, [pointer]).do(k, Live(tracer=meter))
    return meter.cost


def _sum(costs: list[Cost]) -> Cost:
    return Cost(*map(sum, zip(*costs, strict=True)))
