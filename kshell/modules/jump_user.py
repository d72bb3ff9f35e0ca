"""A handler that calls a function at an address that the user has chosen.

`syscall test_call 0x401000` hands over the program's own text. SMEP forbids ring 0 to execute that: an oops, and
`explain` walks through it. 0x402000 is the program's data (`syscall test_call "text"`), and no code for anybody (NX).
Without SMEP (`boot course nosmep nosmap`) a program's function runs in ring 0, and may do what the kernel may.
"""

from kshell.linux import (
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Fn,
    Kernel,
    Long,
    Stub,
    ULong,
    extern,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Calls a function of the user's: SMEP")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);


def jump(k: Kernel, test: int) -> Long:
    return Fn[[], Long](ULong(test))(k)  # return ((long (*)(void))test)();


def jump_init(k: Kernel) -> int:
    k[STUB_test_call] = jump
    return 0


def jump_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(jump_init)
module_exit(jump_exit)
