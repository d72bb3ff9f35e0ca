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
"""

from __future__ import annotations

import sys

from kshell.abi.errno import *  # noqa: F403  every errno by its name; __all__ lists them
from kshell.abi.loglevel import (
    KERN_ALERT,
    KERN_CRIT,
    KERN_DEBUG,
    KERN_EMERG,
    KERN_ERR,
    KERN_INFO,
    KERN_NOTICE,
    KERN_WARNING,
)
from kshell.abi.ptregs import AX, DI, DX, ORIG_AX, R8, R9, R10, SI
from kshell.kernel.declare import (
    EXPORT_SYMBOL,
    MODULE_AUTHOR,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_VERSION,
    Param,
    Stub,
    extern,
    module_exit,
    module_init,
    module_param,
)
from kshell.kernel.kernel import Kernel
from kshell.kernel.text import KernelBug
from kshell.kernel.uaccess import copy_from_user, copy_to_user, strncpy_from_user
from kshell.machine.ram import PAGE_SIZE


class ThisModule:
    """The type of THIS_MODULE: it stands for the module that uses it."""

    def __repr__(self) -> str:
        return "THIS_MODULE"


THIS_MODULE = ThisModule()


def try_module_get(k: Kernel, module: ThisModule) -> bool:
    """``try_module_get(THIS_MODULE)``: hold the calling module, so that rmmod refuses; False while it is going."""
    from kshell.kernel.module_struct import UNLOADING, Module

    owner = sys._getframe(1).f_globals.get("__this_module__")
    if not isinstance(owner, Module) or owner.state == UNLOADING:
        return False
    owner.references += 1
    return True


def module_put(k: Kernel, module: ThisModule) -> None:
    """``module_put(THIS_MODULE)``: give back what try_module_get took."""
    from kshell.kernel.module_struct import Module

    owner = sys._getframe(1).f_globals.get("__this_module__")
    if isinstance(owner, Module):
        if owner.references == 0:
            raise KernelBug("module_put without a try_module_get before it: the reference count would fall below zero")
        owner.references -= 1


def kallsyms_lookup_name(k: Kernel, name: str) -> int:
    """The address of a kernel symbol, exported or not; 0 if there is none.  Linux closed it to modules in 5.7."""
    symbol = k.symbols.lookup(name)
    return symbol.address if symbol is not None else 0


def set_memory_rw(k: Kernel, address: int, pages: int) -> int:
    """Let `pages` pages from `address` be written to, whatever they hold; 0, or -EINVAL where nothing is mapped."""
    return _set_memory(k, address, pages, True)


def set_memory_ro(k: Kernel, address: int, pages: int) -> int:
    """Close `pages` pages from `address` to writing; 0, or -EINVAL where nothing is mapped."""
    return _set_memory(k, address, pages, False)


def _set_memory(k: Kernel, address: int, pages: int, writable: bool) -> int:
    first = address & ~(PAGE_SIZE - 1)
    if not all(k.memory.space.entry(first + PAGE_SIZE * index) for index in range(pages)):
        return -EINVAL  # noqa: F405
    k.memory.set_writable(first, PAGE_SIZE * pages, writable)
    return 0


def BUG() -> None:
    """Stop here and now: the kernel is in a state that must not be (C: BUG)."""
    raise KernelBug("BUG()")


def BUG_ON(condition: object) -> None:
    """BUG() if `condition` holds."""
    if condition:
        raise KernelBug("BUG_ON")


__all__ = [
    "AX",
    "BUG",
    "BUG_ON",
    "DI",
    "DX",
    "EXPORT_SYMBOL",
    "KERN_ALERT",
    "KERN_CRIT",
    "KERN_DEBUG",
    "KERN_EMERG",
    "KERN_ERR",
    "KERN_INFO",
    "KERN_NOTICE",
    "KERN_WARNING",
    "MODULE_AUTHOR",
    "MODULE_DESCRIPTION",
    "MODULE_LICENSE",
    "MODULE_VERSION",
    "ORIG_AX",
    "R8",
    "R9",
    "R10",
    "SI",
    "THIS_MODULE",
    "Kernel",
    "Param",
    "Stub",
    "copy_from_user",
    "copy_to_user",
    "extern",
    "kallsyms_lookup_name",
    "module_exit",
    "module_init",
    "module_param",
    "module_put",
    "set_memory_ro",
    "set_memory_rw",
    "strncpy_from_user",
    "try_module_get",
]
__all__ += ["E2BIG", "EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EADV", "EAFNOSUPPORT", "EAGAIN"]  # noqa: F405
__all__ += ["EALREADY", "EBADE", "EBADF", "EBADFD", "EBADMSG", "EBADR", "EBADRQC", "EBADSLT", "EBFONT"]  # noqa: F405
__all__ += ["EBUSY", "ECANCELED", "ECHILD", "ECHRNG", "ECOMM", "ECONNABORTED", "ECONNREFUSED"]  # noqa: F405
__all__ += ["ECONNRESET", "EDEADLK", "EDEADLOCK", "EDESTADDRREQ", "EDOM", "EDOTDOT", "EDQUOT", "EEXIST"]  # noqa: F405
__all__ += ["EFAULT", "EFBIG", "EHOSTDOWN", "EHOSTUNREACH", "EHWPOISON", "EIDRM", "EILSEQ"]  # noqa: F405
__all__ += ["EINPROGRESS", "EINTR", "EINVAL", "EIO", "EISCONN", "EISDIR", "EISNAM", "EKEYEXPIRED"]  # noqa: F405
__all__ += ["EKEYREJECTED", "EKEYREVOKED", "EL2HLT", "EL2NSYNC", "EL3HLT", "EL3RST", "ELIBACC"]  # noqa: F405
__all__ += ["ELIBBAD", "ELIBEXEC", "ELIBMAX", "ELIBSCN", "ELNRNG", "ELOOP", "EMEDIUMTYPE", "EMFILE"]  # noqa: F405
__all__ += ["EMLINK", "EMSGSIZE", "EMULTIHOP", "ENAMETOOLONG", "ENAVAIL", "ENETDOWN", "ENETRESET"]  # noqa: F405
__all__ += ["ENETUNREACH", "ENFILE", "ENOANO", "ENOBUFS", "ENOCSI", "ENODATA", "ENODEV", "ENOENT"]  # noqa: F405
__all__ += ["ENOEXEC", "ENOIOCTLCMD", "ENOKEY", "ENOLCK", "ENOLINK", "ENOMEDIUM", "ENOMEM", "ENOMSG"]  # noqa: F405
__all__ += ["ENONET", "ENOPKG", "ENOPROTOOPT", "ENOSPC", "ENOSR", "ENOSTR", "ENOSYS", "ENOTBLK"]  # noqa: F405
__all__ += ["ENOTCONN", "ENOTDIR", "ENOTEMPTY", "ENOTNAM", "ENOTRECOVERABLE", "ENOTSOCK", "ENOTSUP"]  # noqa: F405
__all__ += ["ENOTSUPP", "ENOTTY", "ENOTUNIQ", "ENXIO", "EOPNOTSUPP", "EOVERFLOW", "EOWNERDEAD", "EPERM"]  # noqa: F405
__all__ += ["EPFNOSUPPORT", "EPIPE", "EPROBE_DEFER", "EPROTO", "EPROTONOSUPPORT", "EPROTOTYPE"]  # noqa: F405
__all__ += ["ERANGE", "EREMCHG", "EREMOTE", "EREMOTEIO", "ERESTART", "ERESTARTNOHAND", "ERESTARTNOINTR"]  # noqa: F405
__all__ += ["ERESTARTSYS", "ERESTART_RESTARTBLOCK", "ERFKILL", "EROFS", "ESHUTDOWN", "ESOCKTNOSUPPORT"]  # noqa: F405
__all__ += ["ESPIPE", "ESRCH", "ESRMNT", "ESTALE", "ESTRPIPE", "ETIME", "ETIMEDOUT", "ETOOMANYREFS"]  # noqa: F405
__all__ += ["ETXTBSY", "EUCLEAN", "EUNATCH", "EUSERS", "EWOULDBLOCK", "EXDEV", "EXFULL"]  # noqa: F405
