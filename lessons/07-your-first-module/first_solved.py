"""Your first module: it fills STUB_test_call when it comes, and clears it when it goes."""

from kshell.linux import KERN_INFO, MODULE_LICENSE, Kernel, Long, Stub, extern, module_exit, module_init

MODULE_LICENSE("GPL")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def squared(k: Kernel, test: int) -> Long:  # long squared(int test)
    return test * test


def first_init(k: Kernel) -> int:  # static int __init first_init(void)
    k.printk(KERN_INFO, "first: I am here")
    k[STUB_test_call] = squared  # STUB_test_call = squared;
    return 0


def first_exit(k: Kernel) -> None:  # static void __exit first_exit(void)
    k[STUB_test_call] = None  # STUB_test_call = NULL;


module_init(first_init)
module_exit(first_exit)
