"""What a check is: a kind with keys of known types, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from kshell.lesson.lesson import SAYS, STILL, Check
from kshell.lesson.world import World

BOOLEAN, INTEGER, TEXT, PATTERN, INTEGERS, TEXTS, CHECKS = (
    "true or false",
    "a number",
    "a text",
    "a pattern",
    "numbers",
    "texts",
    "checks",
)


class Found(NamedTuple):
    """What a check came to, each part for a sentence: it looked at `looked_at`, wanted `wanted`, found `found`."""

    passed: bool
    looked_at: str
    wanted: str
    found: str


class Kind(NamedTuple):
    """A kind of check: the key that names it, the type of that key's value, the types of the other keys."""

    name: str
    value: str
    more: Mapping[str, str]
    needed: tuple[str, ...]
    test: Callable[..., Found]


KINDS: dict[str, Kind] = {}
Test = Callable[..., Found]


def kind(name: str, value: str, needed: Sequence[str] = (), /, **more: str) -> Callable[[Test], Test]:
    """Enter a function as the check of that name; its keywords are the other keys, `needed` those that must be."""

    def enter(test: Test) -> Test:
        KINDS[name] = Kind(name, value, more, tuple(needed), test)
        return test

    return enter


def kind_of(check: Check) -> Kind | None:
    """The kind of a check: that of the first key that names one."""
    return next((KINDS[key] for key in check if key in KINDS), None)


def look(world: World, check: Check) -> Found:
    """Do one check."""
    found = kind_of(check)
    assert found is not None  # read.py lets no other through
    rest = {key: value for key, value in check.items() if key not in (found.name, STILL, SAYS)}
    came_to = found.test(world, check[found.name], **rest)
    return came_to._replace(wanted=check.get(SAYS, came_to.wanted))


def look_all(world: World, checks: Sequence[Check]) -> list[Found]:
    """Do several; they hold together if each does."""
    return [look(world, check) for check in checks]


def hold(world: World, checks: Sequence[Check]) -> bool:
    """Whether every one holds, and there is one."""
    return bool(checks) and all(found.passed for found in look_all(world, checks))


def shortened(text: str) -> str:
    """A text for one line: at most 80 characters of it."""
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."
