"""A session on disk: a file of JSON lines that grows as the session does, so that nothing but the command in hand is
lost, whatever ends kshell.

The first line says which kshell wrote it and what it booted; then come `contents`, each once, a `step` for each
command, and `at` where the session went to another place.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
import zlib
from typing import Any, NamedTuple

from kshell.abi.problem import ProblemError
from kshell.shell.own_files import read_whole
from kshell.shell.replay.journal import Boot, Journal, Kept, Step
from kshell.shell.replay.plain import Reader, Writer, packed, unpacked

FORMAT = 1
MOST_BYTES = 16 << 20  # of one session's file
MOST_SESSIONS = 10
TOO_LONG = "this session has become too long to be kept whole: --resume will know its beginning"
_LOCKED = 1 << 40  # the byte that is locked, on Windows


class SavedError(ProblemError):
    """There is no session that can be brought back."""


class Saved(NamedTuple):
    """A session as it was left: what booted first and what the session had then, its steps, where in them it stood, and
    whether its file ended in the middle of a line."""

    first: Boot
    begin: Kept
    steps: list[Step]
    at: int
    damaged: bool


class SessionLog:
    """The file of one session, in `folder`; nothing is written before the first step.  What goes wrong is told once, in
    `problem`."""

    def __init__(self, folder: str, version: str) -> None:
        self.problem = ""
        self._folder, self._version = folder, version
        self._writer = Writer()
        self._file: int | None = None
        self._written = 0
        self._known: set[str] = set()
        self._journal: Journal | None = None

    def follow(self, journal: Journal) -> None:
        """Write down what the session does from now on."""
        self._journal = journal
        journal.on_step, journal.on_move = self._step, self._move

    def go_on(self, path: str, begin: Kept) -> Saved:
        """Read the file of an earlier session, and write into it from now on.  Raises SavedError."""
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        try:
            if not _lock(self._file):
                raise SavedError("", "another kshell is at work with it", "")
            saved, self._written, self._known = read(path, begin, self._version)
            os.ftruncate(self._file, self._written)
        except BaseException:
            self.close()
            raise
        return saved

    def close(self) -> None:
        """The session is over."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _step(self, step: Step, before: int) -> None:
        assert self._journal is not None
        if self._journal.lost:
            self.problem = self.problem or TOO_LONG
        self._write(self._writer.step(step, self._journal.kept_at(before)))

    def _move(self, number: int) -> None:
        if self._file is not None:
            self._write({"at": number})

    def _write(self, line: dict[str, Any]) -> None:
        if self.problem:
            return
        try:
            lines = [] if self._file is not None else [self._begin()]
            contents = [each for each in self._writer.contents.items() if each[0] not in self._known]
            lines += [{"contents": name, "zlib": packed(data)} for name, data in contents]
            text = "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in [*lines, line]).encode()
            if self._written + len(text) > MOST_BYTES:
                self.problem = TOO_LONG
                return
            assert self._file is not None
            os.write(self._file, text)
        except OSError as error:
            self.problem = f"{self._folder}: {error.strerror}; this session is not kept for --resume"
            return
        self._written += len(text)
        self._known.update(name for name, _ in contents)
        self._writer.contents.clear()

    def _begin(self) -> dict[str, Any]:
        """Make the file; the result is its first line."""
        assert self._journal is not None
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        for path in sessions(self._folder)[MOST_SESSIONS - 1 :]:
            os.unlink(path)
        self._file = _new_file(os.path.join(self._folder, f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"))
        _lock(self._file)
        return {"kshell_session": FORMAT, "kshell": self._version, "first": self._writer.boot(self._journal.first)}


def _new_file(stem: str) -> int:
    """A descriptor of a file that was not there, and that this user alone can read."""
    how = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
    for number in range(100):
        try:
            return os.open(f"{stem}{f'.{number}' if number else ''}.jsonl", how, 0o600)
        except FileExistsError:  # another machine has the same folder, and the same number for its process
            continue
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _lock(file: int) -> bool:
    """Take the file for this process, until it ends in whatever way; False if another one has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _LOCKED, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_in_use(path: str) -> bool:
    """Whether a kshell is at work with it."""
    try:
        file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except OSError:
        return False
    try:
        return not _lock(file)
    finally:
        os.close(file)


def sessions(folder: str) -> list[str]:
    """The files of sessions, the one that was written last first."""
    try:
        names = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".jsonl")]
        names = [path for path in names if os.path.isfile(path)]
        return sorted(names, key=lambda path: (os.stat(path).st_mtime_ns, path), reverse=True)
    except OSError:
        return []


def read(path: str, begin: Kept, version: str) -> tuple[Saved, int, set[str]]:
    """The session in a file, how many bytes of it are good, and the names of the contents in them.  Raises SavedError.

    It ends where a line is damaged: what was being written when kshell was killed.
    """
    lines = read_whole(path, MOST_BYTES).split(b"\n")
    reader, good = Reader(), 0
    try:
        head = json.loads(lines[0])
        first, written_by = head["first"], (head["kshell_session"], head["kshell"])
    except (ValueError, KeyError, TypeError):
        raise SavedError("", "its first line is damaged", "") from None
    if written_by != (FORMAT, version):
        because = f"kshell {written_by[1]} has written it, and in {version} the same commands may lead elsewhere"
        raise SavedError("", because, "")
    boot = reader.boot(first)
    profile = boot.image if isinstance(boot.image, str) else boot.image.profile.name
    begin = begin._replace(image=boot.image, profile=profile)
    steps: list[Step] = []
    at = 0
    for line in lines[:-1]:
        try:
            plain = json.loads(line)
            if "contents" in plain:
                reader.contents[plain["contents"]] = unpacked(plain["zlib"])
            elif "step" in plain:
                steps[at:] = [reader.step(plain, steps[at - 1].kept if at else begin)]
                at += 1
            elif "at" in plain:
                at = min(int(plain["at"]), len(steps))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration, zlib.error):
            break
        good += len(line) + 1
    return Saved(boot, begin, steps, at, good < sum(len(line) + 1 for line in lines) - 1), good, set(reader.contents)
