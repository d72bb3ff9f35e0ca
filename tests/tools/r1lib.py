"""A session at its prompt, in a fresh home."""

import shutil
from typing import Any

from ptylib import HOME, PROMPT, P


def fresh() -> None:
    """An empty home: no configuration, no history."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)


def start(**how: Any) -> P:
    """kshell at its prompt; `how` is P's."""
    session = P(**how)
    session.expect(PROMPT)
    session.pump(0.5)
    return session
