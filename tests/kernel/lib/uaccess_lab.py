"""The text of copies from and to user memory, called in ring 0 by a module of machine code."""

from __future__ import annotations

from typing import NamedTuple

from tests.kernel.machine_code_lab import DATA, EPILOGUE, PROLOGUE, MachineLab, h, mov_rax

BUFFER = DATA + 0x1000  # in kernel memory, and a page behind it
BUFFER_SIZE = 0x4000
AC = 1 << 18
SAVE_RBX, RESTORE_RBX = h("53 53"), h("5b 5b")


class Moved(NamedTuple):
    """What a routine left: its answer in rax, rdx and rcx, and the flags behind it."""

    rax: int
    rdx: int
    rcx: int
    flags: int


class UaccessLab(MachineLab):
    """Calls of the kernel's routines with chosen registers."""

    def __init__(self, release: str = "course", cmdline: str = "") -> None:
        super().__init__(release, cmdline)
        self.k.memory.map(BUFFER, BUFFER_SIZE, writable=True)
        self.caller = self.function("caller", bytes(0x100))

    def address(self, name: str) -> int:
        symbol = self.k.symbols.lookup(name)
        assert symbol is not None
        return symbol.address

    def call(self, name: str, **registers: int) -> Moved | None:
        """Call a routine; None where the task died."""
        self.k.memory.fill(DATA, 0, 0x40)
        load = b"".join(_LOAD[name] + mov_rax(value)[2:] for name, value in registers.items() if name != "rax")
        routine = h("49bb") + mov_rax(self.address(name))[2:]  # movabs r11
        load += mov_rax(registers.get("rax", 0))
        code = PROLOGUE + SAVE_RBX + load + routine + h("41ffd3") + _STORE + RESTORE_RBX + EPILOGUE
        self.k.memory.poke(self.caller, code)
        self.k.cpu.flush_code()
        self.point(self.caller)
        made = self.syscall().call
        if made is None or made.ret is None:
            return None
        return Moved(*(self.k.memory.load(DATA + 8 * at) for at in range(4)))

    def dies(self, code: bytes) -> bool:
        """Whether the task dies of this code in ring 0."""
        made = self.run(code).call
        return made is not None and made.ret is None

    def get_user(self, size: int, address: int) -> tuple[int, int]:
        """The answer, and the number."""
        moved = self.call(f"__get_user_{size}", rax=address)
        assert moved is not None
        return moved.rax, moved.rdx

    def put_user(self, size: int, value: int, address: int) -> int:
        """The answer as a long."""
        moved = self.call(f"__put_user_{size}", rax=value, rcx=address)
        assert moved is not None
        answer = moved.rax if self.k.profile.version < (5, 10) else moved.rcx
        return ((answer & 0xFFFFFFFF ^ 1 << 31) - (1 << 31)) & (1 << 64) - 1

    def clear_user(self, address: int, size: int) -> int:
        """How many bytes it left."""
        moved = self.call("clear_user", rdi=address, rsi=size)
        assert moved is not None
        return moved.rax

    def copy_from_user(self, source: int, size: int) -> tuple[int, bytes] | None:
        """How many bytes it did not copy, and what is in the buffer."""
        moved = self.call("_copy_from_user", rdi=BUFFER, rsi=source, rdx=size)
        return None if moved is None else (moved.rax, self.k.memory.read(BUFFER, size))

    def copy_to_user(self, target: int, data: bytes) -> int | None:
        """How many bytes it did not copy."""
        self.k.memory.write(BUFFER, data)
        moved = self.call("_copy_to_user", rdi=target, rsi=BUFFER, rdx=len(data))
        return None if moved is None else moved.rax


_LOAD = {"rdi": h("48bf"), "rsi": h("48be"), "rdx": h("48ba"), "rcx": h("48b9")}  # movabs
_STORE = (
    h("49bb")
    + mov_rax(DATA)[2:]  # movabs r11, DATA
    + h("498903 49895308 49894b10 9c 58 49894318 498b03")  # rax, rdx, rcx, flags; rax again
)
