"""A count of references that went wrong: it stays where it is, and the kernel warns, once of each kind.

C counterpart: lib/refcount.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Int, Ptr
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel

REFCOUNT_SATURATED = 0xC000_0000
WORDED_ANEW = (5, 5)
# By what a count was told as it went wrong: ADD_OVF, ADD_UAF, SUB_UAF, DEC_LEAK.
TEXTS = {
    1: "refcount_t: saturated; leaking memory.",
    2: "refcount_t: addition on 0; use-after-free.",
    3: "refcount_t: underflow; use-after-free.",
    4: "refcount_t: decrement hit 0; leaking memory.",
}


def refcount_warn_saturate(k: Kernel, r: Ptr, kind: Int) -> None:
    """Let the count at `r` stay where it is for ever, and say why."""
    k.memory.write(r, REFCOUNT_SATURATED.to_bytes(4, "little"))
    text = TEXTS.get(kind, "refcount_t: unknown saturation event!?.")
    if k.profile.version < WORDED_ANEW:
        text = text.replace("addition", "increment")
    if text not in k.warned:
        k.warned.add(text)
        warn(k, text)


EXPORT_SYMBOL(refcount_warn_saturate)
