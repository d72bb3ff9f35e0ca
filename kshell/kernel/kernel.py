"""struct-of-everything: one booted kernel.

Importing declares, booting binds: the declarations of kshell.kernel.syscalls get their addresses here, and every
value lives in this object.  Two kernels in one process never meet.

A pointer is 8 bytes in memory; calling through it means loading those bytes and running what lives at that address.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Protocol

from kshell.abi.c_types import U64, to_signed64
from kshell.kernel import layout
from kshell.kernel.clock import Clock
from kshell.kernel.declare import Param, Stub
from kshell.kernel.kallsyms import Kallsyms, Symbol
from kshell.kernel.naming import entry_name
from kshell.kernel.memory import KernelFault, KernelMemory
from kshell.kernel.printk import DEFAULT_LEVEL, Log
from kshell.kernel.profile import DEFAULT, PROFILES, Profile
from kshell.kernel.taint import Taint
from kshell.machine.cpu import Cpu
from kshell.machine.encode import KERNEL_FUNCTION_STUB
from kshell.machine.paging import FETCH
from kshell.machine.ram import Ram

if TYPE_CHECKING:
    from kshell.abi.syscall_tbl import Table
    from kshell.kernel.declare import SyscallDefinition
    from kshell.kernel.entry import CallStatistics
    from kshell.kernel.fs.filesystem import FileSystem
    from kshell.kernel.mm import AddressSpace
    from kshell.kernel.module import Module
    from kshell.kernel.task import Siginfo, Task
    from kshell.kernel.trace import Tracer

P = ParamSpec("P")
RAM_SIZE = 64 << 20
FIRST_PID = 77


class Tty(Protocol):
    """The shell's own screen and keyboard, behind /dev/tty."""

    def write(self, data: bytes) -> None:
        """Show bytes."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes, at most one line; empty at the end."""


class NoTty:
    """A screen that nobody looks at."""

    def write(self, data: bytes) -> None:
        """Drop the bytes."""

    def read(self, size: int) -> bytes:
        """End of file."""
        return b""


class FunctionPointer:
    """The value of a ``STUB_``: an address, resolved when it is called and not before."""

    __slots__ = ("_k", "address", "name")

    def __init__(self, k: Kernel, address: int, name: str) -> None:
        self._k, self.address, self.name = k, address, name

    def __call__(self, k: Kernel, *args: int) -> int:
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


class ModuleBug(Exception):
    """Module code did what C would not have compiled, or what would have corrupted a kernel."""


class Kernel:
    """A booted kernel.  `release` names its profile: 4.19, course or 6.19; `cmdline` is what the boot loader passes
    (`nosmap` and `nosmep` are understood)."""

    def __init__(self, release: str = DEFAULT.name, cmdline: str = "", ram_size: int = RAM_SIZE) -> None:
        from kshell.kernel import boot

        self.profile: Profile = PROFILES[release]
        self.cmdline = cmdline
        self.clock = Clock()
        self.log = Log(self.clock)
        self.random = random.Random(0)
        self.tty: Tty = NoTty()
        self.taint = Taint()
        self.notes: list[str] = []
        self.tracer: Tracer | None = None
        self.ram = Ram(ram_size)
        self.memory = KernelMemory(self.ram)
        self.symbols = Kallsyms()
        self.bodies: dict[int, Callable[..., Any]] = {}
        self._function_addresses: dict[Callable[..., Any], int] = {}
        self._stubs: dict[Stub[Any], int] = {}
        self.modules: dict[str, Module] = {}
        self.next_module_space = layout.MODULES
        self.last_unloaded = ""
        self.tick_budget = self.ticks_left = 0  # turns of loops that module code may take at a stretch; 0: any number
        self.oopses = 0
        self.tasks: dict[int, Task] = {}
        self._last_pid = FIRST_PID - 1
        self.cpu = Cpu(self.ram)
        self.table: Table
        self.definitions: dict[str, SyscallDefinition] = {}
        self.sys_call_table = 0
        self.nr_syscalls = 0
        self.ni_syscall = 0  # the address of sys_ni_syscall
        self.switch: dict[int, int] = {}  # x64_sys_call(): what is compiled into text, whatever the table says
        self.dispatches_by_table = self.profile.dispatch == "table"
        self.statistics: dict[int, CallStatistics] = {}
        self.calls_left = -1  # system calls until a run's budget is used up; negative: no budget
        self.fs: FileSystem
        self.current: Task
        self.shell_task: Task
        boot.start_kernel(self)

    # printk

    def printk(self, level: int | str, text: str | None = None) -> None:
        """``printk(KERN_INFO "...")``: the level first, or no level at all."""
        if text is None:
            level, text = DEFAULT_LEVEL, str(level)
        assert isinstance(level, int)
        self.log.write(level, str(text))
        if self.tracer is not None:
            self.tracer.hop(0, "printk", str(text))

    def note(self, text: str) -> None:
        """A sentence that only a teaching kernel says: for the person at the shell, not for the log."""
        if text not in self.notes:
            self.notes.append(text)

    def take_notes(self) -> list[str]:
        """The notes since the last time, oldest first."""
        notes, self.notes = self.notes, []
        return notes

    def start_tick_budget(self) -> None:
        """Module code begins to run for the shell: its loops may turn `tick_budget` times from here."""
        self.ticks_left = self.tick_budget

    # Text: functions and their addresses.

    def define_function(
        self, name: str, body: Callable[..., Any], address: int, *, module: str | None = None, exported: str | None = None
    ) -> Symbol:
        """Let `body` live at `address`: a stub in text, a symbol, and the body behind it."""
        self.memory.poke(address, KERNEL_FUNCTION_STUB)
        self.bodies[address] = body
        code = getattr(body, "__wrapped__", body).__code__
        source = f"{code.co_filename}:{code.co_firstlineno}"
        self._function_addresses[getattr(body, "__wrapped__", body)] = address
        kind = "T" if exported or module is None else "t"
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
        body = self.bodies.get(address)
        if self.tracer is not None and via:
            self.tracer.hop(0, "stub", f"{via} -> {self._name_function(address)}", address)
        if body is None:
            self.jump_into_nothing(address)
        result = body(self, *args)
        if self.bodies.get(address) is not body:
            self.return_into_nothing(address)
        if not isinstance(result, int):
            name = self._name_function(address)
            raise ModuleBug(f"{name} returned {result!r}; a handler returns an int: a result, or -EXXX")
        return to_signed64(result)

    def jump_into_nothing(self, address: int) -> NoReturn:
        """What happens at an address where no function begins: a fault, or an instruction that makes no sense."""
        self.memory.check(address, FETCH)
        raise InvalidOpcode(address)

    def return_into_nothing(self, address: int) -> NoReturn:
        """A function whose text was freed while it ran returns to where it stood."""
        raise KernelFault(address + 3, FETCH, 0x10)

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
        except KeyError:
            raise ModuleBug(f"{stub.name} has no memory in this kernel: declare it at the top level of the file") from None

    def __getitem__(self, stub: Stub[P]) -> Callable[..., int] | None:
        address = self.memory.load(self.stub_address(stub))
        if address == 0:
            if self.tracer is not None:
                self.tracer.hop(0, "stub", f"{stub.name} -> NULL: no module has filled it", 0)
            return None
        return FunctionPointer(self, address, stub.name)

    def __setitem__(self, stub: Stub[P], function: Callable[..., int] | int | None) -> None:
        self.memory.store(self.stub_address(stub), self.pointer_to(function))

    def read(self, parameter: Param) -> int:
        """The value of a module's parameter."""
        return to_signed64(self.memory.load(self.stub_address(parameter)))

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
            name = getattr(function, "__qualname__", repr(function))
            raise ModuleBug(f"{name} has no address: only a function defined with def at the top level of a module has")
        return address

    # Tasks.

    def new_pid(self) -> int:
        """The next process id."""
        self._last_pid += 1
        return self._last_pid

    def new_address_space(self) -> AddressSpace:
        """An empty user half over this kernel's."""
        from kshell.kernel.mm import AddressSpace

        return AddressSpace(self)

    def switch_to(self, task: Task) -> None:
        """Make `task` the current one."""
        self.current = task
        if task.is_alive:
            self.cpu.load_space(task.mm.pages)

    def send_signal(self, signo: int, why: str = "") -> None:
        """Send a signal to the current task; it acts when the task next returns to user mode."""
        from kshell.kernel.task import Siginfo

        self.force_signal(Siginfo(signo, why=why))

    def force_signal(self, signal: Siginfo) -> None:
        """As send_signal, with all that siginfo says."""
        self.current.pending = signal

    def wait_for_ever(self, why: str) -> int:
        """What a call answers that could only be woken by a task that does not exist: a person's Ctrl-C, -EINTR."""
        from kshell.abi.errno import EINTR

        self.note(f"{why}: on Linux this call waits until somebody wakes it. Nobody can here, so kshell interrupts it.")
        return -EINTR

    # System calls.

    def define_of(self, nr: int) -> SyscallDefinition | None:
        """The declaration that the table's row for `nr` reaches, None if there is no row or no body."""
        row = self.table.by_number.get(nr)
        return self.definitions.get(entry_name(row.symbol)) if row is not None and row.symbol else None

    def syscall_state(self, nr: int) -> str:
        """"built", "not built" (a real call of Linux without a body here), "x32", "hole" or "unknown"."""
        row = self.table.by_number.get(nr)
        if row is not None:
            if row.abi == "x32":
                return "x32"
            return "built" if self.define_of(nr) else "not built"
        return "hole" if 0 <= nr <= self.table.last_common() else "unknown"
