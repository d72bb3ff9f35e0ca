"""Letting the emulator run until something ends the run: in slices if it is counted, and again where it has stopped for
reasons of its own.
"""

from __future__ import annotations

from typing import Any

from unicorn import UcError  # type: ignore[attr-defined]
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi.c_types import U64
from kshell.machine.descriptors import are_read_by
from kshell.machine.emulator import RESTART_COST, Emulator
from kshell.machine.paging import FETCH
from kshell.machine.quirks.code_watch import FAR, LARGE_RETURN, LOAD_FPCW, LOAD_MXCSR, PAGE_END
from kshell.machine.quirks.counted_flags import mend_flags
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE
from kshell.machine.stop import BUDGET, CTRL_C, CUT, PAGE_FAULT, TRIPLE_FAULT, UNDEFINED, Stop

# Instructions are counted in slices, since the emulator does not say how many of a slice ran when something else
# stopped it: all of it is charged then.  Slices that start small keep that fair.
FIRST_SLICE, LONGEST_SLICE = 1_000, 1 << 20
FPU_EXCEPTIONS = 0x3F  # of the x87 control word: which are masked


class RunLoop(Emulator):
    """The loop around the emulator."""

    def _run_to_stop(self, budget: int) -> Stop:
        longest, self._budget = FIRST_SLICE, budget
        while True:
            if self.cut is not None and self.cut():
                return Stop(CUT)
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
            if self.patience.is_at_its_end() and self.mmu.ring == 0 and self.patience.on_long_run is not None:
                self.ring0.save()
                self.patience.on_long_run()
            if budget and self.charged >= budget and self._progress:
                return Stop(BUDGET)

    def _slice(self, longest: int, budget: int) -> int:
        """How many instructions to run at once; 0: no limit."""
        if self._reads_descriptors:
            return 1
        return max(1, min(longest, budget - self.charged)) if budget else 0

    def _cut_short(self) -> bool:
        at_watched = self.watch.kind(self.uc.reg_read(x86.UC_X86_REG_RIP)) is not None
        return at_watched or self.watch.stale or self.mmu.flush_wanted

    def _start(self, count: int) -> Stop | None:
        """Let the emulator run, `count` instructions if that is not 0.  None if nothing that it met ends the run."""
        uc, rip = self.uc, x86.UC_X86_REG_RIP
        begin, crash = uc.reg_read(rip), None
        if count and self._uncounted_code:
            uc.ctl_flush_tb()
        elif not count and not self._uncounted_code:
            self._stop_counting(begin)
        self._uncounted_code = not count
        if self._reads_descriptors:
            self._touch_descriptors()
        try:
            uc.emu_start(begin, 0, count=count)
        except UcError as error:
            crash = error
        self._extended.exception_taken |= self.mmu.refused
        self.mmu.refused = False
        if crash is not None and self._is_false(crash):
            crash = None
        self._raise_errors()
        if count and self._extended.exception_taken:
            mend_flags(uc)
        stop = self._stop or self._fault_of(crash)
        self._progress = not (self.watch.stale and stop is None and uc.reg_read(rip) == begin)
        if self._progress:
            self.charged += count
        tried, self._reads_descriptors = self._reads_descriptors, False
        if stop is not None:
            return self._page_fault(stop, tried) if stop.kind == PAGE_FAULT else stop
        if crash is not None and not self.watch.stale:
            self._extended.exception_taken = True
            if crash.errno != uc_const.UC_ERR_INSN_INVALID:  # not even the exception could be raised
                return Stop(TRIPLE_FAULT)
            return Stop(UNDEFINED, address=uc.reg_read(rip))
        return None

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

    def _is_false(self, crash: UcError) -> bool:
        """After a run the emulator looks at the pages of its exits, in whatever ring it stopped."""
        if self.mmu.fault is None or crash.errno != uc_const.UC_ERR_EXCEPTION:
            return False
        address, access = self.mmu.fault
        pages = (address & PAGE_MASK) - (self.uc.reg_read(x86.UC_X86_REG_RIP) & PAGE_MASK)
        return access == FETCH and pages not in (0, PAGE_SIZE)

    def _page_fault(self, stop: Stop, tried: bool) -> Stop | None:
        """The fault with its exact address; None if it was one of the emulator's own making, and the run goes on.

        Where the CPU itself may have wanted a descriptor, the instruction is executed anew while ring 0 has that page
        at hand; who is refused it even then (`tried`) is the program."""
        from kshell.machine.quirks.fault_address import exact_fault

        rip, exact = self.uc.reg_read(x86.UC_X86_REG_RIP), None
        self._reads_descriptors = not tried and are_read_by(stop, self.mmu.ring)
        if not self._reads_descriptors:
            exact = exact_fault(stop, rip, self._register, self.mmu, self.watch)
        if exact is None:
            self.mmu.reopen()
            self._progress = False
        return exact

    def _pass_watched(self, rip: int, kind: str) -> Stop | None:
        """Execute the one watched instruction at which the CPU stands; a Stop if that ends the run."""
        from kshell.machine.quirks.watched import exception_at, page_behind

        if kind == FAR:
            return self._transfer(rip)
        exception = exception_at(rip, kind, self._register, self.mmu.read_user)
        if exception is not None:
            return exception
        exits = self.watch.commit()
        exits.remove(rip)
        self.uc.ctl_set_exits(exits)
        self.uc.ctl_flush_tb()
        if kind == PAGE_END:
            self.mmu.ahead = page_behind(rip, self.mmu.read_user)
        stop = self._start(1)
        if stop is None and self._register("rip") == rip:  # the emulator counts a store into itself twice
            stop = self._start(2)
        self.mmu.ahead = -1
        self.watch.stale = True  # watch `rip` again
        if kind == LARGE_RETURN and self.uc.reg_read(x86.UC_X86_REG_RIP) != rip:
            self.uc.reg_write(x86.UC_X86_REG_RSP, self._register("rsp") + (1 << 16) & U64)
        if kind in (LOAD_MXCSR, LOAD_FPCW) and stop is None:
            self._watch_exceptions()
        return stop

    def _watch_exceptions(self) -> None:
        """Know which floating-point exceptions are not masked now."""
        from kshell.machine.quirks.simd import unmasked

        self.watch.watch_exceptions(unmasked(self._register("mxcsr")), ~self._register("fpcw") & FPU_EXCEPTIONS != 0)

    # State that is not in pt_regs.

    def fpu_state(self) -> list[Any]:
        """All of the floating-point and vector state, for set_fpu_state of another CPU."""
        return [self.uc.reg_read(register) for register in self._extended.REGISTERS]

    def set_fpu_state(self, state: list[Any]) -> None:
        """Have the floating-point and vector state that another CPU had."""
        for register, value in zip(self._extended.REGISTERS, state, strict=True):
            self.uc.reg_write(register, value)
        self._watch_exceptions()

    def user_state(self) -> Any:
        """After a stop: all that ring 3 has on the CPU, for set_user_state of the same CPU; pt_regs is apart."""
        if self._extended.exception_taken:
            self._extended.forget_exceptions()
        return self.uc.context_save()

    def set_user_state(self, state: Any) -> None:
        """Have what user_state gave, or fpu_state and nothing else."""
        if isinstance(state, list):
            self._extended.reset()
            self.set_fpu_state(state)
        else:
            self.uc.context_restore(state)
            self._watch_exceptions()

    def _transfer(self, rip: int) -> Stop | None:
        """Execute the far transfer at which the CPU stands; a Stop if that ends the run."""
        from kshell.machine.quirks.far_transfer import far_transfer, trap_after

        landing = far_transfer(rip, self._register, self.mmu)
        self._raise_errors()
        self.charged += RESTART_COST
        self._progress = True
        if isinstance(landing, Stop):
            return landing
        trap = trap_after(self._register("eflags"))
        for name, value in landing._asdict().items():
            self.uc.reg_write(getattr(x86, "UC_X86_REG_" + name.upper()), value)
        return trap
