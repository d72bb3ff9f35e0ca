"""Kernel text: which function lives at which address, and what goes wrong where none does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple, NoReturn

from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Kallsyms, Symbol
from kshell.kernel.core.memory import KernelMemory
from kshell.machine.encode import FUNCTION_SIZE, KERNEL_FUNCTION_STUB
from kshell.machine.paging import FETCH
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE

RETURN_OFFSET = 3  # where the `ret` stands in the stub of a function: the address to come back to after a call


class InvalidOpcode(Exception):
    """The kernel jumped to `address`, where there is no function: the CPU finds no instruction that makes sense."""

    def __init__(self, address: int) -> None:
        super().__init__(f"no function begins at {address:#x}")
        self.address = address


class CpuException(Exception):
    """Machine code in ring 0 did what the CPU refuses; `name` is Linux's for the exception."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


class StackOverflow(Exception):
    """Machine code has gone through the kernel stack into the guard page below it, at `address`."""

    def __init__(self, address: int) -> None:
        super().__init__("the kernel stack has overflowed: a function that calls itself without end does that")
        self.address = address


class Bug(Exception):
    """Machine code met its BUG(): the ud2 that __bug_table knows."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__(f"BUG() at {file}:{line}")
        self.file, self.line = file, line


class KernelBug(Exception):
    """A function of the kernel's own did what C would not have compiled, or what would have corrupted a kernel."""


class KernelPanic(Exception):
    """The kernel stops: it cannot even report an oops any more, or it did not get through its boot.  `log` is the end
    of what it said, `report` the part of it that tells of its death, and `why` that in a sentence."""

    def __init__(self, text: str, log: Sequence[str] = (), report: Sequence[str] = (), why: str = "") -> None:
        super().__init__(text)
        self.log, self.report, self.why = list(log), list(report), why


class Lockup(BaseException):
    """Kernel code looped until the person at the shell pressed Ctrl-C, or until a script's budget was used up; or it
    halted the CPU for ever."""


class BugEntry(NamedTuple):
    """What __bug_table says of one ud2 (C: struct bug_entry)."""

    file: str
    line: int
    is_warning: bool = False  # WARN(): the code goes on behind it


class Function(NamedTuple):
    """A function with a body in Python, and its symbol."""

    symbol: Symbol
    body: Callable[..., Any]


def function_at(
    address: int, name: str, body: Callable[..., Any], exported: str | None = None, kind: str = "T"
) -> Function:
    """One that lives at `address`; `kind` is nm's letter."""
    code = getattr(body, "__wrapped__", body).__code__
    source = f"{code.co_filename}:{code.co_firstlineno}"
    return Function(Symbol(name, address, kind, FUNCTION_SIZE, source=source, exported=exported), body)


class KernelText:
    """The part of a kernel that knows its functions."""

    def __init__(self, memory: KernelMemory) -> None:
        self.memory = memory
        self.symbols = Kallsyms()
        # Who is told of each step of a call: its ring, step, what, address and values (trace/event.py).
        self.on_event: Callable[[int, str, str, int | None, dict[str, Any]], None] | None = None
        self.notes: list[str] = []
        self.bodies: dict[int, Callable[..., Any]] = {}
        self.runners: dict[Callable[..., Any], Callable[[Any, memoryview], Any] | None] = {}  # bodies, for machine code
        self._function_addresses: dict[Callable[..., Any], int] = {}
        # Call machine code from outside of a run; before the machine is booted there is none.
        self.call_out: Callable[..., int] = lambda address, *args: self.jump_into_nothing(address)
        # What machine code was made from: the source behind an address, and the BUG() or WARN() behind an ud2.
        self.place_of: Callable[[int], tuple[str, int] | None] = lambda address: None
        self.bug_at: Callable[[int], BugEntry | None] = lambda address: None

    def note(self, text: str) -> None:
        """A sentence that only a teaching kernel says: for the person at the shell, not for the log."""
        if text not in self.notes:
            self.notes.append(text)

    def take_notes(self) -> list[str]:
        """The notes since the last time, oldest first."""
        notes, self.notes = self.notes, []
        return notes

    def tell(self, step: str, what: str, address: int | None = None, /, **values: Any) -> None:
        """Tell who listens of a step in ring 0 (trace/event.py lists them); to be called only while somebody does."""
        if self.on_event is not None:
            self.on_event(0, step, what, address, values)

    def define_functions(self, *functions: Function) -> None:
        """Let each live at its address: a stub in text, a symbol, and the body behind it."""
        for symbol, body in functions:
            self.bodies[symbol.address] = body
            self._function_addresses[getattr(body, "__wrapped__", body)] = symbol.address
            self.symbols.add(symbol)
        addresses = sorted(symbol.address for symbol, _ in functions)
        for page, inside in groupby(addresses, lambda address: address & PAGE_MASK):
            text = bytearray(self.memory.read(page, PAGE_SIZE))
            for address in inside:
                text[address - page : address - page + FUNCTION_SIZE] = KERNEL_FUNCTION_STUB
            self.memory.poke(page, bytes(text))

    def address_of(self, function: Callable[..., Any]) -> int | None:
        """The address of a function with a body in Python, None if it has none."""
        return self._function_addresses.get(function)

    def jump_into_nothing(self, address: int) -> NoReturn:
        """What happens at an address where no function begins: a fault, or an instruction that makes no sense."""
        self.memory.check(address, FETCH)
        if address < layout.TASK_SIZE_MAX:
            self.note("without SMEP Linux would now run user code in ring 0; kshell's kernel can only run its own text")
        raise InvalidOpcode(address)

    def name_at(self, address: int) -> dict[str, str | None]:
        """The `symbol` and the `module` of the function at `address`, as values of an event."""
        symbol = self.symbols.at(address)
        return {"symbol": None, "module": None} if symbol is None else {"symbol": symbol.name, "module": symbol.module}
