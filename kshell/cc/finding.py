"""What the checks of a source find, and where: the common shape of an error and of a warning."""

from __future__ import annotations

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
