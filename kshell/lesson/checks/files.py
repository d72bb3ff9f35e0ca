"""Checks of files: inside the machine, and in the student's own folder."""

from __future__ import annotations

import re

from kshell.abi.errno import errno_name
from kshell.lesson.checks.kinds import PATTERN, TEXT, Found, kind, shortened
from kshell.lesson.world import World


@kind("file", TEXT, holds=PATTERN)
def file(world: World, path: str, holds: str = "") -> Found:
    """A file inside the machine, and what it holds."""
    from kshell.shell.machine_files import contents

    looked_at, wanted = f"the machine's file {path}", holds or "that it is there"
    data = contents(world.kernel, path)
    if isinstance(data, int):
        return Found(False, looked_at, wanted, errno_name(-data))
    text = data.decode("utf-8", "replace")
    return _in(text, holds, looked_at)


@kind("host_file", TEXT, holds=PATTERN)
def host_file(world: World, path: str, holds: str = "") -> Found:
    """A file of the student's own folder, and what it holds."""
    from kshell.shell.errors import CommandError
    from kshell.shell.host_files import read_text

    try:
        text = read_text("check", path)
    except CommandError as error:
        return Found(False, f"your file {path}", holds or "that it is there", error.what)
    return _in(text, holds, f"your file {path}")


def _in(text: str, pattern: str, looked_at: str) -> Found:
    """Whether a file's text has the pattern; of a long one that has not, only how long it is."""
    passed, lines = bool(re.search(pattern, text)), text.count("\n")
    found = f"{lines} lines, and it is in none of them" if lines > 1 and not passed else shortened(text)
    return Found(passed, looked_at, pattern or "that it is there", found)
