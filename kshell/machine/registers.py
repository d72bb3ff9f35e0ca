"""Moving the CPU's registers to and from struct pt_regs in RAM, the fastest way there is.

Unicorn's batch calls can read straight into memory that we name, so that a whole pt_regs costs about half a
microsecond.  The public Python binding takes two microseconds for a single register.  The names that the fast way
needs are private to the binding; where a release renames them, the public way takes over, 60 times slower, and
nothing else changes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi import ptregs

# The register behind each slot of pt_regs.  At a `syscall` orig_ax and ax both start as rax.
SLOT_REGISTERS = tuple(
    getattr(x86, "UC_X86_REG_" + {"ORIG_AX": "RAX", "FLAGS": "EFLAGS"}.get(name, name))
    for name in (
        *("R15", "R14", "R13", "R12", "RBP", "RBX", "R11", "R10", "R9", "R8", "RAX", "RCX", "RDX", "RSI", "RDI"),
        *("ORIG_AX", "RIP", "CS", "FLAGS", "RSP", "SS"),
    )
)
RESULT_SLOTS = (ptregs.AX, ptregs.CX, ptregs.R11)  # what changes for the user at the end of a system call
CALL_SLOTS = (ptregs.SP, ptregs.AX, *ptregs.C_ARGUMENTS)  # a call of a C function begins
BODY_SLOTS = (ptregs.IP, ptregs.AX, *ptregs.C_ARGUMENTS)  # a function has run, or hands on to another
ENTRY_SLOTS = tuple(i for i in range(ptregs.COUNT) if i not in (ptregs.IP, ptregs.ORIG_AX, ptregs.CS, ptregs.SS))
SAVE_SLOTS = tuple(i for i in range(ptregs.COUNT) if i != ptregs.ORIG_AX)  # the number of the last call stays there
# Everything a program can see, but for cs and ss, which stay those of ring 3.
LOAD_SLOTS = tuple(i for i in range(ptregs.COUNT) if i not in (ptregs.ORIG_AX, ptregs.CS, ptregs.SS))
# At a `syscall` ax and ip are written by the CPU model itself; cx gets rip and r11 the flags, as the hardware does it.
SYSCALL_SLOTS = {i: SLOT_REGISTERS[i] for i in range(ptregs.COUNT) if i not in (ptregs.AX, ptregs.IP)} | {
    ptregs.CX: x86.UC_X86_REG_RIP,
    ptregs.R11: x86.UC_X86_REG_EFLAGS,
}

Mover = Callable[[], object]


_NOWHERE: dict[int, int] = {}


class MakeMover(Protocol):
    """Makes what moves the registers of some slots, and of some host addresses."""

    def __call__(self, slots: dict[int, int], also: dict[int, int] = ..., /) -> Mover:
        """The mover."""


class PtRegs:
    """One pt_regs, 21 `words` at `host_address` in this process, and the ways to move registers.

    `save` fills it from the CPU but for orig_ax, `load` puts all of it into the CPU, `load_result` only rax, rcx and
    r11, `load_call` rsp, rax and the arguments of a C function, `load_body` these with rip for rsp, `load_entry` all
    but rip.
    `save_for_syscall` is `save` at a `syscall`: cx is rip and r11 the flags, ax and ip are left to the caller.  It puts
    rsp at `scratch`, too, a host address, as the kernel's text of the way in does.
    """

    __slots__ = (
        *("_keep", "host_address", "load", "load_body", "load_call", "load_entry", "load_result"),
        *("save", "save_for_syscall", "words"),
    )

    def __init__(self, uc: Any, words: memoryview, host_address: int, scratch: int = 0) -> None:
        self.words, self.host_address = words, host_address
        self._keep: list[object] = []
        read, write = self._fast(uc, host_address) if fast_path_available() else self._public(uc)
        self.save, self.load = read(_registers(SAVE_SLOTS)), write(_registers(LOAD_SLOTS))
        self.load_result, self.load_call = write(_registers(RESULT_SLOTS)), write(_registers(CALL_SLOTS))
        self.load_body, self.load_entry = write(_registers(BODY_SLOTS)), write(_registers(ENTRY_SLOTS))
        also = {scratch: x86.UC_X86_REG_RSP} if scratch else {}
        self.save_for_syscall = read(SYSCALL_SLOTS, also)

    def _fast(self, uc: Any, base: int) -> tuple[MakeMover, MakeMover]:
        library = _library()
        handle = ctypes.c_void_p.from_param(uc._uch.value)

        def batch(call: Any, slots: dict[int, int], also: dict[int, int] = _NOWHERE) -> Mover:
            cells = {base + 8 * slot: register for slot, register in slots.items()} | also
            ids = (ctypes.c_int * len(cells))(*cells.values())
            pointers = (ctypes.c_void_p * len(cells))(*cells)
            count = ctypes.c_int.from_param(len(cells))
            self._keep += [ids, pointers]
            # ctypes passes what is made for it here on as it is; an array it would wrap anew at each call.
            return partial(call, handle, ctypes.byref(ids), ctypes.byref(pointers), count)

        return partial(batch, library.uc_reg_read_batch), partial(batch, library.uc_reg_write_batch)

    def _public(self, uc: Any) -> tuple[MakeMover, MakeMover]:
        words = self.words

        def read(slots: dict[int, int], also: dict[int, int] = _NOWHERE) -> Mover:
            def save() -> None:
                for slot, register in slots.items():
                    words[slot] = uc.reg_read(register)
                for address, register in also.items():
                    ctypes.c_uint64.from_address(address).value = uc.reg_read(register)

            return save

        def write(slots: dict[int, int], also: dict[int, int] = _NOWHERE) -> Mover:
            def load() -> None:
                for slot, register in slots.items():
                    uc.reg_write(register, words[slot])

            return load

        return read, write


def new_frame(uc: Any) -> tuple[PtRegs, memoryview]:
    """A pt_regs outside of the machine, and its words."""
    memory = (ctypes.c_uint64 * ptregs.COUNT)()
    words = memoryview(memory).cast("B").cast("Q")
    return PtRegs(uc, words, ctypes.addressof(memory)), words


def _registers(slots: Iterable[int]) -> dict[int, int]:
    return {slot: SLOT_REGISTERS[slot] for slot in slots}


class Extended:
    """The state that pt_regs has no room for: x87, SSE, segments, and what the emulator remembers of exceptions.

    `exception_taken` is to be set at each exception: the emulator would take the next one for a double fault.
    """

    REGISTERS = (
        *(getattr(x86, f"UC_X86_REG_XMM{i}") for i in range(16)),
        *(getattr(x86, f"UC_X86_REG_FP{i}") for i in range(8)),
        *(x86.UC_X86_REG_FPCW, x86.UC_X86_REG_FPSW, x86.UC_X86_REG_FPTAG, x86.UC_X86_REG_MXCSR),
    )
    SELECTORS = (x86.UC_X86_REG_DS, x86.UC_X86_REG_ES, x86.UC_X86_REG_FS, x86.UC_X86_REG_GS)

    def __init__(self, uc: Any) -> None:
        self._uc = uc
        self._clean: Any = None
        self.exception_taken = False
        self.before_selectors: Callable[[], None] = lambda: None  # they are read from the descriptors when written

    def remember_clean(self) -> None:
        """Ring 3 was just entered: this is what a new program finds, with the exceptions of the FPU masked."""
        self._uc.reg_write(x86.UC_X86_REG_FPCW, 0x37F)
        self._uc.reg_write(x86.UC_X86_REG_FPTAG, 0xFFFF)
        self._uc.reg_write(x86.UC_X86_REG_MXCSR, 0x1F80)
        self._clean = self._uc.context_save()

    def reset(self) -> None:
        """A new program's state; no exception was ever taken."""
        self._uc.context_restore(self._clean)
        self.exception_taken = False

    def forget_exceptions(self) -> None:
        """No exception was ever taken; all else stays, but for what is in pt_regs."""
        uc = self._uc
        kept = [(register, uc.reg_read(register)) for register in self.REGISTERS]
        selectors = [(register, uc.reg_read(register)) for register in self.SELECTORS]
        self.reset()
        for register, value in kept:
            uc.reg_write(register, value)
        changed = [(register, value) for register, value in selectors if value != uc.reg_read(register)]
        if changed:
            self.before_selectors()
        for register, value in changed:
            uc.reg_write(register, value)


class Context:
    """A context of the CPU, and the ways to fill it and to go back to it."""

    __slots__ = ("_context", "restore", "save")

    def __init__(self, uc: Any, context: Any) -> None:
        self._context = context
        self.restore: Mover = partial(uc.context_restore, context)
        self.save: Mover = partial(uc.context_update, context)
        if fast_path_available():
            inner = context._context
            pointer = ctypes.c_void_p.from_param(inner if isinstance(inner, int) else inner.value)
            handle = ctypes.c_void_p.from_param(uc._uch.value)
            self.restore = partial(_library().uc_context_restore, handle, pointer)
            self.save = partial(_library().uc_context_save, handle, pointer)


def hook_syscall(uc: Any, callback: Callable[[], None]) -> object:
    """Call `callback()` at each `syscall`; the result must be kept as long as the CPU."""
    if not fast_path_available():
        uc.hook_add(uc_const.UC_HOOK_INSN, lambda *_: callback(), None, 1, 0, x86.UC_X86_INS_SYSCALL)
        return callback
    return _hook(uc, uc_const.UC_HOOK_INSN, ctypes.CFUNCTYPE(None)(callback), x86.UC_X86_INS_SYSCALL)


def hook_invalid(uc: Any, callback: Callable[[], bool]) -> object:
    """The same at each instruction that the emulator does not know; True goes on where the callback has put rip."""
    if not fast_path_available():
        uc.hook_add(uc_const.UC_HOOK_INSN_INVALID, lambda *_: callback())
        return callback
    return _hook(uc, uc_const.UC_HOOK_INSN_INVALID, ctypes.CFUNCTYPE(ctypes.c_bool)(callback))


def _hook(uc: Any, kind: int, function: Any, *instruction: int) -> object:
    """The binding wraps a callback twice, which would cost a tenth of a whole system call.

    The emulator passes itself and a pointer.  Both come in registers, and not to declare them saves their conversion.
    """
    handle, begin, end = ctypes.c_size_t(), ctypes.c_uint64(1), ctypes.c_uint64(0)
    more = [ctypes.c_int(each) for each in instruction]
    status = _library().uc_hook_add(
        uc._uch, ctypes.byref(handle), ctypes.c_int(kind), function, None, begin, end, *more
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
