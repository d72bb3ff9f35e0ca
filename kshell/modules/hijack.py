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
    Kernel,
    kallsyms_lookup_name,
    module_exit,
    module_init,
    read_cr0,
    write_cr0,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Replaces getpid in sys_call_table")

NR_getpid = 39
saved = [0]  # what the slot held before


def slot(k: Kernel) -> int:
    return kallsyms_lookup_name(k, "sys_call_table") + 8 * NR_getpid


def my_getpid(k: Kernel, regs: memoryview) -> int:
    pid = k.call(saved[0], regs)  # return 1000 + saved(regs);
    k.printk(KERN_NOTICE, f"hijack: getpid would have been {pid}")
    return 1000 + pid


def write_slot(k: Kernel, address: int) -> None:
    cr0 = read_cr0(k)
    write_cr0(k, cr0 & ~X86_CR0_WP)
    k.memory.store(slot(k), address)
    write_cr0(k, cr0)


def hijack_init(k: Kernel) -> int:
    saved[0] = k.memory.load(slot(k))
    write_slot(k, k.pointer_to(my_getpid))
    return 0


def hijack_exit(k: Kernel) -> None:
    write_slot(k, saved[0])


module_init(hijack_init)
module_exit(hijack_exit)
