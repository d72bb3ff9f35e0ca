"""A mistake to learn from: it fills STUB_test_call and forgets to clear it.

Load it, call test_call, unload it, call test_call again: the pointer still holds an address, and nothing lives there.
"""

from kshell.linux import MODULE_DESCRIPTION, MODULE_LICENSE, Kernel, Long, Stub, extern, module_exit, module_init

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Fills STUB_test_call and forgets to clear it")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def doubled(k: Kernel, test: int) -> Long:
    return 2 * test


def dangling_init(k: Kernel) -> int:
    k[STUB_test_call] = doubled
    return 0


def dangling_exit(k: Kernel) -> None:
    pass  # k[STUB_test_call] = None is missing


module_init(dangling_init)
module_exit(dangling_exit)
