"""Copying from and to user memory (C: <linux/uaccess.h>)."""

from __future__ import annotations

from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user, strncpy_from_user

__all__ = ["copy_from_user", "copy_to_user", "strncpy_from_user"]
