"""What the commands of a lesson did to its machine, on disk: so another day's machine is the same, whatever has become
of the files that they read.

Lines of JSON: a head, then for each command its deeds and what was heard of it, and `keep` where some were taken back.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from kshell import __version__
from kshell.lesson.appended import append
from kshell.lesson.lesson import Lesson
from kshell.lesson.world import Heard
from kshell.shell.replay.journal import Kept, Step

if TYPE_CHECKING:
    from kshell.shell.replay.plain import Reader, Writer

FORMAT = 1
MOST = 64 << 20  # bytes that are read back
BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration, zlib.error)


class Taped(NamedTuple):
    """A command: the step of the lesson that it belongs to, what was typed, what it did, and what was heard of it."""

    step: str
    line: str
    did: Sequence[Step]
    heard: Sequence[Heard]


class Tape:
    """The commands of one lesson, at `path`; with "" nothing is kept, and so it is where it cannot be written: then the
    commands are run again by their lines."""

    def __init__(self, path: str, lesson: Lesson) -> None:
        self.path = path
        self._head = {"lesson_tape": FORMAT, "kshell": __version__, "lesson": lesson.slug, "hash": lesson.hash}
        self._known: set[str] = set()

    @cached_property
    def _writer(self) -> Writer:
        from kshell.shell.replay.plain import Writer

        return Writer()

    def begin(self) -> None:
        """Forget what was there."""
        self._known = set()
        try:
            if self.path and os.path.exists(self.path):
                os.unlink(self.path)
        except OSError:
            self.path = ""
        self._write(self._head)

    def add(self, taped: Taped, before: Kept) -> None:
        """A command is over; the session had `before` then."""
        from kshell.shell.replay.plain import packed

        steps = []
        for step in taped.did:
            steps.append(self._writer.step(step, before))
            before = step.kept
        new = {name: data for name, data in self._writer.contents.items() if name not in self._known}
        self._writer.contents.clear()
        contents = [{"contents": name, "zlib": packed(data)} for name, data in new.items()]
        heard = [_plain(each) for each in taped.heard]
        self._write(*contents, {"step": taped.step, "line": taped.line, "did": steps, "heard": heard})
        self._known |= new.keys()

    def keep(self, count: int) -> None:
        """Only the first so many are left."""
        self._write({"keep": count})

    def _write(self, *lines: dict[str, Any]) -> None:
        if not self.path:
            return
        try:
            append(self.path, "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
        except OSError:
            self.path = ""

    def read(self, begin: Kept) -> list[Taped]:
        """The commands that are kept; the session has `begin` before the first.  Those of another kshell are forgotten:
        the same deeds might lead elsewhere now."""
        from kshell.shell.replay.plain import Reader, unpacked

        found: list[Taped] = []
        reader = Reader()
        head, *lines = self._lines() or [b""]
        if _json(head) != self._head:
            self.begin()
            return []
        for line in lines:
            plain = _json(line)
            try:
                if "contents" in plain:
                    reader.contents[plain["contents"]] = unpacked(plain["zlib"])
                elif "keep" in plain:
                    del found[plain["keep"] :]
                elif plain:
                    found.append(_taped(reader, plain, _kept(found, begin)))
            except BROKEN:
                break
        self._known = set(reader.contents)
        return found

    def _lines(self) -> list[bytes]:
        try:
            with open(self.path, "rb") as file:
                return file.read(MOST).split(b"\n")
        except OSError:
            return []


def _kept(taped: Sequence[Taped], begin: Kept) -> Kept:
    """What the session had after the last command."""
    return next((each.did[-1].kept for each in reversed(taped) if each.did), begin)


def _taped(reader: Reader, plain: dict[str, Any], before: Kept) -> Taped:
    steps: list[Step] = []
    for each in plain["did"]:
        steps.append(reader.step(each, before))
        before = steps[-1].kept
    return Taped(str(plain["step"]), str(plain["line"]), steps, [_heard(each) for each in plain["heard"]])


def _plain(heard: Heard) -> dict[str, Any]:
    return {**heard._asdict(), "written": heard.written.decode("latin-1")}


def _heard(plain: dict[str, Any]) -> Heard:
    return Heard(dict(plain["result"]), bool(plain["boots"]), plain["written"].encode("latin-1"))


def _json(line: bytes) -> dict[str, Any]:
    """The object of a line; an empty one where it was cut off."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
