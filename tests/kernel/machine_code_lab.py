"""Machine code in module space, written by hand: a stand-in for what a compiler and a loader do."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.pointers import function_at
from kshell.kernel.entry.exec import StubRun, run_stub
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

NR = 335
TEXT = layout.MODULES
DATA = layout.MODULES + 0x8000
BODIES = layout.MODULES + 0x10000
PROLOGUE, EPILOGUE = bytes.fromhex("55 4889e5"), bytes.fromhex("5d c3")  # push rbp; mov rbp, rsp ... pop rbp; ret


def h(text: str) -> bytes:
    return bytes.fromhex(text)


def mov_rax(value: int) -> bytes:
    """movabs rax, value"""
    return b"\x48\xb8" + struct.pack("<Q", value & (1 << 64) - 1)


def call(address: int) -> bytes:
    """movabs rax, address; call rax"""
    return mov_rax(address) + h("ffd0")


class MachineLab:
    """A kernel with one module of machine code; call 335's slot points to its first function."""

    def __init__(self, release: str = "course", cmdline: str = "") -> None:
        self.k: Kernel = boot(release, cmdline)
        self.k.memory.map(TEXT, 2 * PAGE_SIZE, writable=False, executable=True)
        self.k.memory.map(DATA, PAGE_SIZE, writable=True)
        self.k.memory.map(BODIES, PAGE_SIZE, writable=False, executable=True)
        self.functions: dict[str, int] = {}
        self._next, self._next_body = TEXT, BODIES
        self.before = 0
        self.end = ""

    def body(self, function: Callable[..., Any]) -> int:
        """A kernel function with a body in Python."""
        address, self._next_body = self._next_body, self._next_body + 16
        self.k.define_functions(function_at(address, function.__name__, function))
        return address

    def function(self, name: str, code: bytes, at: int = 0) -> int:
        """A function of the module, that code and nothing around it."""
        address = at or self._next
        self._next = max(self._next, (address + len(code) + 31) & ~15)
        self.k.memory.poke(address, code)
        self.k.symbols.add(Symbol(name, address, "t", len(code), module="lab"))
        self.k.cpu.flush_code()
        return address

    def replace(self, address: int, code: bytes) -> None:
        """Other code at a place, without a name."""
        for at in range(address, address + len(code)):  # frames need not follow each other
            self.k.memory.poke(at, code[at - address : at - address + 1])
        self.k.cpu.flush_code()

    def getpid(self) -> int | None:
        """What the next call answers."""
        made = run_stub(self.k, 39, []).call
        return made.ret if made is not None else None

    def point(self, address: int) -> None:
        """Let system call 335 reach `address`."""
        k = self.k
        k.memory.poke(k.sys_call_table + 8 * NR, address.to_bytes(8, "little"))
        k.switch[NR] = address

    def run(self, code: bytes, *args: int, budget: int = 0, name: str = "sys_lab") -> StubRun:
        """Put `code` where call 335 goes, and make that call."""
        self.point(self.function(name, code))
        return self.syscall(*args, budget=budget)

    def syscall(self, *args: int, budget: int = 0) -> StubRun:
        self.before = self.k.log.written
        return run_stub(self.k, NR, args, budget)

    def ret(self, code: bytes, *args: int) -> int | None:
        call = self.run(code, *args).call
        assert call is not None
        return call.ret

    def log(self) -> list[str]:
        """What the kernel said since the last call began."""
        return [record.text for record in self.k.log.since(self.before)]
