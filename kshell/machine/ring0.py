"""Ring 0: machine code in kernel and module text runs on the same CPU, on the stack that the kernel names.

The way in is a swap: in the hook of `syscall` the user's context is put aside, and one that was saved in ring 0 takes
its place, standing before a trampoline, `call rax; vmcall`.  The emulator never stops.  The trampoline's `vmcall` is
the way back; any other is a call of a kernel function whose body is not machine code.  docs/tricks.md has the reasons.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple

from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.machine.mmu import Mmu
from kshell.machine.registers import Context, Extended, PtRegs, hook_invalid, new_frame

TRAMPOLINE = b"\xff\xd0\x0f\x01\xc1"  # call rax; vmcall
_END = 2  # where its vmcall stands
VMCALL_SIZE = 3
SYSCALL_SIZE = 2  # the emulator adds that to rip after the hook of `syscall`
_FLAGS = 0x202


class KernelEntry(NamedTuple):
    """A call to be made in ring 0: of the function at `address`, with `args` in the registers of C's calling convention
    (six at most), on the stack that ends at `stack`."""

    address: int
    stack: int
    args: tuple[int, ...]


class KernelPath(NamedTuple):
    """A path through the kernel that stands still: its `registers` in the order of pt_regs (its stack is in RAM), and
    what ring 3 left in the rest of the CPU."""

    registers: tuple[int, ...]
    user: Any
    overtime: int = 0  # how often it went on after it should have ended


class Ring0:
    """One CPU's ring 0.

    `regs` are the 21 words of its pt_regs, filled at each `vmcall` and at each stop in ring 0.
    `on_vmcall(regs)` is the kernel: it runs the body that lives at regs[IP], leaves the result in ax and where to go on
    in ip, and returns True; False where no body lives: that is an undefined opcode.
    `on_return(result)` is called when a path that a `syscall` began is at its end: pt_regs of the task is loaded after.
    """

    def __init__(self, uc: Any, mmu: Mmu, extended: Extended) -> None:
        self.on_vmcall: Callable[[memoryview], bool] = lambda regs: False
        self.on_return: Callable[[int], None] = lambda result: None
        self.result: int | None = None  # what a call from outside of a run returned
        self._uc, self._mmu, self._extended = uc, mmu, extended
        self.frame, self.regs = new_frame(uc)
        self.save = self.frame.save  # fills `regs` where the CPU stands
        self.end = 0  # where the trampoline's `vmcall` stands
        self.user_frame: PtRegs | None = None  # that of the task whose `syscall` began the path
        self._trampoline = 0

    def boot(self, template: Any, trampoline: int) -> None:
        """`template` is a context of the CPU in ring 0; `trampoline` is where TRAMPOLINE stands in kernel text."""
        self._trampoline, self.end = trampoline, trampoline + _END
        template.reg_write(x86.UC_X86_REG_RIP, trampoline - SYSCALL_SIZE)
        template.reg_write(x86.UC_X86_REG_EFLAGS, _FLAGS)
        template.reg_write(x86.UC_X86_REG_RBP, 0)  # where a walk along the frames ends
        self._template = Context(self._uc, template)
        self._user = Context(self._uc, self._uc.context_save())

    def hook(self, callback: Callable[[], bool]) -> object:
        """Let `callback` be asked at each instruction that the CPU does not know."""
        return hook_invalid(self._uc, callback)

    # In.

    def enter(self, entry: KernelEntry, user_frame: PtRegs) -> None:
        """At the end of the hook of a `syscall`: go on in ring 0."""
        self.user_frame = user_frame
        self._prepare(entry)
        self.frame.load_call()

    def call(self, entry: KernelEntry) -> None:
        """Outside of a run: stand before the trampoline, in ring 0."""
        self.user_frame = self.result = None
        self.regs[:] = _NOTHING
        self._prepare(entry)
        self.regs[ptregs.IP], self.regs[ptregs.FLAGS] = self._trampoline, _FLAGS
        self.frame.load()

    def _prepare(self, entry: KernelEntry) -> None:
        regs = self.regs
        regs[ptregs.SP], regs[ptregs.AX] = entry.stack & ~15, entry.address & U64
        for slot, value in zip(ptregs.C_ARGUMENTS, entry.args, strict=False):
            regs[slot] = value & U64
        self._user.save()
        self._template.restore()
        self._mmu.ring = 0

    def resume(self, path: KernelPath, user_frame: PtRegs | None) -> None:
        """Outside of a run: stand where a path stood still."""
        self.user_frame, self.result = user_frame, None
        self._uc.context_restore(path.user)
        self._user.save()
        self._template.restore()
        self.regs[:] = memoryview((ctypes.c_uint64 * ptregs.COUNT)(*path.registers)).cast("B").cast("Q")
        self.frame.load()
        self._mmu.ring = 0

    # Within.

    def forget_exceptions(self) -> None:
        """The emulator would take the next exception for a double fault."""
        self.frame.save()
        self._template.restore()
        self.frame.load()
        self._extended.exception_taken = False

    # Out.

    def finish(self) -> PtRegs | None:
        """The path is at its end, in a hook: back to ring 3, or to who called; the pt_regs of ring 3, if there is."""
        result, frame = self.regs[ptregs.AX], self.user_frame
        self.leave()
        if frame is None:
            self.result = result
        else:
            self.on_return(result)
        return frame

    def leave(self) -> None:
        """The CPU belongs to ring 3 again, as it was, whatever the path has done to it."""
        self._user.restore()
        self._mmu.ring = 3
        self.user_frame = None
        self._extended.exception_taken = False

    def suspended(self, overtime: int = 0) -> KernelPath:
        """After a stop in ring 0: the path that stands still now."""
        return KernelPath(tuple(self.regs), self._uc.context_save(), overtime)


_NOTHING = memoryview(bytes(ptregs.SIZE)).cast("Q")
