"""A module that fills STUB_test_call, and is to leave nothing behind when it goes."""

from kshell.linux import KERN_INFO, MODULE_LICENSE, Kernel, Long, Stub, extern, module_exit, module_init

MODULE_LICENSE("GPL")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def doubled(k: Kernel, test: int) -> Long:
    return 2 * test


def tidy_init(k: Kernel) -> int:
    k[STUB_test_call] = doubled
    return 0


def tidy_exit(k: Kernel) -> None:
    k[STUB_test_call] = None  # STUB_test_call = NULL;
    k.printk(KERN_INFO, "tidy: gone")


module_init(tidy_init)
module_exit(tidy_exit)
