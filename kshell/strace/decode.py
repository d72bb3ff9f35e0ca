"""The text of a system call, as strace 6.1 prints it, to the column.

strace looks twice: at the way in, when a buffer still holds what the program passed, and at the way out, when the
kernel has filled the others.  So do `arguments` and `line`.  How each argument reads follows from the C type of the
parameter (`CType.show`); what no C type says, because strace knows the call, is in `_KINDS_BY_NAME`.

Two kinds of line are not strace's, which has never heard of this kernel's calls and knows more of Linux's: a call
that only kshell has (test_call) is printed by its declaration, and one that Linux has but this kernel does not gets
its name and its six registers in hex, as strace prints a number that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kshell.abi import fcntl
from kshell.abi.c_types import U64, to_signed64
from kshell.abi.errno import errno_name, is_error, strerror
from kshell.abi.sigaction import COMPAT_SIGACTION, COMPAT_STACK_T
from kshell.abi.signal import signal_name
from kshell.abi.st_mode import S_IFBLK, S_IFCHR, S_IFMT
from kshell.abi.symbolic import KINDS, flags_text
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.strace import compat_data, file_data, signals, typed_data
from kshell.strace import user_data as show

RESULT_COLUMN = 40
UNLIMITED = 1 << 80  # more than all the elements of an iovec together can say

_InDecoder = Callable[["Kernel", Sequence[int], int], str]  # with the arguments, narrowed, and which of them is meant
_OutDecoder = Callable[["Kernel", "Call", int], str]

_KINDS_BY_NAME: dict[str, dict[int, str]] = {
    "dup3": {2: "pipe_flags"},  # no access mode among its flags
    "ftruncate": {1: "register"},
    "getcwd": {0: "cwd"},
    "getrandom": {0: "random_out"},
    "mmap": {5: "hex"},
    "nanosleep": {1: "timespec_rest"},
    "preadv": {3: "long", 4: "unused"},
    "pwritev": {3: "long", 4: "unused"},
    "readlink": {2: "register"},
    "readlinkat": {3: "register"},
    "truncate": {1: "register"},
}

# fcntl's third argument, by command; a command that is in neither table prints it in hex.
_FCNTL_WITHOUT = {
    *(fcntl.F_GETFD, fcntl.F_GETFL, fcntl.F_GETOWN, fcntl.F_GETSIG),
    *(fcntl.F_GETLEASE, fcntl.F_GETPIPE_SZ, fcntl.F_GET_SEALS),
}
_FCNTL_KINDS = {
    fcntl.F_DUPFD: "long",
    fcntl.F_DUPFD_CLOEXEC: "long",
    fcntl.F_SETPIPE_SZ: "long",
    fcntl.F_SETFD: "fd_flags",
    fcntl.F_SETFL: "open_flags",
    fcntl.F_SETOWN: "fd",
    fcntl.F_GETLK: "flock_out",
    fcntl.F_OFD_GETLK: "flock_out",
    fcntl.F_SETLK: "flock_in",
    fcntl.F_SETLKW: "flock_in",
    fcntl.F_OFD_SETLK: "flock_in",
    fcntl.F_OFD_SETLKW: "flock_in",
}


class ArgumentText(NamedTuple):
    """One argument of a call that runs: the kind that it is shown as, and its text; None: to be read at the way out."""

    kind: str
    text: str | None


_IOVECS = {"iov_out": show.IOVEC, "iov32_out": compat_data.IOVEC}
_HEX_RESULTS = {"mmap", "mmap2", "brk", "mremap"}
_RESTARTS = {  # results that the kernel keeps to itself: the call begins anew after the signal
    512: "ERESTARTSYS (To be restarted if SA_RESTART is set)",
    513: "ERESTARTNOINTR (To be restarted)",
    514: "ERESTARTNOHAND (To be restarted if no handler)",
    516: "ERESTART_RESTARTBLOCK (Interrupted by signal)",
}


def _buf_in(k: Kernel, values: Sequence[int], i: int) -> str:
    return show.buffer(k, values[i], values[i + 1]) if i + 1 < len(values) else show.pointer(values[i])


def _buf_out(k: Kernel, call: Call, i: int) -> str:
    return show.buffer(k, call.args[i], _result(call))


def _text_out(k: Kernel, call: Call, i: int) -> str:
    """As many bytes as the result says; where it says none, a string in as much room as the next argument says."""
    if _result(call) > 0:
        return show.buffer(k, call.args[i], _result(call))
    room = call.values[i + 1] if i + 1 < len(call.values) else show.PATH_MAX
    return show.path(k, call.args[i], max(0, min(room, show.MAX_STRLEN)))


def _cwd(k: Kernel, call: Call, i: int) -> str:
    return show.path(k, call.args[i], min(max(_result(call) - 1, 0), show.PATH_MAX - 1))


def _result(call: Call) -> int:
    return call.ret or 0


# Known when the call begins.
_IN: dict[str, _InDecoder] = {
    "fd": lambda k, v, i: str((v[i] & 0xFFFF_FFFF ^ 0x8000_0000) - 0x8000_0000),
    "long": lambda k, v, i: str(to_signed64(v[i])),
    "hex": lambda k, v, i: show.unsigned_hex(v[i]),
    "address": lambda k, v, i: show.pointer(v[i]),
    "path": lambda k, v, i: show.path(k, v[i]),
    "string": lambda k, v, i: show.path(k, v[i], show.MAX_STRLEN),
    "buf_in": _buf_in,
    "iov_in": lambda k, v, i: show.iovec(k, v[i], v[i + 1], UNLIMITED),
    "timespec_in": lambda k, v, i: show.time_pair(k, v[i], "tv_nsec"),
    "timespec32_in": lambda k, v, i: compat_data.time_pair(k, v[i], "tv_nsec"),
    "flock_in": lambda k, v, i: show.flock(k, v[i], with_pid=False),
    "iov32_in": lambda k, v, i: show.iovec(k, v[i], v[i + 1], UNLIMITED, compat_data.IOVEC),
    "sigaction_in": lambda k, v, i: signals.sigaction(k, v[i]),
    "sigaction32_in": lambda k, v, i: signals.sigaction(k, v[i], COMPAT_SIGACTION),
    "sigset_in": lambda k, v, i: signals.sigset(k, v[i], v[-1]),
    "old_sigaction_in": lambda k, v, i: compat_data.old_sigaction(k, v[i]),
    "old_sigset": lambda k, v, i: signals.mask(v[i], compat_data.OLD_SIGSET_SIZE),
    "old_sigset_in": lambda k, v, i: signals.sigset(k, v[i], 4, 4),
    "sighandler": lambda k, v, i: signals.handler_name(v[i]),
    "stack_in": lambda k, v, i: signals.stack(k, v[i]),
    "stack32_in": lambda k, v, i: signals.stack(k, v[i], COMPAT_STACK_T),
    "itimer_in": lambda k, v, i: signals.itimerval(k, v[i]),
    "itimer32_in": lambda k, v, i: compat_data.itimerval(k, v[i]),
    "siginfo_in": lambda k, v, i: signals.siginfo_at(k, v[i]),
    "siginfo32_in": lambda k, v, i: compat_data.siginfo(k, v[i]),
}
_IN |= file_data.IN
# Known when it has returned without an error; otherwise the address is shown.
_OUT: dict[str, _OutDecoder] = {
    "buf_out": _buf_out,
    "random_out": lambda k, call, i: show.buffer(k, call.args[i], _result(call), as_hex=True),
    "text_out": _text_out,
    "pointed_out": typed_data.pointed,
    "cwd": _cwd,
    "iov_out": lambda k, call, i: show.iovec(k, call.args[i], call.args[i + 1], _result(call)),
    "iov32_out": lambda k, call, i: show.iovec(k, call.args[i], call.args[i + 1], _result(call), compat_data.IOVEC),
    "stat": lambda k, call, i: show.stat(k, call.args[i]),
    "compat_stat": lambda k, call, i: compat_data.stat(k, call.args[i], compat_data.COMPAT_STAT),
    "stat64": lambda k, call, i: compat_data.stat(k, call.args[i], compat_data.STAT64),
    "timespec32_out": lambda k, call, i: compat_data.time_pair(k, call.args[i], "tv_nsec"),
    "timeval32_out": lambda k, call, i: compat_data.time_pair(k, call.args[i], "tv_usec"),
    "utsname": lambda k, call, i: show.utsname(k, call.args[i]),
    "rusage": lambda k, call, i: (
        show.rusage(k, call.args[i]) if call.name != "wait4" or _result(call) else show.pointer(call.args[i])
    ),
    "wait_status": lambda k, call, i: signals.status(k, call.args[i], _result(call) > 0),
    "rusage32": lambda k, call, i: compat_data.rusage(k, call.args[i]),
    "sysinfo": lambda k, call, i: show.sysinfo(k, call.args[i]),
    "sysinfo32": lambda k, call, i: compat_data.sysinfo(k, call.args[i]),
    "timespec_out": lambda k, call, i: show.time_pair(k, call.args[i], "tv_nsec"),
    "timeval_out": lambda k, call, i: show.time_pair(k, call.args[i], "tv_usec"),
    "timezone_out": lambda k, call, i: show.timezone(k, call.args[i]),
    "time_out": lambda k, call, i: show.time_t(k, call.args[i]),
    "time32_out": lambda k, call, i: show.time_t(k, call.args[i], 4),
    "fd_pair": lambda k, call, i: show.fd_pair(k, call.args[i]),
    "uint_out": lambda k, call, i: show.uint(k, call.args[i]),
    "flock_out": lambda k, call, i: show.flock(k, call.args[i], with_pid=True),
    "sigaction_out": lambda k, call, i: signals.sigaction(k, call.args[i]),
    "sigaction32_out": lambda k, call, i: signals.sigaction(k, call.args[i], COMPAT_SIGACTION),
    "sigset_out": lambda k, call, i: signals.sigset(k, call.args[i], call.values[-1], 1),
    "old_sigaction_out": lambda k, call, i: compat_data.old_sigaction(k, call.args[i]),
    "old_sigset_out": lambda k, call, i: signals.sigset(k, call.args[i], 4, 4),
    "stack_out": lambda k, call, i: signals.stack(k, call.args[i]),
    "stack32_out": lambda k, call, i: signals.stack(k, call.args[i], COMPAT_STACK_T),
    "itimer_out": lambda k, call, i: signals.itimerval(k, call.args[i]),
    "itimer32_out": lambda k, call, i: compat_data.itimerval(k, call.args[i]),
    "siginfo_out": lambda k, call, i: signals.siginfo_at(k, call.args[i]),
    "siginfo32_out": lambda k, call, i: compat_data.siginfo(k, call.args[i]),
}
_OUT |= file_data.OUT


def arguments(k: Kernel, call: Call) -> list[ArgumentText]:
    """What the program passes, before the body can change it."""
    if call.definition is None or call.name is None:
        return [ArgumentText("hex", show.unsigned_hex(value)) for value in call.args]
    if call.name == "rt_sigreturn":
        return [ArgumentText("frame", signals.frame_mask(k))]
    special = _KINDS_BY_NAME.get(call.name, {})
    kinds = [special.get(i, parameter.ctype.show) for i, parameter in enumerate(call.definition.parameters)]
    if call.name == "fcntl":
        _choose_fcntl(call, kinds)
    elif _is_idle(kinds[-2:], call.args[max(len(kinds) - 2, 0)]):
        kinds.pop()
    elif call.definition.body is None:
        _choose_by_neighbours(call.definition, kinds)
    return [ArgumentText(kind, _text(k, call, i, kind)) for i, kind in enumerate(kinds) if kind != "unused"]


def _text(k: Kernel, call: Call, i: int, kind: str) -> str | None:
    if kind in _OUT or kind == "timespec_rest":
        return None
    if kind == "pointed_in":
        return typed_data.pointed(k, call, i)
    if kind == "register":
        return str(call.args[i] & U64)
    if kind in _IN:
        return _IN[kind](k, call.values, i)
    return flags_text(call.values[i], kind) if kind in KINDS else str(call.values[i])


def _choose_by_neighbours(definition: SyscallDefinition, kinds: list[str]) -> None:
    """Of machine code's calls the declaration alone is known: text before a size_t is as long as that says."""
    for i, kind in enumerate(kinds):
        if kind == "path" and i + 1 < len(kinds) and definition.parameters[i + 1].ctype.c == "size_t":
            kinds[i] = "buf_in"
        elif kind == "buf_out":
            kinds[i] = "text_out"


def _choose_fcntl(call: Call, kinds: list[str]) -> None:
    command = call.args[1] & 0xFFFF_FFFF
    if command in _FCNTL_WITHOUT:
        kinds.pop()
    else:
        kinds[2] = _FCNTL_KINDS.get(command, "hex")


def _is_idle(kinds: list[str], value: int) -> bool:
    """Whether nobody looks at the last of two arguments, where the one before it is `value`: the mode of an open() that
    makes nothing, the number of what is no device."""
    if kinds == ["node_mode", "dev"]:
        return value & S_IFMT not in (S_IFCHR, S_IFBLK)
    return kinds == ["open_flags", "mode"] and not value & (fcntl.O_CREAT | fcntl.__O_TMPFILE)


def line(k: Kernel, call: Call, passed: Sequence[ArgumentText], prefix: str = "", begun: str = "") -> str:
    """The whole line, with what the call has filled in; `passed` is what its arguments were at the way in.

    A call that did not return shows its arguments up to the first to come; what it has `begun` with was shown before.
    """
    name = call.name or f"syscall_{call.nr & U64:#x}"
    shown: list[str] = []
    for i, (kind, text) in enumerate(passed):
        if text is None and call.ret is None:
            shown.append(" <unfinished ...>")
            break
        shown.append(_late(k, call, i, kind) if text is None else text)
    text = f"{name}({', '.join(shown)}) "
    if begun:
        text = f"<... {name} resumed>{text[len(begun) :]}"
    return (prefix + text).ljust(RESULT_COLUMN) + f"= {_result_text(call)}"


def _late(k: Kernel, call: Call, i: int, kind: str) -> str:
    address = call.args[i]
    if kind == "timespec_rest":  # filled in only where a signal has cut the sleep short
        return show.time_pair(k, address, "tv_nsec") if _is_restart(call) else show.pointer(address)
    if call.ret is not None and not is_error(call.ret):
        return _OUT[kind](k, call, i)
    if kind in _IOVECS:
        return show.iovec(k, address, call.args[i + 1], None, _IOVECS[kind])
    return show.pointer(address)


def _is_restart(call: Call) -> bool:
    return call.ret is not None and -call.ret in _RESTARTS


def _result_text(call: Call) -> str:
    ret = call.ret
    if ret is None:
        return "?"
    if is_error(ret):
        if -ret in _RESTARTS:
            return f"? {_RESTARTS[-ret]}"
        name = errno_name(-ret)
        return f"-1 (errno {name})" if name.isdigit() else f"-1 {name} ({strerror(-ret)})"
    if call.name in _HEX_RESULTS:
        return show.unsigned_hex(ret)
    if call.name == "time":
        when = show.date(ret)
        return f"{ret & U64} ({when})" if when else str(ret & U64)
    if call.name == "umask":
        return flags_text(ret, "mode")
    if call.name == "rt_sigtimedwait":
        return f"{ret} ({signal_name(ret)})"
    if call.name == "signal":
        name = signals.handler_name(ret)
        return name if ret > 1 else f"{show.unsigned_hex(ret)} ({name})"
    if call.name == "fcntl":
        command = call.args[1] & 0xFFFF_FFFF
        if command == fcntl.F_GETFL:
            return f"{show.unsigned_hex(ret)} (flags {flags_text(ret, 'open_flags')})"
        if command == fcntl.F_GETFD and ret:
            return f"{ret & U64:#x} (flags {flags_text(ret, 'fd_flags')})"
    return str(ret)
