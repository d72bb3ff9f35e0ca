"""export: what a session has shown, as a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from kshell.abi.did_you_mean import did_you_mean
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, write_new
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.record import Shown
from kshell.shell.views.view import Text, View, screen_text, show

WIDTH = 100  # columns where there is no terminal
NARROWEST, WIDEST = 40, 160
FORMATS = ("html", "svg", "cast", "txt")


@command(
    "export",
    "export html|svg|cast|txt FILE [--last] [--force]",
    group="The shell",
    arguments=(Argument("word", "html|svg|cast|txt"), Argument("file", "FILE")),
    options=(Option("--last", "the last command alone"), Option("--force", "write over the file that is there")),
    examples=(
        ("trace syscall getpid; export html getpid.html", "a page, in the colours of the theme"),
        ("theme dark; trace syscall getpid; export svg getpid.svg --last", "a picture for slides"),
        ("syscall getpid; export cast session.cast", "a recording that plays (asciicast 2)"),
        ("syscall getpid; export txt session.txt", "plain text"),
    ),
)
def export(session: Context, words: list[Word]) -> View:
    """Write what the session has shown into a file.

    It has the commands behind their prompts and their results, and is complete: it needs no fonts, styles or scripts
    from the net. html and svg have the colours of the present theme, on its background. cast is a recording that plays
    (asciicast version 2): its pace is an even one, not that of whoever typed, so that the same session gives the same
    file. Of a very long session the first commands are not kept.
    """
    options = take_options("export", words)
    kind, path = _words(options.words)
    commands = list(session.output.record.commands)
    if commands and not commands[-1].lines:  # this one
        commands.pop()
    if not commands:
        try_ = f"syscall getpid; export {kind} {named(path)}"
        raise CommandError("export: there is nothing to write yet", "no command was run before this one", try_)
    if "--last" in options:
        commands = commands[-1:]
    width = max(NARROWEST, min(session.output.width or WIDTH, WIDEST))
    text = _writer(kind)(commands, width, session.output.theme)
    write_new("export", path, text, f"export {kind}", "  (or --force, to write over it)", over="--force" in options)
    many = "1 command" if len(commands) == 1 else f"{len(commands)} commands"
    return Text([f"{show(path)}: {many}"], {"path": path, "format": kind, "commands": len(commands)})


def _words(words: Sequence[Word]) -> tuple[str, str]:
    """The format and the file."""
    kind = words[0].text if words else ""
    suffix = os.path.splitext(kind)[1][1:]
    if suffix in FORMATS:
        raise misuse("export", "in which format?", f"export {suffix} {named(kind)}")
    if kind not in FORMATS:
        close = did_you_mean(kind, FORMATS)
        what = f"no format {show(kind)}" if kind else "in which format?"
        raise misuse("export", what, f"export {close[0]} session.{close[0]}" if close else "")
    if len(words) != 2:
        what = "into which file?" if len(words) < 2 else "one file at a time"
        raise misuse("export", what, f"export {kind} session.{kind}")
    return kind, words[1].text


def _writer(kind: str) -> Callable[[Sequence[Shown], int, str], str]:
    """What makes a file's text of commands, for a width and a theme."""
    if kind == "cast":
        from kshell.shell.views.cast import cast

        return cast
    if kind == "txt":
        return lambda commands, width, theme: "".join(screen_text(each.all_lines) for each in commands)
    from kshell.shell.views import pictures

    return pictures.html if kind == "html" else pictures.svg
