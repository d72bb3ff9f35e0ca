"""What is wrong with a line of syscall_64.tbl that `parse` could not read: the slow and talkative half of the parser.

A line that is no row at all (a pasted editor header, an ``#ifdef``) gets one error; a line that is nearly a row gets
one for each bad field.  `because` says what Linux's own build would make of it, which is often nothing at all: its
scripts take the lines that start with a digit and pass over the others in silence.
"""

from __future__ import annotations

import re

from kshell.abi.syscall_rows import X32_FIRST, Row, SyscallTable, TblError, read_row
from kshell.abi.tbl_columns import (
    SKIPPED,
    Fault,
    Field,
    abi_fault,
    at,
    columns_shifted,
    entry_faults,
    is_row,
    name_fault,
    number_fault,
    range_faults,
    row_text,
)
from kshell.abi.tbl_lines import odd_character, odd_line

_FIELD = re.compile(r"[^ \t]+")
_LAYOUT = "number, ABI, name, then perhaps the entry, a compat entry (or -) and noreturn"


def diagnose(table: SyscallTable, odd: list[tuple[int, str]], clashes: list[tuple[Row, Row, str]]) -> None:
    """Turn the lines that `parse` could not read, and the rows that clash, into the table's errors.

    `odd` holds (line number, line); `clashes` (the later row, the earlier one, the later one's line).  A row that is
    only followed by a comment is taken into the table after all.
    """
    found: list[TblError] = []
    free = table.last_common() + 1
    previous: TblError | None = None  # the error of the line before, if that was no text
    for number, line in odd:
        binary = odd_character(line)
        if binary is not None and previous is not None and binary.garbage:
            previous.width = len(previous.text) - previous.column + 1
            continue
        fields = _fields(line)
        row = read_row(line[: fields[-1][1] - 1 + len(fields[-1][0])], number) if fields else None
        if row is not None:
            other = table.add(row)
            if other is not None:
                clashes.append((row, other, line))
            continue
        faults = [binary.fault] if binary is not None else _faults(line, fields, free)
        errors = [TblError(table.filename, number, *fault[:2], line, *fault[2:]) for fault in faults]
        found += errors
        previous = errors[0] if binary is not None and binary.garbage else None
    free = table.last_common() + 1  # again: rows have been added
    for row, other, line in clashes:
        column, width, what, because, try_ = _clash(row, other, _fields(line), free)
        found.append(TblError(table.filename, row.line, column, width, line, what, because, try_))
    table.rows.sort(key=lambda row: row.line)
    table.errors = sorted(found, key=lambda error: (error.line, error.column))


def _fields(line: str) -> list[Field]:
    """The fields of a line with their columns, up to a comment at its end."""
    fields: list[Field] = []
    for match in _FIELD.finditer(line):
        if match[0].startswith("#"):
            break
        fields.append((match[0], match.start() + 1))
    return fields


def _faults(line: str, fields: list[Field], free: int) -> list[Fault]:
    """Everything that is wrong with a line of printable ASCII."""
    whole = odd_line(line)
    if whole is not None:
        return [whole]
    if not fields:  # a comment behind blanks
        return []
    found = (number_fault(fields, free), _indent(line, fields), _count(line, fields), abi_fault(fields))
    faults = [fault for fault in found if fault is not None]
    if len(fields) >= 3 and not columns_shifted(fields):
        name = name_fault(fields)
        faults += [name] if name is not None else []
        faults += range_faults(fields)
        faults += entry_faults(fields)
    return faults


def _indent(line: str, fields: list[Field]) -> Fault | None:
    if fields[0][1] == 1 or not fields[0][0][0].isdigit():
        return None
    return (
        1,
        fields[0][1] - 1,
        "the row is indented",
        SKIPPED,
        "the row again, from the first column: " + line.strip(" \t"),
    )


def _count(line: str, fields: list[Field]) -> Fault | None:
    """How many columns there are."""
    count = len(fields)
    if not is_row(fields) or 3 <= count <= 6:
        return None
    if count > 6:
        because = f"the columns are {_LAYOUT}; what comes after the sixth has no meaning"
        return at(fields[6], f"{count} fields: a row has at most 6", because, row_text(fields[:4]))
    have = " ".join(field[0] for field in fields)
    because = f"the columns are {_LAYOUT}; with fewer there is no name to make __NR_name from"
    missing = "common\tNAME\t__x64_sys_NAME" if count == 1 else "NAME\t__x64_sys_NAME"
    words = "1 field" if count == 1 else f"{count} fields"
    try_ = have.replace(" ", "\t")[:80] + "\t" + missing
    return len(line.rstrip(" \t")) + 1, 1, f"{words}: a row has at least 3", because, try_


def _clash(row: Row, other: Row, fields: list[Field], free: int) -> Fault:
    """Two rows with one number, or one name in one ABI."""
    if row.number == other.number:
        because = (
            f"line {other.line} has it for {other.name}: 4.19 would silently let the later row win, 6.x stops with"
            " 'syscall table is not sorted or duplicates the same syscall number'"
        )
        number = str(free) if row.abi != "x32" and free < X32_FIRST else ""
        try_ = row_text(fields, number=number) if number else "a number that no row has yet"
        if row.fields() == other.fields():
            try_ = "take one of the two rows out"
        return at(fields[0], f"number {row.number} is taken", because, try_)
    because = (
        f"line {other.line} gives {row.name} the number {other.number}; a program's __NR_{row.name} can be only one"
    )
    return at(
        fields[2], f"a second {row.name} for the same ABI", because, "another name, or take one of the two rows out"
    )
