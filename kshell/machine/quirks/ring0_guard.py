"""Instructions of ring 0 that must not reach the emulator: they would leave ring 0 behind its back, switch paging or
long mode off under it, ask the host, or halt the CPU for ever.  And invlpg, which takes it as long as many others.

Each is met with a hook on its own address.  No exit would do: after each run the emulator looks at the pages of its
exits from whatever ring it stopped in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from typing import Any

from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.machine.stop import GENERAL_PROTECTION, HALTED, INTERRUPT, TRIPLE_FAULT, Stop

_PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3") | frozenset(range(0x40, 0x50))
LONGEST_INSTRUCTION = 15
HOOK_COST = 1000  # instructions that could run while a hook is looked into
FORBIDDEN, CONTROL, RDTSC, INVLPG = "forbidden", "control register", "rdtsc", "invlpg"
CLI, HALT = "cli", "hlt"
INTERRUPT_FLAG = 1 << 9

# Far transfers and descriptors: iret, retf, far call and jmp; mov, pop and loads of segment registers; lldt, ltr;
# lgdt, lidt, lmsw; sysret, sysexit, syscall's registers (wrmsr, rdmsr); debug registers; rsm.
_FORBIDDEN = re.compile(
    rb"\xcf|[\xca\xcb]|\xff[\x18-\x1f\x28-\x2f\x58-\x5f\x68-\x6f\x98-\x9f\xa8-\xaf\xd8-\xdf\xe8-\xef]"
    rb"|\x8e|\x0f(?:[\xa1\xa9\xb2\xb4\xb5\x07\x35\x30\x32\x21\x23\xaa]"
    rb"|\x00[\x10-\x1f\x50-\x5f\x90-\x9f\xd0-\xdf]|\x01[\x10-\x1f\x30-\x37\x50-\x5f\x70-\x77\x90-\x9f\xb0-\xb7\xf0-\xf8])",
    re.DOTALL,
)
_CONTROL = re.compile(rb"\x0f[\x20\x22]", re.DOTALL)
_RDTSC = re.compile(rb"\x0f\x31", re.DOTALL)
_INVLPG = re.compile(rb"\x0f\x01[\x38-\x3f\x78-\x7f\xb8-\xbf]", re.DOTALL)
_CLI, _HALT = re.compile(rb"\xfa"), re.compile(rb"\xf4")
_GENERAL = ("RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", *(f"R{i}" for i in range(8, 16)))


_PATTERNS = ((_FORBIDDEN, FORBIDDEN), (_CONTROL, CONTROL), (_RDTSC, RDTSC), (_INVLPG, INVLPG))


def guarded_starts(text: bytes, halts: bool) -> Iterator[tuple[int, str]]:
    """Every offset from which decoding may meet such an instruction, and which; `hlt` is one if `halts`."""
    last = (_HALT, HALT) if halts else (_CLI, CLI)
    for pattern, kind in (*_PATTERNS, last):
        at = 0
        while match := pattern.search(text, at):
            at = match.start() + 1
            yield from ((start, kind) for start in _with_prefixes(text, match.start()))


def _with_prefixes(text: bytes, at: int) -> Iterator[int]:
    for start in range(at, max(at - LONGEST_INSTRUCTION, -1), -1):
        yield start
        if not start or text[start - 1] not in _PREFIXES:
            break


class Guards:
    """The hooks.  `on_stop(stop)` is called at one that ends the run, `charge(instructions)` at each, `on_cli()` before
    the first `cli`: from there on a `hlt` may be one that nothing ends.

    `read_control(number)` and `write_control(number, value)` are the control registers; the latter is False where the
    CPU could not go on with that value.  `time_stamp()` is what rdtsc reads.

    At the addresses in `own` the kernel's text has what others may not have; those in `exits` lead to ring 3, and
    `on_exit(address)` does that.
    """

    def __init__(
        self,
        uc: Any,
        read: Callable[[int, int], bytes],
        on_stop: Callable[[Stop], None],
        charge: Callable[[int], None],
        on_cli: Callable[[], None],
        read_control: Callable[[int], int],
        write_control: Callable[[int, int], bool],
    ) -> None:
        self.read_control, self.write_control = read_control, write_control
        self.time_stamp: Callable[[], int] = lambda: 0
        self.own: Container[int] = ()
        self.exits: Container[int] = ()
        self.on_exit: Callable[[int], None] = lambda address: None
        self._uc, self._read, self._on_stop, self._charge, self._on_cli = uc, read, on_stop, charge, on_cli
        self._kinds: dict[int, str] = {}
        self._handles: dict[int, int] = {}

    def install(self, guarded: dict[int, str]) -> None:
        """Have hooks on these addresses and no other; the translated code is forgotten afterwards."""
        guarded = {address: kind for address, kind in guarded.items() if address not in self.own}
        for address in [each for each in self._handles if each not in guarded]:
            self._uc.hook_del(self._handles.pop(address))
        for address in guarded:
            if address not in self._handles:
                self._handles[address] = self._uc.hook_add(uc_const.UC_HOOK_CODE, self._met, None, address, address)
        self._kinds = guarded

    def _met(self, _uc: Any, address: int, size: int, _data: object) -> None:
        kind = self._kinds.get(address)
        if address in self.exits:
            self.on_exit(address)
            return
        self._charge(HOOK_COST)
        if kind == RDTSC:
            now = self.time_stamp()
            self._write("RAX", now & 0xFFFFFFFF)
            self._write("RDX", now >> 32)
            self._write("RIP", address + size)
        elif kind == CONTROL:
            self._control(address, size)
        elif kind == CLI:
            self._on_cli()
        elif kind == HALT:
            if not self._uc.reg_read(x86.UC_X86_REG_EFLAGS) & INTERRUPT_FLAG:
                self._on_stop(Stop(HALTED))
        elif kind == FORBIDDEN:
            self._on_stop(Stop(INTERRUPT, vector=GENERAL_PROTECTION))

    def _control(self, address: int, size: int) -> None:
        """mov to or from a control register: the emulator's own are not those of a real machine."""
        code = self._read(address, size)
        rex = code[-4] if size >= 4 and 0x40 <= code[-4] < 0x50 else 0
        number, register = code[-1] >> 3 & 7 | (rex & 4) << 1, _GENERAL[code[-1] & 7 | (rex & 1) << 3]
        if number not in (0, 2, 3, 4):
            self._on_stop(Stop(INTERRUPT, vector=GENERAL_PROTECTION))
        elif code[-2] == 0x20:
            self._write(register, self.read_control(number))
            self._write("RIP", address + size)
        elif self.write_control(number, self._uc.reg_read(getattr(x86, "UC_X86_REG_" + register))):
            self._write("RIP", address + size)
        else:
            self._on_stop(Stop(TRIPLE_FAULT))

    def _write(self, register: str, value: int) -> None:
        self._uc.reg_write(getattr(x86, "UC_X86_REG_" + register), value)
