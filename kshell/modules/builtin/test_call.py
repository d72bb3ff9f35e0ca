"""The system call of the slides: built into the kernel once.  It goes to SystemCalls/test_call.py of a kernel tree."""

from kshell.linux import ENOSYS, EXPORT_SYMBOL, KERN_NOTICE, SYSCALL_DEFINE1, Int, Kernel, Long, Stub

# System call stub
STUB_test_call: Stub[[int]] = Stub("STUB_test_call")  # long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call)


# System call wrapper
@SYSCALL_DEFINE1
def test_call(k: Kernel, test_int: Int) -> Long:
    """Hand one int to the module that filled STUB_test_call.

    The call only follows a pointer: what it does is the module's business, and so is what it answers.

    ENOSYS  no module has filled STUB_test_call
    """
    k.printk(KERN_NOTICE, f"Inside SYSCALL_DEFINE1 block. __do_sys_test_call: Your int is {test_int}")
    stub = k[STUB_test_call]
    if stub is not None:
        return stub(k, test_int)
    return -ENOSYS
