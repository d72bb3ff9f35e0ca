"""The course's own call: compiled into the kernel once, its handler in a module that comes and goes.

C counterpart: SystemCalls/test_call.c, the first file that a student adds to a kernel tree.
"""

from __future__ import annotations

from kshell.abi.c_types import Int, Long
from kshell.abi.errno import ENOSYS
from kshell.abi.loglevel import KERN_NOTICE
from kshell.kernel.core.declare import SYSCALL_DEFINE1
from kshell.kernel.core.sections import EXPORT_SYMBOL, Stub
from kshell.kernel.kernel import Kernel

STUB_test_call: Stub[[int]] = Stub("STUB_test_call")  # long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call)


@SYSCALL_DEFINE1
def test_call(k: Kernel, test_int: Int) -> Long:
    """Hand one int to the module that filled STUB_test_call.

    The call only follows a pointer: what it does is the module's business, and so is what it answers.

    ENOSYS  no module has filled STUB_test_call
    """
    k.printk(KERN_NOTICE, f"Inside SYSCALL_DEFINE1 block. __do_sys_test_call: Your int is {test_int}")
    stub = k[STUB_test_call]
    if stub is None:
        return -ENOSYS
    return stub(k, test_int)
