"""The lines of the log about a program that is killed by an exception of its own.

C counterpart: show_signal_msg() in arch/x86/mm/fault.c, show_signal() and do_general_protection() in
arch/x86/kernel/traps.c, print_vma_addr() in mm/memory.c.
"""

from __future__ import annotations

import os

from kshell.abi import ptregs
from kshell.abi.loglevel import KERN_INFO
from kshell.kernel.core.layout import USER_TEXT
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fault import error_code
from kshell.kernel.report.pointer_format import pointer
from kshell.kernel.report.show_regs import opcodes
from kshell.kernel.task.task import Task
from kshell.machine.ram import PAGE_SIZE


def log_segfault(k: Kernel, task: Task, address: int, access: int) -> None:
    """C: show_signal_msg()."""
    regs, error = task.regs, error_code(task.mm, address, access, by_user=True)
    cpu0 = " likely on CPU 0 (core 0, socket 0)" if k.profile.version >= (6, 1) else ""
    k.printk(
        KERN_INFO,
        f"{task.comm}[{task.pid}]: segfault at {address:x} ip {regs[ptregs.IP]:016x} sp {regs[ptregs.SP]:016x} "
        f"error {error:x}{_where(k, task)}{cpu0}",
    )
    k.printk(KERN_INFO, f"Code: {opcodes(k, regs[ptregs.IP])}")


def log_trap(k: Kernel, task: Task, what: str, error: int = 0) -> None:
    """C: show_signal() and do_general_protection()."""
    regs = task.regs
    registers = f"ip:{regs[ptregs.IP]:x} sp:{regs[ptregs.SP]:x}"
    k.printk(KERN_INFO, f"traps: {task.comm}[{task.pid}] {what} {registers} error:{error:x}{_where(k, task)}")


def log_bad_frame(k: Kernel, task: Task, frame: int) -> None:
    """C: signal_fault()."""
    regs = task.regs
    hidden = pointer(k, frame, b"").decode()
    at = f"frame:{hidden} ip:{regs[ptregs.IP]:x} sp:{regs[ptregs.SP]:x} orax:{regs[ptregs.ORIG_AX]:x}"
    k.printk(KERN_INFO, f"{task.comm}[{task.pid}] bad frame in rt_sigreturn {at}{_where(k, task)}")


def _where(k: Kernel, task: Task) -> str:
    """`` in prog[401000+1000]``; nothing for memory that shows no file, such as the heap (C: print_vma_addr)."""
    ip = task.regs[ptregs.IP]
    vma = task.mm.vmas.find(ip)
    if vma is None or (vma.inode is None and vma.name != task.comm) or vma.name.startswith("["):
        return ""
    # A program's text begins behind the first page of its file, where an ELF file has its headers.
    start_in_file = vma.offset if vma.inode is not None else max(vma.start - USER_TEXT + PAGE_SIZE, 0)
    offset = f"{ip - vma.start + start_in_file:x}," if k.profile.version >= (6, 10) else ""
    return f" in {os.path.basename(vma.name)}[{offset}{vma.start:x}+{vma.end - vma.start:x}]"
