"""Signals as strace shows them: sets, actions, stacks, siginfo, and the lines of their own between the calls."""

from __future__ import annotations

import struct

from kshell.abi.ptregs import SP
from kshell.abi.sigaction import SA_RESTORER, SIGACTION, SIGINFO_SIZE, SIGSET_SIZE, STACK_T
from kshell.abi.signal import (
    CLD_EXITED,
    CLD_KILLED,
    SI_TIMER,
    SI_TKILL,
    SI_USER,
    SIGBUS,
    SIGCHLD,
    SIGFPE,
    SIGILL,
    SIGNALS,
    SIGRTMIN,
    SIGSEGV,
    SIGTRAP,
    si_code_name,
    signal_name,
)
from kshell.abi.structs import TIMEVAL_SIZE
from kshell.abi.symbolic import flags_text
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.entry.run import Outcome
from kshell.kernel.kernel import Kernel
from kshell.kernel.signal import siginfo
from kshell.kernel.signal.frame import SIGMASK
from kshell.strace.user_data import pointer, read_exactly, time_pair

SIGN = 1 << 31  # of a pid_t
FAULTS = (SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP)


def mask(value: int, size: int = SIGSET_SIZE) -> str:
    """A set of signals, of so many bytes: ``[INT USR1]``, or ``~[KILL STOP]`` where nearly all are in it."""
    count = 8 * size
    inverted = value.bit_count() >= count * 2 // 3
    shown = ~value if inverted else value
    names = [_short(signo) for signo in range(1, count + 1) if shown >> signo - 1 & 1]
    return f"{'~' if inverted else ''}[{' '.join(names)}]"


def _short(signo: int) -> str:
    if signo in SIGNALS:
        return SIGNALS[signo][0].removeprefix("SIG")
    return "RTMIN" if signo == SIGRTMIN else f"RT_{signo - SIGRTMIN}"


def sigset(k: Kernel, address: int, size: int, least: int = SIGSET_SIZE) -> str:
    """A set in user memory, of a size that the program says."""
    if not address or not least <= size <= SIGSET_SIZE:
        return pointer(address)
    data = read_exactly(k, address, size)
    return pointer(address) if data is None else mask(int.from_bytes(data, "little"), least)


def sigaction(k: Kernel, address: int, form: struct.Struct = SIGACTION) -> str:
    """struct sigaction."""
    data = read_exactly(k, address, form.size) if address else None
    if data is None:
        return pointer(address)
    return action_text(*form.unpack(data))


def action_text(handler: int, flags: int, restorer: int, blocked: int, size: int = SIGSET_SIZE) -> str:
    """The same of its four fields; `size` is the set's."""
    text = (
        f"sa_handler={handler_name(handler)}, sa_mask={mask(blocked, size)}, sa_flags={flags_text(flags, 'sa_flags')}"
    )
    return f"{{{text}, sa_restorer={pointer(restorer)}}}" if flags & SA_RESTORER else f"{{{text}}}"


def handler_name(handler: int) -> str:
    """What is called at a signal."""
    return {0: "SIG_DFL", 1: "SIG_IGN"}.get(handler, f"{handler:#x}")


def stack(k: Kernel, address: int, form: struct.Struct = STACK_T) -> str:
    """stack_t."""
    data = read_exactly(k, address, form.size) if address else None
    if data is None:
        return pointer(address)
    base, flags, size = form.unpack(data)
    return f"{{ss_sp={pointer(base)}, ss_flags={flags_text(flags, 'ss_flags')}, ss_size={size}}}"


def itimerval(k: Kernel, address: int) -> str:
    """struct itimerval."""
    if not address or read_exactly(k, address, 2 * TIMEVAL_SIZE) is None:
        return pointer(address)
    interval, value = time_pair(k, address, "tv_usec"), time_pair(k, address + TIMEVAL_SIZE, "tv_usec")
    return f"{{it_interval={interval}, it_value={value}}}"


def frame_mask(k: Kernel) -> str:
    """What rt_sigreturn is shown with: the mask in the frame at the stack pointer."""
    address = k.current.regs[SP] - 8 + SIGMASK
    data = read_exactly(k, address, SIGSET_SIZE)
    return pointer(address) if data is None else f"{{mask={mask(int.from_bytes(data, 'little'))}}}"


def siginfo_at(k: Kernel, address: int) -> str:
    """struct siginfo."""
    data = read_exactly(k, address, SIGINFO_SIZE) if address else None
    if data is None:
        return pointer(address)
    return info_text(siginfo.unpack(struct.unpack_from("<i", data)[0], data))


def info_text(info: Siginfo) -> str:
    """The same of a signal that the kernel delivers."""
    if not info.signo:
        return "{}"
    pid, uid = info.sender
    code = si_code_name(info.signo, info.code)
    parts = [f"si_signo={info.name}", f"si_code={code if not code.isdigit() else hex(info.code)}"]
    sender = [f"si_pid={(pid ^ SIGN) - SIGN}", f"si_uid={uid}"]
    if info.code in (SI_USER, SI_TKILL):
        parts += sender
    elif info.signo in FAULTS and info.code > 0:
        parts.append(f"si_addr={pointer(info.address if info.address is not None else uid << 32 | pid)}")
    elif info.signo == SIGCHLD and info.code in (CLD_EXITED, CLD_KILLED):
        how = info.value & 0xFF if info.code == CLD_EXITED else signal_name(info.value & 0x7F)
        parts += [f"si_pid={pid}", f"si_uid={uid}", f"si_status={how}", "si_utime=0", "si_stime=0"]
    elif info.code == SI_TIMER:
        parts += [f"si_timerid={pid:#x}" if pid else "si_timerid=0", f"si_overrun={uid}", *_value(info.value)]
    else:
        parts += sender if pid or uid else []
        parts += _value(info.value)
    return f"{{{', '.join(parts)}}}"


def _value(value: int) -> list[str]:
    number = (value & 0xFFFF_FFFF ^ 0x8000_0000) - 0x8000_0000
    return [f"si_int={number}", f"si_ptr={pointer(value)}"] if value else []


def status(k: Kernel, address: int, is_there: bool) -> str:
    """The status word that wait4() has stored, if it has."""
    data = read_exactly(k, address, 4) if address and is_there else None
    if data is None:
        return pointer(address)
    word = int.from_bytes(data, "little")
    if word & 0x7F:
        return f"[{{WIFSIGNALED(s) && WTERMSIG(s) == {signal_name(word & 0x7F)}}}]"
    return f"[{{WIFEXITED(s) && WEXITSTATUS(s) == {word >> 8 & 0xFF}}}]"


def delivered(info: Siginfo) -> str:
    """The line of a signal that acts."""
    return f"--- {info.name} {info_text(info)} ---"


def stopped(signo: int) -> str:
    """The line of a task that a signal has stopped."""
    return f"--- stopped by {signal_name(signo)} ---"


def end_of(status: int) -> str:
    """The last line of a task that has ended with a status word."""
    signo = status & 0x7F
    return f"+++ killed by {signal_name(signo)} +++" if signo else f"+++ exited with {status >> 8 & 0xFF} +++"


def ended(outcome: Outcome) -> str:
    """The last line of a task; "" while it lives."""
    if outcome.signal is not None:
        return f"+++ killed by {outcome.signal.name} +++"
    return f"+++ exited with {(outcome.status or 0) & 0xFF} +++" if outcome.kind == "exited" else ""
