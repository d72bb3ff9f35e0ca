"""Ring 0: machine code in kernel and module text runs on the same CPU, on the stack that the kernel names.

The way in is a swap: in the hook of `syscall` the user's context is put aside, and one that was saved in ring 0 takes
its place, standing before a trampoline, `call rax; vmcall`.  The emulator never stops.  The trampoline's `vmcall` is
the way back; any other is a call of a kernel function whose body is not machine code.  docs/tricks.md has the reasons.

That is the short road.  Where somebody watches the kernel's text of the way in (way_in.py), the CPU runs that instead.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from unicorn import UcError  # type: ignore[attr-defined]
from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.abi.ptregs import AX, C_ARGUMENTS, SP
from kshell.machine.mmu import Mmu
from kshell.machine.registers import Context, Extended, PtRegs, hook_invalid, new_frame
from kshell.machine.way_in import KERNEL_GS_BASE, WayIn

TRAMPOLINE = b"\xff\xd0\x0f\x01\xc1\xc3"  # call rax; vmcall; ret
TOUCH = b"\x8a\x00\xf4"  # mov al, [rax]; hlt
_END = 2  # where the vmcall stands
VMCALL_SIZE = 3
SYSCALL_SIZE = 2  # the emulator adds that to rip after the hook of `syscall`
_FLAGS = 0x202
_AC = 1 << 18
STAC, CLAC = b"\x0f\x01\xcb", b"\x0f\x01\xca"


class KernelEntry(NamedTuple):
    """A call to be made in ring 0: of the function at `address`, with `args` in the registers of C's calling convention
    (six at most), on the stack that ends at `stack`."""

    address: int
    stack: int
    args: tuple[int, ...]


class KernelPath(NamedTuple):
    """A path through the kernel that stands still: its `registers` in the order of pt_regs (its stack is in RAM), and
    what ring 3 left in the rest of the CPU.  `users_gs`: it is before the first `swapgs` or behind the second;
    `by_gate`: an interrupt began it, and no `syscall`."""

    registers: tuple[int, ...]
    user: Any
    overtime: int = 0  # how often it went on after it should have ended
    users_gs: bool = False
    by_gate: bool = False


class Ring0:
    """One CPU's ring 0.

    `regs` are the 21 words of its pt_regs, filled at each `vmcall` and at each stop in ring 0.
    `on_vmcall(regs)` is the kernel: it runs the body that lives at regs[IP], leaves the result in ax and where to go on
    in ip, and returns True; False where no body lives: that is an undefined opcode.
    `on_return(result)` is called when a path that a `syscall` began is at its end: pt_regs of the task is loaded after.
    """

    way_in: WayIn

    def __init__(self, uc: Any, mmu: Mmu, extended: Extended) -> None:
        self.on_vmcall: Callable[[memoryview], bool] = lambda regs: False
        self.on_return: Callable[[int], None] = lambda result: None
        self.result: int | None = None  # what a call from outside of a run returned
        self._uc, self._mmu, self._extended = uc, mmu, extended
        self.frame, self.regs = new_frame(uc)
        self.save = self.frame.save  # fills `regs` where the CPU stands
        self.end = self.dispatch = 0  # where the trampoline's `vmcall` stands, and that of do_syscall_64
        self.user_frame: PtRegs | None = None  # that of the task whose `syscall` began the path
        self._trampoline = 0
        self._users_gs = False  # at the last stop
        self.by_gate = False  # of the path that runs

    def boot(self, template: Any, way_in: WayIn) -> None:
        """`template` is a context of the CPU in ring 0."""
        self.way_in = way_in
        self.dispatch, self._trampoline, self.end = way_in.dispatch, way_in.trampoline, way_in.trampoline + _END
        template.reg_write(x86.UC_X86_REG_EFLAGS, _FLAGS)
        template.reg_write(x86.UC_X86_REG_RBP, 0)  # where a walk along the frames ends
        self._user = Context(self._uc, self._uc.context_save())
        self._uc.context_restore(template)
        self._template = self._begin_at(way_in.trampoline, way_in.gs_base, 0)
        self._before_swapgs = self._begin_at(way_in.entry, 0, way_in.gs_base)
        self._user.restore()

    def _begin_at(self, address: int, gs: int, other_gs: int) -> Context:
        """The present context, but behind a `syscall` that goes to `address`."""
        self._uc.reg_write(x86.UC_X86_REG_GS_BASE, gs)
        self._uc.msr_write(KERNEL_GS_BASE, other_gs)
        context = self._uc.context_save()
        context.reg_write(x86.UC_X86_REG_RIP, address - SYSCALL_SIZE)
        return Context(self._uc, context)

    def hook(self, callback: Callable[[], bool]) -> object:
        """Let `callback` be asked at each instruction that the CPU does not know."""
        return hook_invalid(self._uc, callback)

    # In.

    def enter(self, entry: KernelEntry, user_frame: PtRegs) -> None:
        """At the end of the hook of a `syscall`: go on in ring 0."""
        self.user_frame, self.by_gate = user_frame, False
        self._prepare(entry)
        self.frame.load_call()

    def enter_text(self, user_frame: PtRegs) -> None:
        """The same by the kernel's text: `regs` is what it finds."""
        self.user_frame, self.by_gate = user_frame, False
        self._user.save()
        self._before_swapgs.restore()
        self._mmu.ring = 0
        self.frame.load_entry()

    def call(self, entry: KernelEntry) -> None:
        """Outside of a run: stand before the trampoline, in ring 0."""
        self.user_frame = self.result = None
        self._stand_before(entry)
        self._prepare(entry)
        self.frame.load()

    def path_to(self, entry: KernelEntry) -> KernelPath:
        """Outside of a run: a path through the kernel that begins with a call, to be resumed."""
        self._stand_before(entry)
        return KernelPath(tuple(self.regs), self._uc.context_save(), by_gate=True)

    def _stand_before(self, entry: KernelEntry) -> None:
        self.regs[:] = _NOTHING
        self._set_call(entry)
        self.regs[ptregs.IP], self.regs[ptregs.FLAGS] = self._trampoline, _FLAGS

    def call_in_text(self, entry: KernelEntry) -> None:
        """Within do_syscall_64: the same, from its own trampoline, on the stack as it is."""
        sp = self.regs[SP]
        self._stand_before(entry)
        self.regs[SP] = sp

    def _set_call(self, entry: KernelEntry) -> None:
        regs = self.regs
        regs[_ARGUMENTS] = _NO_ARGUMENTS
        regs[SP], regs[AX] = entry.stack & ~15, entry.address & U64
        for at, value in enumerate(entry.args):
            regs[C_ARGUMENTS[at]] = value & U64

    def _prepare(self, entry: KernelEntry) -> None:
        self._set_call(entry)
        self._user.save()
        self._template.restore()
        self._mmu.ring = 0

    def resume(self, path: KernelPath, user_frame: PtRegs | None) -> None:
        """Outside of a run: stand where a path stood still."""
        self.user_frame, self.result, self.by_gate = user_frame, None, path.by_gate
        self._uc.context_restore(path.user)
        self._user.save()
        self._mmu.lift_smap(bool(path.registers[ptregs.FLAGS] & _AC))
        (self._before_swapgs if path.users_gs else self._template).restore()
        self.regs[:] = memoryview((ctypes.c_uint64 * ptregs.COUNT)(*path.registers)).cast("B").cast("Q")
        self.frame.load()
        self._mmu.ring = 0

    # Within.

    def set_ac(self) -> bool:
        """At `stac` or `clac`, which the emulated CPU does not have: do that; False if it is neither."""
        regs = self.regs
        code = self._mmu.read_user(regs[ptregs.IP], len(STAC))
        if code not in (STAC, CLAC):
            return False
        regs[ptregs.FLAGS] = regs[ptregs.FLAGS] & ~_AC | (_AC if code == STAC else 0)
        regs[ptregs.IP] += len(code)
        self._mmu.lift_smap(code == STAC)
        self.frame.load()
        return True

    def touch(self, page: int, count: int) -> None:
        """From ring 3: have a page that ring 0 may read in the TLB of that ring; the CPU is then as it was.

        `count` is 1 where instructions are being counted, and 0 where not."""
        uc, mmu = self._uc, self._mmu
        self._user.save()
        self._template.restore()
        uc.reg_write(x86.UC_X86_REG_RAX, page)
        mmu.ring, mmu.watched, mmu.closed = 0, False, True
        with suppress(UcError):  # from the ring that it stopped in it looks at the pages of its exits
            uc.emu_start(self.way_in.touch, 0, count=count)
        mmu.ring, mmu.watched, mmu.closed, mmu.refused = 3, True, False, False
        self._user.restore()

    def forget_exceptions(self) -> None:
        """The emulator would take the next exception for a double fault."""
        self.frame.save()
        (self._before_swapgs if self._has_users_gs() else self._template).restore()
        self.frame.load()
        self._extended.exception_taken = False

    def _has_users_gs(self) -> bool:
        return bool(self._uc.reg_read(x86.UC_X86_REG_GS_BASE) != self.way_in.gs_base)

    # Out.

    def finish(self) -> PtRegs | None:
        """The path is at its end, in a hook: back to ring 3, or to who called; the pt_regs of ring 3, if there is."""
        result, frame = self.regs[AX], self.user_frame
        self.leave()
        if frame is None:
            self.result = result
        else:
            self.on_return(result)
        return frame

    def leave(self) -> None:
        """The CPU belongs to ring 3 again, as it was, whatever the path has done to it."""
        self._user.restore()
        if self._mmu.protection.lifted:
            self._mmu.lift_smap(False)
        self._mmu.ring = 3
        self.user_frame = None
        self._extended.exception_taken = False

    def stand_still(self) -> None:
        """The run has stopped in ring 0: leave it, until `suspended` is resumed."""
        self._users_gs = self._has_users_gs()
        self.leave()

    def suspended(self, overtime: int = 0) -> KernelPath:
        """After a stop in ring 0: the path that stands still now."""
        return KernelPath(tuple(self.regs), self._uc.context_save(), overtime, self._users_gs, self.by_gate)


_ARGUMENTS = slice(ptregs.R9, ptregs.DI + 1)
_NO_ARGUMENTS = memoryview(bytes(8 * (ptregs.DI + 1 - ptregs.R9))).cast("Q")
_NOTHING = memoryview(bytes(ptregs.SIZE)).cast("Q")
