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
from collections.abc import Callable
from types import FrameType
from typing import Any

from kshell.abi.c_types import *  # noqa: F403  the types of a system call's arguments; __all__ lists them
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
from kshell.kernel.core.declare import (
    COND_SYSCALL,
    EXPORT_SYMBOL,
    EXPORT_SYMBOL_GPL,
    MODULE_ALIAS,
    MODULE_AUTHOR,
    MODULE_DESCRIPTION,
    MODULE_LICENSE,
    MODULE_PARM_DESC,
    MODULE_VERSION,
    SYSCALL_DEFINE0,
    SYSCALL_DEFINE1,
    SYSCALL_DEFINE2,
    SYSCALL_DEFINE3,
    SYSCALL_DEFINE4,
    SYSCALL_DEFINE5,
    SYSCALL_DEFINE6,
    Param,
    Stub,
    extern,
    module_exit,
    module_init,
    module_param,
)
from kshell.kernel.core.layout import KERNEL_DATA, KERNEL_TEXT
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user, strncpy_from_user
from kshell.machine.ram import PAGE_SIZE


class ThisModule:
    """The type of THIS_MODULE: it stands for the module that uses it."""

    def __repr__(self) -> str:
        return "THIS_MODULE"


THIS_MODULE = ThisModule()


def try_module_get(k: Kernel, module: ThisModule) -> bool:
    """``try_module_get(THIS_MODULE)``: hold the calling module, so that rmmod refuses; False while it is going."""
    from kshell.kernel.module.struct_module import UNLOADING, Module

    owner = sys._getframe(1).f_globals.get("__this_module__")
    if not isinstance(owner, Module) or owner.state == UNLOADING:
        return False
    owner.references += 1
    return True


def module_put(k: Kernel, module: ThisModule) -> None:
    """``module_put(THIS_MODULE)``: give back what try_module_get took; where nothing was taken, the kernel warns."""
    from kshell.kernel.entry.oops import warn
    from kshell.kernel.module.struct_module import Module

    owner = sys._getframe(1).f_globals.get("__this_module__")
    if isinstance(owner, Module):
        if owner.references > 0:
            owner.references -= 1
        else:
            warn(k)  # WARN_ON(ret < 0): the count stays what it is


def kallsyms_lookup_name(k: Kernel, name: str) -> int:
    """The address of a kernel symbol, exported or not; 0 if there is none.  Linux closed it to modules in 5.7."""
    symbol = k.symbols.lookup(name)
    return symbol.address if symbol is not None else 0


def set_memory_rw(k: Kernel, address: int, pages: int) -> int:
    """Let `pages` pages from `address` be written to; 0, or -EFAULT where nothing is mapped.

    The kernel's own text and read-only data stay read-only, with 0 all the same (C: static_protections).
    """
    return _set_memory(k, address, pages, True)


def set_memory_ro(k: Kernel, address: int, pages: int) -> int:
    """Close `pages` pages from `address` to writing; 0, or -EFAULT where nothing is mapped."""
    return _set_memory(k, address, pages, False)


def _set_memory(k: Kernel, address: int, pages: int, writable: bool) -> int:
    first = address & ~(PAGE_SIZE - 1)
    if not all(k.memory.space.entry(first + PAGE_SIZE * index) for index in range(pages)):
        return -EFAULT  # noqa: F405
    if first < KERNEL_DATA and first + PAGE_SIZE * pages > KERNEL_TEXT:
        if writable:
            k.note("set_memory_rw answers 0 and changes nothing: kernel text and .rodata stay read-only on x86")
        return 0
    k.memory.set_writable(first, PAGE_SIZE * pages, writable)
    return 0


X86_CR0_WP = 1 << 16  # write protect: a read-only page is read-only in ring 0 too
CR0_STATE = 0x8004_0033  # PG AM NE ET MP PE: what is always set here


def read_cr0(k: Kernel) -> int:
    """The control register CR0."""
    return CR0_STATE | (X86_CR0_WP if k.memory.write_protect else 0)


def write_cr0(k: Kernel, value: int) -> None:
    """Write CR0; the one bit that does anything here is X86_CR0_WP.  Linux pins it since 5.3: a warning, and it stays.

    The CPU keeps WP clear until somebody sets it again, whatever becomes of the task.
    """
    wanted = bool(value & X86_CR0_WP)
    if not wanted and k.profile.version >= (5, 3):
        from kshell.kernel.entry.oops import warn

        wanted = True
        if "cr0" not in k.warned:
            k.warned.add("cr0")  # WARN_ONCE
            warn(k, "CR0 WP bit went missing!?")
    k.memory.write_protect = wanted


def msleep(k: Kernel, ms: int) -> None:
    """Sleep for `ms` milliseconds of the simulated clock; meanwhile another task may run, and unload the caller.

    Then the caller's text is gone, and the return from here is a fault.
    """
    address, body = _function_around(k, sys._getframe(1))
    if k.on_event is not None:
        k.tell("sleep", "msleep", ms=int(ms))
    k.clock.advance(max(int(ms), 0) * 1_000_000)
    k.schedule()
    if k.bodies.get(address) is not body:
        k.return_into_nothing(address)


def _function_around(k: Kernel, frame: FrameType | None) -> tuple[int, Callable[..., Any] | None]:
    """The innermost function with an address that is running, and that address."""
    bodies = {getattr(body, "__wrapped__", body).__code__: (address, body) for address, body in k.bodies.items()}
    while frame is not None and frame.f_code not in bodies:
        frame = frame.f_back
    return bodies[frame.f_code] if frame is not None else (0, None)


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
    "COND_SYSCALL",
    "DI",
    "DX",
    "EXPORT_SYMBOL",
    "EXPORT_SYMBOL_GPL",
    "KERN_ALERT",
    "KERN_CRIT",
    "KERN_DEBUG",
    "KERN_EMERG",
    "KERN_ERR",
    "KERN_INFO",
    "KERN_NOTICE",
    "KERN_WARNING",
    "MODULE_ALIAS",
    "MODULE_AUTHOR",
    "MODULE_DESCRIPTION",
    "MODULE_LICENSE",
    "MODULE_PARM_DESC",
    "MODULE_VERSION",
    "ORIG_AX",
    "R8",
    "R9",
    "R10",
    "SI",
    "SYSCALL_DEFINE0",
    "SYSCALL_DEFINE1",
    "SYSCALL_DEFINE2",
    "SYSCALL_DEFINE3",
    "SYSCALL_DEFINE4",
    "SYSCALL_DEFINE5",
    "SYSCALL_DEFINE6",
    "THIS_MODULE",
    "X86_CR0_WP",
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
    "msleep",
    "read_cr0",
    "set_memory_ro",
    "set_memory_rw",
    "strncpy_from_user",
    "try_module_get",
    "write_cr0",
]
__all__ += ["Addr", "AtFlags", "BufIn", "BufOut", "ClockId", "DirFd", "FcntlCmd", "Fd"]  # noqa: F405
__all__ += ["GrndFlags", "Int", "IovecIn", "IovecOut", "LoffT", "Long", "MapFlags", "ModeT"]  # noqa: F405
__all__ += ["OffT", "OpenFlags", "Path", "PidT", "PipeFds", "PipeFlags", "Prot", "SizeT"]  # noqa: F405
__all__ += ["StatPtr", "SysinfoPtr", "TimeOut", "TimespecIn", "TimespecOut", "TimevalOut"]  # noqa: F405
__all__ += ["TimezoneOut", "UInt", "ULong", "ULongFd", "UtsnamePtr", "Whence"]  # noqa: F405
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
