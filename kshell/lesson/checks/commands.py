"""Checks of commands and answers, and those that are made of others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kshell.lesson.checks.kinds import CHECKS, INTEGER, PATTERN, TEXT, Found, kind, look_all, shortened
from kshell.lesson.lesson import Check
from kshell.lesson.world import World
from kshell.shell.views.output import OOPSED

DONE = (0, OOPSED)  # how a command ends that did what it was asked


@kind("ran", TEXT)
def ran(world: World, name: str) -> Found:
    """A command of that name went well in this step, whatever its arguments."""
    from kshell.shell.commands.registry import own_name

    lines = [each["command"].split() for each in world.results if each["status"] in DONE]
    names = [own_name(words[0]) for words in lines if words]
    return Found(name in names, "the commands of this step", name, ", ".join(names) or "none")


@kind("status", INTEGER)
def status(world: World, value: int) -> Found:
    """The status of the last command: 0 done, 1 failed."""
    found = world.last.get("status")
    text = "no command yet" if found is None else str(found)
    return Found(found == value, "the status of the last command", str(value), text)


@kind("error", PATTERN)
def error_(world: World, pattern: str) -> Found:
    """What the last command said when it failed."""
    said = world.last.get("error") or {}
    text = " ".join(str(said.get(part, "")) for part in ("what", "because"))
    return Found(bool(said) and bool(re.search(pattern, text)), "the last command's error", pattern, shortened(text))


@kind("predicted", TEXT)
def predicted(world: World, step: str) -> Found:
    """A prediction of this lesson was right."""
    answer, right = world.answers.get(step, ("none", False))
    return Found(right, f"your prediction in {step}", "the right one", answer)


@kind("typed", PATTERN)
def typed(world: World, pattern: str) -> Found:
    """The text of a command of this step: for what leaves no trace anywhere else."""
    texts = [each["command"] for each in world.results]
    passed = any(re.search(pattern, text) for text in texts)
    return Found(passed, "what was typed in this step", pattern, texts[-1] if texts else "nothing")


@kind("any", CHECKS)
def any_(world: World, checks: Sequence[Check]) -> Found:
    """One of several holds."""
    found = look_all(world, checks)
    first = next((each for each in found if each.passed), None)
    if first is not None:
        return first
    wanted = ", or ".join(each.wanted for each in found)
    return Found(False, found[0].looked_at, wanted, found[0].found)


@kind("none", CHECKS)
def none(world: World, checks: Sequence[Check]) -> Found:
    """None of several holds."""
    found = next((each for each in look_all(world, checks) if each.passed), None)
    if found is None:
        return Found(True, "what must not be", "none of it", "none of it")
    return Found(False, found.looked_at, f"not {found.wanted}", found.found)
