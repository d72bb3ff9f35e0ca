"""The right way: get_user asks whether the address is the user's, and survives if nothing is there."""

from kshell.linux import (
    EFAULT,
    MODULE_LICENSE,
    Int,
    Kernel,
    Long,
    Stub,
    ULong,
    User,
    addr,
    extern,
    get_user,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def careful(k: Kernel, test: int) -> Long:
    where = User[Int](ULong(test))  # int __user *where = (int __user *)(unsigned long)test;
    value: Int = 0
    # TODO: if get_user cannot bring the int at `where` into `value`, the answer is -EFAULT
    return value


def careful_init(k: Kernel) -> int:
    k[STUB_test_call] = careful
    return 0


def careful_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(careful_init)
module_exit(careful_exit)
