"""Reads or writes any address from the kernel: `modprobe touch address=0x402000 write=1`, and then `dmesg`.

An address of the kernel's own answers. One of the user's does so before 2014 (`boot course nosmap`), if something is
mapped there; with SMAP it is an oops, and so is NULL, whatever the machine.
"""

from kshell.linux import (
    KERN_INFO,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Kernel,
    Param,
    Ptr,
    UChar,
    module_exit,
    module_init,
    module_param,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Reads or writes one byte at an address, without asking")

address = Param("address", 0)  # static unsigned long address;
module_param(address, "ulong", 0)
write = Param("write", 0)  # static bool write;
module_param(write, "bool", 0)


def touch_init(k: Kernel) -> int:
    place = Ptr[UChar](k.read(address))  # unsigned char *place = (unsigned char *)address;
    if k.read(write):
        place[0] = 1
    k.printk(KERN_INFO, f"touch: {k.read(address):#x} holds {place[0]}")
    return 0


def touch_exit(k: Kernel) -> None:
    pass


module_init(touch_init)
module_exit(touch_exit)
