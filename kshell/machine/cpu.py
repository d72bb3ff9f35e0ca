"""One x86-64 CPU: user code runs on it in ring 3, and every trap is handed to the kernel by a callback.

The CPU knows no system call.  Its MMU translates addresses by the page tables in RAM, and it stops or calls back when
user code traps.  docs/tricks.md says why each odd thing here is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from unicorn import Uc, UcError  # type: ignore[attr-defined]
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.abi.errno import ENOSYS
from kshell.machine.ctrl_c import CtrlC
from kshell.machine.mmu import Mmu
from kshell.machine.paging import FETCH, PageTable
from kshell.machine.quirks.code_watch import LOAD_MXCSR, CodeWatch
from kshell.machine.ram import PAGE_MASK, Ram
from kshell.machine.registers import Extended, PtRegs, hook_syscall
from kshell.machine.ring3 import enter_ring3
from kshell.machine.stop import BUDGET, CTRL_C, INTERRUPT, PAGE_FAULT, PRIVILEGED, STOPPED, SYSENTER, UNDEFINED, Stop

AX, CX, IP = ptregs.AX, ptregs.CX, ptregs.IP
MINUS_ENOSYS = -ENOSYS & U64
# Instructions are counted in slices, since the emulator does not say how many of a slice ran when something else
# stopped it: all of it is charged then.  Slices that start small keep that fair.
FIRST_SLICE, LONGEST_SLICE = 1_000, 1 << 20
RESTART_COST = 1_000  # charged whenever the emulator must be told something: that takes as long


class Cpu:
    """The CPU of one machine.

    `on_syscall(regs)` is called at a `syscall` instruction with pt_regs filled in, ax preset to -ENOSYS; it leaves
    the result in ax, or calls `stop()`.  `mmu.on_page_fault` is called for a page that is not there.
    `charged` is the number of instructions that the last counted run used up.
    `with cpu.ctrl_c:` stands around whatever Ctrl-C is to end: the kernel opens one such block at each of its doors.
    """

    def __init__(self, ram: Ram) -> None:
        self.on_syscall: Callable[[memoryview], None] = lambda regs: None
        self.charged = 0
        self._stop: Stop | None = None
        self._error: BaseException | None = None
        self._frame_is_final = self._progress = False
        self._uncounted_code = False  # whether blocks were translated that do not count: they never look at a count
        uc: Any = Uc(uc_const.UC_ARCH_X86, uc_const.UC_MODE_64)  # type: ignore[no-untyped-call]
        self.uc = uc
        self.ctrl_c = CtrlC(uc.emu_stop)
        uc.ctl_set_cpu_model(x86.UC_CPU_X86_WESTMERE)  # no rdrand, no AVX: what runs here is the same everywhere
        uc.ctl_set_tlb_mode(uc_const.UC_TLB_VIRTUAL)
        uc.mem_map_ptr(0, ram.size, uc_const.UC_PROT_ALL, ram.host_address)
        self.ram = ram
        self.watch = CodeWatch(ram)
        self.mmu = Mmu(uc, ram, self.watch)
        self._hook()
        self._extended = Extended(uc)
        self.frame: PtRegs | None = None

    def new_frame(self, physical: int) -> PtRegs:
        """A pt_regs at physical address `physical`, for `run`."""
        return PtRegs(self.uc, self.ram, physical)

    def _hook(self) -> None:
        self.uc.hook_add(uc_const.UC_HOOK_INTR, self._interrupt)
        self._keep = hook_syscall(self.uc, self._syscall)
        forbidden = {x86.UC_X86_INS_SYSENTER: SYSENTER, x86.UC_X86_INS_IN: PRIVILEGED, x86.UC_X86_INS_OUT: PRIVILEGED}
        for instruction, kind in forbidden.items():
            self.uc.hook_add(uc_const.UC_HOOK_INSN, partial(self._forbid, kind), None, 1, 0, instruction)

    def boot(self, space: PageTable, gdt: int, iret: int, stack_top: int) -> None:
        """Pass to ring 3 at the end of booting (see enter_ring3): from here on every run is user code."""
        self.mmu.load(space)
        self.mmu.gdt_page = gdt & PAGE_MASK
        enter_ring3(self.uc, space, gdt, iret, stack_top)
        self.mmu.ring = 3
        self._extended.remember_clean()
        self.uc.ctl_exits_enabled(True)  # with none set: there is no address at which a run ends by itself
        self.mmu.flush()

    # Callbacks from the emulator.

    def _interrupt(self, _uc: Any, vector: int, _data: object) -> None:
        self._extended.exception_taken = True
        self._end(Stop(INTERRUPT, vector=vector))

    def _forbid(self, kind: str, *_: object) -> int:
        """An instruction that the emulator lets pass.  It runs on to the end of the block: what counts is now."""
        if not self.mmu.closed and self.frame is not None:
            self.frame.save()
            self._frame_is_final = True
        self._end(Stop(kind))
        return 0

    def _end(self, stop: Stop) -> None:
        if not self.mmu.closed:
            self._stop, self.mmu.closed = stop, True
        self.uc.emu_stop()

    def _syscall(self) -> None:
        frame = self.frame
        if frame is None or self._stop is not None:  # code after a forbidden `in` still runs to the end of its block
            return
        frame.save_for_syscall()  # cx is rip, that of the instruction itself, and r11 the flags
        regs = frame.words
        regs[IP] = regs[CX] = regs[CX] + 2
        regs[AX] = MINUS_ENOSYS
        try:
            self.on_syscall(regs)
        except BaseException as error:
            self._error = error
            self.stop()
        frame.load_result()

    # Running.

    def stop(self) -> None:
        """Called from a callback: end the run after it."""
        self._end(Stop(STOPPED))

    def run(self, frame: PtRegs, budget: int = 0) -> Stop:
        """Run ring 3 code from the registers in `frame` until something stops it; the registers are saved back.

        `budget` is a number of instructions (0: uncounted, and much faster).
        """
        self.frame = frame
        self._stop = None
        self.mmu.reopen()
        self._frame_is_final = False
        self.charged = 0
        if self._extended.exception_taken:
            self._extended.forget_exceptions()
        frame.load()
        stop = self._run_to_stop(budget)
        self.mmu.descriptors_open = False
        if not self._frame_is_final:
            frame.save()
        return self._as_a_real_cpu(stop, frame) if stop.kind in (PAGE_FAULT, INTERRUPT, UNDEFINED) else stop

    def _as_a_real_cpu(self, stop: Stop, frame: PtRegs) -> Stop:
        from kshell.machine.quirks.misreported import true_exception

        stop, frame.words[IP] = true_exception(stop, frame.words[IP], self.mmu.read_user)
        return stop

    def _run_to_stop(self, budget: int) -> Stop:
        longest = FIRST_SLICE
        while True:
            self._settle()
            here = self.uc.reg_read(x86.UC_X86_REG_RIP)
            kind = self.watch.kind(here)
            if kind is not None:
                stop = self._pass_watched(here, kind)
            else:
                stop = self._start(self._slice(longest, budget))
                longest = FIRST_SLICE if self._cut_short() else min(2 * longest, LONGEST_SLICE)
            if stop is not None:
                return stop
            if self.ctrl_c.pressed:
                return Stop(CTRL_C)
            if budget and self.charged >= budget and self._progress:
                return Stop(BUDGET)

    def _slice(self, longest: int, budget: int) -> int:
        """How many instructions to run at once; 0: no limit."""
        if self.mmu.descriptors_open:
            return 1
        return max(1, min(longest, budget - self.charged)) if budget else 0

    def _cut_short(self) -> bool:
        at_watched = self.watch.kind(self.uc.reg_read(x86.UC_X86_REG_RIP)) is not None
        return at_watched or self.watch.stale or self.mmu.flush_wanted

    def _settle(self) -> None:
        """Tell the emulator what changed since it last ran."""
        if self.watch.stale or self._extended.exception_taken:
            self.charged += RESTART_COST
        if self._extended.exception_taken and self.frame is not None:
            self.frame.save()
            self._extended.forget_exceptions()
            self.frame.load()
        if self.watch.stale:
            self.uc.ctl_set_exits(self.watch.commit())
            self.uc.ctl_flush_tb()
            self.mmu.flush_wanted = True
        if self.mmu.flush_wanted:
            self.mmu.flush()

    def _start(self, count: int) -> Stop | None:
        """Let the emulator run, `count` instructions if that is not 0.  None if nothing that it met ends the run."""
        uc, rip = self.uc, x86.UC_X86_REG_RIP
        begin, crash = uc.reg_read(rip), None
        if count and self._uncounted_code:
            uc.ctl_flush_tb()
        self._uncounted_code = not count
        try:
            uc.emu_start(begin, 0, count=count)
        except UcError as error:
            crash = error
        self._extended.exception_taken |= self.mmu.refused
        self.mmu.refused = False
        self._raise_errors()
        stop = self._stop or self._fault_of(crash)
        self._progress = not (self.watch.stale and stop is None and uc.reg_read(rip) == begin)
        if self._progress:
            self.charged += count
        if self.mmu.descriptors_open:
            self.mmu.descriptors_open = False
            self.mmu.flush_wanted = True
        if stop is not None:
            return self._page_fault(stop) if stop.kind == PAGE_FAULT else stop
        if crash is not None and not self.watch.stale:
            self._extended.exception_taken = True
            if crash.errno != uc_const.UC_ERR_INSN_INVALID:
                raise crash
            return Stop(UNDEFINED, address=uc.reg_read(rip))
        return None

    def _raise_errors(self) -> None:
        """What a callback raised comes out here: the emulator would have lost it."""
        problem = self._error or self.mmu.error
        if problem is not None:
            self._error = self.mmu.error = None
            raise problem

    def _fault_of(self, crash: UcError | None) -> Stop | None:
        """The page fault that the program met; None for a refusal that it did not meet, since after a run the emulator
        itself looks at the pages of its exits."""
        if self.mmu.fault is None:
            return None
        address, access = self.mmu.fault
        met = crash is not None and crash.errno == uc_const.UC_ERR_EXCEPTION
        if met and not (access == FETCH and self.watch.stale):
            return Stop(PAGE_FAULT, address=address, access=access)
        self.mmu.reopen()
        return None

    def _page_fault(self, stop: Stop) -> Stop | None:
        """The fault with its exact address; None if it was one of the emulator's own making, and the run goes on."""
        from kshell.machine.quirks.fault_address import exact_fault

        rip = self.uc.reg_read(x86.UC_X86_REG_RIP)
        exact = exact_fault(stop, rip, self._register, self.mmu, self.watch)
        if exact is None:
            self.mmu.reopen()
            self._progress = False
        return exact

    def _register(self, name: str) -> int:
        return int(self.uc.reg_read(getattr(x86, "UC_X86_REG_" + name.upper())))

    def step(self, frame: PtRegs) -> Stop:
        """Execute one instruction (one iteration of a `rep`)."""
        stop = self.run(frame, budget=1)
        return Stop(STOPPED) if stop.kind == BUDGET else stop

    def _pass_watched(self, rip: int, kind: str) -> Stop | None:
        """Execute the one watched instruction at which the CPU stands; a Stop if that ends the run."""
        from kshell.machine.quirks.simd import unmasked
        from kshell.machine.quirks.watched import exception_at

        exception = exception_at(rip, kind, self._register, self.mmu.read_user)
        if exception is not None:
            return exception
        exits = self.watch.commit()
        exits.remove(rip)
        self.uc.ctl_set_exits(exits)
        self.uc.ctl_flush_tb()
        stop = self._start(1)
        self.watch.stale = True  # watch `rip` again
        if kind == LOAD_MXCSR and stop is None:
            self.watch.watch_divides(unmasked(self.uc.reg_read(x86.UC_X86_REG_MXCSR)))
        return stop

    # State that is not in pt_regs.

    def fpu_status(self) -> tuple[int, int]:
        """The x87 status word and control word."""
        return self._register("fpsw"), self._register("fpcw")

    def reset(self) -> None:
        """The floating-point and vector state that a new program finds (fpu__clear)."""
        self._extended.reset()
        self.watch.watch_divides(False)

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
