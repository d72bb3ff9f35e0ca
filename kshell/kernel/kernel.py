"""struct of everything: one kernel, and each name that the rooms above give it.

Importing declares, booting binds: every value lives in this object, and two kernels in one process never meet.  What
stands under TYPE_CHECKING is declared forward, as in xv6's defs.h: nothing of it is imported when kshell runs, and no
other file of the kernel may look upwards.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from kshell.kernel.core import layout
from kshell.kernel.core.calling import CallAgain
from kshell.kernel.core.clock import Clock
from kshell.kernel.core.memory import KernelMemory
from kshell.kernel.core.pointers import KernelText
from kshell.kernel.core.printk import MESSAGE_MAX, Log
from kshell.kernel.core.profile import Profile
from kshell.kernel.core.signal import interrupt
from kshell.machine.cpu import Cpu
from kshell.machine.ram import Ram
from kshell.machine.ring0 import KernelPath
from kshell.machine.way_in import WayIn

if TYPE_CHECKING:
    from kshell.abi.debug_types import DebugType
    from kshell.abi.syscall_rows import SyscallTable
    from kshell.abi.task_struct import task_struct
    from kshell.kernel.boot.vmlinux import Vmlinux
    from kshell.kernel.core.declare import SyscallDefinition
    from kshell.kernel.debug.code_trace import CodeTrace
    from kshell.kernel.elf.linked_object import LinkedObject
    from kshell.kernel.entry.entry import CallStatistics
    from kshell.kernel.fs.filesystem import FileSystem
    from kshell.kernel.ia32.call_table import Ia32
    from kshell.kernel.lib.slab import Slab
    from kshell.kernel.mappings.swap import SwapArea
    from kshell.kernel.mm.fixup import BadAccess
    from kshell.kernel.module.refusal import Reason
    from kshell.kernel.module.struct_module import Module
    from kshell.kernel.report.oops_report import Oops
    from kshell.kernel.report.taint import Taint
    from kshell.kernel.signal.death import Death
    from kshell.kernel.task.task import Task
    from kshell.kernel.trace.tracer import Tracer
    from kshell.kernel.vdso.vma import Vdso

FIRST_PID = 77
RESERVED_PIDS, PID_MAX = 300, 32768


class Tty(Protocol):
    """The shell's own screen and keyboard, behind /dev/tty."""

    def write(self, data: bytes) -> None:
        """Show bytes."""

    def read(self, size: int) -> bytes | None:
        """At most `size` bytes, at most one line; empty at the end, None where Ctrl-C ended the wait."""

    def wait(self) -> bool:
        """Wait until Ctrl-C is pressed; False where nobody could."""

    def interrupts(self, pressed: bool) -> bool:
        """Whether Ctrl-C, which was `pressed` or not, ends a long call here and now."""


class NoTty:
    """A screen that nobody looks at."""

    def write(self, data: bytes) -> None:
        """Drop the bytes."""

    def read(self, size: int) -> bytes:
        """End of file."""
        return b""

    def wait(self) -> bool:
        """Nobody is there."""
        return False

    def interrupts(self, pressed: bool) -> bool:
        """At once."""
        return pressed


class Kernel(KernelText):
    """One kernel, with all its values: what every function of a kernel source is handed first, as `k`.

    It is made by boot() (boot/start.py), which also gives what is only declared here.

    `image` is what is booted and `cmdline` what the boot loader passes to it; `init_budget` is how many instructions a
    module's init or exit function may take, 0 for any number; `ram_size` is in bytes.
    """

    # What the rooms above give it when it boots.
    table: SyscallTable
    definitions: dict[str, SyscallDefinition]
    definition_at: dict[int, SyscallDefinition]  # the same by the address of the function
    sys_call_table: int
    nr_syscalls: int
    ni_syscall: int  # the address of sys_ni_syscall (syscalls/sys_ni.py)
    taint: Taint
    fs: FileSystem
    ia32: Ia32  # the calls by `int 0x80`
    swap: SwapArea
    code_trace: CodeTrace
    debug_types: dict[str, DebugType] | None = None  # of its structs, once somebody asks (debug/known_types.py)
    current: Task
    shell_task: Task
    init_task: task_struct  # the idle one, and init (sched/task_struct.py)
    init: task_struct
    way_in: WayIn
    vdso: Vdso
    vsyscall_mode: str  # what is left of the vsyscall page (vdso/vsyscall.py)
    exit_notify: Callable[[Task], None]  # process/exit.py; the next is of signal/wait.py
    timer_ends_wait: Callable[[], bool]

    def __init__(self, image: Vmlinux, cmdline: str, *, init_budget: int, ram_size: int) -> None:
        super().__init__(KernelMemory(Ram(ram_size)))
        self.image, self.cmdline = image, cmdline
        self.profile: Profile = image.profile
        self.release = image.release  # what uname says
        self.vermagic = image.vermagic
        self.clock = Clock()
        self.log = Log(self.clock)
        self.random = random.Random(0)
        self.tty: Tty = NoTty()
        self.ram = self.memory.ram
        self.zero_page = self.ram.alloc_frame()  # what all read where nothing was written yet (C: empty_zero_page)
        self.cpu = Cpu(self.ram)
        self.slab: Slab | None = None  # what kmalloc hands out, once somebody asks
        self.memory.on_flush = self.cpu.mmu.flush
        self.modules: dict[str, Module] = {}
        self.next_module_space = layout.MODULES
        self.last_unloaded = ""
        self.refusal: tuple[Reason, dict[str, Any]] | None = None  # of the last system call that loads or unloads
        self.linked: list[LinkedObject] = []  # the files of machine code that the kernel consists of
        self.builtin_modules: list[str] = []  # files with an init function that are linked in
        self.init_budget = init_budget
        self.first_oops: list[str] = []  # its registers, which every later one repeats
        self.oopses = 0
        self.last_oops: Oops | None = None  # or the last loop that the watchdog ended; until somebody takes it
        self.last_report: Oops | None = None  # the same, or the last warning; whoever has taken it
        self.last_death: Death | None = None  # by a signal
        self.warned: set[str] = set()  # the places that warn once, and have
        self.on_sleep: Callable[[], None] | None = None  # who runs when a task next sleeps
        self.on_exit: Callable[[], None] | None = None  # who looks at the current task before its memory is freed
        # Who looks around when ring 0 stops there (the kind of the stop, whether in a system call): True, it goes on.
        self.on_break: Callable[[str, bool], bool] | None = None
        # Told before a run ends that somebody cuts off (the kind of the stop, the ring): who did, in the end.
        self.on_cut: Callable[[str, int], str] = lambda kind, ring: kind
        self.tasks: dict[int, Task] = {}
        self.zombies: dict[int, Task] = {}  # those that have ended, and whose parent has not looked yet
        self._last_pid = FIRST_PID - 1
        self.extable_size = 0  # entries of the exception table
        self.uaccess_text: Mapping[str, int] = {}  # the names in the text of copies from and to user memory
        self.bad_access: BadAccess | None = None  # the last access to user memory that failed in the present call
        self.task_structs, self.next_task_page = list[int](), layout.TASKS  # free ones, and where to make more
        self.switch: dict[int, int] = {}  # x64_sys_call(): what is compiled into text, whatever the table says
        self.dispatches_by_table = self.profile.dispatch == "table"
        self.gates: dict[int, Callable[[Kernel, Task], KernelPath | None]] = {}  # what `int n` may call, by n
        self.tracer: Tracer | None = None  # who is told of each call
        self.statistics: dict[int, CallStatistics] = {}
        self.calls_left = -1  # system calls until a run's budget is used up; negative: no budget

    @property
    def banner(self) -> str:
        """The first line of the log, and /proc/version (C: linux_banner)."""
        return f"Linux version {self.release} (student@kshell) (kshell, simulated) {self.version}"

    @property
    def version(self) -> str:
        """What uname calls the version (C: UTS_VERSION); a real one ends with the time of the build."""
        return f"#{self.image.build} SMP{' PREEMPT_DYNAMIC' if self.profile.version >= (5, 12) else ''}"

    # printk

    def printk(self, level: int, text: str) -> None:
        """``printk(KERN_INFO "...")``; Python's f-strings stand for %d."""
        message = text[:MESSAGE_MAX]
        self.log.write(level & 7, message)
        if self.on_event is not None:
            self.tell("printk", "record", level=level & 7, message=message.removesuffix("\n"))

    # Tasks.

    def new_pid(self) -> int:
        """The next process id that nobody has; behind PID_MAX they begin again."""
        taken = {number for task in (*self.tasks.values(), *self.zombies.values()) for number in task.numbers}
        while True:
            self._last_pid = self._last_pid + 1 if self._last_pid < PID_MAX - 1 else RESERVED_PIDS
            if self._last_pid not in taken:
                return self._last_pid

    def switch_to(self, task: Task) -> None:
        """Make `task` the current one."""
        task.takes_cpu(self)
        self.current = task
        self.memory.store(self.way_in.top_of_stack, task.stack + layout.THREAD_SIZE)
        self.memory.store(layout.PER_CPU + layout.PER_CPU_CURRENT, task.struct.address)
        if task.is_alive:
            self.cpu.load_space(task.mm.pages)
            self.memory.user = task.mm.pages

    def schedule(self) -> None:
        """The current task sleeps: whoever waits for that (`on_sleep`) runs, once, and then the task goes on.

        A body that machine code has called is called anew instead: it may have done nothing before this.
        """
        if self.on_sleep is not None and self.cpu.mmu.ring == 0:
            raise CallAgain
        waiting, self.on_sleep = self.on_sleep, None
        if waiting is not None:
            task = self.current
            task.lends_cpu = True
            waiting()
            task.lends_cpu = False
            self.switch_to(task)

    def signal_pending(self) -> bool:
        """Whether a call that has done a part of much work is to leave it at that: Ctrl-C was pressed, say."""
        if self.tty.interrupts(self.cpu.ctrl_c.pressed):
            interrupt(self)
        return self.current.signals.pending

    # System calls.

    def define_of(self, nr: int) -> SyscallDefinition | None:
        """The declaration of what the kernel was linked with for `nr`; None if that is no SYSCALL_DEFINE's function."""
        return self.definition_at.get(self.switch.get(nr, self.ni_syscall))

    @property
    def calls_built_in(self) -> int:
        """How many numbers lead to a function that does something."""
        return sum(address != self.ni_syscall for address in self.switch.values())

    def syscall_state(self, nr: int) -> str:
        """ "built", "not built" (a real call of Linux without a body here), "x32", "hole" or "unknown"."""
        row = self.table.by_number.get(nr)
        if row is not None:
            if row.abi == "x32":
                return "x32"
            return "built" if self.switch.get(nr, self.ni_syscall) != self.ni_syscall else "not built"
        return "hole" if 0 <= nr < self.nr_syscalls else "unknown"
