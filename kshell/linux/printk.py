"""printk at a level of its own (C: <linux/printk.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel


def pr_emerg(k: Kernel, text: str) -> int:
    """``k.printk(KERN_EMERG, text)``"""


def pr_alert(k: Kernel, text: str) -> int:
    """``k.printk(KERN_ALERT, text)``"""


def pr_crit(k: Kernel, text: str) -> int:
    """``k.printk(KERN_CRIT, text)``"""


def pr_err(k: Kernel, text: str) -> int:
    """``k.printk(KERN_ERR, text)``"""


def pr_warn(k: Kernel, text: str) -> int:
    """``k.printk(KERN_WARNING, text)``"""


def pr_notice(k: Kernel, text: str) -> int:
    """``k.printk(KERN_NOTICE, text)``"""


def pr_info(k: Kernel, text: str) -> int:
    """``k.printk(KERN_INFO, text)``"""


def pr_debug(k: Kernel, text: str) -> int:
    """``k.printk(KERN_DEBUG, text)``"""
