"""What the keys of a presentation mean, and a show of hands typed in."""

from __future__ import annotations

from collections.abc import Callable

from kshell.shell.errors import CommandError
from kshell.shell.present.deck import Ask
from kshell.shell.present.face import AGAIN, BACK, FORWARD, LEAVE
from kshell.shell.present.hands import Hands, read_hands
from kshell.shell.prompt.single_key import CTRL_C, GONE
from kshell.shell.views.wrapping import letter

ENTER = ("c-m", "c-j")
DELETE = ("c-h", "backspace")
MOVES = {
    **dict.fromkeys((" ", *ENTER, "right", "n"), FORWARD),
    **dict.fromkeys((*DELETE, "left", "b"), BACK),
    "r": AGAIN,
    **dict.fromkeys(("q", CTRL_C, "c-d", GONE), LEAVE),
}
DIGITS = frozenset("0123456789")


def typed_hands(question: Ask, ask: Callable[[str], str], text: str) -> Hands | None:
    """The hands that are typed, () for none; None if that was called off.  `ask` shows a line and gives the next key;
    `text` was typed already."""
    letters = " ".join(letter(at) for at in range(len(question.choices)))
    asks = f"hands for {letters}: "
    while True:
        key = ask(f"{asks}{text}_   (Enter: done   Esc: not now)")
        if key in ("escape", CTRL_C, GONE):
            return None
        if key in DELETE:
            text = text[:-1]
        elif key in DIGITS or key in (" ", ","):
            text += key
        elif key in ENTER and not text.strip():
            return ()
        elif key in ENTER:
            try:
                return read_hands(text, question)
            except CommandError as error:
                asks = f"{error.what}, as in {error.try_}: "


def wants_hands(question: Ask | None, key: str) -> bool:
    """Whether a key begins a show of hands."""
    return question is not None and (key in DIGITS or MOVES.get(key) == FORWARD)
