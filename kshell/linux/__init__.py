"""What a source may include, one file for each header of Linux; `from kshell.linux import *` has all of it.

The compiler reads these files as headers, a type checker as types, and help as pages.  Nothing of them is executed.
They may import the numbers of abi, and each other; they must not know the kernel's own files, whose functions they
declare: a test compares the two.
"""

from __future__ import annotations

from kshell.linux.atomic import *
from kshell.linux.atomic64 import *
from kshell.linux.barrier import *
from kshell.linux.bitops import *
from kshell.linux.bug import *
from kshell.linux.cmpxchg import *
from kshell.linux.compiler import *
from kshell.linux.cred import *
from kshell.linux.delay import *
from kshell.linux.err import *
from kshell.linux.errno import *
from kshell.linux.export import *
from kshell.linux.hash import *
from kshell.linux.hashtable import *
from kshell.linux.hlist import *
from kshell.linux.kallsyms import *
from kshell.linux.kconfig import *
from kshell.linux.kern_levels import *
from kshell.linux.kernel import *
from kshell.linux.kstrtox import *
from kshell.linux.list import *
from kshell.linux.list_walk import *
from kshell.linux.log2 import *
from kshell.linux.math import *
from kshell.linux.minmax import *
from kshell.linux.module import *
from kshell.linux.moduleparam import *
from kshell.linux.poison import *
from kshell.linux.printk import *
from kshell.linux.ptrace import *
from kshell.linux.rbtree import *
from kshell.linux.rbtree_augmented import *
from kshell.linux.rbtree_types import *
from kshell.linux.refcount import *
from kshell.linux.sched import *
from kshell.linux.set_memory import *
from kshell.linux.slab import *
from kshell.linux.special_insns import *
from kshell.linux.string import *
from kshell.linux.syscalls import *
from kshell.linux.timekeeping import *
from kshell.linux.types import *
from kshell.linux.uaccess import *
from kshell.linux.uidgid import *
from kshell.linux.vmalloc import *
