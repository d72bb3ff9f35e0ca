"""Doing it again: from a boot, or from where a machine stands, to the state after a later command.

Nothing of the host is read, written or run, and nothing is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kshell.kernel.boot.start import boot
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.refusal import Refusal
from kshell.machine.ctrl_c import CtrlC
from kshell.shell.replay.cuts import Differs, cut_again
from kshell.shell.replay.deeds import Live
from kshell.shell.replay.digest import digest
from kshell.shell.replay.frozen import Frozen, freeze
from kshell.shell.replay.journal import FAR_SECONDS, Boot, Done, Journal

PATIENCE_SECONDS = 0.3  # after that, how far it is is told

Progress = Callable[[int, int], None]


class Interrupted(Exception):
    """Ctrl-C was pressed; the machine is in no state that it was ever in."""


class TypedAgain:
    """A keyboard at which the same is typed, and Ctrl-C pressed at the same moments; and a screen that nobody looks
    at."""

    def __init__(self, typed: Sequence[bytes | None], interrupted: Sequence[int]) -> None:
        self._typed, self._interrupted, self._asked = list(typed), interrupted, 0

    def write(self, data: bytes) -> None:
        """It was shown then."""

    def read(self, size: int) -> bytes | None:
        """What was read then.  Differs where nothing was."""
        if not self._typed or len(self._typed[0] or b"") > size:
            raise Differs("a program reads the terminal that did not before")
        return self._typed.pop(0)

    def wait(self) -> bool:
        """Pressed then, or nobody was there."""
        if not self._typed:
            raise Differs("a program waits for a signal that did not before")
        return self._typed.pop(0) is None

    def interrupts(self, pressed: bool) -> bool:
        """As it did then; one that is pressed now ends all of it."""
        self._asked += 1
        return pressed or self._asked in self._interrupted


def do_again(k: Kernel, done: Done) -> None:
    """Do one deed as it was done.  Differs where it comes to something else."""
    assert not isinstance(done.deed, Boot)
    before, k.tty = k.tty, TypedAgain(done.typed, done.interrupted)
    waiting, k.cpu.patience.on_long_run = k.cpu.patience.on_long_run, None

    def meanwhile() -> None:
        for each in done.meanwhile or ():
            do_again(k, each)

    try:
        with cut_again(k, done.cuts):
            done.deed.do(k, Live(meanwhile=meanwhile if done.meanwhile is not None else None))
    except (Refusal, ValueError, KernelPanic):  # that is what it came to before, too
        pass
    finally:
        k.tty, k.cpu.patience.on_long_run = before, waiting
        k.take_notes()


def machine_at(journal: Journal, number: int, progress: Progress) -> Kernel:
    """A new machine in the state after so many commands.  Differs where it is not as it was then, Interrupted."""
    try:
        return _from(journal.start_for(number), journal, number, progress)
    except Differs:  # one that was put by may be to blame
        return _from(journal.start_for(number, frozen=False), journal, number, progress)


def _from(start: tuple[Boot | Frozen, int, int], journal: Journal, number: int, progress: Progress) -> Kernel:
    first, step, index = start
    k = boot(first.image, first.cmdline) if isinstance(first, Boot) else first.thaw()
    with k.cpu.ctrl_c as ctrl_c:
        _through(k, journal, (step, index), number, ctrl_c, progress)
    return k


def move_on(k: Kernel, journal: Journal, number: int, progress: Progress) -> None:
    """Bring the machine, which stands where the journal does, to a later command, if none before that boots another.

    Ctrl-C waits until it is there.  Differs where it is not as it was then.
    """
    with CtrlC(lambda: None), _deaf(k):
        _through(k, journal, (journal.at, 0), number, None, progress)


def _through(
    k: Kernel, journal: Journal, start: tuple[int, int], number: int, ctrl_c: CtrlC | None, progress: Progress
) -> None:
    step, index = start
    begin = put_by = time.perf_counter()
    for at in range(step, number):
        for done in journal.steps[at].done[index if at == step else 0 :]:
            try:
                do_again(k, done)
            except Differs:
                if ctrl_c is None or not ctrl_c.pressed:
                    raise
            if ctrl_c is not None and ctrl_c.pressed:
                raise Interrupted
        now = time.perf_counter()
        if now - begin > PATIENCE_SECONDS:
            progress(at + 1 - step, number - step)
        if now - put_by > FAR_SECONDS:
            _compare(k, journal, at + 1)
            journal.put_by(at + 1, freeze(k))
            put_by = time.perf_counter()
    _compare(k, journal, number)


def _compare(k: Kernel, journal: Journal, number: int) -> None:
    known = journal.digest_at(number)
    if known is not None and known != digest(k):
        raise Differs("the clock, the log or the memory is not what it was")


class _Deaf(CtrlC):
    """It hears no Ctrl-C."""

    pressed = False

    def take(self) -> None:
        """Nothing was pressed."""

    def __enter__(self) -> CtrlC:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was changed."""


@contextmanager
def _deaf(k: Kernel) -> Iterator[None]:
    """In this block nothing that the machine does ends by Ctrl-C."""
    hearing, k.cpu.ctrl_c = k.cpu.ctrl_c, _Deaf(lambda: None)
    try:
        yield
    finally:
        k.cpu.ctrl_c = hearing
