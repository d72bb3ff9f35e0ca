from kshell.linux import ENOSYS, EXPORT_SYMBOL, KERN_NOTICE, SYSCALL_DEFINE1, Int, Kernel, Long, Stub

# System call stub
STUB_test_call: Stub[[int]] = Stub("STUB_test_call")  # long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call)


# System call wrapper
@SYSCALL_DEFINE1
def test_call(k: Kernel, test_int: Int) -> Long:  # SYSCALL_DEFINE1(test_call, int, test_int)
    k.printk(KERN_NOTICE, f"Inside SYSCALL_DEFINE1 block. {__func__}: Your int is {test_int}")
    stub = k[STUB_test_call]
    if stub is not None:  # if (STUB_test_call != NULL)
        return stub(k, test_int)
    else:
        return -ENOSYS
