"""Ctrl-C while a program computes: the terminal sends it SIGINT.

A person who presses it must get back, whatever the program does at SIGINT: the third press ends the run.
"""

from __future__ import annotations

from kshell.abi.sigaction import SIG_DFL, sigmask
from kshell.abi.signal import SI_KERNEL, SIGINT
from kshell.kernel.core.signal import Siginfo, interrupt
from kshell.kernel.kernel import Kernel
from kshell.kernel.signal.kill import interrupt_group
from kshell.kernel.task.task import Task

MOST_PRESSES = 3
KINDNESS = (
    "the program does not die of SIGINT, so Ctrl-C goes to it; the third press ends it, which is kshell's kindness: "
    "on Linux another terminal would have to send SIGKILL"
)


def press_is_sigint(k: Kernel) -> bool:
    """Ctrl-C was pressed: SIGINT is sent to the current task.  False if the run is to end by it, here and now."""
    signals = k.current.signals
    interrupt(k)
    interrupt_group(k, k.current.group, k.current)
    default = signals.action(SIGINT).handler == SIG_DFL and not signals.blocked & sigmask(SIGINT)
    if default or signals.presses >= MOST_PRESSES:
        return False
    if k.current is not k.shell_task:
        k.note(KINDNESS)
    return True


def is_last_press(task: Task, info: Siginfo) -> bool:
    """Whether a signal is Ctrl-C's, and the one that no handler sees any more."""
    return (info.signo, info.code) == (SIGINT, SI_KERNEL) and task.signals.presses >= MOST_PRESSES
