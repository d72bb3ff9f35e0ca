"""Checks of what system calls and programs came to."""

from __future__ import annotations

import re
from typing import Any

from kshell.lesson.checks.kinds import BOOLEAN, INTEGER, INTEGERS, PATTERN, TEXT, Found, kind, shortened
from kshell.lesson.world import World


@kind("call", TEXT, ret=INTEGER, errno=TEXT, args=INTEGERS, short=BOOLEAN)
def call(
    world: World,
    name: str,
    ret: int | None = None,
    errno: str | None = None,
    args: Any = None,
    short: bool = False,
) -> Found:
    """The latest call of that name in this step, and what it answered; `short`: fewer bytes than its third argument
    asked for, but some."""
    wanted = _call_text(name, args, ret, errno) + (" = fewer than asked for, but some" if short else "")
    made = [each for each in world.calls() if each["name"] == name]
    fitting = [each for each in made if args is None or list(args) == each["args"][: len(args)]]
    looked_at = f"the calls of {name} in this step"
    if not fitting:
        return Found(False, looked_at, wanted, "it was not called" if not made else _made_text(made[0]))
    last = fitting[0]
    passed = (ret is None or last["ret"] == ret) and (errno is None or last["errno"] == errno)
    passed = passed and (not short or 0 < (last["ret"] or 0) < last["args"][2])
    return Found(passed, looked_at, wanted, _made_text(last))


def _call_text(name: str, args: Any, ret: int | None, errno: str | None) -> str:
    given = ", ".join(str(each) for each in args) if args is not None else "..."
    answer = errno or ("" if ret is None else str(ret))
    return f"{name}({given})" + (f" = {answer}" if answer else "")


def _made_text(made: dict[str, Any]) -> str:
    given = ", ".join(str(each) for each in made["args"])
    answer = "?" if made["ret"] is None else f"{made['ret']}" + (f" ({made['errno']})" if made["errno"] else "")
    return f"{made['name']}({given}) = {answer}"


@kind("signal", TEXT)
def signal(world: World, name: str) -> Found:
    """How the last program or call of this step was ended; "" for by no signal."""
    ended: dict[str, Any] = next(iter(world.found("signal")), {})
    found = str(ended.get("name") or "")
    return Found(found == name, "how the last program ended", name or "no signal", found or "no signal")


@kind("exit", INTEGER)
def exit_status(world: World, status: int) -> Found:
    """The exit status of the last program of this step."""
    found = next(iter(world.found("exit_status")), None)
    text = "no program has exited" if found is None else f"status {found}"
    return Found(found == status, "the last program's exit", f"status {status}", text)


@kind("output", PATTERN)
def output(world: World, pattern: str) -> Found:
    """What programs of this step wrote to the terminal."""
    text = bytes(world.written).decode("utf-8", "replace")
    return Found(bool(re.search(pattern, text)), "what was written to the terminal", pattern, shortened(text))


@kind("hop", TEXT, text=PATTERN)
def hop(world: World, step: str, text: str = "") -> Found:
    """A hop of the last traced command: its step (table, stub, fixup, ...), and what stands there."""
    hops = [each for each in world.hops() if each["step"] == step]
    passed = any(re.search(text, each["text"]) for each in hops)
    wanted = f"a hop {step}" + (f" with {text}" if text else "")
    found = shortened(hops[-1]["text"]) if hops else "none" if world.hops() else "nothing was traced"
    return Found(passed, "the hops of the last trace", wanted, found)
