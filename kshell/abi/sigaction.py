"""What user code says about signals: flags, masks, stacks, and the structures that sigaction and its relatives take.

C counterparts: include/uapi/asm-generic/signal-defs.h, arch/x86/include/uapi/asm/signal.h, include/linux/signal.h.
"""

from __future__ import annotations

import struct

from kshell.abi import signal
from kshell.abi.signal import SIGKILL, SIGRTMAX, SIGSTOP

SIG_DFL, SIG_IGN = 0, 1

SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK = 0, 1, 2

SA_NOCLDSTOP = 0x1
SA_NOCLDWAIT = 0x2
SA_SIGINFO = 0x4
SA_UNSUPPORTED = 0x400
SA_EXPOSE_TAGBITS = 0x800
SA_X32_ABI = 0x100_0000  # the kernel notes these two itself: whose frame the handler wants
SA_IA32_ABI = 0x200_0000
SA_RESTORER = 0x400_0000
SA_ONSTACK = 0x800_0000
SA_RESTART = 0x1000_0000
SA_INTERRUPT = 0x2000_0000
SA_NODEFER = 0x4000_0000
SA_RESETHAND = 0x8000_0000
SA_KNOWN = (  # the flags that a kernel since 5.11 keeps (C: UAPI_SA_FLAGS)
    SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_RESTORER | SA_ONSTACK
) | (SA_RESTART | SA_NODEFER | SA_RESETHAND)

SS_ONSTACK, SS_DISABLE, SS_AUTODISARM = 1, 2, 0x8000_0000
MINSIGSTKSZ = 2048

ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF = 0, 1, 2

SIGSET_SIZE = 8
SIGACTION = struct.Struct("<QQQQ")  # sa_handler, sa_flags, sa_restorer, sa_mask
COMPAT_SIGACTION = struct.Struct("<IIIQ")
COMPAT_OLD_SIGACTION = struct.Struct("<IIII")  # sa_handler, sa_mask, sa_flags, sa_restorer
STACK_T = struct.Struct("<QI4xQ")  # ss_sp, ss_flags, ss_size
COMPAT_STACK_T = struct.Struct("<III")
OLD_ITIMERVAL32 = struct.Struct("<iiii")
ITIMERVAL = struct.Struct("<qqqq")  # it_interval and it_value, in seconds and microseconds
SIGINFO_SIZE = 128
KERNEL_SIGINFO_SIZE = 48  # what a kernel since 4.20 keeps of it: no member ends behind that

# What a signal does to a task that has no handler for it.
TERMINATE, CORE, IGNORE, STOP = "terminate", "core", "ignore", "stop"
_CORE = ("SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGXCPU", "SIGXFSZ", "SIGSYS")
_IGNORE = ("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH")
_STOP = ("SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU")
_DEFAULTS: dict[int, str] = {
    getattr(signal, name): action
    for action, names in ((CORE, _CORE), (IGNORE, _IGNORE), (STOP, _STOP))
    for name in names
}


def default_action(signo: int) -> str:
    """TERMINATE, CORE (terminate, too, and Linux may write a core file), IGNORE or STOP."""
    return _DEFAULTS.get(signo, TERMINATE)


def is_ignored(signo: int, handler: int) -> bool:
    """Whether nothing is done at a signal, by this handler."""
    return handler == SIG_IGN or (handler == SIG_DFL and default_action(signo) == IGNORE)


def sigmask(*signals: int) -> int:
    """The set that holds these signals (C: sigset_t): bit 0 is signal 1."""
    return sum({1 << signo - 1 for signo in signals})


ALL_SIGNALS = (1 << SIGRTMAX) - 1
BLOCKABLE = ALL_SIGNALS & ~sigmask(SIGKILL, SIGSTOP)
STOP_SIGNALS = sigmask(*(getattr(signal, name) for name in _STOP))
