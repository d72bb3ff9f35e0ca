"""What a session has done, command by command: the way back, and forward again.

It is data, and does nothing: again.py does it again, saved.py keeps it on disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from kshell.kernel.boot.vmlinux import Vmlinux
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.module.load_info import LoadInfo
    from kshell.kernel.trace.tracer import Call
    from kshell.shell.replay.core import Core
    from kshell.shell.replay.cuts import Cut
    from kshell.shell.replay.deeds import Deed, Live, R_co
    from kshell.shell.replay.digest import Digest
    from kshell.shell.replay.frozen import Frozen

FAR_SECONDS = 0.3  # to a state: then a machine is put by, so that it is not as far the next time
MOST_FROZEN, FROZEN_BYTES = 64, 64 << 20
MOST_STEPS, MOST_BYTES = 20_000, 256 << 20  # of a session: a script that goes on and on needs no way back


class Boot(NamedTuple):
    """A fresh machine: nothing that was done before it matters any more."""

    image: Vmlinux | str
    cmdline: str = ""


class Done:
    """A deed that was done: what was `typed` for it at /dev/tty, read by read; its `cuts`, the runs that were cut off;
    what was done `meanwhile`, while it slept (None: nobody waited for that).

    Its long calls have `asked` so often whether Ctrl-C was pressed, and heard Yes at those that are `interrupted`.
    """

    __slots__ = ("asked", "cuts", "deed", "interrupted", "meanwhile", "typed")

    def __init__(self, deed: Deed[Any] | Boot, meanwhile: list[Done] | None = None) -> None:
        self.deed, self.meanwhile = deed, meanwhile
        self.typed: list[bytes | None] = []
        self.cuts: list[Cut] = []
        self.asked = 0
        self.interrupted: list[int] = []


class Panicked(NamedTuple):
    """A kernel that did not get through its boot: which one, and all that it said."""

    kernel: str
    log: list[str]


class Kept(NamedTuple):
    """What a command leaves in the session, for those that follow: the fields are those of Context."""

    image: Vmlinux | str
    profile: str
    tree: str
    trace_all: bool
    libc: bool
    program: str
    last_call: Call | None
    core: Core | None
    examined: tuple[int, str, str]
    log_seen: int
    log_cleared: int
    panicked: Panicked | None

    def changes(self, before: Kept) -> bool:
        """Whether a setting is another one than before: what one would take back."""
        return (self.trace_all, self.libc, self.program) != (before.trace_all, before.libc, before.program)


class Step:
    """One command: its `text`, what it has `done`, what it `kept`, and the machine's digest after it.

    `changes`: it is one that can be taken back.  `seconds` is how long it took; nothing but haste depends on it.
    `line` is what was typed, if it is the first command of that.
    """

    __slots__ = ("changes", "digest", "done", "frozen", "kept", "line", "seconds", "text", "way")

    def __init__(
        self, text: str, done: list[Done], kept: Kept, digest: Digest | None, changes: bool, seconds: float
    ) -> None:
        self.text, self.done, self.kept, self.digest = text, done, kept, digest
        self.line: str | None = None
        self.frozen: Frozen | None = None  # the machine after it, if that was put by
        self.way = 0.0  # how long it takes to come here, from a boot or from a machine that was put by
        self.changes, self.seconds = changes, seconds


class Journal:
    """`steps` are the commands, and `at` says after which of them the session stands (0: before the first); those
    behind it were taken back.  `first` is what booted before the first, `begin` what the session had then.

    `moved` counts what has ended or changed the place, so that whoever calls can see whether anything has.
    """

    def __init__(self, first: Boot, begin: Kept) -> None:
        self.first, self.begin = first, begin
        self.first_digest: Digest | None = None
        self.steps: list[Step] = []
        self.at = self.moved = 0
        self.told_of_host = self.has_booted = False
        self.lost = ""  # why there is no way from the first boot any more
        self.losses = 0  # how many times its steps were lost
        self.on_step: Callable[[Step, int], None] | None = None  # who keeps it: a step, and how many go before it
        self.on_move: Callable[[int], None] | None = None
        self._since: list[Done] = []  # what was done since the last step
        self._doing: list[Done] = []  # and what is being done, with what is done meanwhile
        self._seconds = 0.0
        self._bytes = 0
        self._images: dict[tuple[str, bytes], LoadInfo] = {}

    # While a command works.

    def do(self, k: Kernel, deed: Deed[R_co], live: Live) -> R_co:
        """Do it, and note it, whatever it comes to."""
        self._bytes += getattr(deed, "weight", 0)
        with self._noted(Done(deed, None if live.meanwhile is None else [])):
            return deed.do(k, live)

    def shared(self, image: LoadInfo) -> LoadInfo:
        """A module that was loaded before, from the same file with the same bytes, is kept once."""
        known = self._images.setdefault((image.path, image.data), image)
        self._bytes += len(image.data) if known is image else 0
        return known

    @contextmanager
    def _noted(self, done: Done) -> Iterator[None]:
        outer = self._doing[-1].meanwhile if self._doing else None
        (self._since if outer is None else outer).append(done)
        self._doing.append(done)
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._doing.pop()
            if not self._doing:
                self._seconds += time.perf_counter() - begin

    def booted(self, boot: Boot, k: Kernel, unasked: bool) -> None:
        """A machine was booted: the first one if nobody `unasked` for it, or if it is the one that would have been."""
        from kshell.shell.replay.digest import digest

        if not self.has_booted and (unasked or boot == self.first):
            self.first, self.first_digest = boot, digest(k)
        else:
            self._since.append(Done(boot))

    def typed(self, data: bytes | None) -> None:
        """A program has read what a person typed; None: Ctrl-C."""
        if self._doing:
            self._doing[-1].typed.append(data)

    def asked(self, pressed: bool) -> None:
        """A long call has asked whether Ctrl-C was pressed."""
        if self._doing:
            done = self._doing[-1]
            done.asked += 1
            if pressed:
                done.interrupted.append(done.asked)

    def cut(self, cut: Cut) -> None:
        """What is being done was cut off."""
        if self._doing:
            self._doing[-1].cuts.append(cut)
            self._bytes += len(cut.pages)

    # Steps.

    def kept_at(self, number: int) -> Kept:
        """What the session had after so many commands."""
        return self.steps[number - 1].kept if number else self.begin

    def digest_at(self, number: int) -> Digest | None:
        """The machine's digest after so many commands, None where there was no machine yet."""
        return self.steps[number - 1].digest if number else self.first_digest

    def end_step(self, text: str, line: str | None, kept: Kept, digest: Digest | None) -> int:
        """A command is over; how many that were taken back are gone for good by that.

        One that only looks, after others were taken back, is no step: what was taken back can still be done again.
        """
        done, seconds = self._since, self._seconds
        self._since, self._seconds = [], 0.0
        self.moved += 1
        changes = bool(done) or kept.changes(self.kept_at(self.at))
        if self.at < len(self.steps) and not changes:
            return 0
        dropped = sum(step.changes for step in self.steps[self.at :])
        del self.steps[self.at :]
        if len(self.steps) >= MOST_STEPS or self._bytes > MOST_BYTES:
            self.lose("the session is so long that its first commands are not kept any more")
        step = Step(text, done, kept, digest, changes, seconds)
        step.line = line
        boots = any(isinstance(each.deed, Boot) for each in done)
        step.way = seconds + (self.steps[-1].way if self.steps and not boots else 0.0)
        if self.on_step is not None:
            self.on_step(step, self.at)
        self.steps.append(step)
        self.at += 1
        return dropped

    def pass_over(self) -> None:
        """The present command is no step."""
        self.moved += 1

    def lose(self, why: str) -> None:
        """There is no way back from here, nor to anything later, until a machine is booted."""
        self.steps.clear()
        self._images.clear()
        self.at, self._bytes, self.lost = 0, 0, why
        self.losses += 1
        self.moved += 1

    def append(self, steps: Iterable[Step]) -> None:
        """Steps of an earlier session, as the next that could be done again from here."""
        for step in steps:
            if self.on_step is not None:
                self.on_step(step, len(self.steps))
            self.steps.append(step)
        if self.on_move is not None:
            self.on_move(self.at)

    def take_over(self, first: Boot, begin: Kept, steps: list[Step]) -> None:
        """Have done what an earlier session did, and stand before the first of it."""
        self.first, self.first_digest, self.begin, self.steps, self.at = first, None, begin, steps, 0

    def move(self, number: int) -> None:
        """The session stands after so many commands."""
        self.at = number
        self.moved += 1
        if self.on_move is not None:
            self.on_move(number)

    def forget_ahead(self) -> None:
        """What was taken back is not to be done again."""
        del self.steps[self.at :]

    def before(self, count: int) -> int | None:
        """Where the last `count` commands that changed anything are taken back; None if there are not so many."""
        return self._nth(range(self.at, 0, -1), count, -1)

    def after(self, count: int) -> int | None:
        """Where the next `count` commands that were taken back are done again; None if there are not so many."""
        return self._nth(range(self.at + 1, len(self.steps) + 1), count, 0)

    def _nth(self, numbers: range, count: int, offset: int) -> int | None:
        found = [number for number in numbers if self.steps[number - 1].changes]
        return found[count - 1] + offset if len(found) >= count else None

    def start_for(self, number: int, frozen: bool = True) -> tuple[Boot | Frozen, int, int]:
        """How to come to a state from nothing: what boots, or the machine that was put by, if that will do; and then
        the deeds of the steps from the one on, of that the first so many left out."""
        for at in range(number - 1, -1, -1):
            step = self.steps[at]
            if step.frozen is not None and frozen:
                return step.frozen, at + 1, 0
            for index in range(len(step.done) - 1, -1, -1):
                deed = step.done[index].deed
                if isinstance(deed, Boot):
                    return deed, at, index + 1
        return self.first, 0, 0

    def put_by(self, number: int, frozen: Frozen | None) -> None:
        """The machine after so many commands; if there are too many, every second one goes."""
        step = self.steps[number - 1]
        step.frozen, step.way = frozen, 0.0
        kept = [each for each in self.steps if each.frozen is not None]
        if len(kept) > MOST_FROZEN or sum(each.frozen.size for each in kept if each.frozen is not None) > FROZEN_BYTES:
            for each in kept[::2]:
                each.frozen = None
