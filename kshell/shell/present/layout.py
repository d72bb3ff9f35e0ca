"""The slide as rows of a screen: a heading, as much of its text as there is room for, and a line of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.shell.present.deck import Ask, Run
from kshell.shell.present.presentation import Presentation
from kshell.shell.views.carets import fitted
from kshell.shell.views.view import Line, marked, plain, span
from kshell.shell.views.wrapping import columns, rows, wrapped

TALL = 16  # rows of a screen, from which a heading stands between two rules
KEYS: tuple[tuple[str, str], ...] = (
    ("Space, Enter, Right, n", "go on: run the command, count hands, the next slide"),
    ("Backspace, Left, b", "back: the machine goes back, too"),
    ("r", "run the last command again, from the state before it"),
    ("Down, Up, PgDn, PgUp", "move in a slide that is longer than the screen"),
    ("q, Ctrl-C", "to the live shell; `present` comes back to this place"),
    ("?", "these keys"),
)


class Screenful(NamedTuple):
    """What is on the screen: its `rows`; `top` is the first row of the text that is seen, of `total` with room for
    `room`."""

    rows: list[Line]
    top: int
    room: int
    total: int

    @property
    def has_more(self) -> bool:
        """Whether the text goes on below."""
        return self.top + self.room < self.total


def screenful(presentation: Presentation, width: int, height: int, top: int | None, said: str = "") -> Screenful:
    """The screen for a presentation; `top` None puts what is new at the top, if not all fits.  `said` takes the place
    of the keys."""
    head = heading_rows(presentation.slide.heading, width, height)
    body, new = _body(presentation, width)
    room = max(height - len(head) - 2, 1)  # below the text: a blank row, the keys
    last = max(len(body) - room, 0)
    top = min(new if top is None else max(top, 0), last)
    shown = body[top : top + room]
    found = Screenful([], top, room, len(body))
    foot = status(presentation, found.has_more, top > 0, width, said)
    gap: list[Line] = [[] for _ in range(room - len(shown) + 1)]
    return found._replace(rows=[*head, *shown, *gap, foot][-height:])


def heading_rows(text: str, width: int, height: int) -> list[Line]:
    """The heading as a banner: between two rules where there is room, one row where there is little."""
    rule: Line = span("━" * width, "name")
    if height < TALL:
        first = rows(span(text, "name"), width)[0]
        return [first, rule] if height > 6 else [first]
    indent = " " * (2 if width > 20 else 0)
    lines = wrapped([(text, "name")], width - len(indent), indent)
    cut = [row for line in lines for row in rows(line, width)]
    return [rule, *cut[:3], rule, []]


def _body(presentation: Presentation, width: int) -> tuple[list[Line], int]:
    """The rows of the text, and which of them is the first of what came last."""
    found: list[Line] = []
    new = 0
    done = presentation.place[1]
    for number, part in enumerate(presentation.parts(width)):
        if not part:
            continue
        if found:
            found.append([])
        if number == done:
            new = len(found)
        found += [row for line in fitted(part, width) for row in rows(line, width)]
    return found, new


def keys_page(width: int) -> list[Line]:
    """What each key does."""
    found: list[Line] = [span("Keys", "name"), []]
    for keys, meaning in KEYS:
        found += [span(keys, "hint"), *wrapped(marked(meaning), max(width, 20), "    ")]
    return found


def status(presentation: Presentation, has_more: bool, has_less: bool, width: int, said: str) -> Line:
    """The bottom line: where one is, and what the next key does; what there is no room for is left out at its end."""
    place = f"{presentation.at + 1}/{len(presentation.deck.slides)}  "
    if said:
        return rows([(place, "dim"), (said, "name")], width)[0]
    is_over = presentation.is_at_end and not has_more
    first = "the end" if is_over else f"Space: {'more' if has_more else next_key(presentation)}"
    above = ("Up: more above",) if has_less else ()
    return _foot(place, (first, *above, "Backspace: back", "r: again", "q: live", "?: keys"), width)


def step_line(presentation: Presentation, width: int) -> Line:
    """The line under a command that waits, where there are no slides."""
    place = f"[{presentation.command_number()} of {presentation.deck.commands} done]  "
    return _foot(place, (f"Space: {next_key(presentation)}", "Backspace: back", "q: live shell", "?: keys"), width)


def next_key(presentation: Presentation) -> str:
    """What going on comes to."""
    beat = presentation.beat
    if beat is None:
        return "next slide"
    if isinstance(beat, Run):
        return "run it"
    return "count hands" if isinstance(beat, Ask) and beat.choices else "go on"


def _foot(place: str, texts: Sequence[str], width: int) -> Line:
    """The place, and as many of the texts as there is room for."""
    line: Line = [(place, "dim"), (texts[0], "name")]
    for text in texts[1:]:
        if columns(plain(line)) + columns(text) + 3 < width:
            line.append((f"   {text}", "dim"))
    return rows(line, width)[0]
