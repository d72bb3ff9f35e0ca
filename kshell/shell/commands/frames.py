"""Look at a call that stands still: its frames and its source."""

from __future__ import annotations

from kshell.kernel.debug.frames import CodeFrame
from kshell.kernel.debug.locations import Location, addresses_of
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import STOPPED_AT, command, misuse
from kshell.shell.debugger.frame_words import frame_json, frame_line, is_in_middle, source_line
from kshell.shell.debugger.source import lines_of
from kshell.shell.debugger.talk import selected_frame, stopped_state
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Text, View, show

AROUND, SHOWN = 5, 10  # lines before the present one, and all in all


@command(
    "bt",
    group="The debugger",
    examples=((STOPPED_AT + "bt; continue", "from my_test_call out to entry_SYSCALL_64"),),
    aliases=("backtrace", "where"),
)
def bt(session: Context, words: list[Word]) -> View:
    """Show the frames of a call that stands still, innermost first.

    Each is a function that runs, with its arguments, and where it is.
    """
    _, stopped = stopped_state(session, "bt")
    if words:
        raise misuse("bt", "it takes no arguments")
    found = [frame_json(session.kernel, each, level, stopped.in_call) for level, each in enumerate(stopped.frames)]
    lines = [_leveled(row, frame) for row, frame in zip(found, stopped.frames, strict=True)]
    return Text(lines, {"frames": found})


def _leveled(found: dict[str, object], frame: CodeFrame) -> Line:
    return [(f"#{found['level']:<3}", ""), *frame_line(found, with_address=is_in_middle(frame))]


@command(
    "frame",
    group="The debugger",
    arguments=(Argument("word", "[LEVEL]"),),
    examples=((STOPPED_AT + "frame 1; info locals; continue", "the caller, and its variables"),),
    aliases=("f",),
)
def frame(session: Context, words: list[Word]) -> View:
    """Look at another frame of the call, by the level that bt shows.

    print, info and list are about that then.
    """
    state, _ = stopped_state(session, "frame")
    if len(words) > 1:
        raise misuse("frame", "one level")
    return _select(session, int(words[0].text) if words and words[0].text.isdigit() else state.selected)


@command("up", group="The debugger", examples=((STOPPED_AT + "up; continue", "the frame of the caller"),))
def up(session: Context, words: list[Word]) -> View:
    """Look at the frame of the caller."""
    state, _ = stopped_state(session, "up")
    return _select(session, state.selected + (count("up", words[0]) if words else 1))


@command("down", group="The debugger", examples=((STOPPED_AT + "up; down; continue", "back to the innermost frame"),))
def down(session: Context, words: list[Word]) -> View:
    """Look at the frame that is called."""
    state, _ = stopped_state(session, "down")
    return _select(session, state.selected - (count("down", words[0]) if words else 1))


def _select(session: Context, level: int) -> View:
    state, stopped = stopped_state(session, "frame")
    if not 0 <= level < len(stopped.frames):
        what = (
            "Bottom (innermost) frame selected; you can't go down."
            if level < 0
            else "Initial frame selected; you can't go up."
        )
        raise CommandError(what, f"there are frames 0 to {len(stopped.frames) - 1}", "bt")
    state.selected = level
    chosen = stopped.frames[level]
    found = frame_json(session.kernel, chosen, level, stopped.in_call)
    lines = [_leveled(found, chosen)]
    if found["file"]:
        lines.append(source_line(session.kernel, found["file"], found["line"]))
    return Text(lines, found)


@command(
    "list",
    group="The debugger",
    arguments=(Argument("symbol", "[FUNCTION|LINE]"),),
    examples=((STOPPED_AT + "list; continue", "ten lines around the present one"),),
    aliases=("l",),
)
def list_(session: Context, words: list[Word]) -> View:
    """Show the source around the line at which the call stands.

    list 12 and list FUNCTION show it around that.
    """
    k, row = session.kernel, selected_frame(session, "list").row
    if len(words) > 1:
        raise misuse("list", "one place")
    if words and not words[0].text.isdigit():
        places = addresses_of(k, Location(words[0].text, "", 0))
        place = k.place_of(places[0]) if places else None
        if place is None:
            raise CommandError(f'Function "{show(words[0].text)}" not defined.', "no machine code has it", "list")
        file, line = place
    elif row is None:
        raise CommandError("list: No line number information available.", "the frame is of no source", "disas $pc")
    else:
        file, line = row.file, int(words[0].text) if words else row.line
    text = lines_of(k, file)
    if not text:
        raise CommandError(f"{show(file)}: No such file or directory.", "the source is not where it was", "disas $pc")
    first = max(1, min(line - AROUND, len(text) - SHOWN + 1))
    last = min(first + SHOWN - 1, len(text))
    lines = [source_line(k, file, number) for number in range(first, last + 1)]
    return Text(lines, {"file": file, "first": first, "lines": text[first - 1 : last]})
