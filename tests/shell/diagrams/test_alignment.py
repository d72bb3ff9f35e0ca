"""Which hops of two traces stand beside each other."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kshell.kernel.trace.event import Event
from kshell.shell.diagrams.alignment import Pair, align, kind


def event(what: str, address: int | None = None, **values: Any) -> Event:
    return Event(0, "call", what, address, values)


def test_what_one_trace_has_more_stands_alone() -> None:
    ours = [event("number", nr=1), event("result", rax=-38)]
    theirs = [ours[0], event("pointer", stub="STUB_x"), event("enter", function="f"), event("result", rax=42)]
    assert align(ours, theirs) == [Pair(0, 0), Pair(None, 1), Pair(None, 2), Pair(1, 3)]
    assert align(theirs, ours) == [Pair(0, 0), Pair(1, None), Pair(2, None), Pair(3, 1)]


def test_the_table_of_one_release_stands_beside_the_switch_of_the_other() -> None:
    ours, theirs = event("slot", 1, nr=39, symbol="f"), event("case", 2, nr=39, symbol="f")
    assert align([ours], [theirs]) == [Pair(0, 0)]
    assert align([ours], [event("past_end", nr=9999)]) == [Pair(0, 0)]


def test_addresses_and_results_tell_no_hops_apart() -> None:
    ours = [event("enter", 0x1000, function="f"), event("enter", 0x2000, function="g"), event("leave", function="g")]
    theirs = [event("enter", 0x2000, function="g"), event("leave", function="g", result={"value": 3})]
    assert align(ours, theirs) == [Pair(0, None), Pair(1, 0), Pair(2, 1)]


EVENTS = st.lists(
    st.builds(
        lambda what, function, address: event(what, address, function=function),
        st.sampled_from(["enter", "leave", "record", "slot", "case", "line"]),
        st.sampled_from("fgh"),
        st.integers(0, 3),
    ),
    max_size=30,
)


@given(EVENTS, EVENTS)
def test_pairs_have_every_hop_of_both_once_and_in_order(ours: list[Event], theirs: list[Event]) -> None:
    pairs = align(ours, theirs)
    assert [pair.a for pair in pairs if pair.a is not None] == list(range(len(ours)))
    assert [pair.b for pair in pairs if pair.b is not None] == list(range(len(theirs)))
    assert Pair(None, None) not in pairs
    for a, b in pairs:
        assert a is None or b is None or kind(ours[a]) == kind(theirs[b])


@given(EVENTS)
def test_a_trace_is_aligned_with_itself(events: list[Event]) -> None:
    assert align(events, events) == [Pair(at, at) for at in range(len(events))]
