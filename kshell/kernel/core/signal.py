"""Signals: why one was sent, what a task does at each, and the sending.  Delivering them is kernel/signal/'s part.

C counterpart: struct kernel_siginfo, struct k_sigaction, struct sighand_struct, kernel/signal.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.sigaction import SIG_DFL, SIG_IGN, STOP_SIGNALS, sigmask
from kshell.abi.signal import SI_KERNEL, SI_USER, SIGCONT, SIGINT, SIGRTMIN, signal_name, signal_words

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


class Siginfo:
    """Why a signal was sent: `signo`, `code` (si_code), `address` (si_addr, None where there is none), the `sender`
    (si_pid and si_uid) and its `value` (si_value), or, made by a program, the whole `image`; `ip` is where the program
    was, `why` says it in a sentence for the person at the shell, and `forced` why no handler was asked."""

    __slots__ = ("address", "code", "forced", "image", "ip", "sender", "signo", "to_process", "value", "why")

    def __init__(
        self,
        signo: int,
        code: int = 0,
        address: int | None = None,
        ip: int = 0,
        why: str = "",
        sender: tuple[int, int] = (0, 0),
        value: int = 0,
        to_process: bool = False,
        image: bytes = b"",
    ) -> None:
        self.signo, self.code, self.address, self.ip, self.why = signo, code, address, ip, why
        self.sender, self.value, self.image = sender, value, image
        self.to_process = to_process  # not to one thread: it waits in another queue
        self.forced = ""

    @property
    def name(self) -> str:
        """``SIGSEGV``."""
        return signal_name(self.signo)

    @property
    def words(self) -> str:
        """What a shell prints: ``Segmentation fault``."""
        return signal_words(self.signo)


class SigAction(NamedTuple):
    """What a task does at a signal: `handler` is SIG_DFL, SIG_IGN or a function's address; `mask` is blocked while that
    runs, and it returns to `restorer`."""

    handler: int = SIG_DFL
    flags: int = 0
    restorer: int = 0
    mask: int = 0


class Signals:
    """A task's side of it.  `pending`: something is to be done before the task goes on in ring 3 (C: TIF_SIGPENDING).

    `stack` is what sigaltstack set (ss_sp, ss_flags, ss_size), `trap` the last exception that became a signal (its
    number, error code and CR2), `saved_mask` what a handler's return is to block again after sigsuspend, `sleep` what
    restart_syscall goes on with (until when, where what is left is stored, and that call's number), `fpu` what
    rt_sigreturn has read for the FPU, `timers` when each interval timer runs out and how often, `presses` how many
    times Ctrl-C was SIGINT.
    """

    def __init__(self) -> None:
        self.pending = False
        self.actions: dict[int, SigAction] = {}
        self.blocked = 0
        self.queued: list[Siginfo] = []
        self.stack = (0, 0, 0)
        self.trap = (0, 0, 0)
        self.saved_mask: int | None = None
        self.sleep: tuple[int, int, int] | None = None
        self.fpu: bytes | None = None
        self.timers: dict[int, tuple[int, int]] = {}
        self.presses = 0

    def action(self, signo: int) -> SigAction:
        """What was asked for."""
        return self.actions.get(signo) or SigAction()

    def is_handled(self, signo: int) -> bool:
        """Whether a function of the program's is called at this signal."""
        return self.action(signo).handler not in (SIG_DFL, SIG_IGN)

    def recalculate(self) -> None:
        """After any change: whether there is a signal that is not blocked (C: recalc_sigpending)."""
        self.pending = any(not self.blocked & sigmask(info.signo) for info in self.queued)

    def discard(self, mask: int) -> None:
        """Forget those of a set that wait (C: flush_sigqueue_mask)."""
        self.queued = [info for info in self.queued if not mask & sigmask(info.signo)]

    def queue(self, info: Siginfo) -> None:
        """Let a signal wait; a standard one that waits already is not queued twice (C: __send_signal)."""
        bit = sigmask(info.signo)
        if bit & STOP_SIGNALS:
            self.discard(sigmask(SIGCONT))
        elif info.signo == SIGCONT:
            self.discard(STOP_SIGNALS)
        same = [each for each in self.queued if each.signo == info.signo and each.to_process == info.to_process]
        if info.signo >= SIGRTMIN or not same:
            self.queued.append(info)
        self.recalculate()


def force_sig_info(k: Kernel, info: Siginfo) -> None:
    """Send the current task a signal that it cannot escape: who blocks or ignores it is killed by it."""
    signals, bit = k.current.signals, sigmask(info.signo)
    ignored = signals.action(info.signo).handler == SIG_IGN
    if signals.blocked & bit or ignored:
        info.forced = "ignored" if ignored else "blocked"
        signals.actions.pop(info.signo, None)
        signals.blocked &= ~bit
    send_signal(k, signals, info)


def send_sig(k: Kernel, signo: int, why: str = "", code: int = SI_USER) -> None:
    """Send the current task a signal, as if it did so itself; it acts when the task next returns to user mode."""
    sender = (k.current.pid, k.current.cred.uid) if code == SI_USER else (0, 0)
    send_signal(k, k.current.signals, Siginfo(signo, code, why=why, sender=sender))


def interrupt(k: Kernel) -> None:
    """Ctrl-C was pressed: the terminal sends SIGINT."""
    k.cpu.ctrl_c.take()
    k.current.signals.presses += 1
    send_sig(k, SIGINT, "Ctrl-C was pressed: the terminal sends SIGINT", SI_KERNEL)


def send_signal(k: Kernel, signals: Signals, info: Siginfo) -> None:
    """Let a signal wait for the task that `signals` belongs to."""
    signals.queue(info)
    if k.on_event is not None:
        blocked = bool(signals.blocked & sigmask(info.signo))
        k.tell("signal", "sent", signo=info.signo, name=info.name, code=info.code, blocked=blocked)
