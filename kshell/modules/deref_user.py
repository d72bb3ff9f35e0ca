"""The wrong way to a user pointer: the handler uses it as if it were the kernel's own.

`syscall test_call "text"` hands over where the text is. The CPU has SMAP: the kernel oopses, and `explain` goes through
the report. In the old days (`boot course nosmap; modprobe deref_user`) it works while the page is there; at 0x500000,
which is mapped and was not touched yet, a page fault brings the page in; at 0x20000000, where nothing is mapped, it
oopses. The right way is `modprobe deref_user right=1`: get_user, and a bad pointer is -14 (EFAULT), on every machine.
"""

from kshell.linux import (
    EFAULT,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_PARM_DESC,
    Int,
    Kernel,
    Long,
    Param,
    Ptr,
    Stub,
    ULong,
    User,
    addr,
    extern,
    get_user,
    module_exit,
    module_init,
    module_param,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Uses a user pointer without get_user: an oops, sooner or later")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);

right = Param("right", 0)  # static bool right;
module_param(right, "bool", 0o644)
MODULE_PARM_DESC(right, "Ask get_user")


def through_get_user(k: Kernel, test: int) -> Long:
    value: int = 0
    if get_user(k, addr(value), User[Int](ULong(test))):
        return -EFAULT
    return value


def deref(k: Kernel, test: int) -> Long:
    if k.read(right):
        return through_get_user(k, test)
    return Ptr[Int](ULong(test))[0]  # return *(int *)test;


def deref_init(k: Kernel) -> int:
    k[STUB_test_call] = deref
    return 0


def deref_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(deref_init)
module_exit(deref_exit)
