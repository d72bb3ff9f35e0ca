"""A show of hands: typed in, drawn as bars, and compared with what then happened."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kshell.shell.errors import CommandError
from kshell.shell.present.deck import Ask
from kshell.shell.present.prose import reading_width
from kshell.shell.views.view import Line, span
from kshell.shell.views.wrapping import choice_lines, letter, wrapped

Hands = tuple[int, ...]  # for each choice, how many were shown
MOST = 999_999
LONGEST_BAR = 40


def read_hands(text: str, ask: Ask) -> Hands:
    """The numbers that were typed, one for each choice.  CommandError where they are not that."""
    numbers = re.split(r"[\s,]+", text.strip(" ,"))
    count = len(ask.choices)
    if len(numbers) != count or not all(each.isascii() and each.isdigit() and int(each) <= MOST for each in numbers):
        example = " ".join(str(n) for n in (12, 40, 3, 8, 20)[:count])
        raise CommandError(f"{count} numbers, one for each choice", "", example)
    return tuple(map(int, numbers))


def asked_lines(ask: Ask, hands: Hands | None, is_judged: bool, width: int) -> list[Line]:
    """The question and its choices, each with a bar of the hands; once it `is_judged`, the right one is marked."""
    room = reading_width(width)
    lines = [*ask.text.lines(width)]
    for at, choice in enumerate(ask.choices):
        lines += choice_lines(at, choice, room)
        if is_judged and at == ask.right:
            lines[-1] = [*lines[-1], ("  <- right", "good")]
        if hands is not None:
            lines.append(_bar(hands[at], hands, room))
    return lines


def _bar(count: int, hands: Hands, room: int) -> Line:
    """One bar, the longest of them as long as there is room for."""
    most, longest = max(*hands, 1), max(min(LONGEST_BAR, room - 22), 4)
    length = round(longest * count / most)
    share = f"{count} ({100 * count / max(sum(hands), 1):.0f} %)"
    return [("   ", ""), ("█" * max(length, count > 0), "name"), (f" {share}" if length else share, "")]


def verdict(ask: Ask, hands: Hands | None, width: int) -> list[Line]:
    """What the class said, against what is so."""
    if ask.right is None or not ask.choices:
        return []
    right = letter(ask.right)
    if not hands or not sum(hands):
        return [[(f"It is {right}.", "good")]]
    text = f"{hands[ask.right]} of {sum(hands)} said {right}, and so it is."
    most = favourite(hands)
    role = "good"
    if most != ask.right:
        text += f" Most of you, {hands[most]}, said {letter(most)}."
        role = "note"
    return wrapped([(text, role)], reading_width(width)) or [span(text, role)]


def favourite(hands: Sequence[int]) -> int:
    """The place of the choice that most hands were shown for."""
    return max(range(len(hands)), key=lambda at: hands[at])
