"""Signals: why one was sent, and the sending of it.  Delivering it is exit_to_user_mode's part (entry/entry.py).

C counterpart: struct kernel_siginfo, kernel/signal.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.signal import signal_name, signal_words

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


class Siginfo:
    """Why a signal was sent: `signo`, `code` (si_code), `address` (si_addr, None where there is none);
    `ip` is where the program was, and `why` says it in a sentence for the person at the shell."""

    __slots__ = ("address", "code", "ip", "signo", "why")

    def __init__(self, signo: int, code: int = 0, address: int | None = None, ip: int = 0, why: str = "") -> None:
        self.signo, self.code, self.address, self.ip, self.why = signo, code, address, ip, why

    @property
    def name(self) -> str:
        """``SIGSEGV``."""
        return signal_name(self.signo)

    @property
    def words(self) -> str:
        """What a shell prints: ``Segmentation fault``."""
        return signal_words(self.signo)


def force_sig_info(k: Kernel, info: Siginfo) -> None:
    """Send a signal to the current task; it acts when the task next returns to user mode."""
    k.current.pending = info


def send_sig(k: Kernel, signo: int, why: str = "") -> None:
    """The same for a signal of which there is nothing more to tell."""
    force_sig_info(k, Siginfo(signo, why=why))
