"""What the C compiler makes of the two words that the table's script hands on: a row's number and its entry."""

from __future__ import annotations

import re

_INTEGER = re.compile(r"(0[xX][0-9a-fA-F]+|[0-9]+)(?:[uU][lL]{0,2}|[lL]{1,2}[uU]?)?")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_EXPECTED = "expected '=', ',', ';', 'asm' or '__attribute__' before"


def c_integer(number: str) -> int | None:
    """The value of an integer constant of C, decimal, octal or hexadecimal; None for anything else, or a huge one."""
    match = _INTEGER.fullmatch(number)
    digits = match[1] if match is not None else ""
    octal = len(digits) > 1 and digits.startswith("0") and digits.isdigit()
    if not digits or len(digits) > 9 or (octal and set(digits) & set("89")):
        return None
    return int(digits, 8) if octal else int(digits, 0)


def number_fault(number: str) -> tuple[str, int] | None:
    """What gcc says to a number that starts with a digit and is none, and how far in."""
    match = re.match(r"0[xX][0-9a-fA-F]+|[0-9]+", number)
    digits = match[0] if match is not None else ""
    rest = number[len(digits) :]
    bad = [c for c in digits if c in "89"] if digits.startswith("0") and digits[1:2] not in ("x", "X") else []
    if bad:
        return f'invalid digit "{bad[0]}" in octal constant', 0
    if rest.startswith("."):
        return "array index in initializer not of integer type", 0
    if _INTEGER.fullmatch(number):
        return None
    return f'invalid suffix "{shown(rest)}" on integer constant', 0


def symbol_fault(symbol: str) -> tuple[str, int] | None:
    """What gcc says to an entry that is no identifier, and how far in; the entry has no blanks."""
    match = _IDENTIFIER.match(symbol)
    if match is None:
        if symbol[:1].isdigit():
            return "expected identifier or '(' before numeric constant", 0
        if symbol[:1] in ("#", "@", "`", "\\"):
            return f"stray '{symbol[:1]}' in program", 0
        return f"expected identifier or '(' before '{shown(symbol[:1] or '/')}' token", 0
    if match.end() == len(symbol):
        return None
    rest = symbol[match.end()]
    if symbol[match.end() :] == "()":
        return f"'{match[0]}' declared as function returning a function", 0
    return f"{_EXPECTED} '{shown(rest)}' token", match.end()


def shown(text: str) -> str:
    """`text` fit for a message: what a terminal could take for a command is U+FFFD; cut to its start."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "\\r" if c == "\r" else "\ufffd" for c in text[:40])
