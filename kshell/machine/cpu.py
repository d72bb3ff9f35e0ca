"""One x86-64 CPU: user code runs on it in ring 3, and every trap is handed to the kernel by a callback.

Machine code of the kernel's runs on it in ring 0 (see ring0.py).

The CPU knows no system call.  Its MMU translates addresses by the page tables in RAM, and it stops or calls back when
user code traps.  docs/tricks.md says why each odd thing here is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.abi.errno import ENOSYS
from kshell.machine.paging import FRAME_MASK, PageTable
from kshell.machine.ram import PAGE_MASK, Ram
from kshell.machine.registers import PtRegs, hook_syscall
from kshell.machine.ring0 import KernelEntry, KernelPath, Ring0
from kshell.machine.ring3 import enter_ring3
from kshell.machine.stop import (
    BUDGET,
    INTERRUPT,
    PAGE_FAULT,
    PRIVILEGED,
    RETURNED,
    STOPPED,
    SYSENTER,
    TRIPLE_FAULT,
    UNDEFINED,
    Stop,
)
from kshell.machine.way_in import WayIn
from kshell.machine.way_in_by_text import FLAGS, USER_FLAGS, ByText

AX, CX, IP = ptregs.AX, ptregs.CX, ptregs.IP
BODY_COST = 1000  # instructions charged for a body that machine code calls
MINUS_ENOSYS = -ENOSYS & U64


class Cpu(ByText):
    """The CPU of one machine.

    `on_syscall(regs)` is called at a `syscall` instruction with pt_regs filled in, ax preset to -ENOSYS; it leaves
    the result in ax, or calls `stop()`, or returns what is to be called in ring 0 (Ring0 says what follows).
    `mmu.on_page_fault` is called for a page that is not there.
    `charged` is the number of instructions that the last counted run used up.
    `with cpu.ctrl_c:` stands around whatever Ctrl-C is to end: the kernel opens one such block at each of its doors.
    """

    def __init__(self, ram: Ram) -> None:
        super().__init__(ram)
        self.on_syscall: Callable[[memoryview], KernelEntry | None] = lambda regs: None
        self.running = False
        self._hook()

    def new_frame(self, physical: int) -> PtRegs:
        """A pt_regs at physical address `physical`, for `run`."""
        words = self.ram.words[physical >> 3 : (physical >> 3) + ptregs.COUNT]
        return PtRegs(self.uc, words, self.ram.host_address + physical, self.scratch)

    def _hook(self) -> None:
        self.uc.hook_add(uc_const.UC_HOOK_INTR, self._interrupt)
        self._keep = hook_syscall(self.uc, self._syscall), self.ring0.hook(self._invalid)
        forbidden = {x86.UC_X86_INS_SYSENTER: SYSENTER, x86.UC_X86_INS_IN: PRIVILEGED, x86.UC_X86_INS_OUT: PRIVILEGED}
        for instruction, kind in forbidden.items():
            self.uc.hook_add(uc_const.UC_HOOK_INSN, partial(self._forbid, kind), None, 1, 0, instruction)

    def boot(self, space: PageTable, gdt: int, iret: int, stack_top: int, way_in: WayIn) -> None:
        """Pass to ring 3 at the end of booting (see enter_ring3): from here on every run begins with user code.

        `gdt` is where the kernel has its descriptors."""
        self.mmu.load(space)
        self.descriptors.place(space.entry(gdt) & FRAME_MASK | gdt & ~PAGE_MASK)
        template = enter_ring3(self.uc, space, iret, stack_top)
        self.ring0.boot(template, way_in)
        self.know_text(space, way_in)
        self.mmu.ring, self.mmu.watched = 3, True
        self._extended.remember_clean()
        self.uc.ctl_exits_enabled(True)  # with none set: there is no address at which a run ends by itself
        self.mmu.flush()

    # Callbacks from the emulator.

    def _interrupt(self, _uc: Any, vector: int, _data: object) -> None:
        self._extended.exception_taken = True
        self._end(Stop(INTERRUPT, vector=vector))

    def _forbid(self, kind: str, *_: object) -> int:
        """An instruction that the emulator lets pass.  It runs on to the end of the block: what counts is now."""
        if kind != PRIVILEGED or self.mmu.ring == 3:  # ring 0 may talk to ports, and no device is there
            self._guarded(Stop(kind))
        return 0

    def _syscall(self) -> None:
        frame = self.frame
        if frame is None or self._stop is not None:  # code after a forbidden `in` still runs to the end of its block
            if self.mmu.ring == 0:
                self._forbid(UNDEFINED)
            elif self._stop is None:
                self._enter_by_text()
            return
        frame.save_for_syscall()  # cx is rip, that of the instruction itself, and r11 the flags
        regs = frame.words
        regs[IP] = regs[CX] = regs[CX] + 2
        regs[AX] = MINUS_ENOSYS
        entry = None
        try:
            entry = self.on_syscall(regs)
        except BaseException as error:
            self._fail(error)
        if entry is None:
            frame.load_result()
        else:
            self.frame = None
            self.ring0.enter(entry, frame)

    def _invalid(self) -> bool:
        """An instruction that the emulator does not know: in ring 0 a `vmcall` is a call of the kernel's, and
        stac and clac belong to SMAP, which it does not have."""
        ring0 = self.ring0
        if self.mmu.ring != 0 or self._stop is not None:
            return False
        ring0.save()
        try:
            at = ring0.regs[IP]
            if at == ring0.end:
                self._function_returned(ring0)
            elif at == ring0.dispatch and self._is_dispatch():
                self._dispatch()
            elif ring0.on_vmcall(ring0.regs):
                self._go_on_behind_body()
            elif not ring0.set_ac():
                # Said here: where the program has exits, the emulator would report a fetch of theirs and not this.
                self._extended.exception_taken = True
                self._end(Stop(UNDEFINED, address=at))
                return False
        except BaseException as error:
            self._fail(error)
        return True

    def _go_on_behind_body(self) -> None:
        if self._stop is not None:
            self._frame_is_final = True  # where it stands: the emulator may go on to the end of the block
            return
        self.ring0.frame.load_body()
        if self._budget:
            self.charge(BODY_COST)

    def _function_returned(self, ring0: Ring0) -> None:
        """What the kernel has called is over: back to ring 3, by one road or the other."""
        if self.by_text and ring0.user_frame is not None and not ring0.by_gate:
            self.on_result(ring0.regs[AX])
            self._return_to_text(ring0.user_frame)
            return
        frame = ring0.finish()
        if frame is None:
            self._end(Stop(RETURNED))
        else:
            self.frame = None if self.by_text else frame
            frame.words[FLAGS] = frame.words[FLAGS] & USER_FLAGS | 0x202
            frame.load()
            self._frame_is_final = self._stop is not None

    # Running.

    def run(self, frame: PtRegs, budget: int = 0, path: KernelPath | None = None) -> Stop:
        """Run ring 3 code from the registers in `frame` until something stops it; the registers are saved back.

        `budget` is a number of instructions (0: uncounted, and much faster).  With `path` it begins in ring 0, where
        that stood still.  After a stop in ring 0 (`stop.ring`) `ring0.regs` holds the registers, and the path goes on
        only if `ring0.suspended()` is handed back.
        """
        self._begin(frame)
        if not self.descriptors.are_whole():
            return Stop(TRIPLE_FAULT)
        if path is None:
            frame.load()
        else:
            self.frame = None
            self.ring0.resume(path, frame)
        return self._go(budget, frame)

    def call(self, what: KernelEntry | KernelPath, budget: int = 0) -> int | Stop:
        """Outside of a run: call a function in ring 0, or go on with such a call.  What it left in rax, or why it
        stopped."""
        self._begin(None)
        if not self.descriptors.are_whole():
            return Stop(TRIPLE_FAULT, ring=0)
        if isinstance(what, KernelEntry):
            self.ring0.call(what)
        else:
            self.ring0.resume(what, None)
        stop = self._go(budget, None)
        return stop if self.ring0.result is None else self.ring0.result

    def _begin(self, frame: PtRegs | None) -> None:
        self.task_frame = frame
        self.look_at_text()
        self._stop = None
        self.mmu.reopen()
        self._frame_is_final = False
        self.charged = 0
        if self._extended.exception_taken:
            self._extended.forget_exceptions()

    def _go(self, budget: int, frame: PtRegs | None) -> Stop:
        """Run, and save the registers of the ring that the run ended in; the CPU is left in ring 3."""
        self.running = True
        try:
            with self.patience.for_a_run():
                stop = self._run_to_stop(budget)
        except BaseException:
            if self.mmu.ring == 0:
                self.ring0.leave()
            raise
        finally:
            self.running = False
        frame = self.ring0.frame if self.mmu.ring == 0 else frame
        if not self._frame_is_final:
            self._save()
        if frame is not None and stop.kind in (PAGE_FAULT, INTERRUPT, UNDEFINED):
            stop = self._as_a_real_cpu(stop, frame)
        if self.mmu.ring == 0:
            stop = stop._replace(ring=0)
            self.ring0.stand_still()
        return stop

    def _as_a_real_cpu(self, stop: Stop, frame: PtRegs) -> Stop:
        from kshell.machine.quirks.misreported import true_exception

        stop, frame.words[IP] = true_exception(stop, frame.words[IP], self.mmu.read_user)
        return stop

    def step(self, frame: PtRegs, path: KernelPath | None = None) -> Stop:
        """Execute one instruction (one iteration of a `rep`), in ring 0 that at which `path` stands."""
        stop = self.run(frame, budget=1, path=path)
        return stop._replace(kind=STOPPED) if stop.kind == BUDGET else stop

    def reload(self) -> None:
        """Called from a callback: end the run after it; the kernel has changed the registers of the task's frame."""
        self._frame_is_final = True
        self.stop()

    # State that is not in pt_regs.

    @property
    def ip(self) -> int:
        """The instruction at which the CPU stands: of a page fault, that which faults."""
        return self._register("rip")

    def fpu_status(self) -> tuple[int, int]:
        """The x87 status word and control word."""
        return self._register("fpsw"), self._register("fpcw")

    def reset(self) -> None:
        """The floating-point and vector state that a new program finds (fpu__clear)."""
        self._extended.reset()
        self.watch.watch_exceptions(divides=False, x87=False)

    def load_space(self, space: PageTable) -> None:
        """Switch to another address space (C: load_cr3)."""
        if self.mmu.load(space):
            self.watch.clear()
            self.watch.stale = True

    def flush_code(self) -> None:
        """Forget translated code; needed after the host wrote bytes that user code may have executed.

        Called in the middle of a run, it takes effect before the next user instruction."""
        self.watch.stale = True
        self.uc.emu_stop()
