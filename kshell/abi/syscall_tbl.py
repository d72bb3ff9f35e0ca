"""syscall_64.tbl: which number is which system call.

A row of the table is ``number abi name [entry [compat [noreturn]]]``, the columns parted by any mix of blanks and
tabs.  `parse` reads such a file in all the forms that Linux 4.19 to 6.19 have, and finds every mistake in it at
once; it never raises.  What is wrong with a bad line is worked out in :mod:`kshell.abi.tbl_diagnosis`, which is
loaded only when there is one.

C counterpart: arch/x86/entry/syscalls/syscall_64.tbl and the scripts that turn it into headers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

ABIS = ("common", "64", "x32")
X32_FIRST, X32_LAST = 512, 547
MAX_NUMBER = 4095
"""The largest number a row may have.  Linux sets no limit; here the table is to stay within eight pages."""

_ABIS = frozenset(ABIS)
_CPP = ("if", "el", "en", "de", "un", "in")  # how a preprocessor word after `#` begins
TABLES = ("4.19", "course", "6.19")


class Row:
    """One system call: its `number`, `abi`, `name`, `entry` (None: sys_ni_syscall), `compat`, `noreturn`, `line`.

    `entry` is as written; `symbol` is it without a trailing ``/ptregs``, and `ptregs` says whether that was there.
    Rows are equal when they say the same, on whatever line.
    """

    __slots__ = ("abi", "compat", "entry", "line", "name", "noreturn", "number", "ptregs", "symbol")

    def __init__(
        self,
        number: int,
        abi: str,
        name: str,
        entry: str | None = None,
        compat: str | None = None,
        noreturn: bool = False,
        line: int = 0,
    ) -> None:
        self.number, self.abi, self.name, self.entry = number, abi, name, entry
        self.compat, self.noreturn, self.line = compat, noreturn, line
        self.ptregs = entry is not None and entry.endswith("/ptregs")
        self.symbol = entry[:-7] if entry is not None and self.ptregs else entry

    def fields(self) -> tuple[int, str, str, str | None, str | None, bool]:
        """What the row says, in the order of its columns."""
        return self.number, self.abi, self.name, self.entry, self.compat, self.noreturn

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.fields() == other.fields()

    def __hash__(self) -> int:
        return hash(self.fields())

    def __repr__(self) -> str:
        return f"Row{self.fields()}"


class TblError:
    """One mistake in a table: where (`line` and `column` from 1, `width` characters of `text`), and the three parts.

    `what` is wrong, `because` says why it matters (and what Linux itself would do), `try_` what to write instead.
    """

    __slots__ = ("because", "column", "file", "line", "text", "try_", "what", "width")

    def __init__(
        self, file: str, line: int, column: int, width: int, text: str, what: str, because: str, try_: str
    ) -> None:
        self.file, self.line, self.column, self.width, self.text = file, line, column, width, text
        self.what, self.because, self.try_ = what, because, try_

    def text_line(self) -> str:
        """The line, fit for a terminal: every character that cannot be shown is U+FFFD; a long line is cut."""
        start, end = self._window()
        return "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in self.text[start:end])

    def caret_line(self) -> str:
        """What to print under `text_line`, after the same indent: carets under the field (tabs stay tabs)."""
        from unicodedata import east_asian_width

        start, end = self._window()
        before = (
            c if c == "\t" else "  " if east_asian_width(c) in "WF" else " " for c in self.text[start : self.column - 1]
        )
        return "".join(before) + "^" * max(1, min(self.width, end - self.column + 1))

    def _window(self) -> tuple[int, int]:
        """The part of a long line that is shown: some 160 characters around the column."""
        if len(self.text) <= 200:
            return 0, len(self.text)
        start = max(0, self.column - 80)
        return start, start + 160

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.what}\n"
            f"    {self.text_line()}\n    {self.caret_line()}\n"
            f"  because: {self.because}\n  try: {self.try_}"
        )

    def __repr__(self) -> str:
        return f"TblError({self.file}:{self.line}:{self.column}: {self.what})"


class Table:
    """What `parse` found: the good `rows` in the order of the file, and the `errors` sorted by place.

    `by_number` finds any row (x32 numbers are apart from the others); `by_name` finds the rows that ordinary
    64-bit programs use (common and 64), `x32_by_name` those of x32 (common and x32).
    """

    __slots__ = ("by_name", "by_number", "errors", "filename", "rows", "x32_by_name")

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.rows: list[Row] = []
        self.errors: list[TblError] = []
        self.by_number: dict[int, Row] = {}
        self.by_name: dict[str, Row] = {}
        self.x32_by_name: dict[str, Row] = {}

    def last_common(self) -> int:
        """The largest number below the x32 block; -1 for a table without one."""
        return max((number for number in self.by_number if number < X32_FIRST), default=-1)

    def holes(self) -> list[int]:
        """The numbers without a row between 0 and `last_common`."""
        return [number for number in range(self.last_common()) if number not in self.by_number]

    def add(self, row: Row) -> Row | None:
        """Take the row in; or leave it and return the earlier one that has its number or its name."""
        other = self.by_number.get(row.number)
        if other is None and row.abi != "x32":
            other = self.by_name.get(row.name)
        if other is None and row.abi != "64":
            other = self.x32_by_name.get(row.name)
        if other is not None:
            return other
        self.rows.append(row)
        self.by_number[row.number] = row
        if row.abi != "x32":
            self.by_name[row.name] = row
        if row.abi != "64":
            self.x32_by_name[row.name] = row
        return None


def parse(text: str, filename: str = "syscall_64.tbl") -> Table:
    """Read a table.  Any text is allowed; every mistake in it becomes an error of the result, none an exception.

    Line ends may be LF or CRLF, the last may be missing, a byte-order mark may come first.
    """
    table = Table(filename)
    odd: list[tuple[int, str]] = []
    clashes: list[tuple[Row, Row, str]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if line.endswith("\r"):
            line = line[:-1]
        if line.startswith("#") and line[1:].lstrip()[:2] not in _CPP:
            continue
        row = read_row(line, number)
        if row is None:
            if line and not line.isspace():
                odd.append((number, line))
            continue
        other = table.add(row)
        if other is not None:
            clashes.append((row, other, line))
    if odd or clashes:
        from kshell.abi.tbl_diagnosis import diagnose

        diagnose(table, odd, clashes)
    return table


def from_rows(rows: Iterable[Row], filename: str = "syscall_64.tbl") -> Table:
    """The table that a build made: where two rows have one number the later wins, a row for x32 never."""
    table = Table(filename)
    for row in rows:
        table.rows.append(row)
        if row.abi != "x32":
            table.by_name[row.name] = row
        if row.abi != "64":
            table.x32_by_name[row.name] = row
        other = table.by_number.get(row.number)
        if other is None or row.abi != "x32":
            table.by_number[row.number] = row
    return table


def read_row(line: str, number: int) -> Row | None:
    """The row that a well-formed line (without trailing comment) holds; None for every other line."""
    plain = line.replace("\t", " ")
    if not (plain.isascii() and plain.isprintable()) or plain[:1] == " ":
        return None
    field = plain.split()
    count = len(field)
    if not 3 <= count <= 6:
        return None
    nr, abi, name = field[:3]
    if not nr.isdigit() or len(nr) > 4 or (nr[0] == "0" and nr != "0") or abi not in _ABIS:
        return None
    value = int(nr)
    if value > MAX_NUMBER or (X32_FIRST <= value <= X32_LAST) is not (abi == "x32"):
        return None
    if not name.isidentifier() or "__x64_sys_" in name:
        return None
    if count == 3:
        return Row(value, abi, name, None, None, False, number)
    entry, compat = field[3], field[4] if count > 4 else "-"
    if not entry.removesuffix("/ptregs").isidentifier():
        return None
    if compat != "-" and (not compat.isidentifier() or compat.startswith("__x64_") or compat == "noreturn"):
        return None
    if count == 6 and field[5] != "noreturn":
        return None
    return Row(value, abi, name, entry, None if compat == "-" else compat, count == 6, number)


def format_rows(rows: Iterable[Row]) -> str:
    """The rows as the text of a table, columns aligned with tabs of eight; `parse` of it gives equal rows."""
    lines = []
    for row in rows:
        text = f"{row.number}\t{row.abi}\t{row.name}"
        if row.entry is not None:
            text += _tabs(row.name, 24) + row.entry
            if row.compat is not None or row.noreturn:
                text += _tabs(row.entry, 32) + (row.compat or "-")
            if row.noreturn:
                text += _tabs(row.compat or "-", 24) + "noreturn"
        lines.append(text + "\n")
    return "".join(lines)


def _tabs(before: str, width: int) -> str:
    """The tabs that bring a column which holds `before` to `width`; at least one."""
    return "\t" * max(1, (width - len(before) + 7) // 8)


def misspelt(rows: Iterable[Row], with_prefix: bool) -> list[Row]:
    """The rows whose entry is spelt for another release.

    `with_prefix`: ``__x64_sys_x`` as up to 5.6, else ``sys_x`` as since 5.7, where the build adds the prefix itself.
    """
    foreign = ("sys_", "compat_sys_") if with_prefix else ("__x64_", "__x32_")
    return [row for row in rows if row.entry is not None and row.entry.startswith(foreign)]


def decode(data: bytes) -> str:
    """The text of a table file, UTF-8 or UTF-16 with its mark; what is no text becomes U+FFFD, an error for `parse`."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace")


def table_path(profile: str) -> str:
    """The file of one of the tables that come with kshell: profile "4.19", "course" or "6.19"."""
    if profile not in TABLES:
        raise ValueError(f"no table for {profile!r}: there are {', '.join(TABLES)}")
    return os.path.join(os.path.dirname(__file__), "tables", f"syscall_64.{profile}.tbl")


def load(profile: str) -> Table:
    """Read one of the tables that come with kshell."""
    path = table_path(profile)
    with open(path, encoding="utf-8") as file:
        return parse(file.read(), os.path.basename(path))
