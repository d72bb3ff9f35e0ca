"""Letting the emulator run until something ends the run: in slices if it is counted, and again where it has stopped for
reasons of its own.
"""

from __future__ import annotations

from typing import Any

from unicorn import Uc, UcError  # type: ignore[attr-defined]
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.machine.ctrl_c import CtrlC
from kshell.machine.instruction_count import InstructionCount
from kshell.machine.mmu import Mmu
from kshell.machine.paging import FETCH
from kshell.machine.patience import Patience
from kshell.machine.probes import Probes
from kshell.machine.quirks.code_watch import LOAD_MXCSR, CodeWatch
from kshell.machine.quirks.ring0_guard import Guards
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, Ram
from kshell.machine.registers import Extended, PtRegs
from kshell.machine.ring0 import Ring0
from kshell.machine.stop import BUDGET, CTRL_C, PAGE_FAULT, PROBED, STOPPED, UNDEFINED, Stop

# Instructions are counted in slices, since the emulator does not say how many of a slice ran when something else
# stopped it: all of it is charged then.  Slices that start small keep that fair.
FIRST_SLICE, LONGEST_SLICE = 1_000, 1 << 20
RESTART_COST = 1_000  # charged whenever the emulator must be told something: that takes as long


class RunLoop:
    """The emulator with all that it must be told, and the loop around it."""

    def __init__(self, ram: Ram) -> None:
        self.charged = self._budget = 0
        self._stop: Stop | None = None
        self._error: BaseException | None = None
        self._frame_is_final = self._progress = False
        self._uncounted_code = True  # whether blocks were translated that do not count: they never look at a count
        uc: Any = Uc(uc_const.UC_ARCH_X86, uc_const.UC_MODE_64)  # type: ignore[no-untyped-call]
        self.uc = uc
        self.ctrl_c = CtrlC(uc.emu_stop)
        self.patience = Patience(uc.emu_stop)
        uc.ctl_set_cpu_model(x86.UC_CPU_X86_WESTMERE)  # no rdrand, no AVX: what runs here is the same everywhere
        uc.ctl_set_tlb_mode(uc_const.UC_TLB_VIRTUAL)
        uc.mem_map_ptr(0, ram.size, uc_const.UC_PROT_ALL, ram.host_address)
        self.watch = CodeWatch(ram)
        self.mmu = Mmu(uc, ram, self.watch)
        self._extended = Extended(uc)
        self.ring0 = Ring0(uc, self.mmu, self._extended)
        self.guards = Guards(uc, self.mmu.read_user, self._guarded)
        self.probes = Probes(uc, self._fail)
        self.count = InstructionCount(uc, self.mmu)
        self.frame: PtRegs | None = None  # what a `syscall` fills; None in ring 0

    # What ends a run.

    def stop(self, kind: str = STOPPED) -> None:
        """Called from a callback: end the run after it."""
        self._end(Stop(kind))

    def stop_here(self) -> None:
        """Called from a probe: end the run before the instruction at which ring 0 stands."""
        self._guarded(Stop(PROBED))

    def _fail(self, error: BaseException) -> None:
        """A callback has raised: the run is over, and raises that."""
        self._error = error
        self.stop()

    def _guarded(self, stop: Stop) -> None:
        """Ring 0 stands before an instruction that the emulator must not execute."""
        if not self.mmu.closed:
            self._save()
            self._frame_is_final = True
        self._end(stop)

    def _end(self, stop: Stop) -> None:
        if not self.mmu.closed:
            self._stop, self.mmu.closed = stop, True
        self.uc.emu_stop()

    def _save(self) -> None:
        if self.mmu.ring == 0:
            self.ring0.save()
        elif self.frame is not None:
            self.frame.save()

    # The loop.

    def charge(self, instructions: int) -> None:
        """What runs now outside of the machine takes as long as so many instructions: they count towards the budget."""
        self.charged += instructions
        if self._budget and self.charged >= self._budget:
            self.uc.emu_stop()

    def _run_to_stop(self, budget: int) -> Stop:
        longest, self._budget = FIRST_SLICE, budget
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
            if self.patience.is_at_its_end() and self.mmu.ring == 0 and self.patience.on_long_run is not None:
                self.ring0.save()
                self.patience.on_long_run()
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
        if self._extended.exception_taken and self.mmu.ring == 0:
            self.ring0.forget_exceptions()
        elif self._extended.exception_taken and self.frame is not None:
            self.frame.save()
            self._extended.forget_exceptions()
            self.frame.load()
        if self.watch.stale or self.probes.stale or self.count.is_stale:
            self._hook_anew()
        if self.mmu.flush_wanted:
            self.mmu.flush()

    def _hook_anew(self) -> None:
        """Have the exits and hooks that the code needs now, and who watches it; translated code is forgotten."""
        self.mmu.blind = True
        forget = self.probes.install() | self.count.install()
        if self.watch.stale:
            self.uc.ctl_set_exits(self.watch.commit())
            self.guards.install(self.watch.guarded)
            forget = True
        if forget:
            self.uc.ctl_flush_tb()
            self.mmu.flush_wanted = True
        self.mmu.blind = False

    def _start(self, count: int) -> Stop | None:
        """Let the emulator run, `count` instructions if that is not 0.  None if nothing that it met ends the run."""
        uc, rip = self.uc, x86.UC_X86_REG_RIP
        begin, crash = uc.reg_read(rip), None
        if count and self._uncounted_code:
            uc.ctl_flush_tb()
        elif not count and not self._uncounted_code:
            self._stop_counting(begin)
        self._uncounted_code = not count
        try:
            uc.emu_start(begin, 0, count=count)
        except UcError as error:
            crash = error
        self._extended.exception_taken |= self.mmu.refused
        self.mmu.refused = False
        if crash is not None and self._is_false(crash):
            crash = None
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

    def _stop_counting(self, rip: int) -> None:
        """Go from counted to uncounted code.  The emulator takes its counter's hook away when it starts, and looks at
        every page that was counted, from whatever ring it is in: let it do that now, and run nothing."""
        self.mmu.blind = True
        self.uc.ctl_set_exits([rip])
        try:
            self.uc.emu_start(rip, 0)
        except UcError:  # that page cannot run, or is to be looked at first: the run that follows will meet it
            self._extended.exception_taken = True
        self.mmu.refused = False
        self.watch.stale = True
        self._settle()
        self.mmu.blind = False

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

    def _is_false(self, crash: UcError) -> bool:
        """After a run the emulator looks at the pages of its exits, in whatever ring it stopped."""
        if self.mmu.fault is None or crash.errno != uc_const.UC_ERR_EXCEPTION:
            return False
        address, access = self.mmu.fault
        pages = (address & PAGE_MASK) - (self.uc.reg_read(x86.UC_X86_REG_RIP) & PAGE_MASK)
        return access == FETCH and pages not in (0, PAGE_SIZE)

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
