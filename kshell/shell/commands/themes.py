"""theme: the colours."""

from __future__ import annotations

from kshell.abi.did_you_mean import did_you_mean
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.settings import keep_theme, shortened
from kshell.shell.state.context import Context
from kshell.shell.views.themes import PALETTES, ROLES, about
from kshell.shell.views.view import Line, Text, View, marked, show, span

# A few lines as they are seen all day, each piece with its role.
SAMPLE: tuple[Line, ...] = (
    [("ring 0", "ring0"), ("  table  slot 39 -> ", ""), ("__x64_sys_getpid", "symbol"), ("  0xffffffff", "address")],
    [("ring 3", "ring3"), ("  user   ", ""), ("syscall", "instruction"), ("  # comment", "comment"), ("  dim", "dim")],
    [
        ("write", "name"),
        ("(1, ", ""),
        ('"hi"', "string"),
        (", ", ""),
        ("2", "number"),
        (") = ", ""),
        ("EBADF", "errno"),
    ],
    [("  try: ", "dim"), ("modprobe hijack", "hint"), ("  module ", ""), ("hijack", "module"), ("  note", "note")],
)


@command(
    "theme",
    group="The shell",
    arguments=(Argument("word", "[NAME]"),),
    options=(Option("--keep", "note it in the file of settings, for the next time"),),
    examples=(
        ("theme", "the themes, and how the present one looks"),
        ("theme projector", "for a room that is not dark"),
        ("theme plain", "no colours"),
    ),
)
def theme(session: Context, words: list[Word]) -> View:
    """Choose the colours.

    Each theme is readable on the background that it is for; auto is on any. Nothing is told by colour alone.
    """
    options = take_options("theme", words)
    if len(options.words) > 1:
        raise misuse("theme", "one theme at a time")
    name = options.words[0].text if options.words else session.output.theme
    if name not in PALETTES:
        close = did_you_mean(name, PALETTES)
        because = f"there are {', '.join(PALETTES)}"
        raise CommandError(f"theme: no theme {show(name)}", because, f"theme {close[0] if close else 'auto'}")
    session.output.theme = name
    lines: list[Line] = []
    if not options.words:
        for each in PALETTES:
            mark = "* " if each == name else "  "
            lines.append([(f"{mark}{each:<13}", "name"), (about(each), "")])
    lines += [[], *SAMPLE]
    result = {"theme": name, "themes": list(PALETTES), "roles": list(ROLES)}
    if "--keep" in options:
        try:
            path = keep_theme(name)
        except OSError as error:
            because = "the file of settings cannot be written"
            raise CommandError(f"theme: {error.strerror}", because, f"theme {name}") from None
        lines += [[], span(f"kept in {shortened(path)}")]
    elif options.words:
        lines += [[], marked(f"for the next time as well: `theme {name} --keep`")]
    return Text(lines, result)
