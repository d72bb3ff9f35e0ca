"""Whose a task is (C: <linux/cred.h>)."""

from __future__ import annotations

from kshell.abi.c_types import Int
from kshell.abi.struct import Struct
from kshell.abi.uidgid import kgid_t, kuid_t

__all__ = ["cred"]


class cred(Struct):
    """The user and the group of a task: the real ones, the saved ones, and the effective ones, which checks look at."""

    usage: Int
    uid: kuid_t
    gid: kgid_t
    suid: kuid_t
    sgid: kgid_t
    euid: kuid_t
    egid: kgid_t
    fsuid: kuid_t
    fsgid: kgid_t
