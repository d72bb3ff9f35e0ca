from kshell.linux import KERN_NOTICE, MODULE_LICENSE, Kernel, Long, Stub, extern, module_exit, module_init

MODULE_LICENSE("GPL")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def my_test_call(k: Kernel, test: int) -> Long:  # long my_test_call(int test)
    k.printk(KERN_NOTICE, f"{__func__}: Your int is {test}")
    return test


def hello_init(k: Kernel) -> int:
    k[STUB_test_call] = my_test_call  # STUB_test_call = my_test_call;
    return 0


module_init(hello_init)


def hello_exit(k: Kernel) -> None:
    k[STUB_test_call] = None  # STUB_test_call = NULL;


module_exit(hello_exit)
