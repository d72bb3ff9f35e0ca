"""A machine put by as bytes, from which any number of such machines can be made: so that a long way need not be gone
from its beginning.

What is in RAM is copied, what is Python is pickled; the emulator is made anew, between two commands there is nothing in
it but the floating-point registers.  The bytes never leave the process.
"""

from __future__ import annotations

import ctypes
import io
import pickle
import zlib
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from kshell.abi.elf import ElfObject
from kshell.abi.syscall_rows import SyscallTable
from kshell.kernel.boot.start import attach_cpu
from kshell.kernel.boot.vmlinux import Vmlinux
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.layout import THREAD_SIZE
from kshell.kernel.core.profile import Profile
from kshell.kernel.kernel import Kernel, NoTty
from kshell.machine.cpu import Cpu
from kshell.machine.mmu import Mmu
from kshell.machine.ram import Ram
from kshell.machine.registers import PtRegs
from kshell.shell.replay.packing import packed

OUTSIDE = ("tty", "on_cut", "on_break", "on_event", "tracer")  # of a kernel: the session's own
# What never changes once it is there, and is shared by all machines.
SHARED = (FunctionType, CodeType, ModuleType, type, Vmlinux, SyscallTable, ElfObject, SyscallDefinition, Profile)
# What a function has beside its code.
NAMES = ("__defaults__", "__kwdefaults__", "__dict__", "__annotations__", "__qualname__", "__module__", "__doc__")


def freeze(k: Kernel) -> Frozen | None:
    """The machine, put by; None where something in it cannot be: then the way to it is as long as it was."""
    outside = {name: getattr(k, name) for name in OUTSIDE}
    try:
        k.tty, k.on_cut, k.on_break, k.on_event, k.tracer = NoTty(), _nobody, None, None, None
        return Frozen(k)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError):
        return None
    finally:
        for name, value in outside.items():
            setattr(k, name, value)


def _nobody(kind: str, ring: int) -> str:
    return kind


class Frozen:
    """A machine as it was at a moment; `size` is in bytes."""

    def __init__(self, k: Kernel) -> None:
        self._shared: list[object] = []
        stream = io.BytesIO()
        _Freezer(stream, k, self._shared).dump(k)
        self._state = stream.getvalue()
        self._fpu = k.cpu.fpu_state()
        self._ram_state = k.ram.state()
        self._scratch = k.cpu.scratch - k.ram.host_address
        self._size = k.ram.size
        self._ram = packed([memoryview(k.ram.bytes)[: k.ram.end]])
        self.size = len(self._state) + len(self._ram)

    def thaw(self) -> Kernel:
        """A machine in that state."""
        ram = Ram(self._size)
        cpu = Cpu(ram)
        cpu.scratch = ram.host_address + self._scratch  # frames, which are made next, write to it
        k: Kernel = _Thawer(io.BytesIO(self._state), ram, cpu, self._shared).load()
        memory = zlib.decompress(self._ram)
        ram.bytes[: len(memory)] = memory
        ram.set_state(self._ram_state)
        gdt = k.symbols.lookup("gdt_page")
        assert gdt is not None
        attach_cpu(k, gdt.address, k.shell_task.stack + THREAD_SIZE)
        cpu.probes.watchers.append(k.code_trace)
        ram.bytes[: len(memory)] = memory  # where the CPU has passed to ring 3
        cpu.set_fpu_state(self._fpu)
        k.switch_to(k.current)
        return k


class _Freezer(pickle.Pickler):
    """Names what is shared, and what each machine has of its own."""

    def __init__(self, stream: io.BytesIO, k: Kernel, shared: list[object]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self._k, self._shared = k, shared
        self._numbers: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Ram | Cpu | Mmu):
            return type(obj).__name__
        if isinstance(obj, PtRegs):
            return self._physical(obj.words), 0
        if isinstance(obj, memoryview):
            return self._physical(obj), len(obj)
        if isinstance(obj, SHARED) and not (isinstance(obj, FunctionType) and obj.__closure__):
            if id(obj) not in self._numbers:
                self._numbers[id(obj)] = len(self._shared)
                self._shared.append(obj)
            return self._numbers[id(obj)]
        return None

    def _physical(self, words: memoryview) -> int:
        return ctypes.addressof(ctypes.c_char.from_buffer(words.cast("B"))) - self._k.ram.host_address

    def reducer_override(self, obj: Any) -> Any:
        """A function that was made by another one has what it was made with."""
        if isinstance(obj, FunctionType) and obj.__closure__:
            made = obj.__code__, _Globals(obj.__globals__), obj.__name__, len(obj.__closure__)
            cells = [each.cell_contents for each in obj.__closure__]
            return _function, made, ({name: getattr(obj, name) for name in NAMES}, cells), None, None, _fill
        return NotImplemented


class _Globals(ModuleType):
    """Stands for the globals of a file."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__("globals")
        self.found = found


def _function(code: CodeType, file: _Globals, name: str, cells: int) -> FunctionType:
    return FunctionType(code, file.found, name, None, tuple(CellType() for _ in range(cells)))


def _fill(function: FunctionType, state: Any) -> None:
    attributes, contents = state
    for name, value in attributes.items():
        setattr(function, name, value)
    for cell, value in zip(function.__closure__ or (), contents, strict=True):
        cell.cell_contents = value


class _Thawer(pickle.Unpickler):
    """Gives the new machine's own things, and the shared ones."""

    def __init__(self, stream: io.BytesIO, ram: Ram, cpu: Cpu, shared: list[object]) -> None:
        super().__init__(stream)
        self._cpu = cpu
        self._own: dict[str, object] = {"Ram": ram, "Cpu": cpu, "Mmu": cpu.mmu}
        self._shared = shared

    def persistent_load(self, pid: Any) -> Any:
        if isinstance(pid, int):
            return self._shared[pid]
        if isinstance(pid, str):
            return self._own[pid]
        physical, length = pid
        if not length:
            return self._cpu.new_frame(physical)
        return self._cpu.ram.words[physical >> 3 : (physical >> 3) + length]
