"""A module that holds itself: while a reference is out, rmmod says "in use".

Load it and try to unload it.  `syscall test_call 0` puts the reference back; then rmmod goes through.  (A handler that
has put back the last reference runs in text that may be gone at any moment: that is why Linux wants somebody else to
hold a module.)
"""

from kshell.linux import (
    EBUSY,
    KERN_INFO,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    THIS_MODULE,
    Kernel,
    Long,
    Stub,
    extern,
    module_exit,
    module_init,
    module_put,
    try_module_get,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Takes a reference to itself; test_call(0) gives it back")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def give_back(k: Kernel, test: int) -> Long:
    if test != 0:
        return -EBUSY
    k[STUB_test_call] = None
    module_put(k, THIS_MODULE)
    k.printk(KERN_INFO, "refcount: given back")
    return 0


def refcount_init(k: Kernel) -> int:
    if not try_module_get(k, THIS_MODULE):
        return -EBUSY
    k[STUB_test_call] = give_back
    return 0


def refcount_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(refcount_init)
module_exit(refcount_exit)
