"""Every errno by its name (C: <linux/errno.h>)."""

from __future__ import annotations

from kshell.abi.errno_numbers import *
