"""The smallest module: it says hello when it is loaded and goodbye when it is unloaded."""

from kshell.linux import (
    KERN_INFO,
    MODULE_AUTHOR,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    Kernel,
    Param,
    module_exit,
    module_init,
    module_param,
)

MODULE_LICENSE("GPL")
MODULE_AUTHOR("kshell")
MODULE_DESCRIPTION("Says hello, as often as you like")

times = Param("times", 1)  # static int times = 1;
module_param(times, "int", 0o444)


def hello_init(k: Kernel) -> int:
    for number in range(k.read(times)):
        k.printk(KERN_INFO, f"hello: Hello, kernel! ({number + 1})")
    return 0


def hello_exit(k: Kernel) -> None:
    k.printk(KERN_INFO, "hello: Goodbye, kernel!")


module_init(hello_init)
module_exit(hello_exit)
