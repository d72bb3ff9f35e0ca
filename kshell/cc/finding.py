"""What the checks of a source find, and where: the common shape of an error and of a warning."""

from __future__ import annotations

import ast
from typing import NamedTuple

ERROR, WARNING = "error", "warning"


class Finding(NamedTuple):
    """One thing that is wrong with a source: `kind` is "error" or "warning", `line` and `column` count from 1, and
    `width` characters are underlined; `because` and `try_` are kshell's own words."""

    kind: str
    text: str
    line: int
    column: int
    width: int
    because: str
    try_: str


def finding(
    node: ast.stmt | ast.expr | ast.arg | ast.alias,
    text: str,
    because: str,
    try_: str,
    width: int = 1,
    kind: str = ERROR,
) -> Finding:
    """A finding at a node of the syntax tree."""
    return Finding(kind, text, node.lineno, node.col_offset + 1, width, because, try_)


def with_replaced(text: str, node: ast.expr, new: str) -> str:
    """The source line of `node` with `new` in its place, to be typed instead; "" where it goes over several lines."""
    lines = text.splitlines()
    if node.end_lineno != node.lineno or not 0 < node.lineno <= len(lines) or node.end_col_offset is None:
        return ""
    line = lines[node.lineno - 1].encode()
    changed = line[: node.col_offset] + new.encode() + line[node.end_col_offset :]
    return changed.decode("utf-8", "replace").partition("  #")[0].strip()
