"""printk at a level of its own (C: <linux/printk.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel


def pr_emerg(k: Kernel, text: str) -> int:
    """Log a line at KERN_EMERG: the machine cannot go on.

    >>> pr_emerg(k, f"n is {n}")
    """


def pr_alert(k: Kernel, text: str) -> int:
    """Log a line at KERN_ALERT: somebody must act at once.

    >>> pr_alert(k, f"n is {n}")
    """


def pr_crit(k: Kernel, text: str) -> int:
    """Log a line at KERN_CRIT: a part of the machine fails.

    >>> pr_crit(k, f"n is {n}")
    """


def pr_err(k: Kernel, text: str) -> int:
    """Log a line at KERN_ERR: something went wrong.

    >>> pr_err(k, f"n is {n}")
    """


def pr_warn(k: Kernel, text: str) -> int:
    """Log a line at KERN_WARNING: something may be wrong.

    >>> pr_warn(k, f"n is {n}")
    """


def pr_notice(k: Kernel, text: str) -> int:
    """Log a line at KERN_NOTICE: worth knowing.

    >>> pr_notice(k, f"n is {n}")
    """


def pr_info(k: Kernel, text: str) -> int:
    """Log a line at KERN_INFO: for the curious.

    >>> pr_info(k, f"n is {n}")
    """


def pr_debug(k: Kernel, text: str) -> int:
    """Log a line at KERN_DEBUG: for who wrote it.

    >>> pr_debug(k, f"n is {n}")
    """
