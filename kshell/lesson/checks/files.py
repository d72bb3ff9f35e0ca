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
    return Found(bool(re.search(holds, text)), looked_at, wanted, shortened(text))


@kind("host_file", TEXT, holds=PATTERN)
def host_file(world: World, path: str, holds: str = "") -> Found:
    """A file of the student's own folder, and what it holds."""
    from kshell.shell.errors import CommandError
    from kshell.shell.host_files import read_text

    try:
        text = read_text("check", path)
    except CommandError as error:
        return Found(False, f"your file {path}", holds or "that it is there", error.what)
    return Found(bool(re.search(holds, text)), f"your file {path}", holds or "that it is there", shortened(text))
