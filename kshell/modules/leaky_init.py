"""An init function that fails halfway: it fills STUB_test_call, then runs out of memory, and takes nothing back.

The kernel frees its text all the same.  Load it, read the note, and call test_call.  In a copy, undo what was done
before the error is returned: C code has a `goto out_clear;` there.
"""

from kshell.linux import (
    ENOMEM,
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
MODULE_DESCRIPTION("Fails in init and leaves a pointer behind")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def halved(k: Kernel, test: int) -> Long:
    return test // 2


def leaky_init(k: Kernel) -> int:
    k[STUB_test_call] = halved
    return -ENOMEM  # and k[STUB_test_call] = None is missing above


def leaky_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(leaky_init)
module_exit(leaky_exit)
