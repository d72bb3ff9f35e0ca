"""What a syscall_64.tbl holds: its rows, and the mistakes that were found in it."""

from __future__ import annotations

ABIS = ("common", "64", "x32")
X32_FIRST, X32_LAST = 512, 547
MAX_NUMBER = 4095
"""The largest number a row may have.  Linux sets no limit; here the table is to stay within eight pages."""

_ABIS = frozenset(ABIS)


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


class SyscallTable:
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


def read_row(line: str, number: int, abis: frozenset[str] = _ABIS) -> Row | None:
    """The row that a well-formed line (without trailing comment) holds; None for every other line.

    `abis` are those that a row of this table may have.
    """
    plain = line.replace("\t", " ")
    if not (plain.isascii() and plain.isprintable()) or plain[:1] == " ":
        return None
    field = plain.split()
    count = len(field)
    if not 3 <= count <= 6:
        return None
    nr, abi, name = field[:3]
    if not nr.isdigit() or len(nr) > 4 or (nr[0] == "0" and nr != "0") or abi not in abis:
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
