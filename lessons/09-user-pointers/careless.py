"""The wrong way: it takes its argument for an address of user memory, and just reads there."""

from kshell.linux import MODULE_LICENSE, Int, Kernel, Long, Ptr, Stub, ULong, extern, module_exit, module_init

MODULE_LICENSE("GPL")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def careless(k: Kernel, test: int) -> Long:
    where = Ptr[Int](ULong(test))  # int *where = (int *)(unsigned long)test;
    return where[0]  # return *where;


def careless_init(k: Kernel) -> int:
    k[STUB_test_call] = careless
    return 0


def careless_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(careless_init)
module_exit(careless_exit)
