"""What a traced call went through: its hops, and every call as a record.

A hop is one step between `syscall` and the next user instruction.  Whoever makes a step says so, in one line, and
only while a tracer listens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Hop(NamedTuple):
    """One step: the `ring` it ran in (3 or 0), what kind of `step`, its `text`, and the address it is about."""

    ring: int
    step: str  # user, cpu, entry, dispatch, table, wrapper, printk, stub, fault, oops, return
    text: str
    address: int | None = None


class Call:
    """One system call as the table saw it.

    `args` are six registers as signed numbers; `ret` is the kernel's signed result, None if it did not return;
    `text` is strace's line.
    """

    __slots__ = ("args", "kinds", "name", "nr", "parts", "ret", "text")

    def __init__(self, nr: int, name: str | None, args: tuple[int, ...]) -> None:
        self.nr, self.name, self.args = nr, name, args
        self.ret: int | None = None
        self.text = ""
        self.kinds: tuple[str, ...] = ()  # how strace.py shows each argument
        self.parts: list[str | None] = []  # arguments as text; None: known only when the call has returned


MOST_CALLS = 10_000  # that a tracer keeps, so that a program of a million calls does not eat the memory


class Tracer:
    """Collects calls, and their hops if `hops` is not None.

    With `on_call` set it keeps none, but hands each on.  A tracer that has MOST_CALLS of them is `full`, and listens no
    more: the rest of the run is as fast as without it.
    """

    __slots__ = ("calls", "full", "hops", "on_call")

    def __init__(self, with_hops: bool = False) -> None:
        self.calls: list[Call] = []
        self.hops: list[Hop] | None = [] if with_hops else None
        self.on_call: Callable[[Call], None] | None = None  # told of each call as it ends, to show it live
        self.full = False

    def takes(self, call: Call) -> bool:
        """Note a call that begins; False if there is no room for it."""
        if self.on_call is None:
            self.full = len(self.calls) >= MOST_CALLS
            if not self.full:
                self.calls.append(call)
        return not self.full

    def hop(self, ring: int, step: str, text: str, address: int | None = None) -> None:
        """Note one step, if hops are wanted."""
        if self.hops is not None:
            self.hops.append(Hop(ring, step, text, address))
