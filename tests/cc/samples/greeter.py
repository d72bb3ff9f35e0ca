"""A module that others build on: it exports a function to every module, and a counter to modules under the GPL only.

`modprobe guest` loads this one first, since guest uses both; then `lsmod` says who uses whom, and `rmmod greeter` is
refused.
"""

from kshell.linux import (
    EXPORT_SYMBOL,
    EXPORT_SYMBOL_GPL,
    KERN_INFO,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Kernel,
    Param,
    module_exit,
    module_init,
)

MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("Exports a function and a counter")

greetings = Param("greetings", 0)  # int greetings = 0;
EXPORT_SYMBOL_GPL(greetings)


def greet(k: Kernel, number: int) -> int:
    k.write(greetings, k.read(greetings) + 1)  # greetings++;
    k.printk(KERN_INFO, f"greeter: hello, number {number}")
    return 0


EXPORT_SYMBOL(greet)


def greeter_init(k: Kernel) -> int:
    return 0


def greeter_exit(k: Kernel) -> None:
    k.printk(KERN_INFO, f"greeter: gave {k.read(greetings)} greetings")


module_init(greeter_init)
module_exit(greeter_exit)
