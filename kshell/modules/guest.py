"""A module that uses another one's symbols: `modprobe guest` loads greeter first, `modprobe -r guest` removes both.

Given to insmod in a copy, without greeter, it is refused: Unknown symbol.
"""

from kshell.linux import (
    KERN_INFO,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Kernel,
    Stub,
    extern,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Uses what greeter exports")

greet: Stub[[int]] = extern("greet")  # extern long greet(int);
greetings = extern("greetings", int)  # extern int greetings;


def guest_init(k: Kernel) -> int:
    call = k[greet]
    result = call(k, 7) if call is not None else 0  # greet(7);
    k.printk(KERN_INFO, f"guest: {k.read(greetings)} greetings so far")
    return result


def guest_exit(k: Kernel) -> None:
    pass


module_init(guest_init)
module_exit(guest_exit)
