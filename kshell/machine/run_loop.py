"""Letting the emulator run until something ends the run: in slices if it is counted, and again where it has stopped for
reasons of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unicorn import Uc, UcError  # type: ignore[attr-defined]
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi.c_types import U64
from kshell.machine.ctrl_c import CtrlC
from kshell.machine.descriptors import DESCRIPTORS, Descriptors, are_read_by
from kshell.machine.host_memory import demand_for_emulator
from kshell.machine.instruction_count import InstructionCount
from kshell.machine.mmu import Mmu
from kshell.machine.paging import FETCH
from kshell.machine.patience import Patience
from kshell.machine.probes import Probes
from kshell.machine.quirks.code_watch import FAR, LARGE_RETURN, LOAD_FPCW, LOAD_MXCSR, PAGE_END, CodeWatch
from kshell.machine.quirks.counted_flags import mend_flags
from kshell.machine.quirks.ring0_guard import Guards
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, Ram
from kshell.machine.registers import Extended, PtRegs
from kshell.machine.ring0 import Ring0
from kshell.machine.stop import BUDGET, CTRL_C, CUT, PAGE_FAULT, PROBED, STOPPED, TRIPLE_FAULT, UNDEFINED, Stop

# Instructions are counted in slices, since the emulator does not say how many of a slice ran when something else
# stopped it: all of it is charged then.  Slices that start small keep that fair.
FIRST_SLICE, LONGEST_SLICE = 1_000, 1 << 20
FPU_EXCEPTIONS = 0x3F  # of the x87 control word: which are masked
RESTART_COST = 1_000  # charged whenever the emulator must be told something: that takes as long


class RunLoop:
    """The emulator with all that it must be told, and the loop around it."""

    def __init__(self, ram: Ram) -> None:
        self.charged = self._budget = 0
        self._stop: Stop | None = None
        self._error: BaseException | None = None
        self._frame_is_final = self._progress = self._reads_descriptors = False
        self.by_text = False
        self._uncounted_code = True  # whether blocks were translated that do not count: they never look at a count
        demand_for_emulator()
        uc: Any = Uc(uc_const.UC_ARCH_X86, uc_const.UC_MODE_64)  # type: ignore[no-untyped-call]
        self.uc = uc
        self.ctrl_c = CtrlC(uc.emu_stop)
        self.patience = Patience(uc.emu_stop)
        uc.ctl_set_cpu_model(x86.UC_CPU_X86_WESTMERE)  # no rdrand, no AVX: what runs here is the same everywhere
        uc.ctl_set_tlb_mode(uc_const.UC_TLB_VIRTUAL)
        uc.mem_map_ptr(0, ram.size, uc_const.UC_PROT_ALL, ram.host_address)
        self.watch = CodeWatch(ram)
        self.descriptors = Descriptors(uc, ram)
        self.mmu = Mmu(uc, ram, self.watch, self.descriptors.frame)
        self._extended = Extended(uc)
        self._extended.before_selectors = self._touch_descriptors
        self.ring0 = Ring0(uc, self.mmu, self._extended)
        self.guards = Guards(uc, self.mmu.read_user, self._guarded, self.charge)
        self.probes = Probes(uc, self._fail)
        self.count = InstructionCount(uc, self.mmu)
        self.cut: Callable[[], bool] | None = None  # asked whether the run is to end, whenever the emulator has stopped
        self.frame: PtRegs | None = None  # what a `syscall` fills; None in ring 0, and where it enters by the text
        self.task_frame: PtRegs | None = None  # that of the task which runs
        self.always_by_text = self._text_changed = False  # see _choose_road

    def _choose_road(self) -> None:
        """By the kernel's text is the way in and out where somebody watches it, has changed it, or wants it so always.

        The stack is the same on both roads: a call may go in by the one and out by the other.
        """
        way_in = self.ring0.way_in
        watched = self.count.wanted or self.probes.watches(way_in.text)
        self.by_text = self.always_by_text or self._text_changed or watched
        self.frame = None if self.by_text or self.mmu.ring == 0 else self.task_frame

    # What ends a run.

    def stop(self, kind: str = STOPPED) -> None:
        """Called from a callback: end the run after it."""
        self._end(Stop(kind))

    def pause(self) -> None:
        """Called from a callback: leave the emulator behind it.  The run goes on, unless `cut` says that it ends."""
        self.uc.emu_stop()

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
        elif self.task_frame is not None:
            self.task_frame.save()

    # The loop.

    def charge(self, instructions: int) -> None:
        """What runs now outside of the machine takes as long as so many instructions: they count towards the budget."""
        self.charged += instructions
        if self._budget and self.charged >= self._budget:
            self.uc.emu_stop()

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

    def _settle(self) -> None:
        """Tell the emulator what changed since it last ran."""
        if self.watch.stale or self._extended.exception_taken:
            self.charged += RESTART_COST
        if self._extended.exception_taken and self.mmu.ring == 0:
            self.ring0.forget_exceptions()
        elif self._extended.exception_taken and self.task_frame is not None:
            self.task_frame.save()
            self._extended.forget_exceptions()
            self.task_frame.load()
        if self.watch.stale or self.probes.stale or self.count.is_stale:
            self._hook_anew()
        if self.mmu.flush_wanted:
            self.mmu.flush()

    def _hook_anew(self) -> None:
        """Have the exits and hooks that the code needs now, and who watches it; translated code is forgotten."""
        self.mmu.blind = True
        forget = self.probes.install() | self.count.install()
        self._choose_road()
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

    def _touch_descriptors(self) -> None:
        self.ring0.touch(DESCRIPTORS, count=0 if self._uncounted_code else 1)

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

    def _register(self, name: str) -> int:
        return int(self.uc.reg_read(getattr(x86, "UC_X86_REG_" + name.upper())))

    def _pass_watched(self, rip: int, kind: str) -> Stop | None:
        """Execute the one watched instruction at which the CPU stands; a Stop if that ends the run."""
        from kshell.machine.quirks.simd import unmasked
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
        self.mmu.ahead = -1
        self.watch.stale = True  # watch `rip` again
        if kind == LARGE_RETURN and self.uc.reg_read(x86.UC_X86_REG_RIP) != rip:
            self.uc.reg_write(x86.UC_X86_REG_RSP, self._register("rsp") + (1 << 16) & U64)
        if kind in (LOAD_MXCSR, LOAD_FPCW) and stop is None:
            self.watch.watch_exceptions(
                unmasked(self._register("mxcsr")), ~self._register("fpcw") & FPU_EXCEPTIONS != 0
            )
        return stop

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
