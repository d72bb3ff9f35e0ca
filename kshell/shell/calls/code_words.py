"""Machine code in ring 0 as the screen shows it: calls with their arguments, lines of source, registers."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from kshell.shell.modules.samples import BUILTIN, plain_name, sample_path

INDENT, DEEPEST = "  ", 12  # how far a call is indented at most: then its depth is said
LONGEST_SOURCE = 16 << 20


def code_words(values: dict[str, Any], tree: str = "") -> dict[str, str]:
    """What the words of such an event are made of, beside its values; `tree` is where the kernel was built."""
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
        path = values["file"]
        text = _source_line(path, values["line"], tree)
        made["file"] = os.path.basename(path) if os.path.isabs(path) else path
        made["source"] = f"  {text}" if text else ""
    return made


def _register(name: str) -> str:
    return name if name == "flags" or name[1:].isdigit() else f"r{name}"


def _source_line(path: str, line: int, tree: str) -> str:
    """The line of a source that is still where it was compiled; else nothing.  The kernel's own are in its tree; the
    one that came with kshell was built from what kshell has."""
    at_home = os.path.join(tree, path) if tree else sample_path(plain_name(path), BUILTIN)
    lines = source_lines(path)
    if not lines and os.path.dirname(path) and not os.path.isabs(path):
        lines = source_lines(at_home)
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def source_lines(path: str) -> list[str]:
    """The lines of a source that is still where it was compiled; else none."""
    try:
        return _source(path, os.stat(path).st_mtime_ns)
    except OSError:
        return []


@lru_cache(maxsize=8)
def _source(path: str, _changed: int) -> list[str]:
    if os.path.getsize(path) > LONGEST_SOURCE:
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().split("\n")
