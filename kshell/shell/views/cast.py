"""A session as a recording that plays, in asciicast version 2 (.cast): a header, then events, a line of JSON each.

Its pace is an even one, and not that of whoever typed: the same session gives the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps

from kshell.shell.views.pictures import TITLE
from kshell.shell.views.record import Shown
from kshell.shell.views.render import ansi
from kshell.shell.views.themes import colours, ground
from kshell.shell.views.view import span

ROWS = 24  # of the screen on which it plays
KEY, ENTER, LINE = 0.05, 0.3, 0.03  # seconds for a key, from Enter to the answer, for a line of it
READING, LONGEST = 0.2, 4.0  # seconds to read a line; no answer is looked at longer than that
Event = tuple[float, str, str]


def cast(commands: Sequence[Shown], width: int, theme: str) -> str:
    """The file's text."""
    header: dict[str, object] = {"version": 2, "width": width, "height": ROWS, "title": TITLE}
    palette = colours(theme)
    if palette:
        background, foreground = ground(theme)
        header["theme"] = {"fg": foreground, "bg": background, "palette": ":".join([background, *palette, foreground])}
    return "".join(f"{dumps(each)}\n" for each in (header, *_events(commands, width, theme)))


def _events(commands: Sequence[Shown], width: int, theme: str) -> Iterator[Event]:
    """What is written when: each command key by key, behind a marker, and its answer line by line."""
    time = 0.0
    for command in commands:
        if command.prompt:
            yield round(time, 3), "m", command.text
            yield round(time, 3), "o", ansi([span(command.prompt, "dim")], width, theme).rstrip("\n")
            for key in command.text:
                time += KEY
                yield round(time, 3), "o", key
            time += ENTER
            yield round(time, 3), "o", "\r\n"
        shown = ansi(command.lines, width, theme).split("\n")[:-1]
        for line in shown:
            time += LINE
            yield round(time, 3), "o", f"{line}\r\n"
        time += min(1.0 + READING * len(shown), LONGEST)
