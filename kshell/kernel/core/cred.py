"""Credentials: whose a task is.

C counterpart: struct cred in include/linux/cred.h.
"""

from __future__ import annotations

UID_MAX = 0xFFFF_FFFE  # -1 means nobody


class Cred:
    """Whose a task is."""

    __slots__ = ("egid", "euid", "gid", "uid")

    def __init__(self, uid: int = 0, gid: int = 0) -> None:
        self.uid = self.euid = uid
        self.gid = self.egid = gid

    def copy(self) -> Cred:
        """The same identity, changeable on its own."""
        cred = Cred(self.uid, self.gid)
        cred.euid, cred.egid = self.euid, self.egid
        return cred


def init_cred(cmdline: str) -> Cred:
    """Whose the first task is: root's, or with `uid=1000` on the kernel command line that user's."""
    uid = 0
    for option in cmdline.split():
        name, _, value = option.partition("=")
        if name == "uid" and value.isdecimal() and int(value) <= UID_MAX:
            uid = int(value)
    return Cred(uid, uid)
