"""Numbers of users and groups (C: <linux/uidgid.h>)."""

from __future__ import annotations

from kshell.abi.uidgid import *
