"""A handler that sleeps, and a race: what if somebody unloads the module meanwhile?

Load it and try `syscall test_call 1`, then `syscall --during 'rmmod sleepy' test_call 1`: rmmod goes through, since
nobody holds the module, and the handler wakes up in text that is gone.  `dmesg` has the report; then `boot`, and
`modprobe sleepy hold=1`: now the handler holds its module while it runs, and the same rmmod is refused.
"""

from kshell.linux import (
    EBUSY,
    KERN_NOTICE,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    THIS_MODULE,
    Kernel,
    Long,
    Param,
    Stub,
    extern,
    module_exit,
    module_init,
    module_param,
    module_put,
    msleep,
    try_module_get,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("A handler that sleeps, so that rmmod can come between")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);

hold = Param("hold", 0)  # static bool hold;
module_param(hold, "bool", 0o444)


def nap(k: Kernel, test: int) -> int:
    k.printk(KERN_NOTICE, "sleepy: going to sleep")
    msleep(k, 500)
    k.printk(KERN_NOTICE, "sleepy: awake again")
    return test


def sleepy_call(k: Kernel, test: int) -> Long:
    if not k.read(hold):
        return nap(k, test)
    if not try_module_get(k, THIS_MODULE):
        return -EBUSY
    result = nap(k, test)
    module_put(k, THIS_MODULE)
    return result


def sleepy_init(k: Kernel) -> int:
    k[STUB_test_call] = sleepy_call
    return 0


def sleepy_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(sleepy_init)
module_exit(sleepy_exit)
