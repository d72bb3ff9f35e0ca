"""Why an expression has no value."""

from __future__ import annotations


class BadExpression(Exception):
    """It cannot be answered: gdb's words why, and where a name is `wrong`, those that are known."""

    def __init__(self, what: str, known: tuple[str, ...] = (), wrong: str = "") -> None:
        super().__init__(what)
        self.what, self.known, self.wrong = what, known, wrong
