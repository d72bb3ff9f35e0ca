"""Who am I: process ids and user ids.

C counterpart: kernel/sys.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Long
from kshell.kernel.core.declare import SYSCALL_DEFINE0
from kshell.kernel.kernel import Kernel


@SYSCALL_DEFINE0
def getpid(k: Kernel) -> Long:
    """Return the process id of the caller.  It cannot fail."""
    return k.current.nr


@SYSCALL_DEFINE0
def gettid(k: Kernel) -> Long:
    """Return the thread id of the caller, here the same as its process id.  It cannot fail."""
    return k.current.nr


@SYSCALL_DEFINE0
def getppid(k: Kernel) -> Long:
    """Return the process id of the caller's parent.  It cannot fail."""
    return k.current.ppid


@SYSCALL_DEFINE0
def getuid(k: Kernel) -> Long:
    """Return the real user id of the caller; 0 is root.  It cannot fail."""
    return k.current.cred.uid


@SYSCALL_DEFINE0
def geteuid(k: Kernel) -> Long:
    """Return the effective user id of the caller, the one that permissions are checked by.  It cannot fail."""
    return k.current.cred.euid


@SYSCALL_DEFINE0
def getgid(k: Kernel) -> Long:
    """Return the real group id of the caller.  It cannot fail."""
    return k.current.cred.gid


@SYSCALL_DEFINE0
def getegid(k: Kernel) -> Long:
    """Return the effective group id of the caller.  It cannot fail."""
    return k.current.cred.egid
