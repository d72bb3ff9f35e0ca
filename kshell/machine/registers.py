"""Moving the CPU's registers to and from struct pt_regs in RAM, the fastest way there is.

Unicorn's batch calls can read straight into memory that we name, so that a whole pt_regs costs about half a
microsecond.  The public Python binding takes two microseconds for a single register.  The names that the fast way
needs are private to the binding; where a release renames them, the public way takes over, 60 times slower, and
nothing else changes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from typing import Any

from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.machine.ram import Ram

# The register behind each slot of pt_regs.  orig_ax and ax both start as rax.
SLOT_REGISTERS = tuple(
    getattr(x86, "UC_X86_REG_" + {"ORIG_AX": "RAX", "FLAGS": "EFLAGS"}.get(name, name))
    for name in (
        *("R15", "R14", "R13", "R12", "RBP", "RBX", "R11", "R10", "R9", "R8", "RAX", "RCX", "RDX", "RSI", "RDI"),
        *("ORIG_AX", "RIP", "CS", "FLAGS", "RSP", "SS"),
    )
)
RESULT_SLOTS = (ptregs.AX, ptregs.CX, ptregs.R11)  # what changes for the user at the end of a system call
# Everything a program can see, but for cs and ss, which stay those of ring 3.
LOAD_SLOTS = tuple(i for i in range(ptregs.COUNT) if i not in (ptregs.ORIG_AX, ptregs.CS, ptregs.SS))

Mover = Callable[[], object]


class Frame:
    """The pt_regs of one task, at physical address `physical`, and the three ways to move registers.

    `words` is the struct, 21 words in RAM.  `save` fills it from the CPU, `load` puts all of it into the CPU,
    `load_result` only rax, rcx and r11.
    """

    __slots__ = ("_keep", "load", "load_result", "physical", "save", "words")

    def __init__(self, uc: Any, ram: Ram, physical: int) -> None:
        self.physical = physical
        self.words = ram.words[physical >> 3 : (physical >> 3) + ptregs.COUNT]
        self._keep: list[object] = []
        movers = self._fast(uc, ram) if fast_path_available() else self._public(uc)
        self.save, self.load, self.load_result = movers

    def _fast(self, uc: Any, ram: Ram) -> tuple[Mover, Mover, Mover]:
        library = _library()
        handle = uc._uch
        base = ram.host_address + self.physical

        def batch(call: Any, slots: tuple[int, ...]) -> Mover:
            ids = (ctypes.c_int * len(slots))(*[SLOT_REGISTERS[slot] for slot in slots])
            pointers = (ctypes.c_void_p * len(slots))(*[base + 8 * slot for slot in slots])
            count = ctypes.c_int(len(slots))
            self._keep += [ids, pointers, count]

            return partial(call, handle, ids, pointers, count)

        read, write = library.uc_reg_read_batch, library.uc_reg_write_batch
        return batch(read, tuple(range(ptregs.COUNT))), batch(write, LOAD_SLOTS), batch(write, RESULT_SLOTS)

    def _public(self, uc: Any) -> tuple[Mover, Mover, Mover]:
        words = self.words

        def save() -> None:
            for slot, register in enumerate(SLOT_REGISTERS):
                words[slot] = uc.reg_read(register)

        def load() -> None:
            for slot in LOAD_SLOTS:
                uc.reg_write(SLOT_REGISTERS[slot], words[slot])

        def load_result() -> None:
            for slot in RESULT_SLOTS:
                uc.reg_write(SLOT_REGISTERS[slot], words[slot])

        return save, load, load_result


def hook_syscall(uc: Any, callback: Callable[..., object]) -> object:
    """Call `callback(_, _)` at each `syscall`; the result must be kept as long as the CPU.

    The binding wraps a callback twice, which would cost a tenth of a whole system call.
    """
    if not fast_path_available():
        uc.hook_add(uc_const.UC_HOOK_INSN, callback, None, 1, 0, x86.UC_X86_INS_SYSCALL)
        return callback
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
    function, handle = kind(callback), ctypes.c_size_t()
    begin, end = ctypes.c_uint64(1), ctypes.c_uint64(0)
    instruction = ctypes.c_int(x86.UC_X86_INS_SYSCALL)
    status = _library().uc_hook_add(
        uc._uch, ctypes.byref(handle), ctypes.c_int(uc_const.UC_HOOK_INSN), function, None, begin, end, instruction
    )
    if status != uc_const.UC_ERR_OK:
        raise RuntimeError(f"the emulator refused a hook: {status}")
    return function


_loaded: Any = None


def _library() -> Any:
    """Unicorn's shared library through PyDLL: no thread switch around a call that takes half a microsecond."""
    global _loaded
    if _loaded is None:
        import unicorn.unicorn_py3.unicorn as binding

        _loaded = ctypes.PyDLL(binding.uclib._name)
    return _loaded


def fast_path_available() -> bool:
    """Whether this release of the binding has the private names that the fast way needs."""
    try:
        import unicorn.unicorn_py3.unicorn as binding

        return bool(binding.uclib._name) and hasattr(_library(), "uc_reg_read_batch")
    except (ImportError, AttributeError, OSError):
        return False
