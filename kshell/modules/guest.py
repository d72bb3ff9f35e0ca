"""A module that uses another one's symbols: `modprobe guest` loads greeter first, `modprobe -r guest` removes both.

Given to insmod in a copy, without greeter, it is refused: Unknown symbol.
"""

from kshell.linux import (
    KERN_INFO,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Fn,
    Int,
    Kernel,
    extern,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Uses what greeter exports")

greet: Fn[[int], int] = extern("greet")  # extern int greet(int);
greetings = extern("greetings", Int)  # extern int greetings;


def guest_init(k: Kernel) -> int:
    result = greet(k, 7)
    k.printk(KERN_INFO, f"guest: {k.read(greetings)} greetings so far")
    return result


def guest_exit(k: Kernel) -> None:
    pass


module_init(guest_init)
module_exit(guest_exit)
