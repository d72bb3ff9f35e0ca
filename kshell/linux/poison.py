"""Addresses that no page has: what follows them has used a link that is gone (C: <linux/poison.h>)."""

from __future__ import annotations

LIST_POISON1 = 0xDEAD_0000_0000_0100  # the next of what was taken out of a list
LIST_POISON2 = 0xDEAD_0000_0000_0200  # its prev; since 5.9 that ends in 122
