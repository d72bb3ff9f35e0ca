"""What a source may include, one file for each header of Linux; `from kshell.linux import *` has all of it.

The compiler reads these files as headers, a type checker as types, and help as pages.  Nothing of them is executed.
"""

from __future__ import annotations

from kshell.include.linux.bug import *
from kshell.include.linux.compiler import *
from kshell.include.linux.delay import *
from kshell.include.linux.err import *
from kshell.include.linux.errno import *
from kshell.include.linux.export import *
from kshell.include.linux.kallsyms import *
from kshell.include.linux.kern_levels import *
from kshell.include.linux.kernel import *
from kshell.include.linux.list import *
from kshell.include.linux.module import *
from kshell.include.linux.moduleparam import *
from kshell.include.linux.printk import *
from kshell.include.linux.ptrace import *
from kshell.include.linux.set_memory import *
from kshell.include.linux.slab import *
from kshell.include.linux.special_insns import *
from kshell.include.linux.string import *
from kshell.include.linux.syscalls import *
from kshell.include.linux.types import *
from kshell.include.linux.uaccess import *
