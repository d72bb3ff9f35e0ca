"""The levels of printk: the text that stands before a format (C: <linux/kern_levels.h>)."""

from __future__ import annotations

KERN_SOH = "\001"
KERN_EMERG = "\0010"
KERN_ALERT = "\0011"
KERN_CRIT = "\0012"
KERN_ERR = "\0013"
KERN_WARNING = "\0014"
KERN_NOTICE = "\0015"
KERN_INFO = "\0016"
KERN_DEBUG = "\0017"
