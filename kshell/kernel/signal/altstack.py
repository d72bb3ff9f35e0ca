"""The stack that handlers with SA_ONSTACK run on.

C counterpart: sas_ss_flags() in include/linux/sched/signal.h, do_sigaltstack() in kernel/signal.c.
"""

from __future__ import annotations

from kshell.abi.errno import EINVAL, ENOMEM, EPERM
from kshell.abi.sigaction import MINSIGSTKSZ, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK
from kshell.kernel.core.signal import Signals

Stack = tuple[int, int, int]  # ss_sp, ss_flags, ss_size


def is_within(stack: Stack, sp: int) -> bool:
    """Whether a stack pointer is on it."""
    base, _, size = stack
    return base < sp <= base + size


def is_on_stack(stack: Stack, sp: int) -> bool:
    """The same, but a stack that disarms itself is never in use (C: on_sig_stack)."""
    return not stack[1] & SS_AUTODISARM and is_within(stack, sp)


def flags_at(stack: Stack, sp: int) -> int:
    """What sigaltstack tells: whether there is one, and whether it is in use (C: sas_ss_flags)."""
    if not stack[2]:
        return SS_DISABLE
    return SS_ONSTACK if is_on_stack(stack, sp) else 0


def stack_at(stack: Stack, sp: int) -> Stack:
    """The stack as sigaltstack tells it."""
    base, flags, size = stack
    return base, flags_at(stack, sp) | flags & ~3, size


def disarm(signals: Signals) -> None:
    """There is none any more (C: sas_ss_reset)."""
    signals.stack = (0, SS_DISABLE, 0)


def do_sigaltstack(signals: Signals, new: Stack, sp: int) -> int:
    """Have another one; 0 or a negative errno."""
    base, flags, size = new
    if is_on_stack(signals.stack, sp):
        return -EPERM
    mode = flags & ~SS_AUTODISARM
    if mode not in (0, SS_ONSTACK, SS_DISABLE):
        return -EINVAL
    if mode == SS_DISABLE:
        base = size = 0
    elif size < MINSIGSTKSZ:
        return -ENOMEM
    signals.stack = (base, flags, size)
    return 0
