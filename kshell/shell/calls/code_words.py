"""Machine code in ring 0 as the screen shows it: calls with their arguments, lines of source, registers."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

INDENT, DEEPEST = "  ", 12  # how far a call is indented at most: then its depth is said
LONGEST_SOURCE = 16 << 20


def code_words(values: dict[str, Any]) -> dict[str, str]:
    """What the words of such an event are made of, beside its values."""
    depth = values.get("depth", 0)
    indent = INDENT * depth if depth <= DEEPEST else f"{INDENT * DEEPEST}{depth}: "
    made = {"indent": indent, "returned": "", "listed": "", "source": ""}
    shown = values.get("arguments", values.get("variables"))
    if shown is not None:
        between = ", " if "arguments" in values else "  "
        made["listed"] = between.join(f"{each['name']} = {each['text']}" for each in shown)
    elif "registers" in values:
        made["listed"] = "  ".join(f"{_register(name)} {value:#x}" for name, value in values["registers"].items())
    elif values.get("result") is not None:
        made["returned"] = f" = {values['result']['text']}"
    elif "line" in values:
        text = _source_line(values["file"], values["line"])
        made["source"] = f"  {text}" if text else ""
    return made


def _register(name: str) -> str:
    return name if name == "flags" or name[1:].isdigit() else f"r{name}"


def _source_line(path: str, line: int) -> str:
    """The line of a source that is still where it was compiled; else nothing."""
    try:
        lines = _source(path, os.stat(path).st_mtime_ns)
    except OSError:
        return ""
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


@lru_cache(maxsize=8)
def _source(path: str, _changed: int) -> list[str]:
    if os.path.getsize(path) > LONGEST_SOURCE:
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().split("\n")
