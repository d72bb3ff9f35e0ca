"""Names that Linux has and kshell has not: linux_names.txt, read when one of them is met."""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple

TABLE = os.path.join(os.path.dirname(__file__), "linux_names.txt")


class LinuxName(NamedTuple):
    """A name of Linux: the header that declares it there, and what to `use` here."""

    header: str
    use: str


@cache
def linux_names() -> dict[str, LinuxName]:
    """All of them.  A line that begins a block has the header and what to use, the indented ones the names."""
    found: dict[str, LinuxName] = {}
    block = LinuxName("", "")
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            if line.startswith(" "):
                found.update(dict.fromkeys(line.split(), block))
            elif " -> " in line and not line.startswith("#"):
                block = LinuxName(*line.rstrip("\n").split(" -> ", 1))
    return found


def linux_name(name: str) -> LinuxName | None:
    """What Linux has under a name; None for a name that is not among them."""
    return linux_names().get(name)


def because(name: str, found: LinuxName) -> str:
    """Why it means nothing here."""
    return f"Linux has {name} (linux/{found.header}), kshell has not"
