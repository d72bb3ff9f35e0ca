"""Waiting for children: options, what is waited for, and the status word.

C counterpart: include/uapi/linux/wait.h.
"""

from __future__ import annotations

WNOHANG = 1
WUNTRACED = WSTOPPED = 2
WEXITED = 4
WCONTINUED = 8
WNOWAIT = 0x0100_0000
__WNOTHREAD = 0x2000_0000
__WALL = 0x4000_0000
__WCLONE = 0x8000_0000
OPTIONS_OF_WAIT4 = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE
OPTIONS_OF_WAITID = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE

P_ALL, P_PID, P_PGID, P_PIDFD = range(4)
