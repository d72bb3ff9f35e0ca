"""Which keys lesson.toml has, and of which types their values are."""

from __future__ import annotations

import re

from kshell.lesson.checks import kinds as checks

TEXT, INTEGER, TEXTS, TABLES, ORDERS = "a text", "a number", "a list of texts", "a list of tables", "lists of numbers"
LESSON = {
    **dict.fromkeys(("title", "kernel", "cmdline", "skip"), TEXT),
    **dict.fromkeys(("format_version", "minutes"), INTEGER),
    **dict.fromkeys(("goals", "needs", "misconceptions", "remember"), TEXTS),
    "step": TABLES,
}
COMMON = {
    **dict.fromkeys(("id", "kind", "title", "say", "then", "notes"), TEXT),
    **dict.fromkeys(("hints", "files"), TEXTS),
    "wrong": TABLES,
}
DONE = {"check": TABLES, "edit": TABLES, "solution": TEXTS}
EDIT = {"file": TEXT, "find": TEXT, "text": TEXT, "source": TEXT}
# What a step of each kind has beside COMMON, and which of it must be there.
STEPS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "text": ({}, ("say",)),
    "predict": (
        {"question": TEXT, "choices": TEXTS, "right": TEXT, "compare": TEXT, "run": TEXTS, "check": TABLES},
        ("question", "right", "run"),
    ),
    "choice": ({"question": TEXT, "choices": TEXTS, "right": TEXT}, ("question", "choices", "right")),
    "parsons": ({"question": TEXT, "lines": TEXTS, "extra": TEXTS, "also": ORDERS}, ("question", "lines")),
    "command": (DONE, ("check", "solution")),
    "fill": (DONE | {"file": TEXT, "solved": TEXT}, ("check", "file", "solved")),
    "explore": (DONE, ("check", "solution")),
}
WRONG = {
    **dict.fromkeys(("say", "answer", "misconception", "goto"), TEXT),
    **dict.fromkeys(("check", "edit"), TABLES),
    "solution": TEXTS,
}


def is_of(value: object, type_: str) -> bool:
    """Whether a value is of a type, a key's or that of a check's key."""
    if type_ == checks.PATTERN:
        return isinstance(value, str) and _compiles(value)
    if type_ in (TEXT, checks.TEXT):
        return isinstance(value, str)
    if type_ == checks.BOOLEAN:
        return isinstance(value, bool)
    if type_ in (INTEGER, checks.INTEGER):
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, list):
        return False
    inner: dict[str, type] = {TEXTS: str, checks.TEXTS: str, TABLES: dict, checks.CHECKS: dict, checks.INTEGERS: int}
    if type_ == ORDERS:
        return all(is_of(each, checks.INTEGERS) for each in value)
    return all(isinstance(each, inner[type_]) for each in value)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
