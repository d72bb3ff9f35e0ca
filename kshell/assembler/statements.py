"""One statement of assembly source read into an AsmProgram: labels, directives of GAS and NASM, data."""

from __future__ import annotations

import struct
from collections.abc import Callable

from kshell.assembler.problems import MNEMONICS, Refused, att_refusal, did_you_mean, looks_like_att
from kshell.assembler.program import MAX_IMAGE, SECTIONS, AsmProgram
from kshell.assembler.symbols import Unresolved
from kshell.assembler.text import AsmStatement, AsmToken, string_bytes, tokens

_WIDTHS = {
    ".byte": 1, "db": 1, ".2byte": 2, ".short": 2, ".hword": 2, ".value": 2, ".word": 2, "dw": 2, ".4byte": 4,
    ".long": 4, ".int": 4, "dd": 4, ".8byte": 8, ".quad": 8, "dq": 8,
}  # fmt: skip
_FLOATS = {".float": 4, ".single": 4, ".double": 8}
_RESERVES = {"resb": 1, "resw": 2, "resd": 4, "resq": 8}
_SKIPS = (".skip", ".space", ".zero")
_STRINGS = {".ascii": b"", ".asciz": b"\0", ".string": b"\0"}
_ALIGNS = (".align", ".balign", ".p2align", "align", "alignb")
_IGNORED_NAMES = """
    .globl .global global extern .extern .type .size .file .ident .intel_syntax .code64 .weak .hidden .local .loc
    .p2alignl .arch .version .line .loc_mark_labels bits default use64 cpu
"""
_IGNORED = frozenset(_IGNORED_NAMES.split())
_SECTION_WORDS = (".section", "section", "segment", ".text", ".data", ".bss", ".rodata")
_AFTER_BARE_LABEL = frozenset(_WIDTHS) | frozenset(_RESERVES) | {"equ", "times"}
_DATA_WORDS = {*_WIDTHS, *_FLOATS, *_RESERVES, *_SKIPS, *_STRINGS, *_ALIGNS}
_KNOWN = sorted({*_DATA_WORDS, *_IGNORED, *_SECTION_WORDS, ".equ", ".set", ".fill"})
_NOT_HERE = ("proc", "endp", "include", "incbin", ".att_syntax")


def read_statement(program: AsmProgram, statement: AsmStatement) -> None:
    """Add one statement to the program. Raises Refused where it cannot be understood."""
    program.serial += 1
    toks = tokens(statement.text)
    if len(toks) >= 3 and toks[1].text == ":" and toks[0].kind == "name" and toks[2].text.lower() == "equ":
        del toks[1]  # NASM's `len: equ $ - msg` defines a number, not the place
    while len(toks) >= 2 and toks[1].text == ":" and toks[0].kind in ("name", "number"):
        program.define_label(_label_name(toks[0]), statement)
        toks = toks[2:]
    if not toks:
        return
    head = toks[0].text.lower()
    if len(toks) >= 2 and toks[0].kind == "name":
        second = toks[1].text.lower()
        if second == "=" or second == "equ":
            program.define_constant(toks[0].text, toks[2:], statement)
            return
        if second in _AFTER_BARE_LABEL and head not in ("times", "global", "extern"):
            program.define_label(toks[0].text, statement)
            toks = toks[1:]
            head = second
    _directive_or_instruction(program, statement, head, toks)


def _label_name(token: AsmToken) -> str:
    if token.kind == "number" and not token.text.isdigit():
        what = f"`{token.text}` is not a label"
        raise Refused(what, "a label starts with a letter, _ or .", "rename it", token.column)
    return token.text


def _directive_or_instruction(program: AsmProgram, statement: AsmStatement, head: str, toks: list[AsmToken]) -> None:
    rest = toks[1:]
    if head in _SECTION_WORDS:
        _enter_section(program, head, rest)
    elif head == ".end":
        program.discard = True
    elif head in ("extern", ".extern") and program.alone:
        because = "kshell links no library: a program is this one file, and talks to the kernel by `syscall`"
        raise Refused("there is nothing outside this file", because, "make the call yourself: `mov eax, 1`, `syscall`")
    elif head in _IGNORED or head.startswith(".cfi_"):
        _check_ignored(program, head, rest)
    elif program.discard:
        return
    elif head in (".equ", ".set", ".equiv"):
        if len(rest) < 3 or rest[1].text != ",":
            raise Refused(f"`{head}` needs a name and a value", "it is incomplete", f"`{head} NAME, 5`")
        program.define_constant(rest[0].text, rest[2:], statement)
    elif head == "times":
        _times(program, statement, rest)
    elif (action := _action(head)) is not None:
        action(program, statement, head, rest)
    elif toks[0].text.startswith(".") or head in _NOT_HERE:
        raise _unknown_directive(toks[0].text)
    else:
        _instruction(program, statement, toks)


def _action(head: str) -> Callable[[AsmProgram, AsmStatement, str, list[AsmToken]], None] | None:
    if head in _WIDTHS or head in _FLOATS:
        return _values
    if head in _STRINGS:
        return _strings
    if head in _RESERVES or head in _SKIPS or head == ".fill":
        return _reserve
    return _align if head in _ALIGNS else None


def _unknown_directive(name: str) -> Refused:
    if name.lower() == ".att_syntax":
        return Refused("kshell reads Intel syntax", "this line asks for AT&T's", "`.intel_syntax noprefix`")
    guess = did_you_mean(name, _KNOWN)
    try_ = f"did you mean `{guess}`?" if guess else "`.byte`, `.quad`, `.ascii`, `.skip`, `db`, `resb`, `equ`, ..."
    return Refused(f"unknown directive `{name}`", "kshell's assembler has no macros and no such directive", try_)


def _enter_section(program: AsmProgram, head: str, rest: list[AsmToken]) -> None:
    name = rest[0].text.strip("\"'") if head in ("section", "segment", ".section") and rest else head
    if head in (".section", "section", "segment") and not rest:
        raise Refused("a section needs a name", "nothing follows the word", "`.data`, `.text`, `.rodata` or `.bss`")
    program.discard = name.startswith((".note", ".comment", ".eh_frame"))
    if program.discard:
        return
    plain = name.lstrip(".").split(".")[0].lower()
    if plain not in SECTIONS:
        flags = next((token.text for token in rest[1:] if token.kind == "string"), "")
        plain = "text" if "x" in flags else "data" if "w" in flags else ""
        if not plain:
            because = "a program here has text, rodata, data and bss"
            raise Refused(f"unknown section `{name}`", because, "`.section .data`", rest[0].column if rest else 0)
    program.section = plain


def _check_ignored(program: AsmProgram, head: str, rest: list[AsmToken]) -> None:
    words = [token.text.lower() for token in rest]
    if head in ("global", ".global", ".globl"):
        program.exported.update(token.text for token in rest if token.kind == "name")
    if head == "bits" and words != ["64"]:
        raise Refused("kshell's CPU runs 64-bit code", f"`bits {' '.join(words)}` asks for another mode", "`bits 64`")
    if head == "default":
        program.default_rel = words == ["rel"]


def _times(program: AsmProgram, statement: AsmStatement, rest: list[AsmToken]) -> None:
    for at in range(1, len(rest)):
        head = rest[at].text.lower()
        if rest[at].kind == "name" and (head in _WIDTHS or head in MNEMONICS):
            count = program.number(rest[:at], "the count of `times`")
            break
    else:
        because = "a count and then data or an instruction belong here"
        raise Refused("`times` has nothing to repeat", because, "`times 8 db 0`")
    if count > 100_000:
        raise Refused("`times` repeats too often", f"{count} copies", "`resb` or `.skip` reserve zeros")
    for _ in range(count):
        program.serial += 1
        _directive_or_instruction(program, statement, head, rest[at:])


def split_commas(toks: list[AsmToken]) -> list[list[AsmToken]]:
    """Operands: the tokens between commas that stand outside brackets and parentheses."""
    parts: list[list[AsmToken]] = [[]]
    depth = 0
    for token in toks:
        depth += (token.text in "[(") - (token.text in ")]") if token.kind == "mark" else 0
        if token.text == "," and token.kind == "mark" and depth <= 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if toks else []


def _emit(program: AsmProgram, statement: AsmStatement, data: bytes) -> None:
    if program.section == "bss":
        if any(data):
            because = "it is zeroed memory, only its size is kept"
            raise Refused("the bss section holds no values", because, "move it to `.data`")
        program.add("space", statement, f".zero {len(data)}", size=len(data))
        return
    for at in range(0, len(data), 4096):
        chunk = data[at : at + 4096]
        program.add("data", statement, ".byte " + ",".join(map(str, chunk)), size=len(chunk))


def _values(program: AsmProgram, statement: AsmStatement, head: str, rest: list[AsmToken]) -> None:
    width = _WIDTHS.get(head) or _FLOATS[head]
    parts = split_commas(rest)
    if not parts:
        raise Refused(f"`{head}` needs a value", "nothing follows it", f"`{head} 0`")
    ready = b""
    for part in parts:
        known = _value_bytes(program, head, width, part)
        if known is not None:
            ready += known
            continue
        _emit(program, statement, ready)
        ready = b""
        if program.section == "bss":
            raise Refused("the bss section holds no values", "only its size is kept", "move it to `.data`")
        if width < 4:
            raise Refused("an address does not fit", f"`{head}` has {width} bytes", "use `.quad` or `dq`")
        program.add("value", statement, ".quad" if width == 8 else ".long", part, width)
    _emit(program, statement, ready)


def _value_bytes(program: AsmProgram, head: str, width: int, part: list[AsmToken]) -> bytes | None:
    """One element of a data directive, or None if only the assembler will know its value."""
    if len(part) == 1 and part[0].kind == "string" and (head[0] == "d" or (head == ".byte" and part[0].text[0] != "'")):
        text = string_bytes(part[0].text, escapes=head[0] != "d" or part[0].text[0] == "`")
        return text + bytes(-len(text) % width)
    if len(part) == 1 and part[0].text == "?":
        return bytes(width)
    negative = len(part) == 2 and part[0].text == "-"
    if part and part[-1].kind in ("float", "number") and len(part) == 1 + negative:
        if part[-1].kind == "float" or head in _FLOATS:
            return _float_bytes(part[-1], width, negative)
    elif head in _FLOATS:
        raise Refused(f"`{head}` needs a number", "its value is not one", f"`{head} 1.5`")
    try:
        section, value = program.evaluate(part)
    except Unresolved:
        return None
    if section is not None:
        return None
    if not -(1 << 8 * width - 1) <= value < 1 << 8 * width:
        raise Refused(f"{value} does not fit", f"`{head}` keeps {width} bytes", "use a wider directive")
    return (value & (1 << 8 * width) - 1).to_bytes(width, "little")


def _float_bytes(token: AsmToken, width: int, negative: bool) -> bytes:
    if width < 4:
        raise Refused(f"`{token.text}` does not fit", "a float has 4 or 8 bytes", "`.float` or `.double`", token.column)
    try:
        value = -float(token.text) if negative else float(token.text)
        return struct.pack("<f" if width == 4 else "<d", value)
    except (ValueError, OverflowError):
        what = f"`{token.text}` is not a number"
        raise Refused(what, f"no float of {width} bytes can hold it", "`1.5`", token.column) from None


def _strings(program: AsmProgram, statement: AsmStatement, head: str, rest: list[AsmToken]) -> None:
    data = b""
    for part in split_commas(rest):
        if not part or any(token.kind != "string" for token in part):
            what = f"`{head}` needs text in quotes"
            raise Refused(what, "its operand is no string", f'`{head} "text\\n"`', part[0].column if part else None)
        data += b"".join(string_bytes(token.text, escapes=True) for token in part) + _STRINGS[head]
    if not rest:
        raise Refused(f"`{head}` needs text in quotes", "nothing follows it", f'`{head} "text\\n"`')
    _emit(program, statement, data)


def _reserve(program: AsmProgram, statement: AsmStatement, head: str, rest: list[AsmToken]) -> None:
    parts = split_commas(rest)
    if head == ".fill":
        numbers = [program.number(part, f"`{head}`", -(1 << 31), 1 << 32) for part in parts]
        repeat, width, value = (numbers + [1, 0][len(numbers) - 1 :] if numbers else [0, 1, 0])[:3]
        if not 0 <= repeat <= MAX_IMAGE or not 0 <= width <= 8 or repeat * width > MAX_IMAGE:
            raise Refused("`.fill` is out of range", f"{repeat} times {width} bytes", "reserve less")
        _emit(program, statement, (value & (1 << 8 * width) - 1).to_bytes(width, "little") * repeat)
        return
    count = program.number(parts[0] if parts else [], f"the size of `{head}`") * _RESERVES.get(head, 1)
    fill = program.number(parts[1], "the filling", -128, 255) & 255 if len(parts) > 1 else 0
    if fill:
        _emit(program, statement, bytes([fill]) * count)
    elif count:
        program.add("space", statement, f".zero {count}", size=count)


def _align(program: AsmProgram, statement: AsmStatement, head: str, rest: list[AsmToken]) -> None:
    parts = split_commas(rest)
    boundary = program.number(parts[0] if parts else [], f"`{head}`", 0, 12 if head == ".p2align" else 4096)
    boundary = 1 << boundary if head == ".p2align" else boundary or 1
    if boundary & (boundary - 1):
        raise Refused("an alignment is a power of two", f"{boundary} is none", "4, 8, 16, ...")
    offset = program.size[program.section]
    if offset is None:
        program.add("code-align", statement, f".balign {boundary}")
    elif offset % boundary:
        program.add("space", statement, f".zero {-offset % boundary}", size=-offset % boundary)


def _instruction(program: AsmProgram, statement: AsmStatement, toks: list[AsmToken]) -> None:
    if not program.nasm and looks_like_att(statement.text):
        raise att_refusal(statement.text)
    if toks[0].text == "%":
        raise _unknown_directive(statement.text.split()[0])
    if toks[0].kind != "name":
        what = f"`{toks[0].text}` starts no statement"
        raise Refused(what, "an instruction, a label or a directive belongs here", "check the line")
    if program.section == "bss":
        raise Refused("the bss section holds no code", "it is zeroed memory", "put `.text` before the instructions")
    program.add("code", statement, "", toks)
