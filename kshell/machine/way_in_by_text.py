"""The way into ring 0 and out of it by the kernel's own text (way_in.py), which the CPU runs where somebody watches it.

The short road (Cpu) leaves the same behind, so a call may go in by the one and out by the other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.machine.paging import FRAME_MASK, PageTable
from kshell.machine.ram import PAGE_MASK, Ram
from kshell.machine.registers import PtRegs
from kshell.machine.ring0 import VMCALL_SIZE, KernelEntry
from kshell.machine.run_loop import RunLoop
from kshell.machine.stop import GENERAL_PROTECTION, INTERRUPT, Stop
from kshell.machine.way_in import WayIn, sysret_is_possible

AX, CX, R11, IP, SP, FLAGS, ORIG_AX = (
    *(ptregs.AX, ptregs.CX, ptregs.R11, ptregs.IP, ptregs.SP),
    *(ptregs.FLAGS, ptregs.ORIG_AX),
)
USER_FLAGS = 0x244DD5  # those that ring 3 may have, whatever ring 0 has written into pt_regs
INTERRUPT_FLAG = 1 << 9


class ByText(RunLoop):
    """`on_entry(regs)` hears of the `syscall` first, `on_dispatch(regs)` is called for `on_syscall` once pt_regs is
    there, `on_result(result)` when a function in ring 0 has returned, and `on_exit()` when ring 3 is reached again.
    """

    def __init__(self, ram: Ram) -> None:
        super().__init__(ram)
        self.on_dispatch: Callable[[memoryview], KernelEntry | None] = lambda regs: None
        self.on_entry: Callable[[memoryview], None] = lambda regs: None
        self.on_result: Callable[[int], None] = lambda result: None
        self.on_exit: Callable[[], None] = lambda: None
        self.ram = ram
        self.scratch = 0  # the host address of that cell
        self._text, self._text_at_boot = slice(0), b""

    def know_text(self, space: PageTable, way_in: WayIn) -> None:
        """The kernel is in memory."""

        def physical(address: int) -> int:
            return space.entry(address) & FRAME_MASK | address & ~PAGE_MASK

        self.scratch = self.ram.host_address + physical(way_in.scratch)
        self._text = slice(physical(way_in.text.start), physical(way_in.text.start) + len(way_in.text))
        self._text_at_boot = self.ram.bytes[self._text]
        self.guards.own, self.guards.on_exit = way_in.own, self._exit_by_text
        self.guards.exits = self.probes.hooked_elsewhere = self.count.hooked_elsewhere = way_in.exits

    def look_at_text(self) -> None:
        """A run begins: text that somebody has changed is to run."""
        self._text_changed = self.ram.bytes[self._text] != self._text_at_boot
        self._choose_road()

    def _enter_by_text(self) -> None:
        """A `syscall` as the hardware does it: rcx, r11, the flags, and on at LSTAR on the user's own stack."""
        ring0, frame = self.ring0, self.task_frame
        ring0.frame.save_for_syscall()
        regs = ring0.regs
        regs[CX] += 2
        regs[AX] = regs[ORIG_AX]
        try:
            self.on_entry(regs)
        except BaseException as error:
            self._fail(error)
            return
        if frame is not None:
            regs[FLAGS] &= ~ring0.way_in.mask
            ring0.enter_text(frame)

    def _is_dispatch(self) -> bool:
        """Whether the text called do_syscall_64, with pt_regs where it belongs, and not somebody else."""
        frame, at = self.ring0.user_frame, self.ring0.regs[SP] + 8
        physical = self.mmu.walk(at) & FRAME_MASK | at & ~PAGE_MASK
        return frame is not None and frame.host_address == self.ram.host_address + physical

    def _dispatch(self) -> None:
        ring0, frame = self.ring0, self.ring0.user_frame
        assert frame is not None
        entry = self.on_dispatch(frame.words)
        if entry is None:
            self._return_to_text(frame)
        else:
            ring0.call_in_text(entry)
            ring0.frame.load()

    def _return_to_text(self, frame: PtRegs) -> None:
        """On behind the `vmcall`, unless the task is no more: do_syscall_64 returns whether sysretq will do."""
        ring0 = self.ring0
        if self._stop is not None:
            self._frame_is_final = True
            return
        ring0.regs[IP] += VMCALL_SIZE
        ring0.regs[AX] = sysret_is_possible(frame.words)
        ring0.regs[FLAGS] &= ~INTERRUPT_FLAG
        ring0.frame.load()

    def _exit_by_text(self, address: int) -> None:
        """The CPU stands before a sysretq or an iretq."""
        ring0 = self.ring0
        self.probes.met(self.uc, address)
        if self._stop is not None:
            return
        if ring0.user_frame is None:
            self._guarded(Stop(INTERRUPT, vector=GENERAL_PROTECTION))
            return
        self.count.met(address)
        ring0.save()
        regs = ring0.regs
        regs[IP], regs[FLAGS] = regs[CX], regs[R11]
        if ring0.way_in.exits[address]:
            popped = self.mmu.read_user(regs[SP], 40).ljust(40, b"\0")
            regs[IP], _, regs[FLAGS], regs[SP], _ = struct.unpack("<5Q", popped)
        regs[FLAGS] = regs[FLAGS] & USER_FLAGS | 0x202
        ring0.leave()
        self._choose_road()
        try:
            self.on_exit()
        except BaseException as error:
            self._fail(error)
        ring0.frame.load()
        self.uc.reg_write(x86.UC_X86_REG_RIP, regs[IP])  # in such a hook nothing less makes the emulator go there
