"""What rootkits did: put another function into a slot of sys_call_table.

Load it on kernel 4.19 or course and call getpid; unload it and call again.  The table is read-only, so the CPU is told
not to mind for a moment: in a copy, leave out the write_cr0 that clears WP, and load that.  set_memory_rw in its place
does not help: why?  Then boot 6.19 and try to load it there, and read what has been closed since.
"""

from kshell.linux import (
    KERN_NOTICE,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    X86_CR0_WP,
    Const,
    Fn,
    Kernel,
    Long,
    Ptr,
    ULong,
    addr,
    kallsyms_lookup_name,
    module_exit,
    module_init,
    pt_regs,
    read_cr0,
    write_cr0,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Replaces getpid in sys_call_table")

NR_getpid = 39
saved: ULong = 0  # what the slot held before


def slot(k: Kernel) -> ULong:
    return kallsyms_lookup_name(k, "sys_call_table") + 8 * NR_getpid


def my_getpid(k: Kernel, regs: Ptr[Const[pt_regs]]) -> Long:
    pid = Fn[[Ptr[Const[pt_regs]]], Long](saved)(k, regs)  # return 1000 + saved(regs);
    k.printk(KERN_NOTICE, f"hijack: getpid would have been {pid}")
    return 1000 + pid


def write_slot(k: Kernel, address: ULong) -> None:
    cr0 = read_cr0(k)
    write_cr0(k, cr0 & ~X86_CR0_WP)
    Ptr[ULong](slot(k))[0] = address
    write_cr0(k, cr0)


def hijack_init(k: Kernel) -> int:
    global saved
    saved = Ptr[ULong](slot(k))[0]
    write_slot(k, ULong(addr(my_getpid)))
    return 0


def hijack_exit(k: Kernel) -> None:
    write_slot(k, saved)


module_init(hijack_init)
module_exit(hijack_exit)
