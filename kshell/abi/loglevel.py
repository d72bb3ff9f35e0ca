"""printk's levels: 0 is the loudest.

In C a level is a string prefix (an SOH byte and a digit) glued to the format; here it is printk's first argument.

C counterpart: include/linux/kern_levels.h.
"""

from __future__ import annotations

KERN_EMERG = 0
KERN_ALERT = 1
KERN_CRIT = 2
KERN_ERR = 3
KERN_WARNING = 4
KERN_NOTICE = 5
KERN_INFO = 6
KERN_DEBUG = 7

KERN_DEFAULT = KERN_WARNING
"""The level of a printk that names none."""

NAMES: tuple[str, ...] = (
    "KERN_EMERG",
    "KERN_ALERT",
    "KERN_CRIT",
    "KERN_ERR",
    "KERN_WARNING",
    "KERN_NOTICE",
    "KERN_INFO",
    "KERN_DEBUG",
)

WORDS: tuple[str, ...] = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
"""The words of ``dmesg --level``."""


def level_of(word: str) -> int | None:
    """The level that a person names ("warn", "warning", "KERN_ERR", "3"); None where there is no such level."""
    word = word.strip().lower().removeprefix("kern_")
    word = {"warning": "warn", "error": "err", "emergency": "emerg", "critical": "crit"}.get(word, word)
    if word in WORDS:
        return WORDS.index(word)
    return int(word) if len(word) == 1 and word in "01234567" else None
