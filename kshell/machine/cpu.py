"""One x86-64 CPU: user code runs on it in ring 3, and every trap is handed to the kernel by a callback.

The CPU knows no system call.  It translates addresses by walking the page tables in RAM, as the hardware does,
and stops or calls back when user code traps.  docs/tricks.md says why each odd thing here is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from unicorn import Uc, UcError
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.abi.errno import ENOSYS
from kshell.machine.ctrl_c import CtrlC
from kshell.machine.encode import host_killer_starts
from kshell.machine.paging import FETCH, FRAME_MASK, NX, PRESENT, USER, WRITABLE, WRITE, PageTable, is_canonical
from kshell.machine.ram import PAGE_SIZE, Ram
from kshell.machine.registers import Frame, hook_syscall

AX, CX, FLAGS, IP, R11 = ptregs.AX, ptregs.CX, ptregs.FLAGS, ptregs.IP, ptregs.R11
U64 = (1 << 64) - 1
MINUS_ENOSYS = -ENOSYS & U64
KERNEL_CS, KERNEL_SS, USER_CS, USER_SS = 0x10, 0x18, 0x33, 0x2B
# Linux's descriptors, so that the selectors above mean what they do there (arch/x86/kernel/cpu/common.c).
GDT = (0, 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF, 0x00CFFB000000FFFF, 0x00CFF3000000FFFF, 0x00AFFB000000FFFF)
IRETQ = b"\x48\xcf"
CR4_TSD, CR4_OSFXSR, CR4_OSXMMEXCPT = 1 << 2, 1 << 9, 1 << 10
FIRST_FILLS = 300  # the emulator's TLB has 256 entries at first, and grows only when it is flushed
RESTART_COST = 1000  # instructions charged for a restart, so that an endless row of them meets the budget too
XMM_REGISTERS = tuple(getattr(x86, f"UC_X86_REG_XMM{i}") for i in range(16))
FP_REGISTERS = (
    *(getattr(x86, f"UC_X86_REG_FP{i}") for i in range(8)),
    *(x86.UC_X86_REG_FPCW, x86.UC_X86_REG_FPSW, x86.UC_X86_REG_FPTAG, x86.UC_X86_REG_MXCSR),
)

# Why a run ended.
STOPPED = "stopped"  # the kernel said so, in a callback
REACHED = "reached"  # the address `until`
PAGE_FAULT = "page fault"
INTERRUPT = "interrupt"  # an exception or an `int n`, by its vector
UNDEFINED = "undefined opcode"
PRIVILEGED = "privileged"  # in, out: the CPU let them pass, the kernel must not
SYSENTER = "sysenter"
BUDGET = "budget"
CTRL_C = "Ctrl-C"


class Stop(NamedTuple):
    """Why a run ended: `kind`; for an interrupt its `vector`; for a page fault its `address` and `access`."""

    kind: str
    vector: int = 0
    address: int = 0
    access: int = 0


class Cpu:
    """The CPU of one machine.

    `on_syscall(regs)` is called at a `syscall` instruction with pt_regs filled in, ax preset to -ENOSYS; it leaves
    the result in ax, or calls `stop()`.  `on_page_fault(address, access)` may map a page and return True.
    `ctrl_c_pressed` is True once the person at the keyboard wants the present run to end.
    """

    def __init__(self, ram: Ram) -> None:
        self.ram = ram
        self.on_syscall: Callable[[memoryview], None] = lambda regs: None
        self.on_page_fault: Callable[[int, int], bool] = lambda address, access: False
        self.ctrl_c: CtrlC | None = None
        self.root = 0
        self._ring = 0
        self._stop: Stop | None = None
        self._error: BaseException | None = None
        self._grow = self._stale_code = False
        self._fills, self._fills_limit = 0, FIRST_FILLS
        self._killers: dict[int, list[int]] = {}  # page -> addresses that must not be translated
        self._new_killers = False
        self._tainted_by_exception = self._frame_is_final = False
        self.uc = uc = Uc(uc_const.UC_ARCH_X86, uc_const.UC_MODE_64)
        uc.ctl_set_cpu_model(x86.UC_CPU_X86_WESTMERE)  # no rdrand, no AVX: what runs here is the same everywhere
        uc.ctl_set_tlb_mode(uc_const.UC_TLB_VIRTUAL)
        uc.mem_map_ptr(0, ram.size, uc_const.UC_PROT_ALL, ram.host_address)
        self._hook()
        self.frame: Frame | None = None

    @property
    def ctrl_c_pressed(self) -> bool:
        """Whether Ctrl-C was pressed since the present run began."""
        return self.ctrl_c is not None and self.ctrl_c.pressed

    def new_frame(self, physical: int) -> Frame:
        """A pt_regs at physical address `physical`, for `run`."""
        return Frame(self.uc, self.ram, physical)

    def _hook(self) -> None:
        def insn(callback: Callable[..., object], instruction: int) -> None:
            self.uc.hook_add(uc_const.UC_HOOK_INSN, callback, None, 1, 0, instruction)

        self.uc.hook_add(uc_const.UC_HOOK_TLB_FILL, self._tlb_fill)
        self.uc.hook_add(uc_const.UC_HOOK_INTR, self._interrupt)
        self._keep = hook_syscall(self.uc, self._syscall)
        insn(lambda *_: self._forbid(SYSENTER), x86.UC_X86_INS_SYSENTER)
        insn(lambda *_: self._forbid(PRIVILEGED), x86.UC_X86_INS_IN)
        insn(lambda *_: self._forbid(PRIVILEGED), x86.UC_X86_INS_OUT)

    # Going to ring 3, once.

    def boot(self, space: PageTable, gdt: int, iret: int, stack_top: int) -> None:
        """Load the descriptor table at `gdt` and pass to ring 3 by the `iretq` at `iret`, as a kernel does at the end
        of booting.  From here on every run is user code.  All three are kernel addresses mapped in `space`."""
        uc, root = self.uc, space.root
        self.root = root
        limit = 8 * len(GDT) - 1
        uc.reg_write(x86.UC_X86_REG_CR4, uc.reg_read(x86.UC_X86_REG_CR4) | CR4_TSD | CR4_OSFXSR | CR4_OSXMMEXCPT)
        uc.reg_write(x86.UC_X86_REG_GDTR, (0, gdt, limit, 0))
        uc.reg_write(x86.UC_X86_REG_CS, KERNEL_CS)
        uc.reg_write(x86.UC_X86_REG_SS, KERNEL_SS)
        landing = iret + 0x10  # nothing is executed there, but the emulator wants to fetch it: any mapped page will do
        frame = (landing, USER_CS, 0x202, 0x2000, USER_SS)  # ip, cs, flags, sp, ss: what iretq pops
        entry = space.entry(stack_top - 1) & FRAME_MASK
        at = (entry + PAGE_SIZE - 8 * len(frame)) >> 3
        for offset, word in enumerate(frame):
            self.ram.words[at + offset] = word
        uc.reg_write(x86.UC_X86_REG_RSP, stack_top - 8 * len(frame))
        uc.emu_start(iret, landing)
        if uc.reg_read(x86.UC_X86_REG_CS) != USER_CS:
            raise RuntimeError("the emulator did not enter ring 3")
        self._ring = 3
        uc.reg_write(x86.UC_X86_REG_FPCW, 0x37F)
        uc.reg_write(x86.UC_X86_REG_MXCSR, 0x1F80)
        self._clean = uc.context_save()
        self.flush_tlb()

    # Callbacks from the emulator.

    def _tlb_fill(self, _uc: Any, address: int, access: int, entry: Any, _data: object) -> bool:
        self._fills += 1
        if self._fills > self._fills_limit:  # let a flush enlarge the TLB, or every access will come here
            self._fills_limit *= 2
            self._grow = True
            self.uc.emu_stop()
        pte = self._walk(address)
        if not self._allowed(pte, access):
            if self._stop is not None or not self._ask_for_page(address, access):
                return self._refuse(address, access)
            pte = self._walk(address)
            if not self._allowed(pte, access):
                return self._refuse(address, access)
        frame = pte & FRAME_MASK
        entry.paddr = frame
        if access == FETCH:
            if self._guard(address & ~(PAGE_SIZE - 1), frame):
                return False
            entry.perms = uc_const.UC_PROT_READ | uc_const.UC_PROT_EXEC
        elif pte & WRITABLE:  # never writable and executable at once: code is looked at before it runs
            entry.perms = uc_const.UC_PROT_READ | uc_const.UC_PROT_WRITE
        else:
            entry.perms = uc_const.UC_PROT_READ
        return True

    def _ask_for_page(self, address: int, access: int) -> bool:
        try:
            return self.on_page_fault(address, access)
        except BaseException as error:  # the binding would lose it: it is raised again when the run has stopped
            self._error = error
            return False

    def _walk(self, address: int) -> int:
        words = self.ram.words
        pte = self.root
        for shift in (39, 30, 21, 12):
            pte = words[((pte & FRAME_MASK) + 8 * (address >> shift & 511)) >> 3]
            if not pte & PRESENT:
                return 0
        return pte if is_canonical(address) else 0

    def _allowed(self, pte: int, access: int) -> bool:
        if not pte & PRESENT or (self._ring == 3 and not pte & USER):
            return False
        if access == WRITE:
            return bool(pte & WRITABLE)
        return access != FETCH or not pte & NX

    def _refuse(self, address: int, access: int) -> bool:
        if self._stop is None:  # only the first address that is asked for is the one that faulted
            self._stop = Stop(PAGE_FAULT, address=address, access=access)
        self._tainted_by_exception = True
        return False

    def _guard(self, page: int, frame: int) -> bool:
        """Look at a page that is about to be executed; True if it holds new bytes that would end this process."""
        code = self.ram.bytes[frame : frame + PAGE_SIZE]
        lead = self._neighbour(page - PAGE_SIZE)[-14:]
        tail = self._neighbour(page + PAGE_SIZE)[:14]
        start = page - len(lead)
        found = [start + offset for offset in host_killer_starts(lead + code + tail)]
        if found == self._killers.get(page, []):
            return False
        self._killers[page] = found
        self._new_killers = True
        self._tainted_by_exception = True
        return True

    def _neighbour(self, page: int) -> bytes:
        pte = self._walk(page & U64) if page >= 0 else 0
        if not self._allowed(pte, FETCH):
            return b""
        frame = pte & FRAME_MASK
        return self.ram.bytes[frame : frame + PAGE_SIZE]

    def _interrupt(self, _uc: Any, vector: int, _data: object) -> None:
        self._tainted_by_exception = True
        self._end(Stop(INTERRUPT, vector=vector))

    def _forbid(self, kind: str) -> int:
        """An instruction that the emulator lets pass.  It runs on to the end of the block: what counts is now."""
        if self._stop is None and self.frame is not None:
            self.frame.save()
            self._frame_is_final = True
        self._end(Stop(kind))
        return 0

    def _end(self, stop: Stop) -> None:
        if self._stop is None:
            self._stop = stop
        self.uc.emu_stop()

    def _syscall(self, _uc: Any, _data: object) -> None:
        frame = self.frame
        if frame is None or self._stop is not None:  # code after a forbidden `in` still runs to the end of its block
            return
        frame.save()
        regs = frame.words
        # In the callback rip is still that of the instruction, and rcx and r11 are untouched.
        regs[IP] = regs[CX] = regs[IP] + 2
        regs[R11] = regs[FLAGS]
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

    def run(self, frame: Frame, until: int = 0, budget: int = 0) -> Stop:
        """Run ring 3 code from the registers in `frame` until something stops it; the registers are saved back.

        `until` is an address to stop at, before it is executed (0: none).  `budget` is a number of instructions
        (0: uncounted, and much faster).
        """
        self.frame = frame
        self._stop = None
        self._frame_is_final = False
        if self._tainted_by_exception:  # the emulator takes a second exception for a double fault
            self._forget_exceptions()
        frame.load()
        self._fills = 0
        if self._killers:
            self._set_exits(until)
        if self._stale_code:
            self._stale_code = False
            self._forget_code()
        with CtrlC(self.uc.emu_stop) as ctrl_c:
            self.ctrl_c = ctrl_c
            stop = self._run_to_stop(until, budget, ctrl_c)
        if not self._frame_is_final:
            frame.save()
        return stop

    def _run_to_stop(self, until: int, budget: int, ctrl_c: CtrlC) -> Stop:
        uc, rip, left = self.uc, x86.UC_X86_REG_RIP, budget
        while True:
            begin = uc.reg_read(rip)
            try:
                uc.emu_start(begin, until, count=left)
            except UcError as error:
                if self._stop is None and not self._new_killers:
                    self._tainted_by_exception = True
                    return self._undefined(error, uc.reg_read(rip))
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._stop is not None:
                return self._stop
            here = uc.reg_read(rip)
            if self._is_killer(here):
                return Stop(UNDEFINED, address=here)
            if here == until and until and not self._new_killers:
                return Stop(REACHED)
            if ctrl_c.pressed:
                return Stop(CTRL_C)
            if not (self._grow or self._new_killers or self._stale_code):
                return Stop(BUDGET)
            if budget:
                left = max(left - RESTART_COST, 1)
                if left == 1:
                    return Stop(BUDGET)
            self._prepare_restart(until)

    def _prepare_restart(self, until: int) -> None:
        if self._new_killers:
            self._new_killers = False
            self._forget_exceptions(keep_registers=True)
            self._set_exits(until)
        if self._stale_code:
            self._stale_code = False
            self._forget_code()
        self._grow = False
        self._fills = 0
        self.flush_tlb()

    def _is_killer(self, address: int) -> bool:
        return any(address in starts for starts in self._killers.values())

    def _set_exits(self, until: int) -> None:
        """Make every known killer an address at which translation stops."""
        exits = {start for starts in self._killers.values() for start in starts}
        if until:
            exits.add(until)
        self.uc.ctl_exits_enabled(bool(exits))
        if exits:
            self.uc.ctl_set_exits(sorted(exits))
        self.uc.ctl_flush_tb()

    def _undefined(self, error: UcError, rip: int) -> Stop:
        if error.errno == uc_const.UC_ERR_INSN_INVALID:
            return Stop(UNDEFINED, address=rip)
        if error.errno == uc_const.UC_ERR_EXCEPTION:
            return Stop(PAGE_FAULT, address=rip, access=FETCH)
        raise error

    def step(self, frame: Frame) -> Stop:
        """Execute one instruction (one iteration of a `rep`)."""
        stop = self.run(frame, budget=1)
        return Stop(STOPPED) if stop.kind == BUDGET else stop

    # State that is not in pt_regs.

    def _forget_exceptions(self, keep_registers: bool = False) -> None:
        """Back to a CPU that never took an exception; the floating-point state stays."""
        uc = self.uc
        names = (*XMM_REGISTERS, *FP_REGISTERS, x86.UC_X86_REG_FS_BASE, x86.UC_X86_REG_GS_BASE)
        kept = [(name, uc.reg_read(name)) for name in names]
        if keep_registers:
            assert self.frame is not None
            self.frame.save()
        uc.context_restore(self._clean)
        for name, value in kept:
            uc.reg_write(name, value)
        if keep_registers:
            assert self.frame is not None
            self.frame.load()
        self._tainted_by_exception = False

    def reset(self) -> None:
        """The floating-point and vector state that a new program finds (fpu__clear)."""
        self.uc.context_restore(self._clean)
        self._tainted_by_exception = False

    def load_space(self, space: PageTable) -> None:
        """Switch to another address space (C: load_cr3)."""
        if space.root != self.root:
            self.root = space.root
            self._forget_code()
        self.flush_tlb()

    def _forget_code(self) -> None:
        self._killers.clear()
        self.uc.ctl_exits_enabled(False)
        self.uc.ctl_flush_tb()

    def flush_tlb(self) -> None:
        """Forget cached translations; needed after a page-table entry was changed or removed."""
        self.uc.ctl(uc_const.UC_CTL_TLB_FLUSH, uc_const.UC_CTL_IO_WRITE)

    def flush_code(self) -> None:
        """Forget translated code; needed after the host wrote bytes that user code may have executed.

        Called in the middle of a run, it takes effect before the next user instruction."""
        self._stale_code = True
        self.uc.emu_stop()
