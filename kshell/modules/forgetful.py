"""Keeps three numbers on the heap, and frees two: rmmod says which line has allocated what is left.

modprobe forgetful
rmmod forgetful
fail kmalloc 3
modprobe forgetful
"""

from kshell.linux import (
    ENOMEM,
    GFP_KERNEL,
    KERN_INFO,
    LIST_HEAD,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Int,
    Kernel,
    Struct,
    addr,
    kfree,
    kmalloc,
    list_add_tail,
    list_del,
    list_for_each_entry_safe,
    list_head,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Leaks memory when it goes")


class number(Struct):
    value: Int
    list: list_head


numbers = LIST_HEAD()


def free_from(k: Kernel, first: int) -> None:
    for p in list_for_each_entry_safe(number, addr(numbers), "list"):
        if p.value >= first:
            list_del(k, addr(p.list))
            kfree(k, p)


def forgetful_init(k: Kernel) -> int:
    for i in range(3):
        p = kmalloc(k, number, GFP_KERNEL)
        if p is None:
            k.printk(KERN_INFO, f"forgetful: no memory for number {i}")
            free_from(k, 0)
            return -ENOMEM
        p.value = i
        list_add_tail(k, addr(p.list), addr(numbers))
    return 0


def forgetful_exit(k: Kernel) -> None:
    free_from(k, 1)  # and number 0 stays, where nobody will find it


module_init(forgetful_init)
module_exit(forgetful_exit)
