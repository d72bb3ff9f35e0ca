"""transcript: a file of plain text that grows with the session."""

from __future__ import annotations

import os

from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, write_new
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.own_files import open_own
from kshell.shell.state.context import Context
from kshell.shell.views.view import Text, View, screen_text, show


class Transcript:
    """Puts text behind what a file holds, and closes it each time: whatever happens then, it is there."""

    def __init__(self, path: str) -> None:
        self.shown, self._path = show(path), os.path.abspath(path)

    def __call__(self, text: str) -> None:
        """Write it.  OSError where that cannot be."""
        descriptor = open_own(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)


@command(
    "transcript",
    "transcript",
    "transcript on FILE [--append]",
    "transcript off",
    group="The shell",
    arguments=(Argument("word", "[on|off]"), Argument("file", "[FILE]")),
    options=(Option("--append", "go on with a file that is there"),),
    examples=(
        ("transcript on lab.txt; syscall getpid", "from now on all goes to lab.txt, too"),
        ("transcript on lab2.txt; syscall getpid; transcript off", "and no longer"),
        ("transcript", "whether there is one, and where"),
    ),
)
def transcript(session: Context, words: list[Word]) -> View:
    """Keep all that is shown in a file of plain text.

    It grows with the session: each command is in the file as soon as it is on the screen, whatever happens to kshell
    after that.
    """
    options = take_options("transcript", words)
    record, given = session.output.record, [word.text for word in options.words]
    if given[:1] == ["on"] and len(given) == 2:
        record.follow = _begun(session, given[1], "--append" in options)
    elif given == ["off"]:
        before, record.follow = record.follow, None
        if isinstance(before, Transcript):
            return Text([f"the transcript has ended: {before.shown}"], {"path": None})
    elif given:
        raise misuse("transcript", "into which file?" if given == ["on"] else "on FILE, or off")
    path = record.follow.shown if isinstance(record.follow, Transcript) else None
    said = f"all that is shown goes to {path}, too" if path else "there is no transcript"
    return Text([said], {"path": path})


def _begun(session: Context, path: str, appends: bool) -> Transcript:
    """A transcript whose first line is the present command.  CommandError where it cannot be written."""
    if not appends:
        write_new("transcript", path, "", "transcript on", "  (or --append, to go on with it)")
    begun = Transcript(path)
    try:
        begun("".join(screen_text(each.all_lines[:1]) for each in list(session.output.record.commands)[-1:]))
    except (OSError, ValueError) as error:
        what = f"transcript: {show(path)}: {getattr(error, 'strerror', None) or 'Invalid argument'}"
        raise CommandError(what, "it cannot be written there", f"transcript on {named('transcript.txt')}") from None
    return begun
