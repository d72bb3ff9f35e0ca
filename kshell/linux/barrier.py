"""What is done before what, as other CPUs see it (C: <asm/barrier.h>).

The CPU may load early and store late; the compiler of kshell moves no access, gcc does.
"""

from __future__ import annotations


def barrier() -> None:
    """The compiler moves no access over this line; it is no instruction.

    >>> barrier()
    """


def mb() -> None:
    """All loads and stores before it come before all behind it (mfence).

    >>> mb()
    """


def rmb() -> None:
    """All loads before it come before all loads behind it (lfence).

    >>> rmb()
    """


def wmb() -> None:
    """All stores before it come before all stores behind it (sfence).

    >>> wmb()
    """


def smp_mb() -> None:
    """The same as mb, between the CPUs (mfence; Linux takes a locked add, which is quicker).

    >>> smp_mb()
    """


def smp_rmb() -> None:
    """The same as rmb, between the CPUs: x86 keeps that order by itself, so it is no instruction.

    >>> smp_rmb()
    """


def smp_wmb() -> None:
    """The same as wmb, between the CPUs: x86 keeps that order by itself, so it is no instruction.

    >>> smp_wmb()
    """
