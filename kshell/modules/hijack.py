"""What rootkits did: put another function into a slot of sys_call_table.

Load it on kernel 4.19 or course and call getpid; unload it and call again.  Then take the line with set_memory_rw out
of a copy and load that.  Then boot 6.19 and load it there: the slot changes, and the call does not.  Why?
"""

from kshell.linux import (
    EINVAL,
    KERN_NOTICE,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Kernel,
    kallsyms_lookup_name,
    module_exit,
    module_init,
    set_memory_ro,
    set_memory_rw,
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


def write_slot(k: Kernel, address: int) -> int:
    if set_memory_rw(k, slot(k), 1) < 0:
        return -EINVAL
    k.memory.store(slot(k), address)
    return set_memory_ro(k, slot(k), 1)


def hijack_init(k: Kernel) -> int:
    saved[0] = k.memory.load(slot(k))
    return write_slot(k, k.pointer_to(my_getpid))


def hijack_exit(k: Kernel) -> None:
    write_slot(k, saved[0])


module_init(hijack_init)
module_exit(hijack_exit)
