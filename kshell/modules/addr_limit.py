"""What set_fs(KERNEL_DS) opens: with it get_user reads the kernel's own memory, of which it answered EFAULT before.

`syscall test_call 0` asks get_user for the first slot of sys_call_table, an address that only the kernel may read: it
answers -14 (EFAULT). After `echo 1 > /sys/module/addr_limit/parameters/mode` the handler calls set_fs(KERNEL_DS) first
and puts USER_DS back: now get_user reads the slot. With mode 2 it forgets to put it back: then every pointer of the
program would do, into the kernel too, and so 4.19 kills the task on its way out. That one word was worth more to an
attacker than any other, and drivers forgot it: 5.10 has no set_fs, and this does not compile there.
"""

from kshell.linux import (
    EFAULT,
    KERNEL_DS,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_PARM_DESC,
    Int,
    Kernel,
    Long,
    Param,
    Stub,
    ULong,
    User,
    addr,
    extern,
    get_fs,
    get_user,
    kallsyms_lookup_name,
    module_exit,
    module_init,
    module_param,
    set_fs,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Lets get_user read the kernel's memory, by set_fs(KERNEL_DS)")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);

mode = Param("mode", 0)  # static int mode;
module_param(mode, "int", 0o644)
MODULE_PARM_DESC(mode, "0: leave the limit, 1: KERNEL_DS and back, 2: KERNEL_DS, and forget it")


def low_half_of_slot(k: Kernel) -> Long:
    """The lower 32 bits of sys_call_table[0], by get_user."""
    value: Int = 0
    if get_user(k, addr(value), User[Int](kallsyms_lookup_name(k, "sys_call_table"))):
        return -EFAULT
    return value & 0x7FFF_FFFF


def through_limit(k: Kernel, test: int) -> Long:
    old: ULong = get_fs(k)
    if k.read(mode) > 0:
        set_fs(k, KERNEL_DS)
    result = low_half_of_slot(k)
    if k.read(mode) < 2:
        set_fs(k, old)
    return result


def addr_limit_init(k: Kernel) -> int:
    k[STUB_test_call] = through_limit
    return 0


def addr_limit_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(addr_limit_init)
module_exit(addr_limit_exit)
