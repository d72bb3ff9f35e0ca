"""A module whose handler has a bug: each value of its argument finds another one.

`syscall test_call 1` divides by zero, 2 reads through a NULL pointer, 3 writes to read-only memory, 4 never returns
(Ctrl-C), 5 calls itself without end.  Each time read `dmesg`: what does the kernel know about the place?
"""

from kshell.linux import (
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    NULL,
    Kernel,
    Long,
    Ptr,
    Stub,
    ULong,
    extern,
    kallsyms_lookup_name,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Crashes: 1 divides by 0, 2 reads NULL, 3 writes read-only, 4 loops, 5 recurses")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def without_end(k: Kernel, depth: int) -> int:
    return without_end(k, depth + 1) + 1


def crash(k: Kernel, test: int) -> Long:
    if test == 1:
        return test // 0
    if test == 2:
        return Ptr[Long](NULL)[0]  # *(long *)NULL
    if test == 3:
        Ptr[ULong](kallsyms_lookup_name(k, "sys_call_table"))[0] = 0  # sys_call_table[0] = NULL;
    while test == 4:
        pass
    if test == 5:
        return without_end(k, 0)
    return 0


def crash_init(k: Kernel) -> int:
    k[STUB_test_call] = crash
    return 0


def crash_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(crash_init)
module_exit(crash_exit)
