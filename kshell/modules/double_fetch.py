"""A check that a second look beats: the handler reads a user's number twice, to check it and to use it.

The number may be 0 to 3, for four public values; behind them are secret ones. `syscall test_call "2"` hands over where
the number is, and gets one; `syscall test_call "7"` is refused (EPERM). Now a second thread of the program is to store
7 there between the two looks; the module does it for it, after `echo Y > /sys/module/double_fetch/parameters/flip`. The
same `syscall test_call "2"`: the check has seen 2, and out comes the secret behind 7. The right way is
`echo Y > /sys/module/double_fetch/parameters/right`: read once, and use what was checked.
"""

from kshell.linux import (
    EFAULT,
    EPERM,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_PARM_DESC,
    Array,
    Char,
    Int,
    Kernel,
    Long,
    Param,
    Stub,
    ULong,
    User,
    addr,
    extern,
    get_user,
    module_exit,
    module_init,
    module_param,
    put_user,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Reads a user's number twice: to check it, and to use it")

STUB_test_call: Stub[[int]] = extern("STUB_test_call")  # extern long (*STUB_test_call)(int);

flip = Param("flip", 0)  # static bool flip;
module_param(flip, "bool", 0o644)
MODULE_PARM_DESC(flip, "Play the thread that changes the number between the two looks")
right = Param("right", 0)  # static bool right;
module_param(right, "bool", 0o644)
MODULE_PARM_DESC(right, "Look once")
values: Array[Int] = Array(Int, 8, [10, 11, 12, 13, 9914, 9915, 9916, 9917])  # the first four are public


def other_thread(k: Kernel, p: User[Char]) -> None:
    """What another thread of the program may do at any time."""
    if k.read(flip):
        put_user(k, ord("7"), p)


def value_of(k: Kernel, test: int) -> Long:
    p = User[Char](ULong(test))
    number: Char = 0
    if get_user(k, addr(number), p):
        return -EFAULT
    if number < ord("0") or number > ord("3"):
        return -EPERM
    other_thread(k, p)
    if not k.read(right) and get_user(k, addr(number), p):  # the second look
        return -EFAULT
    return values[number - ord("0")]


def double_fetch_init(k: Kernel) -> int:
    k[STUB_test_call] = value_of
    return 0


def double_fetch_exit(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(double_fetch_init)
module_exit(double_fetch_exit)
