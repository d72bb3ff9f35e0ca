"""Signals, and the si_code that says why one was sent.

The words are what a shell prints when a signal ends its job ("Segmentation fault", "Killed").

C counterparts: arch/x86/include/uapi/asm/signal.h, include/uapi/asm-generic/siginfo.h.
"""

from __future__ import annotations

SIGHUP = 1
SIGINT = 2
SIGQUIT = 3
SIGILL = 4
SIGTRAP = 5
SIGABRT = 6
SIGBUS = 7
SIGFPE = 8
SIGKILL = 9
SIGUSR1 = 10
SIGSEGV = 11
SIGUSR2 = 12
SIGPIPE = 13
SIGALRM = 14
SIGTERM = 15
SIGSTKFLT = 16
SIGCHLD = 17
SIGCONT = 18
SIGSTOP = 19
SIGTSTP = 20
SIGTTIN = 21
SIGTTOU = 22
SIGURG = 23
SIGXCPU = 24
SIGXFSZ = 25
SIGVTALRM = 26
SIGPROF = 27
SIGWINCH = 28
SIGIO = 29
SIGPWR = 30
SIGSYS = 31

SIGPOLL = SIGIO
SIGIOT = SIGABRT
SIGRTMIN = 32
SIGRTMAX = 64

# number -> (name, the shell's words)
SIGNALS: dict[int, tuple[str, str]] = {
    1: ("SIGHUP", "Hangup"),
    2: ("SIGINT", "Interrupt"),
    3: ("SIGQUIT", "Quit"),
    4: ("SIGILL", "Illegal instruction"),
    5: ("SIGTRAP", "Trace/breakpoint trap"),
    6: ("SIGABRT", "Aborted"),
    7: ("SIGBUS", "Bus error"),
    8: ("SIGFPE", "Floating point exception"),
    9: ("SIGKILL", "Killed"),
    10: ("SIGUSR1", "User defined signal 1"),
    11: ("SIGSEGV", "Segmentation fault"),
    12: ("SIGUSR2", "User defined signal 2"),
    13: ("SIGPIPE", "Broken pipe"),
    14: ("SIGALRM", "Alarm clock"),
    15: ("SIGTERM", "Terminated"),
    16: ("SIGSTKFLT", "Stack fault"),
    17: ("SIGCHLD", "Child exited"),
    18: ("SIGCONT", "Continued"),
    19: ("SIGSTOP", "Stopped (signal)"),
    20: ("SIGTSTP", "Stopped"),
    21: ("SIGTTIN", "Stopped (tty input)"),
    22: ("SIGTTOU", "Stopped (tty output)"),
    23: ("SIGURG", "Urgent I/O condition"),
    24: ("SIGXCPU", "CPU time limit exceeded"),
    25: ("SIGXFSZ", "File size limit exceeded"),
    26: ("SIGVTALRM", "Virtual timer expired"),
    27: ("SIGPROF", "Profiling timer expired"),
    28: ("SIGWINCH", "Window changed"),
    29: ("SIGIO", "I/O possible"),
    30: ("SIGPWR", "Power failure"),
    31: ("SIGSYS", "Bad system call"),
}

# si_code: why.  Zero and below: a process sent it; above: the kernel did.
SI_USER = 0
SI_KERNEL = 128
SI_QUEUE = -1
SI_TIMER = -2
SI_MESGQ = -3
SI_ASYNCIO = -4
SI_SIGIO = -5
SI_TKILL = -6

SEGV_MAPERR = 1
SEGV_ACCERR = 2
SEGV_BNDERR = 3
SEGV_PKUERR = 4

BUS_ADRALN = 1
BUS_ADRERR = 2
BUS_OBJERR = 3
BUS_MCEERR_AR = 4
BUS_MCEERR_AO = 5

ILL_ILLOPC = 1
ILL_ILLOPN = 2
ILL_ILLADR = 3
ILL_ILLTRP = 4
ILL_PRVOPC = 5
ILL_PRVREG = 6
ILL_COPROC = 7
ILL_BADSTK = 8

FPE_INTDIV = 1
FPE_INTOVF = 2
FPE_FLTDIV = 3
FPE_FLTOVF = 4
FPE_FLTUND = 5
FPE_FLTRES = 6
FPE_FLTINV = 7
FPE_FLTSUB = 8

TRAP_BRKPT = 1
TRAP_TRACE = 2
TRAP_BRANCH = 3
TRAP_HWBKPT = 4

CLD_EXITED = 1
CLD_KILLED = 2
CLD_DUMPED = 3
CLD_TRAPPED = 4
CLD_STOPPED = 5
CLD_CONTINUED = 6

SYS_SECCOMP = 1

# The codes that mean the same for every signal.
_SI_NAMES: dict[int, str] = {
    0: "SI_USER",
    128: "SI_KERNEL",
    -1: "SI_QUEUE",
    -2: "SI_TIMER",
    -3: "SI_MESGQ",
    -4: "SI_ASYNCIO",
    -5: "SI_SIGIO",
    -6: "SI_TKILL",
}

# signal -> si_code -> name, for the codes that depend on the signal.
_CODE_NAMES: dict[int, dict[int, str]] = {
    SIGSEGV: {1: "SEGV_MAPERR", 2: "SEGV_ACCERR", 3: "SEGV_BNDERR", 4: "SEGV_PKUERR"},
    SIGBUS: {1: "BUS_ADRALN", 2: "BUS_ADRERR", 3: "BUS_OBJERR", 4: "BUS_MCEERR_AR", 5: "BUS_MCEERR_AO"},
    SIGILL: {
        1: "ILL_ILLOPC",
        2: "ILL_ILLOPN",
        3: "ILL_ILLADR",
        4: "ILL_ILLTRP",
        5: "ILL_PRVOPC",
        6: "ILL_PRVREG",
        7: "ILL_COPROC",
        8: "ILL_BADSTK",
    },
    SIGFPE: {
        1: "FPE_INTDIV",
        2: "FPE_INTOVF",
        3: "FPE_FLTDIV",
        4: "FPE_FLTOVF",
        5: "FPE_FLTUND",
        6: "FPE_FLTRES",
        7: "FPE_FLTINV",
        8: "FPE_FLTSUB",
    },
    SIGTRAP: {1: "TRAP_BRKPT", 2: "TRAP_TRACE", 3: "TRAP_BRANCH", 4: "TRAP_HWBKPT"},
    SIGCHLD: {
        1: "CLD_EXITED",
        2: "CLD_KILLED",
        3: "CLD_DUMPED",
        4: "CLD_TRAPPED",
        5: "CLD_STOPPED",
        6: "CLD_CONTINUED",
    },
    SIGSYS: {1: "SYS_SECCOMP"},
}


def signal_name(number: int) -> str:
    """``SIGSEGV`` for 11, ``SIGRT_3`` for a real-time one, as strace writes them; the digits for anything else."""
    entry = SIGNALS.get(number)
    if entry:
        return entry[0]
    return f"SIGRT_{number - SIGRTMIN}" if SIGRTMIN <= number <= SIGRTMAX else str(number)


def signal_words(number: int) -> str:
    """What a shell says of a job that this signal ended: "Segmentation fault"; any int is allowed."""
    entry = SIGNALS.get(number)
    if entry:
        return entry[1]
    if SIGRTMIN <= number <= SIGRTMAX:
        return f"Real-time signal {number - SIGRTMIN}"
    return f"Unknown signal {number}"


def si_code_name(signal: int, code: int) -> str:
    """The name of `code` in a siginfo of `signal`: ``si_code_name(SIGSEGV, 1)`` is "SEGV_MAPERR".

    The digits where the pair has no name.
    """
    return _CODE_NAMES.get(signal, {}).get(code) or _SI_NAMES.get(code) or str(code)
