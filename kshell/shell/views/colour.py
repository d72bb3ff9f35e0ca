"""Whether text is coloured, and for which theme."""

from __future__ import annotations

import os
from typing import TextIO

from kshell.shell.views.output import is_dumb


def wants_colour(asked: str, setting: bool, screen: bool) -> bool:
    """Whether what is shown is coloured.

    --color (`asked`) decides where it says always or never; else NO_COLOR, else FORCE_COLOR, each with any value but
    the empty one; else the person's `setting`, and whether it goes to a `screen`.
    """
    if asked != "auto":
        return asked == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (setting and screen)


def is_screen(stream: TextIO) -> bool:
    """Whether a stream is a terminal that understands control sequences."""
    return stream.isatty() and not is_dumb()
