"""Modules, loaded and unloaded by a program.

C counterpart: kernel/module.c (4.19), kernel/module/main.c (today).
"""

from __future__ import annotations

from kshell.abi.c_types import CString, DeleteFlags, IntFd, Long, ModuleFlags, ULong, VoidUser
from kshell.abi.errno import EBADF, EFAULT, EINVAL, ENOENT, ENOEXEC, ENOMEM, EOPNOTSUPP, EPERM
from kshell.abi.module_flags import (
    MODULE_INIT_COMPRESSED_FILE,
    MODULE_INIT_IGNORE_MODVERSIONS,
    MODULE_INIT_IGNORE_VERMAGIC,
)
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE3
from kshell.kernel.fs.file import FMODE_READ
from kshell.kernel.init_module.kernel_read_file import has_room, kernel_read_file
from kshell.kernel.init_module.own_path import load_image, unload_named
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, strncpy_from_user

EHDR_SIZE = 64  # C: sizeof(Elf_Ehdr)
MODULE_NAME_LEN = 56


@SYSCALL_DEFINE3
def init_module(k: Kernel, umod: VoidUser, len: ULong, uargs: CString) -> Long:
    """Load the module whose object file, a .ko or a .o, stands in len bytes at umod.

    uargs has its parameters, parted by blanks: "level=3 name=x", or "".  Its init function runs in this call, on the
    caller's kernel stack; what that refuses with is the result, and the module is freed again.

    EPERM    the caller is not root
    ENOEXEC  len is below 64, or this is no object of a module for this kernel: dmesg says why
    ENOMEM   the machine has no memory for it
    EFAULT   umod and len reach outside user memory, or uargs is no string there
    EEXIST   a module of that name is loaded
    EINTR    one of that name has died, and stays for ever
    ENOENT   it uses a symbol that nobody exports, or its init function answered that
    EINVAL   a parameter has no such value, or its init function answered that
    """
    image = may_init_module(k) or copy_module_from_user(k, umod, len)
    return image if isinstance(image, int) else load_image(k, image, uargs, 0)


def may_init_module(k: Kernel) -> int:
    """0, or -EPERM where the caller has no CAP_SYS_MODULE."""
    k.refusal = None
    return -EPERM if k.current.cred.euid else 0


def copy_module_from_user(k: Kernel, umod: int, size: int) -> bytes | int:
    """The bytes of an object file, or a negative errno."""
    if size < EHDR_SIZE:
        return -ENOEXEC
    if not has_room(k, size):
        return -ENOMEM
    image = copy_from_user(k, umod, size)
    return image if len(image) == size else -EFAULT


@SYSCALL_DEFINE3
def finit_module(k: Kernel, fd: IntFd, uargs: CString, flags: ModuleFlags) -> Long:
    """Load the module in an open file.

    It is read from its beginning, wherever the position is.  With MODULE_INIT_IGNORE_VERMAGIC it is loaded whatever
    kernel it was built for, and that taints.

    EPERM       the caller is not root
    EINVAL      flags has unknown bits, or the file is not a regular one, or is empty
    EBADF       fd is not open for reading
    ETXTBSY     somebody has the file open for writing
    EFBIG       the file has more than 2147483647 bytes
    EIO         the file ends before its size, as one of /sys does
    EOPNOTSUPP  [since 5.17] MODULE_INIT_COMPRESSED_FILE: this kernel does not decompress
    Otherwise as init_module.
    """
    if err := may_init_module(k):
        return err
    later = MODULE_INIT_COMPRESSED_FILE if k.profile.version >= (5, 17) else 0
    if flags & ~(MODULE_INIT_IGNORE_MODVERSIONS | MODULE_INIT_IGNORE_VERMAGIC | later):
        return -EINVAL
    file = k.current.files.get(fd & 0xFFFF_FFFF)
    if file is None or (k.profile.version >= (5, 13) and not file.mode & FMODE_READ):
        return -EBADF
    image = kernel_read_file(k, file)
    if isinstance(image, int):
        return image
    return -EOPNOTSUPP if flags & MODULE_INIT_COMPRESSED_FILE else load_image(k, image, uargs, flags)


@SYSCALL_DEFINE2
def delete_module(k: Kernel, name_user: CString, flags: DeleteFlags) -> Long:
    """Unload the module of that name: its exit function runs in this call.

    With O_TRUNC references that are held and a missing exit function do not count, and that taints.  O_NONBLOCK
    changes nothing: since 3.13 nobody waits.

    EPERM   the caller is not root
    EFAULT  name_user is no string in user memory
    ENOENT  no module has that name
    EAGAIN  another module uses it, or somebody holds a reference
    EBUSY   it is not live, or has an init function and no exit function
    """
    if err := may_init_module(k):
        return err
    longest = MODULE_NAME_LEN if k.profile.version >= (6, 18) else MODULE_NAME_LEN - 1  # older ones cut what is longer
    name = strncpy_from_user(k, name_user, longest)
    if isinstance(name, int):
        return -EFAULT
    if len(name) == MODULE_NAME_LEN:
        return -ENOENT
    return unload_named(k, name.decode("utf-8", "surrogateescape"), flags)
