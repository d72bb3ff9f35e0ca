"""Numbers of users and groups, each in a struct, so that nobody takes the one for the other (C: <linux/uidgid.h>)."""

from __future__ import annotations

from kshell.abi.c_types import UInt
from kshell.abi.struct import Struct

__all__ = ["kgid_t", "kuid_t"]


class kuid_t(Struct):
    """A user, as the kernel knows it: ``current.cred.uid.val``."""

    val: UInt


class kgid_t(Struct):
    """A group, as the kernel knows it: ``current.cred.gid.val``."""

    val: UInt
