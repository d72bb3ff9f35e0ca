"""Credentials: whose a task is.

They are in memory, for modules to look at and to change (abi/cred.py); a body in Python sees what they are now.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.cred import cred

UID_MAX = 0xFFFF_FFFE  # -1 means nobody


class Cred(NamedTuple):
    """Whose a task is."""

    uid: int
    gid: int
    euid: int
    egid: int


def cred_of(found: cred) -> Cred:
    """What a struct cred says.  Raises KernelFault where the pointer leads nowhere."""
    return Cred(found.uid.val, found.gid.val, found.euid.val, found.egid.val)


def init_cred(cmdline: str) -> Cred:
    """Whose the first task is: root's, or with `uid=1000` on the kernel command line that user's."""
    uid = 0
    for option in cmdline.split():
        name, _, value = option.partition("=")
        if name == "uid" and value.isdecimal() and int(value) <= UID_MAX:
            uid = int(value)
    return Cred(uid, uid, uid, uid)
