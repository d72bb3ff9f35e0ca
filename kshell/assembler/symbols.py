"""The parts of a program while it is read: its labels and constants, and what each statement contributes."""

from __future__ import annotations

from kshell.assembler.text import AsmStatement, AsmToken


class Unresolved(Exception):
    """The value of an expression is not known before the instructions are encoded."""


class AsmSymbol:
    """A label or a constant: the name that Keystone sees, and as much of its value as is known (section, offset)."""

    __slots__ = ("internal", "is_label", "name", "section", "statement", "value")

    def __init__(
        self, name: str, internal: str, is_label: bool, section: str | None, value: int | None, statement: AsmStatement
    ) -> None:
        self.name, self.internal, self.is_label = name, internal, is_label
        self.section, self.value, self.statement = section, value, statement


class Item:
    """What one statement contributes to its section: an instruction's or expression's tokens, or ready text."""

    __slots__ = ("kind", "scope", "serial", "statement", "text", "tokens")

    def __init__(
        self, kind: str, serial: int, scope: str, statement: AsmStatement, text: str, toks: list[AsmToken]
    ) -> None:
        self.kind, self.serial, self.scope = kind, serial, scope
        self.statement, self.text, self.tokens = statement, text, toks
