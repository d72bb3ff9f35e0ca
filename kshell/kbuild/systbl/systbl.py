"""SYSTBL: what Linux's own scripts, and then the C compiler, make of syscall_64.tbl.

Each release has its way.  4.19 sorts the lines that start with a digit, stops at an ABI it does not know, and lets
the later of two rows have a number; its rows name the function.  6.19 takes the rows of the ABIs common and 64 as
they stand, passes over all others without a word, and stops where a number does not exceed the one before; its rows
are spelt ``sys_x``, and the header adds ``__x64_``.  `generate` does the same, and adds notes of kshell's own where
the real tools let a mistake through.

C counterparts: arch/x86/entry/syscalls/syscalltbl.sh (4.19), scripts/syscalltbl.sh (6.19), syscall_64.c.
"""

from __future__ import annotations

import re
from itertools import pairwise

from kshell.abi.problem import line_excerpt
from kshell.abi.syscall_rows import MAX_NUMBER
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.systbl.row_in_c import c_integer, number_fault, shown, symbol_fault
from kshell.kbuild.systbl.table_notes import notes
from kshell.kbuild.systbl.table_row import SystblResult, TableRow
from kshell.kbuild.tree.tree_paths import GENERATED, TABLE

HEADER = f"./{GENERATED}"
NI_SYSCALL = {"4.19": "sys_ni_syscall", "6.19": "__x64_sys_ni_syscall"}

_BLANKS = re.compile("[ \t]+")
_DIGITS = re.compile("[0-9]+")
_TAKEN = re.compile(r"[0-9]+[ \t\v\f\r]+(?:common|64)")
_KEY = re.compile(r"0*([0-9]*)(?:\.([0-9]*))?")


class _Line:
    """A line that the script takes: its number in the file, its text, and its fields as the shell's `read` has them."""

    __slots__ = ("fields", "number", "text")

    def __init__(self, number: int, text: str, count: int) -> None:
        self.number, self.text = number, text
        fields = _BLANKS.split(text.strip(" \t"), count - 1)
        self.fields = fields + [""] * (count - len(fields))

    def column(self, field: int) -> int:
        """Where a field starts, from 1."""
        starts = [match.start() + 1 for match in re.finditer("[^ \t]+", self.text)]
        return starts[min(field, len(starts) - 1)]


def generate(text: str, profile_name: str, filename: str = TABLE, before: str = "") -> SystblResult:
    """Build the table of a tree.  `text` may be anything; every mistake in it is a message, none an exception.

    `before` is the table as it was when the tree was new: of two rows that do not go together, the one that is not
    in it is to blame.
    """
    result = SystblResult()
    lines = text.split("\n")
    _generate_4_19(lines, filename, result) if profile_name == "4.19" else _generate_6_19(
        lines, filename, result, set(before.split("\n"))
    )
    result.notes = notes(text, profile_name, filename, result)
    return result


def sort_key(line: str) -> tuple[int, str, str, bytes]:
    """The order of ``sort -n`` in the C locale: by the number in front, then by the bytes of the line."""
    match = _KEY.match(line)
    assert match is not None  # it can match nothing at all
    return len(match[1]), match[1], (match[2] or "").rstrip("0"), line.encode("utf-8", "surrogatepass")


def _generate_4_19(lines: list[str], filename: str, result: SystblResult) -> None:
    taken = [_Line(number, text, 5) for number, text in enumerate(lines, 1) if _DIGITS.match(text)]
    result.taken = {line.number for line in taken}
    header: list[str] = []
    slots: dict[int, TableRow] = {}
    for line in sorted(taken, key=lambda line: sort_key(line.text)):
        number, abi, name, entry, compat = line.fields
        kind = abi.encode("utf-8", "surrogatepass").upper().decode("utf-8", "surrogatepass")
        if kind not in ("COMMON", "64", "X32", "I386"):
            result.fail(line.number, _script_error(line, 1, f"Unknown abi {shown(kind)}", filename))
            return
        if kind != "I386" and compat:
            what = "a compat entry for a 64-bit syscall makes no sense"
            result.fail(line.number, _script_error(line, 4, what, filename))
            return
        symbol, _, qualifier = entry.partition("/")
        macro = f"__SYSCALL_{'I386' if kind == 'I386' else '64'}({number}, {symbol}, {qualifier})"
        row = _row(line, number, abi, name, symbol.rstrip("\r"), symbol.rstrip("\r"), "4.19")
        if kind in ("COMMON", "64"):
            if symbol.rstrip("\r") or qualifier:
                first = len(header) + 1 + symbol.startswith("__x64_sys")
                header += _with_uml(macro, symbol)
                _compile_4_19(line, row, macro, first, result)
            _take(slots, row, result)
        elif kind == "X32":
            header += ["#ifdef CONFIG_X86_X32_ABI", *_with_uml(macro, symbol), "#endif"]
        elif entry:
            header.append(macro)
            what = "expected declaration specifiers or '...' before numeric constant"
            result.fail(line.number, _header_error(line, what, len(header), macro, macro.index("(") + 2))
    result.header = "".join(line + "\n" for line in header)
    _finish(slots, result)


def _with_uml(macro: str, symbol: str) -> list[str]:
    """The lines that 4.19's script writes for a row: a name with __x64_ is for x86 alone."""
    if not symbol.startswith("__x64_sys"):
        return [macro]
    return ["#ifdef CONFIG_X86", macro, "#else /* CONFIG_UML */", macro.replace("__x64_sys", "sys", 1), "#endif"]


def _compile_4_19(line: _Line, row: TableRow | None, macro: str, at: int, result: SystblResult) -> None:
    """What the compiler says where syscall_64.c includes the line `macro`, line `at` of the header."""
    number, symbol = line.fields[0], line.fields[3].partition("/")[0].rstrip("\r")
    fault = number_fault(number) or symbol_fault(symbol)
    if fault is not None:
        column = macro.index("(") + 2 + (0 if number_fault(number) else len(number) + 2)
        result.fail(line.number, _header_error(line, fault[0], at, macro, column + fault[1]))
    elif row is None:
        result.fail(line.number, _too_large(line, number))


def _generate_6_19(lines: list[str], filename: str, result: SystblResult, known: set[str]) -> None:
    taken = [_Line(number, text, 6) for number, text in enumerate(lines, 1) if _TAKEN.match(text)]
    result.taken = {line.number for line in taken}
    header: list[str] = []
    slots: dict[int, TableRow] = {}
    following = 0  # the script's nxt
    for line in taken:
        number, abi, name, native, compat, noreturn = line.fields
        if not _DIGITS.fullmatch(number):  # a carriage return or the like behind it, which grep takes for a blank
            result.fail(line.number, _script_error(line, 0, f"Illegal number: {shown(number)}", filename))
            return
        decimal = int(number) if len(number) <= 9 else MAX_NUMBER + 1
        if following > decimal:
            what = f"error: {filename}: syscall table is not sorted or duplicates the same syscall number"
            blamed = _out_of_place(taken, line, decimal, known)
            result.blamed[line.number] = blamed.number
            result.fail(blamed.number, _script_error(blamed, 0, what, filename))
            return
        if decimal > MAX_NUMBER:
            result.fail(line.number, _too_large(line, number))
            return
        header += [f"__SYSCALL({nr}, sys_ni_syscall)" for nr in range(following, decimal)]
        if noreturn not in ("", "noreturn"):
            what = f"error: {filename}: invalid string \"{shown(noreturn)}\" in 'noreturn' column"
            result.fail(line.number, _script_error(line, 5, what, filename))
            return
        compat = "" if compat == "-" else compat
        macro = "__SYSCALL" + ("_COMPAT" * bool(compat and noreturn) + "_NORETURN" * bool(noreturn))
        macro += "_WITH_COMPAT" * bool(compat and not noreturn)
        native = native or "sys_ni_syscall" * (macro == "__SYSCALL")
        header.append(f"{macro}({number}, {native}{', ' + compat if compat else ''})")
        symbol = native.rstrip("\r")
        row = _row(line, number, abi, name, line.fields[3].rstrip("\r"), "__x64_" + symbol, "6.19")
        _compile_6_19(line, row, header, symbol, result)
        _take(slots, row, result)
        following = decimal + 1
    result.header = "".join(line + "\n" for line in header)
    _finish(slots, result)


def _out_of_place(taken: list[_Line], line: _Line, number: int, known: set[str]) -> _Line:
    """Which row to blame where `line` has too small a number: itself, or, where the tree came with it, the last row
    above it that is new and has no smaller one."""
    if line.text not in known:
        return line
    above = (each for each in reversed(taken) if each.number < line.number and each.text not in known)
    return next((each for each in above if each.fields[0].isdigit() and int(each.fields[0]) >= number), line)


def _compile_6_19(line: _Line, row: TableRow | None, header: list[str], symbol: str, result: SystblResult) -> None:
    """What the compiler says where syscall_64.c includes the last line of the header."""
    number, macro, at = line.fields[0], header[-1], len(header)
    column = macro.index("(") + 2
    if number != "0" and number.startswith("0"):
        fault = number_fault(number)
        what = fault[0] if fault else "duplicate case value"
        if fault or int(number, 8) != int(number):
            result.fail(line.number, _header_error(line, what, at, macro, column if fault else 1))
            return
    if symbol and not re.match(r"[\w$]", symbol, re.ASCII):
        what = f'pasting "__x64_" and "{shown(symbol[0])}" does not give a valid preprocessing token'
        result.fail(line.number, _header_error(line, what, at, macro, column + len(number) + 2))
        return
    rest = symbol_fault("__x64_" + symbol)
    if rest is not None:
        column += len(number) + 2 + max(rest[1] - 6, 0)
        result.fail(line.number, _header_error(line, rest[0], at, macro, column))
    elif row is None:
        result.fail(line.number, _too_large(line, number))


def _row(line: _Line, number: str, abi: str, name: str, entry: str, symbol: str, profile: str) -> TableRow | None:
    """The row, with its number as C reads it; None where C cannot, or it is too large for kshell."""
    value = c_integer(number)
    if value is None or value > MAX_NUMBER:
        return None
    if not entry:
        symbol = NI_SYSCALL[profile]
    return TableRow(value, abi, name.rstrip("\r"), entry or None, symbol, line.number, line.column(3))


def _take(slots: dict[int, TableRow], row: TableRow | None, result: SystblResult) -> None:
    """Put a row into its slot: a later one replaces it, but a row without an entry says nothing to the compiler."""
    if row is None:
        return
    other = slots.get(row.nr)
    if other is None:
        slots[row.nr] = row
    elif row.entry is None:
        result.lost.append((row, other))
    else:
        slots[row.nr] = row
        result.lost.append((other, row))


def _finish(slots: dict[int, TableRow], result: SystblResult) -> None:
    result.rows = [slots[nr] for nr in sorted(slots)]
    assert all(one.nr < two.nr for one, two in pairwise(result.rows))


def _script_error(line: _Line, field: int, what: str, filename: str) -> BuildMessage:
    """The script's own words: it names no place, so the row is shown under it."""
    column = line.column(field)
    width = len(line.fields[field]) or 1
    under = line_excerpt(line.text, line.number, column, width)
    return BuildMessage(ERROR, what, filename, line.number, column, under, verbatim=True)


def _header_error(line: _Line, what: str, at: int, macro: str, column: int) -> BuildMessage:
    """gcc's words, which name a place in the header that the script made."""
    because = f"line {at} of that header is made of line {line.number} of syscall_64.tbl: {shown(line.text.strip())}"
    return BuildMessage(ERROR, what, HEADER, at, column, line_excerpt(macro, at, column), because)


def _too_large(line: _Line, number: str) -> BuildMessage:
    """kshell's own limit; Linux sets none."""
    because = f"Linux sets no limit, but each number up to the largest is a slot; kshell's table ends at {MAX_NUMBER}"
    under = line_excerpt(line.text, line.number, 1, len(number))
    return BuildMessage(ERROR, f"the number {shown(number)} is too large", TABLE, line.number, 1, under, because)
