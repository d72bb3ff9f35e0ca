"""The emulator with all that it must be told, between two runs and in the midst of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from unicorn import Uc, UcError  # type: ignore[attr-defined]
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.machine.control_registers import read_control_register, write_control_register
from kshell.machine.ctrl_c import CtrlC
from kshell.machine.descriptors import DESCRIPTORS, Descriptors
from kshell.machine.host_memory import demand_for_emulator
from kshell.machine.instruction_count import InstructionCount
from kshell.machine.mmu import Mmu
from kshell.machine.patience import Patience
from kshell.machine.probes import Probes
from kshell.machine.quirks.code_watch import CodeWatch
from kshell.machine.quirks.ring0_guard import Guards
from kshell.machine.ram import Ram
from kshell.machine.registers import Extended, PtRegs
from kshell.machine.ring0 import Ring0
from kshell.machine.stop import PROBED, STOPPED, Stop

RESTART_COST = 1_000  # charged whenever the emulator must be told something: that takes as long


class Emulator:
    """Unicorn and what stands around it: MMU, probes, watched code, ring 0.  RunLoop lets it run."""

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
        control = partial(read_control_register, self.mmu), partial(write_control_register, self.mmu)
        self.guards = Guards(uc, self.mmu.read_user, self._guarded, self.charge, self._interrupts_off, *control)
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

    def _register(self, name: str) -> int:
        return int(self.uc.reg_read(getattr(x86, "UC_X86_REG_" + name.upper())))

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

    def watch_memory(self, seen: Callable[[bool, int, int], None]) -> None:
        """From now on `seen` is told of each load and store of machine code in ring 0: whether it stores, the physical
        address, and how many bytes.  `ring0.regs` then has the registers.  It costs time, wherever code runs."""

        def access(_uc: Any, kind: int, address: int, size: int, _value: int, _data: object) -> None:
            if self.mmu.ring == 0 and self._error is None:
                try:
                    seen(kind == uc_const.UC_MEM_WRITE, address, size)
                except BaseException as error:
                    self._fail(error)

        self.uc.hook_add(uc_const.UC_HOOK_MEM_READ | uc_const.UC_HOOK_MEM_WRITE, access)

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

    def _interrupts_off(self) -> None:
        self.watch.watch_halts()
        self.uc.emu_stop()

    def _end(self, stop: Stop) -> None:
        if not self.mmu.closed:
            self._stop, self.mmu.closed = stop, True
        self.uc.emu_stop()

    def _save(self) -> None:
        if self.mmu.ring == 0:
            self.ring0.save()
        elif self.task_frame is not None:
            self.task_frame.save()

    def _raise_errors(self) -> None:
        """What a callback raised comes out here: the emulator would have lost it."""
        problem = self._error or self.mmu.error
        if problem is not None:
            self._error = self.mmu.error = None
            raise problem

    def charge(self, instructions: int) -> None:
        """What runs now outside of the machine takes as long as so many instructions: they count towards the budget."""
        self.charged += instructions
        if self._budget and self.charged >= self._budget:
            self.uc.emu_stop()

    # What it is told.

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

    def _touch_descriptors(self) -> None:
        self.ring0.touch(DESCRIPTORS, count=0 if self._uncounted_code else 1)
