"""Kernel text and the pointers into it: what lives at which address, and what a call through a pointer does.

A pointer is 8 bytes in memory; calling through it means loading those bytes and running what lives at that address.
Where nothing lives there any more, that is a fault with the address in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, ParamSpec, TypeVar, cast

from kshell.abi.c_types import U64, to_signed64
from kshell.kernel.core import layout
from kshell.kernel.core.calling import TailCall
from kshell.kernel.core.event import Event
from kshell.kernel.core.kallsyms import Kallsyms, Symbol
from kshell.kernel.core.memory import KernelFault, KernelMemory
from kshell.kernel.core.module_macros import Param
from kshell.kernel.core.sections import CO_VARARGS, Stub
from kshell.machine.encode import KERNEL_FUNCTION_STUB
from kshell.machine.paging import FETCH

P = ParamSpec("P")
V = TypeVar("V", int, str)
RETURN_OFFSET = 3  # where the `ret` stands in the stub of a function: the address to come back to after a call


class FunctionPointer:
    """The value of a ``STUB_``: an address, resolved when it is called and not before."""

    __slots__ = ("_k", "address", "name")

    def __init__(self, k: KernelText, address: int, name: str) -> None:
        self._k, self.address, self.name = k, address, name

    def __call__(self, k: KernelText | None = None, *args: int) -> int:
        if not isinstance(k, KernelText):
            given = "" if k is None and not args else ", ".join(map(shortened, (k, *args)))
            try_ = f"k[{self.name}](k{', ' if given else ''}{given})"
            raise KernelBug(f"{self.name} is called with ({given}), and every kernel function takes k first: {try_}")
        return k.call(self.address, *args, via=self.name)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FunctionPointer):
            return self.address == other.address
        return callable(other) and self._k.address_of(other) == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<{self.name} = {self.address:#x}>"


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
    """Kernel or module code did what C would not have compiled, or what would have corrupted a kernel.

    `function` is the one to blame where that is not the one that was running.
    """

    def __init__(self, text: str, function: Callable[..., Any] | None = None) -> None:
        super().__init__(text)
        self.function = function


class KernelPanic(Exception):
    """The kernel stops: it cannot even report an oops any more, or it did not get through its boot.  `log` is the end
    of what it said."""

    def __init__(self, text: str, log: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.log = list(log)


class SoftLockup(BaseException):
    """Module code looped until the person at the shell pressed Ctrl-C, or until a script's budget was used up."""


class BugEntry(NamedTuple):
    """What __bug_table says of one ud2 (C: struct bug_entry)."""

    file: str
    line: int
    is_warning: bool = False  # WARN(): the code goes on behind it


ORIGIN = "__kshell_origin__"


class Origin(NamedTuple):
    """Where the functions of a namespace came from, under the name ORIGIN in it: the `module` (empty for a file that is
    linked into the kernel), and the `text` of its source as it was compiled, for reports."""

    module: str
    text: str


def shortened(thing: object) -> str:
    """repr() of anything at all, at most a line long."""
    try:
        text = repr(thing)
    except Exception:  # a module's own class may have a __repr__ that raises
        text = f"<{type(thing).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."


class KernelText:
    """The part of a kernel that knows its functions and pointers."""

    def __init__(self, memory: KernelMemory) -> None:
        self.memory = memory
        self.symbols = Kallsyms()
        self.on_event: Callable[[Event], None] | None = None  # who is told of each step of a call
        self.bodies: dict[int, Callable[..., Any]] = {}
        self.runners: dict[Callable[..., Any], Callable[[Any, memoryview], Any] | None] = {}  # bodies, for machine code
        self._function_addresses: dict[Callable[..., Any], int] = {}
        # Call machine code from outside of a run; before the machine is booted there is none.
        self.call_out: Callable[..., int] = lambda address, *args: self.jump_into_nothing(address)
        # What machine code was made from: the source behind an address, and the BUG() or WARN() behind an ud2.
        self.place_of: Callable[[int], tuple[str, int] | None] = lambda address: None
        self.bug_at: Callable[[int], BugEntry | None] = lambda address: None
        self._stubs: dict[Stub[Any], int] = {}

    def note(self, text: str) -> None:
        """See Kernel."""
        raise NotImplementedError

    def tell(self, step: str, what: str, address: int | None = None, /, **values: Any) -> None:
        """Tell who listens of a step in ring 0 (core/event.py lists them); to be called only while somebody does."""
        if self.on_event is not None:
            self.on_event(Event(0, step, what, address, values))

    def define_function(
        self,
        name: str,
        body: Callable[..., Any],
        address: int,
        *,
        module: str | None = None,
        exported: str | None = None,
        kind: str | None = None,
    ) -> Symbol:
        """Let `body` live at `address`: a stub in text, a symbol (nm's letter `kind`), and the body behind it."""
        self.memory.poke(address, KERNEL_FUNCTION_STUB)
        self.bodies[address] = body
        code = getattr(body, "__wrapped__", body).__code__
        source = f"{code.co_filename}:{code.co_firstlineno}"
        self._function_addresses[getattr(body, "__wrapped__", body)] = address
        kind = kind or ("T" if exported or module is None else "t")
        return self.symbols.add(
            Symbol(name, address, kind, layout.FUNCTION_SIZE, module=module, source=source, exported=exported)
        )

    def forget_functions(self, addresses: range) -> None:
        """The text of [addresses) is gone: nothing lives there any more."""
        for address in [a for a in self.bodies if a in addresses]:
            body = self.bodies.pop(address)
            self._function_addresses.pop(getattr(body, "__wrapped__", body), None)

    def address_of(self, function: Any) -> int | None:
        """The address of a kernel or module function, None if it has none."""
        try:
            return self._function_addresses.get(function)
        except TypeError:  # not even hashable
            return None

    def call(self, address: int, *args: Any, via: str = "") -> int:
        """Call through a pointer: run what lives at `address`, with the kernel as first argument.

        Raises KernelFault where nothing is mapped, InvalidOpcode where no function begins; both end as an oops.
        """
        if self.on_event is not None and via:
            self.tell("stub", "pointer", address, stub=via, **self.name_at(address))
        body = self.bodies.get(address)
        if body is None:
            if self.is_machine_code(address):
                return self.call_machine_code(address, args)
            self.jump_into_nothing(address)
        code = body.__code__
        if code.co_argcount != len(args) + 1 and not code.co_flags & CO_VARARGS:
            self.refuse_arguments(address, body, len(args))
        result = body(self, *args)
        if self.bodies.get(address) is not body:
            self.return_into_nothing(address)
        if type(result) is not int:
            result = self.check_result(address, body, result)
        return to_signed64(result)

    def is_machine_code(self, address: int) -> bool:
        """Whether a function of machine code stands there, and not the stub of a body in Python, or nothing at all."""
        symbol = self.symbols.around(address)
        return symbol is not None and symbol.is_function and symbol.address not in self.bodies

    def call_machine_code(self, address: int, args: tuple[int, ...]) -> int:
        """Call a function of machine code (see entry/machine_code.py).  A body that does so while the CPU runs must
        return what it gets, untouched."""
        if self.in_run:
            return cast(int, TailCall(address, args))  # the entry code, or who called by `vmcall`, sends the CPU there
        return self.call_out(address, *args)

    @property
    def in_run(self) -> bool:
        """Whether the CPU runs at this moment, and has called us."""
        raise NotImplementedError

    def check_result(self, address: int, body: Callable[..., Any], result: object) -> int:
        """What a function of kernel text returned, as the register holds it; a C function returns a number."""
        if isinstance(result, int):
            return int.__int__(result)  # bool, and whatever class a module has made of int
        name = self._name_function(address)
        raise KernelBug(f"{name} returned {shortened(result)}; a handler returns an int: a result, or -EXXX", body)

    def refuse_arguments(self, address: int, body: Callable[..., Any], count: int) -> NoReturn:
        """A function is called with `count` arguments after `k`, and has not that many."""
        name, takes = self._name_function(address), max(body.__code__.co_argcount - 1, 0)
        symbol = self.symbols.at(address)
        blamed = body if symbol is not None and symbol.module else None  # the kernel's own functions are right
        raise KernelBug(f"{name} takes {takes} after k, and was called with {count}: correct the parameters", blamed)

    def jump_into_nothing(self, address: int) -> NoReturn:
        """What happens at an address where no function begins: a fault, or an instruction that makes no sense."""
        self.memory.check(address, FETCH)
        if address < layout.TASK_SIZE_MAX:
            self.note("without SMEP Linux would now run user code in ring 0; kshell's kernel can only run its own text")
        raise InvalidOpcode(address)

    def return_into_nothing(self, address: int) -> NoReturn:
        """A function whose text was freed while it ran returns to where it stood."""
        raise KernelFault(address + RETURN_OFFSET, FETCH, 0x10)

    def name_at(self, address: int) -> dict[str, str | None]:
        """The `symbol` and the `module` of the function at `address`, as values of an event."""
        symbol = self.symbols.at(address)
        return {"symbol": None, "module": None} if symbol is None else {"symbol": symbol.name, "module": symbol.module}

    def _name_function(self, address: int) -> str:
        symbol = self.symbols.at(address)
        if symbol is None:
            return "nothing: no function lives there any more" if address not in self.bodies else hex(address)
        return symbol.name + (f" [{symbol.module}]" if symbol.module else "")

    # Pointers.

    def bind_stub(self, stub: Stub[Any], address: int) -> None:
        """`stub` means the 8 bytes at `address` from now on."""
        self._stubs[stub] = address

    def forget_stubs(self, stubs: list[Stub[Any]]) -> None:
        """The file that declared these is gone."""
        for stub in stubs:
            self._stubs.pop(stub, None)

    def stub_address(self, stub: Stub[Any]) -> int:
        """Where the pointer itself is: ``&STUB_x``."""
        try:
            return self._stubs[stub]
        except (KeyError, TypeError):
            name = stub.name if isinstance(stub, Stub) else shortened(stub)
            raise KernelBug(f"{name} has no memory in this kernel: declare it at the top level of the file") from None

    def __getitem__(self, stub: Stub[P]) -> Callable[..., int] | None:
        if isinstance(stub, Param):
            raise KernelBug(f"{stub.name} is a number and no pointer: k.read({stub.name})")
        address = self.memory.load(self.stub_address(stub))
        if address == 0:
            if self.on_event is not None:
                self.tell("stub", "null", 0, stub=stub.name)
            return None
        return FunctionPointer(self, address, stub.name)

    def __setitem__(self, stub: Stub[P], function: Callable[..., int] | int | None) -> None:
        self.memory.store(self.stub_address(stub), self.pointer_to(function))

    def read(self, variable: Param[V]) -> V:
        """The value of a module's variable or parameter: an int, or a str where it was declared with one."""
        value: V = variable.load(self)
        return value

    def write(self, variable: Param[V], value: V) -> None:
        """Give a module's variable another value."""
        variable.store(self, value)

    def pointer_to(self, function: Callable[..., int] | int | None) -> int:
        """The 8 bytes that a pointer to `function` holds; None is NULL, an int stands for itself (a cast in C)."""
        if function is None:
            return 0
        if isinstance(function, FunctionPointer):
            return function.address
        if isinstance(function, int):
            return function & U64
        address = self.address_of(function)
        if address is None:
            name = getattr(function, "__qualname__", None) or shortened(function)
            raise KernelBug(
                f"{name} has no address, so no pointer can hold it: only a function written with def at the top level "
                "of the module has one (no lambda, inner function, method or decorated function)"
            )
        return address
