"""The handler of test_call: load it, and the system call answers; unload it, and it is -ENOSYS again."""

from kshell.linux import (
    KERN_NOTICE,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Kernel,
    Long,
    Stub,
    extern,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("The handler of test_call, as in the slides")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def my_test_call(k: Kernel, test: int) -> Long:
    k.printk(KERN_NOTICE, f"my_test_call: Your int is {test}")
    return test


def hello_init(k: Kernel) -> int:
    k[STUB_test_call] = my_test_call  # STUB_test_call = my_test_call;
    return 0


def hello_exit(k: Kernel) -> None:
    k[STUB_test_call] = None  # STUB_test_call = NULL;


module_init(hello_init)
module_exit(hello_exit)
