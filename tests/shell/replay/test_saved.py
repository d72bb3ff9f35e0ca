"""A session is kept on disk as it grows, and comes back."""

from __future__ import annotations

import os
import random
import stat
import sys
from pathlib import Path

import pytest

from kshell.__main__ import main
from kshell.shell.errors import CommandError
from kshell.shell.replay.saved import MOST_SESSIONS, SessionLog, sessions
from kshell.shell.state.saved_session import keep, look_back
from tests.shell.lab import Lab
from tests.shell.replay.test_again import EXIT_3, LOOPER, SCRIPTS, Way
from tests.shell.replay.whole_state import differences


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sessions are kept, and an own folder beside it."""
    kept, own = tmp_path / "state" / "kept", tmp_path / "own"
    monkeypatch.setattr("kshell.shell.state.saved_session.sessions_folder", lambda: str(kept))
    own.mkdir()
    monkeypatch.chdir(own)
    return kept


class Kept:
    """A session that is kept, and the way that it went."""

    def __init__(self, resume: bool = False, **options: object) -> None:
        self.lab = Lab(**options)  # type: ignore[arg-type]
        self.log, self.said = keep(self.lab.session, resume)
        self.way = Way(self.lab)

    def do(self, *lines: str) -> None:
        for line in lines:
            self.way.do(line)
        assert not self.log.problem


def resumed(way: Way) -> Way:
    """The last session, brought back, with the states that `way` has met."""
    lab = Lab()
    log, _ = keep(lab.session, True)
    log.close()
    again = Way(lab)
    again.states = way.states
    return again


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_session_comes_back_with_all_its_states(name: str) -> None:
    kept = Kept()
    kept.do(*SCRIPTS[name])
    kept.log.close()
    way, last = resumed(kept.way), len(SCRIPTS[name])
    way.is_at(last)
    way.check([last // 2])


def test_it_comes_back_where_it_was_left_with_what_was_taken_back_and_typed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kshell.shell.state.context.BUDGET", 100_000)
    lines = [b"typed\n"]
    kept = Kept(read_input=lambda: lines.pop(0))
    Path("loop.py").write_text(LOOPER, "utf-8")
    kept.do(
        "insmod loop.py counter=4", "syscall read 0 buf:8 8", "syscall test_call 1", EXIT_3, "syscall getpid; libc off"
    )
    kept.lab.json("back 2")
    Path("loop.py").unlink()
    history = kept.lab.json("history")
    kept.log.close()
    way = resumed(kept.way)
    way.is_at(4)
    assert {**way.lab.json("history"), "lines": 0} == {**history, "lines": 0}
    assert [line.text for line in way.lab.session.history[:5]] == history["lines"][:5]
    assert way.lab.json("forward")["command"] == "syscall getpid"
    way.check([3, 2, 1])


def test_the_kernel_that_was_booted_first_is_booted_again() -> None:
    lab = Lab("6.19")
    log, _ = keep(lab.session, False)
    lab.results("modprobe hello; back")
    log.close()
    way = resumed(Way(lab))
    assert way.lab.session.kernel.release.startswith("6.19")
    way.lab.result("boot")
    assert way.lab.session.kernel.release.startswith("6.19")
    assert way.lab.session.profile == "6.19"


def test_from_outside_the_last_session_can_be_looked_at_or_there_is_none(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["kshell", "--resume", "-c", "lsmod; back; history 1"])
    assert main() == 1
    assert capsys.readouterr().err.startswith("kshell: there is no session to bring back\n  because: none is kept in ")
    kept = Kept()
    kept.do("modprobe hello", "syscall getpid")
    kept.log.close()
    (path,) = sessions(str(folder))
    before = Path(path).read_bytes()
    assert main() == 0
    shown = capsys.readouterr().out.split("\n")
    assert shown[1:3] == ["hello                  12288  0", "1: modprobe hello  (forward: syscall getpid)"]
    assert Path(path).read_bytes() == before


def test_the_files_are_private_few_and_never_shared(folder: Path) -> None:
    both = Kept(), Kept()
    for kept in both:
        kept.do("syscall getpid")
    assert len(sessions(str(folder))) == 2
    if sys.platform != "win32":
        assert {stat.S_IMODE(os.stat(path).st_mode) for path in sessions(str(folder))} == {0o600}
    with pytest.raises(CommandError, match="no session to bring back") as error:
        look_back(Lab().session)
    assert "at work" in error.value.because
    both[0].do("syscall getuid")
    for kept in both:
        kept.log.close()
    assert [step.text for step in resumed(both[0].way).lab.session.journal.steps] == [
        "syscall getpid",
        "syscall getuid",
    ]
    for _ in range(MOST_SESSIONS + 2):
        kept = Kept()
        kept.do("help syscall")
        kept.log.close()
    assert len(sessions(str(folder))) == MOST_SESSIONS


def test_a_session_that_was_killed_at_any_moment_has_lost_nothing_but_the_command_in_hand(folder: Path) -> None:
    kept = Kept()
    kept.do("modprobe syscallModule", "syscall test_call 3", EXIT_3)
    kept.lab.result("back")
    kept.log.close()
    (path,) = sessions(str(folder))
    whole = Path(path).read_bytes()
    chance = random.Random(7)
    first = whole.index(b"\n") + 1
    for at in [first, *(chance.randrange(first, len(whole)) for _ in range(10)), len(whole)]:
        Path(path).write_bytes(whole[:at])
        lab, good = Lab(), whole[: whole.rfind(b"\n", 0, at) + 1]
        log, said = keep(lab.session, True)
        done = good.count(b'{"step"') - good.count(b'{"at":2}')
        assert not differences(kept.way.states[done][0], Way(lab).states[0][0])
        assert ("what was being done" in said) == (not whole[:at].endswith(b"\n"))
        lab.result("syscall getuid")
        log.close()
        assert Path(path).read_bytes().startswith(good + b'{"step":"syscall getuid"')


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (lambda data: data.replace(b'"kshell":"', b'"kshell":"9'), "kshell 9"),
        (lambda data: data.replace(b'"kshell_session":1', b'"kshell_session":2'), "lead elsewhere"),
        (lambda data: b"x" + data, "damaged"),
        (lambda data: b"", "damaged"),
    ],
)
def test_what_is_no_session_of_this_kshell_is_refused(change: object, because: str, folder: Path) -> None:
    kept = Kept()
    kept.do("syscall getpid")
    kept.log.close()
    (path,) = sessions(str(folder))
    Path(path).write_bytes(change(Path(path).read_bytes()))  # type: ignore[operator]
    with pytest.raises(CommandError, match="cannot be brought back") as error:
        keep(Lab().session, True)
    assert because in error.value.because


def test_a_disk_that_takes_no_more_is_told_once_and_nothing_else_happens(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept()
    kept.do("syscall getpid")
    monkeypatch.setattr("kshell.shell.replay.saved.MOST_BYTES", 10)
    kept.lab.result("syscall getuid")
    assert "too long" in kept.log.problem
    kept.lab.json("back")
    kept.log.close()
    folder.parent.joinpath("file").write_text("")
    lab = Lab()
    log = SessionLog(str(folder.parent / "file" / "kept"), "1")
    log.follow(lab.session.journal)
    assert lab.ret("getpid") == 77
    assert "not kept for --resume" in log.problem
