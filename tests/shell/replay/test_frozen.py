"""A machine that was put by comes back whole, and goes on as any other."""

from __future__ import annotations

import time

import pytest

from kshell.shell.replay import journal
from kshell.shell.replay.frozen import Frozen, freeze
from tests.shell.lab import Lab
from tests.shell.replay.test_again import SCRIPTS, Way
from tests.shell.replay.whole_state import differences, machine


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_machine_that_was_put_by_goes_on_as_it_did(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kshell.shell.state.steps.FAR_SECONDS", 0.0)
    way = Way(Lab(interactive=True))
    for line in SCRIPTS[name]:
        way.do(line)
    steps = way.lab.session.journal.steps
    assert all(step.frozen is not None for step in steps if step.seconds)
    for start in range(1, len(steps), 2):
        way.check([start, len(steps)])


def test_one_that_was_put_by_tells_of_its_machine_code(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    before = lab.json("trace syscall test_call 42")["hops"]
    frozen = freeze(lab.session.kernel)
    assert frozen is not None
    lab.session.adopt(frozen.thaw())
    assert lab.json("trace syscall test_call 42")["hops"] == before
    assert sum(hop["what"] == "enter" for hop in before) == 6


@pytest.mark.parametrize("profile", ["course", "6.19"])
def test_a_call_after_it_keeps_the_users_rsp_where_the_text_of_the_way_in_does(profile: str) -> None:
    lab = Lab(profile)
    lab.result('asm "mov eax, 39; syscall; mov edi, eax; mov eax, 60; syscall"')
    lab.session.journal.put_by(1, freeze(lab.session.kernel))
    lab.result("trace syscall getpid")
    then = machine(lab.session.kernel)
    for command, at in (("back 2", 0), ("goto 1", 1), ("goto 2", 2)):
        assert lab.json(command)["at"] == at
    assert not differences(then, machine(lab.session.kernel))


def test_one_that_is_not_what_it_should_be_is_not_taken() -> None:
    way = Way(Lab())
    for line in ("modprobe hello", "syscall getpid", "modprobe syscallModule"):
        way.do(line)
    steps = way.lab.session.journal.steps
    way.lab.result("syscall getuid")
    steps[1].frozen = freeze(way.lab.session.kernel)
    way.check([2, 3, 1, 2])


def test_there_are_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_FROZEN", 4)
    lab = Lab()
    for _ in range(12):
        lab.result("syscall getpid")
    frozen = freeze(lab.session.kernel)
    for number in range(1, 13):
        lab.session.journal.put_by(number, frozen)
        assert sum(step.frozen is not None for step in lab.session.journal.steps) <= 4
    assert lab.session.journal.steps[-1].frozen is not None
    assert frozen is not None
    assert frozen.size < 1 << 20


def test_a_long_way_is_gone_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr("kshell.shell.replay.again.PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr("kshell.shell.replay.again.FAR_SECONDS", 0.01)
    way = Way(Lab())
    for line in ["modprobe hello", "rmmod hello"] * 10:
        way.do(line)
    progress = way.lab.session.output.progress
    monkeypatch.setattr(way.lab.session.output, "progress", lambda done, total, what: told.append((done, total)))
    way.check([19])
    assert told == [(number, 19) for number in range(1, 20)]
    steps, begin = way.lab.session.journal.steps, time.perf_counter()
    assert any(isinstance(step.frozen, Frozen) for step in steps)
    told.clear()
    way.check([18])
    assert len(told) < 18
    assert time.perf_counter() - begin < 5
    assert progress is not None
