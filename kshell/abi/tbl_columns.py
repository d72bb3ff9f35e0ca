"""What is wrong with one column of a row of syscall_64.tbl."""

from __future__ import annotations

import re

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.syscall_rows import ABIS, MAX_NUMBER, X32_FIRST, X32_LAST

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_GLUED = re.compile(r"(\d{1,4})(common|64|x32)\Z")
_FOREIGN_ABIS = {
    "i386": "64",
    "x86_64": "64",
    "x86-64": "64",
    "amd64": "64",
    "x64": "64",
    "64bit": "64",
    "all": "common",
}

Field = tuple[str, int]  # its text and its column, from 1
Fault = tuple[int, int, str, str, str]  # column, width, what, because, try

SKIPPED = (
    "Linux's own scripts skip every line that does not start with a digit, so this row would be missing without a word"
)


def is_row(fields: list[Field]) -> bool:
    """Whether the line was meant as a row, so that its other columns are worth a word."""
    return fields[0][0][0].isdigit() or (len(fields) > 1 and fields[1][0].lower() in ABIS)


def columns_shifted(fields: list[Field]) -> bool:
    """Whether the ABI is missing or glued to the number, so that every later column stands one too far left."""
    if _GLUED.match(fields[0][0]):
        return True
    if len(fields) != 3 or fields[1][0] in ABIS or fields[2][0] in ABIS:
        return False
    return "sys_" in fields[2][0] and _IDENTIFIER.match(fields[1][0]) is not None


def row_text(fields: list[Field], **change: str) -> str:
    """The row as it should be typed, with some columns changed."""
    columns = ("number", "abi", "name", "entry", "compat", "noreturn")
    words = [field[0] for field in fields]
    return "\t".join(change.get(column, word) for column, word in zip(columns, words, strict=False))


def at(field: Field, what: str, because: str, try_: str) -> Fault:
    """A fault that lies in one field of a row."""
    return field[1], len(field[0]), what, because, try_


def short(text: str) -> str:
    """`text`, cut so that a message stays on its line."""
    return text if len(text) <= 40 else text[:37] + "..."


def quoted(text: str) -> str:
    """`text` in quotes, cut."""
    return f"'{short(text)}'"


def number_fault(fields: list[Field], free: int) -> Fault | None:
    """The first column: a plain decimal number that is not too large.  `free` is one to propose."""
    field = fields[0]
    text = field[0]
    if not text.isdigit():
        return _not_decimal(fields, free)
    if text != "0" and text.startswith("0"):
        octal = int(text, 8) if not set(text) & set("89") and len(text) < 20 else None
        reads = f"C would read {text} as octal, which is {octal}" if octal is not None else f"C has no number {text}"
        plain = text.lstrip("0") or "0"
        return at(
            field,
            f"the number {short(text)} starts with a 0",
            f"{reads}, in the headers made of this row",
            row_text(fields, number=short(plain)),
        )
    if len(text) > 4 or int(text) > MAX_NUMBER:
        because = (
            f"every number up to the largest is a slot of 8 bytes in sys_call_table; kshell's ends at {MAX_NUMBER}"
        )
        return at(field, f"the number {short(text)} is too large", because, row_text(fields, number=str(free)))
    return None


def _not_decimal(fields: list[Field], free: int) -> Fault:
    """A first column that is not made of digits."""
    field = fields[0]
    text = field[0]
    if re.fullmatch(r"-\d+", text):
        because = "the number is an index into sys_call_table; " + SKIPPED
        return at(field, f"the number {short(text)} is negative", because, row_text(fields, number=str(free)))
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        because = "the table's numbers are decimal: 4.19's script would hand this one on to C, 6.x's would skip the row"
        value = int(text, 16) if len(text) < 6 else free
        return at(field, f"the number {short(text)} is hexadecimal", because, row_text(fields, number=str(value)))
    glued = _GLUED.match(text)
    if glued:
        because = "columns are parted by blanks or tabs; " + _mangled(text)
        rest = "\t".join(f[0] for f in fields[1:])
        return at(
            field,
            f"no blank between the number {glued[1]} and the ABI {glued[2]}",
            because,
            f"{glued[1]}\t{glued[2]}\t{rest}",
        )
    if text in ABIS and len(fields) > 1 and fields[1][0].isdigit():
        swapped = [fields[1], fields[0], *fields[2:]]
        return at(field, "the ABI stands before the number", "the number comes first; " + SKIPPED, row_text(swapped))
    because = ("a row starts with its number; " + SKIPPED) if not text[0].isdigit() else _mangled(text)
    hint = "a decimal number first, or # in front of a comment"
    return at(field, f"{quoted(text)} is not a number", because, hint)


def _mangled(text: str) -> str:
    """What Linux does with a first column that starts with a digit but is no number."""
    return f"4.19's script would put {quoted(text)} into a C header as it stands; 6.x's would skip the row in silence"


def abi_fault(fields: list[Field]) -> Fault | None:
    """The second column: common, 64 or x32."""
    if len(fields) < 2 or not is_row(fields) or fields[1][0] in ABIS or fields[0][0] in ABIS:
        return None
    if _GLUED.match(fields[0][0]):
        return None  # glued to the number, which has been said
    field = fields[1]
    text = field[0]
    because = _unknown_abi(text)
    if len(fields) > 2 and fields[2][0] in ABIS:
        swapped = [fields[0], fields[2], fields[1], *fields[3:]]
        return at(field, f"the name {quoted(text)} stands where the ABI belongs", because, row_text(swapped))
    if columns_shifted(fields):
        row = f"{fields[0][0]}\tcommon\t{text}\t{fields[2][0]}"
        return at(field, f"the ABI is missing: {quoted(text)} stands in its place", because, row)
    meant = _FOREIGN_ABIS.get(text.lower())
    if meant is None:
        meant = next(iter(did_you_mean(text[:20], ABIS)), None)
    if text.lower() == "i386":
        because = (
            "that ABI has a table of its own, syscall_32.tbl: 4.19's build would break at this row in the compiler,"
            " 6.x's script drops it in silence"
        )
    try_ = f"did you mean {meant}?  {row_text(fields, abi=meant)}" if meant else "common (the usual one), 64 or x32"
    return at(field, f"unknown ABI {quoted(text)}", because, try_)


def _unknown_abi(text: str) -> str:
    """What Linux does with an ABI that it does not know; 6.x looks only at how the word begins, and at its case."""
    if text.lower() in ABIS:
        return "4.19's script takes capitals, 6.x's would drop the row in silence, so the call would answer ENOSYS"
    old = f"4.19's script stops with 'Unknown abi {short(text).upper()}'"
    if text.startswith(("common", "64")):
        return f"{old}; 6.x's looks only at how the word begins and would take it"
    return f"{old}; 6.x's drops the row in silence, so the call would answer ENOSYS after a clean build"


def name_fault(fields: list[Field]) -> Fault | None:
    """The third column: an identifier of C."""
    if len(fields) < 3 or not is_row(fields) or fields[2][0] in ABIS:
        return None
    field = fields[2]
    text = field[0]
    inside = text.find("__x64_sys_")
    if inside > 0:
        because = (
            "with the two run together the row has no entry, so Linux would leave sys_ni_syscall in the slot (ENOSYS)"
        )
        row = row_text([*fields[:2], (text[:inside], 0), (text[inside:], 0)])
        return at(field, "no blank between the name and the entry", because, row)
    if inside == 0:
        because = "the name gives user programs their __NR_name; the function's name belongs in the next column"
        row = row_text([*fields[:2], (text[10:] or "NAME", 0), field])
        return at(field, "the entry stands where the name belongs", because, row)
    if _IDENTIFIER.match(text):
        return None
    because = "a macro __NR_name is made of it, so it must be letters, digits and _, not starting with a digit"
    clean = re.sub(r"\W", "_", text).strip("_")
    try_ = row_text(fields, name=clean) if _IDENTIFIER.match(clean) else "letters, digits and _"
    return at(field, f"{quoted(text)} cannot be the name of a call", because, try_)


def range_faults(fields: list[Field]) -> list[Fault]:
    """x32 has the numbers 512 to 547 to itself."""
    number, abi = fields[0], fields[1][0]
    if not number[0].isdigit() or len(number[0]) > 4 or abi not in ABIS:
        return []
    inside = X32_FIRST <= int(number[0]) <= X32_LAST
    if inside is (abi == "x32"):
        return []
    if inside:
        because = f"{X32_FIRST} to {X32_LAST} belong to x32, whose calls of these numbers would share the slot"
        try_ = f"a number below {X32_FIRST}, or from {X32_LAST + 1} up"
        return [at(number, f"number {number[0]} is x32's, but the row says {abi}", because, try_)]
    because = f"calls of x32 alone have the numbers {X32_FIRST} to {X32_LAST} and no others; Linux takes no new ones"
    try_ = f"{row_text(fields, abi='common')} (for every 64-bit program)"
    return [at(number, f"number {number[0]} is not one of x32's", because, try_)]


def entry_faults(fields: list[Field]) -> list[Fault]:
    """The columns from the fourth on: entry, compat entry, noreturn."""
    faults = []
    entry = fields[3] if len(fields) > 3 else None
    compat = fields[4] if len(fields) > 4 else None
    last = fields[5] if len(fields) == 6 else None
    if entry is not None and not _IDENTIFIER.match(entry[0].removesuffix("/ptregs")):
        because = "the entry is the name of a function; only /ptregs may follow it"
        if entry[0] == "-":
            because = "a call without a function has no entry at all; - stands only for a missing compat entry"
        function = re.match(r"[A-Za-z_]\w*", entry[0])
        try_ = row_text(fields, entry=function[0]) if function else row_text(fields[:3])
        faults.append(at(entry, f"{quoted(entry[0])} cannot be an entry", because, try_))
    if compat is not None:
        faults += _compat(fields, compat)
    if last is not None and last[0] != "noreturn":
        because = "the sixth column may only say noreturn (for exit and exit_group); 6.x's script stops there"
        faults.append(at(last, f"{quoted(last[0])} in the last column", because, row_text(fields[:5])))
    return faults


def _compat(fields: list[Field], compat: Field) -> list[Fault]:
    """The fifth column: what 32-bit programs call, or -."""
    text = compat[0]
    if text.startswith("__x64_"):
        because = f"a blank splits the name {quoted(fields[2][0])} {quoted(fields[3][0])} in two"
        joined = [*fields[:2], (f"{fields[2][0]}_{fields[3][0]}", 0), compat]
        return [at(compat, f"{quoted(text)} is an entry, but this is the compat column", because, row_text(joined))]
    if text == "noreturn":
        because = "noreturn is the sixth column: here it would be a compat entry of that name"
        row = row_text([*fields[:4], ("-", 0), compat])
        return [at(compat, "noreturn stands in the compat column", because, row)]
    if text == "-" or _IDENTIFIER.match(text):
        return []
    because = "it is the name of a function, or - for none"
    return [at(compat, f"{quoted(text)} cannot be a compat entry", because, row_text(fields[:4]))]
