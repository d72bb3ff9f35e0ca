"""All that a module file may import: the kernel's declarations, under Linux's names.

A module is a Python file that declares at its top level and acts in its functions:

    from kshell.linux import KERN_INFO, MODULE_LICENSE, Kernel, module_exit, module_init

    MODULE_LICENSE("GPL")


    def hello_init(k: Kernel) -> int:
        k.printk(KERN_INFO, "hello")
        return 0


    def hello_exit(k: Kernel) -> None:
        k.printk(KERN_INFO, "bye")


    module_init(hello_init)
    module_exit(hello_exit)

It is a room of its own, one file for each header of Linux: `from kshell.linux.uaccess import copy_to_user` is
`#include <linux/uaccess.h>`, and `from kshell.linux import X` finds X in whichever header has it.  It imports from the
kernel; the kernel knows nothing of it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from kshell.linux.bug import *
from kshell.linux.delay import *
from kshell.linux.errno import *
from kshell.linux.export import *
from kshell.linux.kallsyms import *
from kshell.linux.kern_levels import *
from kshell.linux.kernel import *
from kshell.linux.module import *
from kshell.linux.moduleparam import *
from kshell.linux.ptrace import *
from kshell.linux.set_memory import *
from kshell.linux.special_insns import *
from kshell.linux.syscalls import *
from kshell.linux.types import *
from kshell.linux.uaccess import *

# What each header declares, and all of it.
HEADERS: dict[str, list[str]] = {
    name: vars(header)["__all__"] for name, header in sys.modules.items() if name.startswith(f"{__name__}.")
}
NAMES = [name for names in HEADERS.values() for name in names]
if not TYPE_CHECKING:  # who checks types follows the imports
    __all__ = NAMES
