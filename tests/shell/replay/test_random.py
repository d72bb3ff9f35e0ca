"""Random commands and moves: wherever it goes, the machine is that which was there before."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kshell.shell.replay.frozen import freeze
from tests.shell.lab import Lab
from tests.shell.replay.test_again import SCRIPTS
from tests.shell.replay.whole_state import differences, machine, session

LINES = sorted({line for script in SCRIPTS.values() for line in script} - {"boot 6.19 uid=1000"})


class Moves(RuleBasedStateMachine):
    """A session, and the state after each of its commands as it was when that had just been done."""

    @initialize(profile=st.sampled_from(["course", "6.19"]))
    def start(self, profile: str) -> None:
        self.lab = Lab(profile)
        self.states: list[Any] = [self.now()]

    def now(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return machine(self.lab.session.kernel), session(self.lab.session)

    @property
    def at(self) -> int:
        return self.lab.session.journal.at

    def is_as_it_was(self) -> None:
        for then, now in zip(self.states[self.at], self.now(), strict=True):
            assert not differences(then, now)

    @rule(line=st.sampled_from(LINES))
    def command(self, line: str) -> None:
        before, ahead = self.at, self.at < len(self.states) - 1
        self.lab.result(line)
        if self.at > before:
            self.states[before + 1 :] = [self.now()]
        else:
            assert ahead

    @precondition(lambda self: self.at)
    @rule(count=st.integers(1, 3))
    def back(self, count: int) -> None:
        if self.lab.result(f"back {count}").error is None:
            self.is_as_it_was()

    @precondition(lambda self: self.at < len(self.states) - 1)
    @rule(count=st.integers(1, 3))
    def forward(self, count: int) -> None:
        if self.lab.result(f"forward {count}").error is None:
            self.is_as_it_was()

    @rule(part=st.floats(0, 1))
    def goto(self, part: float) -> None:
        number = round(part * (len(self.states) - 1))
        assert self.lab.json(f"goto {number}")["at"] == number
        self.is_as_it_was()

    @precondition(lambda self: self.at)
    @rule()
    def put_by(self) -> None:
        frozen = freeze(self.lab.session.kernel)
        assert frozen is not None
        self.lab.session.journal.put_by(self.at, frozen)


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=4, stateful_step_count=15, deadline=None)
