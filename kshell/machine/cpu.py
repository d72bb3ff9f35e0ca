"""One x86-64 CPU: user code runs on it in ring 3, and every trap is handed to the kernel by a callback.

The CPU knows no system call.  It translates addresses by walking the page tables in RAM, as the hardware does,
and stops or calls back when user code traps.  docs/tricks.md says why each odd thing here is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from unicorn import Uc, UcError  # type: ignore[attr-defined]
from unicorn import unicorn_const as uc_const
from unicorn import x86_const as x86

from kshell.abi import ptregs
from kshell.abi.errno import ENOSYS
from kshell.machine.code_watch import DIVIDE, EDGE, KILLER, LOAD_MXCSR, LONGEST_INSTRUCTION, CodeWatch
from kshell.machine.ctrl_c import CtrlC
from kshell.machine.paging import FETCH, FRAME_MASK, NX, PRESENT, READ, USER, WRITABLE, WRITE, PageTable, is_canonical
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, Ram
from kshell.machine.registers import Extended, Frame, hook_syscall

AX, CX, IP = ptregs.AX, ptregs.CX, ptregs.IP
U64 = (1 << 64) - 1
MINUS_ENOSYS = -ENOSYS & U64
KERNEL_CS, KERNEL_SS, USER_CS, USER_SS = 0x10, 0x18, 0x33, 0x2B
# Linux's descriptors, so that the selectors above mean what they do there (arch/x86/kernel/cpu/common.c), but for
# 0x23, 32-bit user code: there is none here, and a far jump to it is refused.
GDT = (0, 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF, 0, 0x00CFF3000000FFFF, 0x00AFFB000000FFFF)
GENERAL_PROTECTION = 13
IRETQ = b"\x48\xcf"
CR0_NE = 1 << 5
CR4_TSD, CR4_OSFXSR, CR4_OSXMMEXCPT = 1 << 2, 1 << 9, 1 << 10
# The emulator's TLB has 256 entries at first, and grows only when it is flushed.
FIRST_FILLS, MOST_FILLS = 300, 20_000
# Instructions are counted in slices, since the emulator does not say how many of a slice ran when something else
# stopped it: all of it is charged then.  Slices that start small keep that fair.
FIRST_SLICE, LONGEST_SLICE = 1_000, 1 << 20
RESTART_COST = 1_000  # charged whenever the emulator must be told something: that takes as long

# Why a run ended.
STOPPED = "stopped"  # the kernel said so, in a callback
PAGE_FAULT = "page fault"
INTERRUPT = "interrupt"  # an exception or an `int n`, by its vector
UNDEFINED = "undefined opcode"
PRIVILEGED = "privileged"  # in, out: the CPU let them pass, the kernel must not
SYSENTER = "sysenter"
SIMD_FAULT = "simd fault"  # an SSE instruction met what MXCSR does not mask
BUDGET = "budget"
CTRL_C = "Ctrl-C"


class Stop(NamedTuple):
    """Why a run ended: `kind`; for an interrupt its `vector`; for a page fault its `address` (CR2), `access`, and
    whether it went through the `stack` segment; for a SIMD fault the exceptions, as bits of MXCSR, in `vector`."""

    kind: str
    vector: int = 0
    address: int = 0
    access: int = 0
    stack: bool = False


class Cpu:
    """The CPU of one machine.

    `on_syscall(regs)` is called at a `syscall` instruction with pt_regs filled in, ax preset to -ENOSYS; it leaves
    the result in ax, or calls `stop()`.  `on_page_fault(address, access)` may map a page and return True.
    `charged` is the number of instructions that the last counted run used up.
    """

    def __init__(self, ram: Ram) -> None:
        self.ram = ram
        self.on_syscall: Callable[[memoryview], None] = lambda regs: None
        self.on_page_fault: Callable[[int, int], bool] = lambda address, access: False
        self.ctrl_c: CtrlC | None = None
        self.charged = 0
        self.watch = CodeWatch(ram)
        self._gdt_page = 0
        self._descriptors_open = False  # the CPU itself reads a descriptor, which user code may not
        self._space: PageTable | None = None
        self._root = 0
        self._ring = 0
        self._stop: Stop | None = None
        self._error: BaseException | None = None
        self._fills, self._fills_limit = 0, FIRST_FILLS
        self._flush_wanted = False
        self._after_exception = self._frame_is_final = self._progress = False
        uc: Any = Uc(uc_const.UC_ARCH_X86, uc_const.UC_MODE_64)  # type: ignore[no-untyped-call]
        self.uc = uc
        uc.ctl_set_cpu_model(x86.UC_CPU_X86_WESTMERE)  # no rdrand, no AVX: what runs here is the same everywhere
        uc.ctl_set_tlb_mode(uc_const.UC_TLB_VIRTUAL)
        uc.mem_map_ptr(0, ram.size, uc_const.UC_PROT_ALL, ram.host_address)
        self._hook()
        self._extended = Extended(uc)
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
        uc = self.uc
        self._space, self._root = space, space.root
        self._gdt_page = gdt & PAGE_MASK
        limit = 8 * len(GDT) - 1
        uc.reg_write(x86.UC_X86_REG_CR0, uc.reg_read(x86.UC_X86_REG_CR0) | CR0_NE)
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
        self._extended.remember_clean()
        uc.ctl_exits_enabled(True)  # with none set: there is no address at which a run ends by itself
        self.flush_tlb()

    # Callbacks from the emulator.

    def _tlb_fill(self, _uc: Any, address: int, access: int, entry: Any, _data: object) -> bool:
        self._fills += 1
        if self._fills > self._fills_limit:  # let a flush enlarge the TLB, or every access will come here
            self._fills_limit = min(2 * self._fills_limit, MOST_FILLS)
            self._flush_wanted = True
            self.uc.emu_stop()
        pte = self._walk(address)
        if not (self._allowed(pte, access) or (self._descriptors_open and address & PAGE_MASK == self._gdt_page)):
            if not self._ask_for_page(address, access):
                return self._refuse(address, access)
            pte = self._walk(address)
        frame = pte & FRAME_MASK
        entry.paddr = frame
        if access == FETCH:
            if self._ring == 3 and not self._admit(address & PAGE_MASK & U64, frame):
                self._after_exception = True
                return False
            entry.perms = uc_const.UC_PROT_READ | uc_const.UC_PROT_EXEC
        elif pte & WRITABLE:  # never writable and executable at once: code is looked at before it runs
            entry.perms = uc_const.UC_PROT_READ | uc_const.UC_PROT_WRITE
        else:
            entry.perms = uc_const.UC_PROT_READ
        return True

    def _ask_for_page(self, address: int, access: int) -> bool:
        """Let the kernel bring in a page; True if the access is allowed then."""
        if self._stop is not None:  # code that runs on to the end of its block after what stopped it
            return False
        try:
            mapped = self.on_page_fault(address, access)
        except BaseException as error:  # the binding would lose it: it is raised again when the run has stopped
            self._error = error
            return False
        return mapped and self._allowed(self._walk(address), access)

    def _walk(self, address: int) -> int:
        words = self.ram.words
        pte = self._root
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
        self._after_exception = True
        return False

    def _admit(self, page: int, frame: int) -> bool:
        before, after = self._neighbour(page - PAGE_SIZE), self._neighbour(page + PAGE_SIZE)
        data = self.ram.bytes
        lead = data[before + PAGE_SIZE - EDGE : before + PAGE_SIZE] if before else b""
        tail = data[after : after + EDGE] if after else b""
        return self.watch.admit(page, frame, lead, tail)

    def _neighbour(self, page: int) -> int:
        """The frame of a page that could be executed, or 0."""
        pte = self._walk(page & U64)
        return pte & FRAME_MASK if self._allowed(pte, FETCH) else 0

    def _interrupt(self, _uc: Any, vector: int, _data: object) -> None:
        self._after_exception = True
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

    def run(self, frame: Frame, budget: int = 0) -> Stop:
        """Run ring 3 code from the registers in `frame` until something stops it; the registers are saved back.

        `budget` is a number of instructions (0: uncounted, and much faster).
        """
        self.frame = frame
        self._stop = None
        self._frame_is_final = False
        self.charged = 0
        if self._after_exception:
            self._forget_exceptions()
        frame.load()
        with CtrlC(self.uc.emu_stop) as ctrl_c:
            self.ctrl_c = ctrl_c
            stop = self._run_to_stop(budget, ctrl_c)
            self._descriptors_open = False
        if not self._frame_is_final:
            frame.save()
        return stop

    def _run_to_stop(self, budget: int, ctrl_c: CtrlC) -> Stop:
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
            if ctrl_c.pressed:
                return Stop(CTRL_C)
            if budget and self.charged >= budget and self._progress:
                return Stop(BUDGET)

    def _slice(self, longest: int, budget: int) -> int:
        """How many instructions to run at once; 0: no limit."""
        if self._descriptors_open:
            return 1
        return max(1, min(longest, budget - self.charged)) if budget else 0

    def _cut_short(self) -> bool:
        at_watched = self.watch.kind(self.uc.reg_read(x86.UC_X86_REG_RIP)) is not None
        return at_watched or self.watch.stale or self._flush_wanted

    def _settle(self) -> None:
        """Tell the emulator what changed since it last ran."""
        if self.watch.stale or self._after_exception:
            self.charged += RESTART_COST
        if self._after_exception and self.frame is not None:
            self.frame.save()
            self._forget_exceptions()
            self.frame.load()
        if self.watch.stale:
            self.uc.ctl_set_exits(self.watch.commit())
            self.uc.ctl_flush_tb()
            self._flush_wanted = True
        if self._flush_wanted:
            self.flush_tlb()

    def _start(self, count: int) -> Stop | None:
        """Let the emulator run, `count` instructions if that is not 0.  None if nothing that it met ends the run."""
        uc, rip = self.uc, x86.UC_X86_REG_RIP
        begin, crash = uc.reg_read(rip), None
        try:
            uc.emu_start(begin, 0, count=count)
        except UcError as error:
            crash = error
        if self._error is not None:
            problem, self._error = self._error, None
            raise problem
        if self._stop is not None and self._stop.kind == PAGE_FAULT and not self._is_fault(self._stop, crash):
            self._stop = None
        stop = self._stop
        self._progress = not (self.watch.stale and stop is None and uc.reg_read(rip) == begin)
        if self._progress:
            self.charged += count
        if self._descriptors_open:
            self._descriptors_open = False
            self._flush_wanted = True
        if stop is not None:
            return self._page_fault(stop) if stop.kind == PAGE_FAULT else stop
        if crash is not None and not self.watch.stale:
            self._after_exception = True
            return _undefined(crash, uc.reg_read(rip))
        return None

    def _is_fault(self, stop: Stop, crash: UcError | None) -> bool:
        """Whether the program met it: after a run the emulator itself looks at the pages of its exits."""
        met = crash is not None and crash.errno == uc_const.UC_ERR_EXCEPTION
        return met and not (stop.access == FETCH and self.watch.stale)

    def _page_fault(self, stop: Stop) -> Stop | None:
        """The fault with its exact address; None if it was none and the run goes on.

        The emulator names the page only, and it has two faults of its own making.  It translates a block before it
        runs it, and reports a page that it could not fetch for the end of the block before the beginning was executed:
        then go to that end in small steps.  And it reads descriptors as if user code did: then allow it that, once.
        """
        from kshell.machine.fault_address import find_operand

        page, rip = stop.address & PAGE_MASK & U64, self.uc.reg_read(x86.UC_X86_REG_RIP)
        if stop.access == FETCH:
            if rip & PAGE_MASK == page:
                return stop._replace(address=rip)
            again = rip & PAGE_MASK == page - PAGE_SIZE and self.watch.watch_page_end(page)
        else:
            code = self.read_user(rip, LONGEST_INSTRUCTION)
            found = find_operand(code, rip, self._register, page, stop.access)
            if found is not None:
                access = WRITE if "write" in found[1].access else stop.access
                return stop._replace(address=found[0], access=access, stack=found[1].stack)
            again = page == self._gdt_page
            self._descriptors_open = again
        if not again:
            return stop._replace(address=page)
        self._stop, self._progress = None, False
        return None

    def _register(self, name: str) -> int:
        return int(self.uc.reg_read(getattr(x86, "UC_X86_REG_" + name.upper())))

    def step(self, frame: Frame) -> Stop:
        """Execute one instruction (one iteration of a `rep`)."""
        stop = self.run(frame, budget=1)
        return Stop(STOPPED) if stop.kind == BUDGET else stop

    # Watched instructions.

    def _pass_watched(self, rip: int, kind: str) -> Stop | None:
        """Execute the one watched instruction at which the CPU stands; a Stop if that ends the run."""
        if kind == KILLER:
            return Stop(UNDEFINED, address=rip)
        if kind == DIVIDE and (flags := self._divide_flags(rip)):
            return Stop(SIMD_FAULT, vector=flags)
        if kind == LOAD_MXCSR and self._loads_reserved_bits(rip):
            return Stop(INTERRUPT, vector=GENERAL_PROTECTION)
        exits = self.watch.commit()
        exits.remove(rip)
        self.uc.ctl_set_exits(exits)
        self.uc.ctl_flush_tb()
        stop = self._start(1)
        self.watch.stale = True  # watch `rip` again
        if kind == LOAD_MXCSR and stop is None:
            self._see_mxcsr()
        return stop

    def _see_mxcsr(self) -> None:
        from kshell.machine.simd import unmasked

        self.watch.watch_divides(unmasked(self.uc.reg_read(x86.UC_X86_REG_MXCSR)))

    def _loads_reserved_bits(self, rip: int) -> bool:
        from kshell.machine.simd import loads_reserved_bits

        return loads_reserved_bits(rip, self._register, self.read_user)

    def _divide_flags(self, rip: int) -> int:
        from kshell.machine.simd import divide_flags

        return divide_flags(rip, self._register, self.read_user)

    def read_user(self, address: int, size: int) -> bytes:
        """The bytes that user code would read at `address`; fewer where it cannot."""
        found = b""
        while len(found) < size:
            at = address + len(found) & U64
            pte = self._walk(at)
            if not self._allowed(pte, READ):
                if not self._ask_for_page(at, READ):
                    break
                pte = self._walk(at)
            offset = at & ~PAGE_MASK
            length = min(size - len(found), PAGE_SIZE - offset)
            found += self.ram.bytes[(pte & FRAME_MASK) + offset : (pte & FRAME_MASK) + offset + length]
        return found

    # State that is not in pt_regs.

    def _forget_exceptions(self) -> None:
        """Back to a CPU that never took an exception, or the emulator takes the next one for a double fault.  All that
        is not in pt_regs stays."""
        self._extended.forget_exceptions()
        self._after_exception = False

    def fpu_status(self) -> tuple[int, int]:
        """The x87 status word and control word."""
        return self._register("fpsw"), self._register("fpcw")

    def reset(self) -> None:
        """The floating-point and vector state that a new program finds (fpu__clear)."""
        self._extended.reset()
        self._after_exception = False
        self.watch.watch_divides(False)

    def load_space(self, space: PageTable) -> None:
        """Switch to another address space (C: load_cr3)."""
        if space is not self._space:
            self._space, self._root = space, space.root
            self._fills_limit = FIRST_FILLS
            self.watch.clear()
            self.watch.stale = True
        self._flush_wanted = True

    def flush_tlb(self) -> None:
        """Forget cached translations; needed after a page-table entry was changed or removed."""
        self.uc.ctl(uc_const.UC_CTL_TLB_FLUSH, uc_const.UC_CTL_IO_WRITE)
        self._fills = 0
        self._flush_wanted = False

    def flush_code(self) -> None:
        """Forget translated code; needed after the host wrote bytes that user code may have executed.

        Called in the middle of a run, it takes effect before the next user instruction."""
        self.watch.stale = True
        self.uc.emu_stop()


def _undefined(error: UcError, rip: int) -> Stop:
    if error.errno == uc_const.UC_ERR_INSN_INVALID:
        return Stop(UNDEFINED, address=rip)
    raise error
