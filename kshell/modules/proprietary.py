"""A module under a licence that does not go with the GPL: it taints the kernel (P), and it is refused.

It asks for greetings, which greeter exports with EXPORT_SYMBOL_GPL: to this module there is no such symbol.  In a copy,
leave that symbol out, or write MODULE_LICENSE("GPL"), and it loads.  `taint` says what stays behind either way.
"""

from kshell.linux import KERN_INFO, MODULE_DESCRIPTION, MODULE_LICENSE, Int, Kernel, extern, module_exit, module_init

MODULE_LICENSE("Proprietary")
MODULE_DESCRIPTION("Asks for a symbol that only GPL modules get")

greetings = extern("greetings", Int)  # extern int greetings;


def proprietary_init(k: Kernel) -> int:
    k.printk(KERN_INFO, f"proprietary: {k.read(greetings)} greetings so far")
    return 0


def proprietary_exit(k: Kernel) -> None:
    pass


module_init(proprietary_init)
module_exit(proprietary_exit)
