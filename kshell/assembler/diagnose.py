"""Why a statement does not assemble: each is asked about by itself, and what is suggested has been assembled too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from kshell.assembler.operands import register_bits, spell_instruction
from kshell.assembler.problems import MNEMONICS, REGISTER, Refused, keystone_refusal, without_suffix
from kshell.assembler.program import AsmProgram
from kshell.assembler.statements import split_commas
from kshell.assembler.symbols import Item
from kshell.assembler.text import AsmToken, tokens

Encode = Callable[[str], int]  # the number of Keystone's error, 0 for none

_UNKNOWN_MNEMONIC = 514  # KS_ERR_ASM_MNEMONICFAIL
_SOMEWHERE = 0x401010  # what labels stand at while a statement is tried alone
_LEGACY = {"a": "ax", "b": "bx", "c": "cx", "d": "dx"}
_NO_SIZE = "nothing says how many bytes the memory operand has"


def wrong_statements(program: AsmProgram, texts: dict[Item, str], encode: Encode) -> Iterator[tuple[Item, Refused]]:
    """The statements that Keystone refuses, in the order of the source, each with what to say about it."""
    checked: dict[str, int] = {}
    for item in sorted(texts, key=lambda item: item.serial):
        text = texts[item]
        if item.kind not in ("code", "value", "set"):
            continue
        if text not in checked:
            checked[text] = encode(_alone(text))
        if checked[text]:
            yield item, _refusal(program, item, checked[text], encode)


def _alone(text: str) -> str:
    """A statement with its labels defined."""
    names = dict.fromkeys(re.findall(r"\bk[LNSX]\w+", text.removeprefix(".set")))
    return "\n".join([*(f".set {name}, {_SOMEWHERE:#x}" for name in names), text])


def _refusal(program: AsmProgram, item: Item, errno: int, encode: Encode) -> Refused:
    if item.kind != "code":
        mnemonic, _, operands = item.statement.text.partition(" ")
        return keystone_refusal(errno, mnemonic, operands)
    mnemonic = item.tokens[0].text
    parts = [_source(item, part) for part in split_commas(item.tokens[1:])]
    refused = keystone_refusal(errno, mnemonic, ", ".join(parts))
    if errno == _UNKNOWN_MNEMONIC:
        tries: Iterable[str] = (f"{name} {', '.join(parts)}".strip() for name in _similar(mnemonic))
    else:
        refused.because = _because(mnemonic.lower(), parts) or refused.because
        tries = _variants(mnemonic, parts)
    works = next((text for text in tries if _assembles(program, item, text, encode)), None)
    refused.try_ = f"`{works}`" if works else refused.try_
    if works and works.endswith("rcx") and re.match(r"-?\d", parts[-1] if parts else ""):
        refused.try_ = f"`mov rcx, {parts[-1]}` and then `{works}`"
    if not works and len(parts) == 2 and all("[" in part for part in parts):
        refused.try_ = f"`mov rcx, {parts[1]}` and then `{mnemonic} {parts[0]}, rcx`"
    return refused


def _source(item: Item, part: list[AsmToken]) -> str:
    """An operand as it was written."""
    return item.statement.text[part[0].column : part[-1].column + len(part[-1].text)]


def _assembles(program: AsmProgram, item: Item, text: str, encode: Encode) -> bool:
    try:
        trial = Item("code", item.serial, item.scope, item.statement, "", tokens(text))
        program.look_from(trial)
        return not encode(_alone(spell_instruction(program, trial)))
    except Refused:
        return False


def _similar(mnemonic: str) -> list[str]:
    from difflib import get_close_matches

    plain = without_suffix(mnemonic)
    return [plain] if plain in MNEMONICS else get_close_matches(mnemonic.lower(), sorted(MNEMONICS), n=5)


def _bits(part: str) -> int | None:
    """The width of an operand that is a general register."""
    return register_bits(part.lower()) if REGISTER.match(part) else None


def _because(mnemonic: str, parts: list[str]) -> str:
    """What the form of the operands says about why they are refused; "" where it says nothing."""
    widths = [(part, bits) for part in parts if (bits := _bits(part))]
    in_memory = [part for part in parts if "[" in part]
    if len(in_memory) > 1:
        return "only one operand of an instruction may stand in memory"
    if mnemonic in ("push", "pop") and widths and widths[0][1] == 32:
        return f"{mnemonic} moves 64 bits, and `{widths[0][0]}` has 32"
    if len(parts) == 2 and re.match(r"-?\d", parts[0]) and mnemonic != "out":
        return f"the first operand receives the result, and `{parts[0]}` is a number"
    if len(widths) == 2 and widths[0][1] != widths[1][1]:
        (first, bits), (second, others) = widths
        return f"`{first}` has {bits} bits and `{second}` has {others}: both must have one size"
    if in_memory and not widths and not re.search(r"\bptr\b|\b[dq]?word\b|\bbyte\b", in_memory[0].lower()):
        return _NO_SIZE
    return ""


def _variants(mnemonic: str, parts: list[str]) -> Iterator[str]:
    """Statements near to the one that was written, the likeliest first."""
    if not any(map(_bits, parts)):
        for size in ("qword", "dword", "byte"):
            yield _joined(mnemonic, [f"{size} ptr {part}" if part.startswith("[") else part for part in parts])
    present = {_bits(part) for part in parts}
    for bits in sorted((64, 32, 16, 8), key=lambda bits: bits not in present):
        yield _joined(mnemonic, [_resized(part, bits) for part in parts])
    if len(parts) == 2:
        yield _joined(mnemonic, parts[::-1])
        if all("[" in part for part in parts):
            return
        yield _joined(mnemonic, [parts[0], "cl"])  # a count of places
    if len(parts) > 1:
        yield _joined(mnemonic, parts[:-1])
        yield _joined(mnemonic, [_resized(part, 64) for part in parts[:-1]])
    if re.match(r"-?\d", parts[-1] if parts else ""):
        yield _joined(mnemonic, [*parts[:-1], "rcx"])
    if len(parts) < 2:
        yield from (_joined(mnemonic, [*parts, *more]) for more in (["rax"], ["1"], ["rax", "rbx"]))
    yield mnemonic


def _joined(mnemonic: str, parts: list[str]) -> str:
    return f"{mnemonic} {', '.join(parts)}"


def _resized(part: str, bits: int) -> str:
    """The register of this width that is part of the same one; anything else as it is."""
    name = part.lower()
    if _bits(name) is None:
        return part
    if name[1:2].isdigit() or name[1:3].isdigit():
        return name.rstrip("dwb") + {64: "", 32: "d", 16: "w", 8: "b"}[bits]
    core = _LEGACY[name[0]] if len(name) == 2 and name[1] in "lh" else name.removesuffix("l").lstrip("re")
    if bits == 8:
        return core[0] + "l" if core.endswith("x") else core + "l"
    return {64: "r", 32: "e", 16: ""}[bits] + core
