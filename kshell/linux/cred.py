"""Whose a task is, and what it may do (C: <linux/cred.h>, <linux/user_namespace.h>)."""

from __future__ import annotations

from kshell.linux.kernel import extern
from kshell.linux.sched import cred as cred
from kshell.linux.sched import current
from kshell.linux.types import Ptr, Struct, UInt
from kshell.linux.uidgid import kgid_t, kuid_t


class user_namespace(Struct):
    """A world of user numbers; there is one, init_user_ns."""


init_user_ns = extern("init_user_ns", user_namespace)
"""The world of user numbers that all tasks here are in: ``addr(init_user_ns)``."""


def current_cred() -> Ptr[cred]:
    """Whose the current task is: ``current->cred``.

    >>> x = current_cred().euid.val
    """
    return current.cred


def current_uid() -> kuid_t:
    """Its real user: ``current_uid().val`` is the number.

    >>> x = from_kuid(addr(init_user_ns), current_uid())
    """
    return current.cred.uid


def current_euid() -> kuid_t:
    """Its effective user, whom checks look at.

    >>> x = from_kuid(addr(init_user_ns), current_euid())
    """
    return current.cred.euid


def current_suid() -> kuid_t:
    """Its saved user, whom it may become again.

    >>> x = from_kuid(addr(init_user_ns), current_suid())
    """
    return current.cred.suid


def current_fsuid() -> kuid_t:
    """Its user where files are checked.

    >>> x = from_kuid(addr(init_user_ns), current_fsuid())
    """
    return current.cred.fsuid


def current_gid() -> kgid_t:
    """Its real group.

    >>> x = from_kgid(addr(init_user_ns), current_gid())
    """
    return current.cred.gid


def current_egid() -> kgid_t:
    """Its effective group, which checks look at.

    >>> x = from_kgid(addr(init_user_ns), current_egid())
    """
    return current.cred.egid


def current_sgid() -> kgid_t:
    """Its saved group, which it may change to again.

    >>> x = from_kgid(addr(init_user_ns), current_sgid())
    """
    return current.cred.sgid


def current_fsgid() -> kgid_t:
    """Its group where files are checked.

    >>> x = from_kgid(addr(init_user_ns), current_fsgid())
    """
    return current.cred.fsgid


def from_kuid(to: Ptr[user_namespace], uid: kuid_t) -> UInt:
    """The number of a user as a namespace has it.

    >>> x = from_kuid(addr(init_user_ns), current_uid())
    """


def from_kgid(to: Ptr[user_namespace], gid: kgid_t) -> UInt:
    """The number of a group as a namespace has it.

    >>> x = from_kgid(addr(init_user_ns), current_gid())
    """
