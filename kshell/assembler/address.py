"""What stands between [ and ], checked and put in order: base + index * scale + displacement.

Keystone takes sums that no instruction can encode (`[rsp*2]`, `[rip+rax]`, `[al]`) and encodes something else, so the
registers of an address are sorted out here.
"""

from __future__ import annotations

import re

from kshell.assembler.problems import REGISTER, Refused
from kshell.assembler.program import AsmProgram
from kshell.assembler.symbols import Unresolved
from kshell.assembler.text import AsmToken

_WIDE = re.compile(r"r(?:[abcd]x|[sd]i|[sb]p|8|9|1[0-5])\Z")
_NARROW = re.compile(r"(?:e(?:[abcd]x|[sd]i|[sb]p)|r(?:8|9|1[0-5])d)\Z")
_FORM = "an address is at most base + index * 1, 2, 4 or 8 + number"


class Address:
    """The registers of an address (in order, ready for Keystone) and the tokens of its displacement."""

    __slots__ = ("displacement", "registers")

    def __init__(self, program: AsmProgram, inner: list[AsmToken]) -> None:
        self.displacement: list[AsmToken] = []
        plain: list[AsmToken] = []
        scaled: list[tuple[AsmToken, int]] = []
        for sign, term in _terms(inner):
            found = [token for token in term if _is_register(program, token)]
            if not found:
                self.displacement += [sign, *term] if sign.text == "-" or self.displacement else term
                continue
            if sign.text == "-" or len(found) > 1 or len(term) not in (1, 3):
                raise Refused(
                    "this is no address of the CPU's", _FORM, "compute it with `lea`, `add` or `imul`", sign.column
                )
            if len(term) == 1:
                plain.append(term[0])
            else:
                scaled.append((found[0], _scale(program, term, found[0])))
        self.registers = _in_order(plain, scaled)

    def spell(self, number: str) -> str:
        """The address as Keystone reads it, `number` being its displacement or ""."""
        return " + ".join([*self.registers, *([number] if number else [])])


def _is_register(program: AsmProgram, token: AsmToken) -> bool:
    return token.kind == "name" and token.text not in program.symbols and bool(REGISTER.match(token.text))


def _terms(inner: list[AsmToken]) -> list[tuple[AsmToken, list[AsmToken]]]:
    """The address cut at each + and - outside parentheses: (sign, tokens)."""
    terms: list[tuple[AsmToken, list[AsmToken]]] = [(AsmToken("mark", "+", inner[0].column), [])]
    depth = 0
    for token in inner:
        if token.kind == "mark":
            depth += (token.text == "(") - (token.text == ")")
        if token.kind == "mark" and token.text in "+-" and depth == 0 and (terms[-1][1] or terms[-1][0] is not token):
            if terms[-1][1]:
                if terms[-1][1][-1].text in ("*", "/", "<<", ">>", "&", "|", "^", "%", "~"):
                    terms[-1][1].append(token)
                else:
                    terms.append((token, []))
            elif terms[-1][0].text == "+":  # a sign after a sign: `+ -8`
                terms[-1] = (token, [])
            else:
                terms[-1] = (AsmToken("mark", "+" if token.text == "-" else "-", token.column), [])
        else:
            terms[-1][1].append(token)
    if not terms[-1][1]:
        raise Refused(
            "an address is not finished", "a value is missing after a sign", "complete it", terms[-1][0].column
        )
    return terms


def _scale(program: AsmProgram, term: list[AsmToken], register: AsmToken) -> int:
    factor = term[2] if term[0] is register else term[0]
    if term[1].text != "*" or factor is register or register not in (term[0], term[2]):
        raise Refused("this is no address of the CPU's", _FORM, "compute it with `lea` or `imul`", register.column)
    try:
        section, value = program.evaluate([factor])
    except Unresolved:
        section, value = "", 0
    if section is not None or value not in (1, 2, 4, 8):
        what = f"an index cannot be scaled by {factor.text}"
        raise Refused(what, "the CPU knows 1, 2, 4 and 8", "`imul` the index first", factor.column)
    return value


def _in_order(plain: list[AsmToken], scaled: list[tuple[AsmToken, int]]) -> list[str]:
    tokens = plain + [register for register, _ in scaled]
    names = [token.text.lower() for token in tokens]
    if names == ["rip"] and plain:
        return names
    for token, name in zip(tokens, names, strict=True):
        if not _WIDE.match(name) and not _NARROW.match(name):
            what, because = f"`{token.text}` cannot be part of this address", "addresses are made of 64-bit registers"
            raise Refused(what, because, "a 64-bit register; rip stands without an index", token.column)
    if len({bool(_WIDE.match(name)) for name in names}) > 1:
        raise Refused("an address mixes widths", f"{' and '.join(names)} differ", "64-bit registers", tokens[0].column)
    if len(tokens) > 2 or len(scaled) > 1:
        raise Refused("an address has too many registers", _FORM, "add some of them before", tokens[-1].column)
    if scaled and scaled[0][0].text.lower() in ("rsp", "esp"):
        raise Refused(
            "`rsp` cannot be an index", "the encoding has no room for it", "copy it first", scaled[0][0].column
        )
    if len(plain) == 2:
        if names[1] in ("rsp", "esp"):
            names.reverse()
        if names[1] in ("rsp", "esp"):
            raise Refused(
                "`rsp` cannot be an index", "the encoding has no room for it", "copy it first", plain[1].column
            )
        return [names[0], f"{names[1]}*1"]
    return [name.text.lower() for name in plain] + [f"{name.text.lower()}*{by}" for name, by in scaled]
