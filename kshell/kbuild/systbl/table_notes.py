"""What kshell says about syscall_64.tbl beside the real tools: why an error is one, and what went through unseen.

The table's parser (`kshell.abi.syscall_tbl`) finds the mistakes; here each is told as it stands in one release: an
error of the build gets its because and try, a mistake that the build swallows becomes a note.
"""

from __future__ import annotations

from kshell.abi import syscall_tbl
from kshell.abi.problem import line_excerpt
from kshell.abi.syscall_rows import X32_FIRST, X32_LAST, SyscallTable, TblError, read_row
from kshell.kbuild.messages import NOTE, BuildMessage
from kshell.kbuild.systbl.foreign_table import foreign_abis, what_it_is
from kshell.kbuild.systbl.table_row import SCRIPTS, SystblResult, TableRow

MOST = 20  # notes on one table
LINES = 20_000  # of a table that are looked at; a real one has some 400
_PREFIX = "__x64_"


class _Notes:
    """The notes on one table: `free` is the number to propose for a new call."""

    __slots__ = ("count", "filename", "found", "free", "lines", "lost", "profile", "result", "table")

    def __init__(self, text: str, profile: str, filename: str, result: SystblResult) -> None:
        self.lines, self.profile, self.filename, self.result = text.split("\n"), profile, filename, result
        self.table: SyscallTable = syscall_tbl.parse("\n".join(self.lines[:LINES]), filename)
        last = max(self.table.last_common(), max((row.nr for row in result.rows if row.nr < X32_FIRST), default=-1))
        self.free = last + 1 if last + 1 < X32_FIRST else X32_LAST + 1
        self.found: list[BuildMessage] = []
        self.count = 0
        self.lost = {row.line for pair in result.lost for row in pair}

    def add(self, line: int, column: int, width: int, what: str, because: str, try_: str) -> None:
        """A note on a place in the table; past a hundred nobody reads them."""
        self.count += 1
        if self.count > 5 * MOST:
            return
        shown = line_excerpt(self.lines[line - 1], line, column, width)
        self.found.append(BuildMessage(NOTE, what, self.filename, line, column, shown, because, try_))

    def row(self, row: TableRow, number: int | None = None, entry: str | None = None) -> str:
        """A row as it should be typed, with another number or entry."""
        function = entry or row.entry or (_PREFIX * (self.profile == "4.19") + "sys_" + row.name)
        return f"{row.nr if number is None else number}\t{row.abi}\t{row.name}\t{function}"


def notes(text: str, profile: str, filename: str, result: SystblResult) -> list[BuildMessage]:
    """The notes on a table, in the order of its lines; the errors in `result` get their because and try."""
    abis = foreign_abis(text)
    if abis:
        what, because = what_it_is(abis)
        del result.errors[1:]
        try_ = "tree new DIR  (has the right one)"
        for stopped in result.errors:
            stopped.because, stopped.try_ = f"this is {what}: {because}", try_
        return [BuildMessage(NOTE, f"this is {what}", filename, 0, 0, (), because, try_)]
    made = _Notes(text, profile, filename, result)
    explained: set[int] = set()
    for error in made.table.errors:
        message = result.failed.get(result.blamed.get(error.line, error.line))
        if message is None:
            _slipped_through(made, error)
        elif message.line not in explained and error.line not in explained:
            explained |= {error.line, result.blamed.get(error.line, error.line)}
            if "is too large" not in message.text:
                message.because = _join(message.because, _why_failed(made, error, message))
            message.try_ = message.try_ or _try(made, error)
    for line, message in result.failed.items():
        if line not in explained:
            _explain_failure(made, line, message)
    for loser, winner in result.lost:
        _number_lost(made, loser, winner)
    for row in result.rows:
        if row.nr == 335 and profile == "6.19" and row.name != "uretprobe":
            because = "since Linux 6.11 the kernel's own trampoline calls 335 by number; take another for a new call"
            made.add(row.line, 1, 3, "335 is uretprobe's number", because, made.row(row, made.free))
    _without_entry(made)
    _line_ends(made)
    if not result.rows and not result.errors and not made.found:
        because = "no line of it begins with a number, so every call of this kernel answers -ENOSYS"
        made.found.append(
            BuildMessage(NOTE, "the table has no rows", filename, 0, 0, (), because, "diff  (shows what was in it)")
        )
    found = sorted(made.found, key=lambda note: (note.line, note.column))
    if made.count > MOST:
        more = BuildMessage(NOTE, f"{made.count - MOST} more like these", filename, found[MOST].line)
        found[MOST:] = [more]
    return found


def _join(first: str, second: str) -> str:
    return f"{first}; {second}" if first and second else first or second


def _typed(fields: list[str]) -> str:
    """A row to be typed instead; what a terminal could take for a command is U+FFFD."""
    return "\t".join("".join(c if c.isprintable() else "\ufffd" for c in field) for field in fields)


def _is_taken(error: TblError) -> bool:
    """Whether the error is about a number that two rows have."""
    return error.what.startswith("number ") and error.what.endswith(" is taken")


def _is_x32(error: TblError) -> bool:
    return " is x32's, but " in error.what


def _try(made: _Notes, error: TblError) -> str:
    """What to type instead; where that is another number, one that is free."""
    if _is_taken(error) or _is_x32(error):
        fields = made.lines[made.result.blamed.get(error.line, error.line) - 1].split()
        return _typed([str(made.free), *fields[1:]])
    return error.try_


def _speaks_of_releases(error: TblError) -> bool:
    """Whether the parser's because tells what several releases do: here only one of them matters."""
    return "4.19" in error.because or "6.x" in error.because


def _why_failed(made: _Notes, error: TblError, message: BuildMessage) -> str:
    """The because of a line that stopped the build."""
    if _is_taken(error):
        other = made.table.by_number.get(int(error.text.split()[0]))
        if made.result.blamed.get(error.line, error.line) != error.line:
            other = read_row(error.text.rstrip("\r"), error.line)
        if other is None:
            return "two rows have that number"
        if other.number == 335 and other.name == "uretprobe":
            return f"line {other.line} has 335 for uretprobe: the number was free up to Linux 6.10"
        return f"line {other.line} has {other.number} for {other.name}"
    if not _speaks_of_releases(error):
        return f"{error.what}: {error.because}"
    stops = f"; the script ({SCRIPTS[made.profile]}) stops there" if message.verbatim else ""
    return error.what + stops


def _explain_failure(made: _Notes, line: int, message: BuildMessage) -> None:
    """The because and try of a build error in a line where the parser finds nothing wrong."""
    text = made.lines[line - 1]
    row = text.partition("#")[0].strip()
    if "not sorted or duplicates" in message.text:
        message.because = (
            "this script takes the rows as they stand, so each number must be larger than the one above it"
        )
        message.try_ = "move the row to its place by number, above the first row with a larger one"
    elif text.endswith("\r") and "column" in message.text:
        message.because = "the line ends with CR LF, and to the script the CR is part of the last word"
        message.try_ = _outside(made, "s/\\r$//")
    elif "#" in text:
        message.because = _join(
            message.because, "the script knows comments only at the start of a line: # is a field here"
        )
        message.try_ = _typed(row.split()) + "  (the comment on a line of its own)"
    elif "compat entry" in message.text:
        message.because = "a row of 64-bit calls has at most four columns here: number, ABI, name, entry"
        message.try_ = _typed(text.split()[:4])
    elif "/" in (text.split() + [""] * 4)[3] and "token" in message.text:
        message.try_ = _typed(text.replace("/", " ").split()[:4]) + "  (without what stands behind the /)"
    elif not message.try_:
        message.try_ = f"number, ABI, name and entry, parted by tabs: {made.free}\tcommon\tNAME\t" + (
            "__x64_sys_NAME" if made.profile == "4.19" else "sys_NAME"
        )
    if "'noreturn' column" in message.text:
        message.because += "; Linux's script writes this message into the header it makes, so make shows only Error 1"


def _slipped_through(made: _Notes, error: TblError) -> None:
    """A note on a mistake that the build does not stop at."""
    if _is_taken(error) and error.line in made.lost:
        return
    if not error.text.split() and error.line not in made.result.taken:
        return
    because = error.because
    if _is_x32(error):
        because += "; this kernel is built without CONFIG_X86_X32, so the call works here"
    elif _speaks_of_releases(error):
        because = _what_became(made, error)
    made.add(error.line, error.column, error.width, error.what, because, _try(made, error))


def _what_became(made: _Notes, error: TblError) -> str:
    """What this release made of a line with a mistake in it."""
    if error.line not in made.result.taken:
        rule = (
            "only lines that start with a digit"
            if made.profile == "4.19"
            else "only lines that start with a number, a blank and the ABI common or 64"
        )
        return f"{SCRIPTS[made.profile]} takes {rule} and passes over the others in silence: the call answers -ENOSYS"
    if made.result.errors:
        return "the build stopped before it came to this row"
    if "hexadecimal" in error.what:
        return "C reads it as that number, so the row is in the table; all others are decimal"
    if error.what.startswith("unknown ABI"):
        if made.profile == "4.19":
            return "the script makes capitals of it first, so the row is in the table; all others are written small"
        return "the script looks only at how the word begins, so the row is in the table"
    return "the script takes the row as it stands"


def _number_lost(made: _Notes, loser: TableRow, winner: TableRow) -> None:
    """4.19: two rows with one number, of which one is gone."""
    last = max(loser, winner, key=lambda row: row.line)
    other = loser if last is winner else winner
    what = f"number {winner.nr} is taken: line {other.line} has it for {other.name}"
    if loser.name == winner.name and loser.symbol == winner.symbol:
        made.add(
            last.line,
            1,
            len(str(last.nr)),
            what,
            "the row stands twice, and nothing checks that",
            "take one of the two rows out",
        )
        return
    order = "sorts later" if loser.entry is not None else "has an entry"
    because = (
        f"nothing checks for that, and the row that {order} wins: {winner.nr} is {winner.name}, {loser.name} is gone"
    )
    made.add(last.line, 1, len(str(last.nr)), what, because, made.row(last, made.free))


def _without_entry(made: _Notes) -> None:
    """A new row without a function: the number is taken, and nothing is behind it."""
    bare = [row for row in made.result.rows if row.entry is None]
    if not bare:
        return
    known = syscall_tbl.load(made.profile).by_name
    told = {error.line for error in made.table.errors}
    for row in bare:
        if row.line not in told and (row.name not in known or known[row.name].entry is not None):
            because = f"without a fourth column the slot holds {row.symbol}, so the call answers -ENOSYS"
            name, glue, _ = row.name.partition("sys_")
            right = f"{row.nr}\t{row.abi}\t{name}\tsys_{name}" if name and glue else made.row(row)
            made.add(row.line, row.symbol_column, len(row.name), f"{row.name} has no entry", because, right)


def _line_ends(made: _Notes) -> None:
    """CR LF, and a byte-order mark before a row."""
    count = sum(line.endswith("\r") for line in made.lines)
    first = next((at for at, line in enumerate(made.lines, 1) if line.endswith("\r")), 0)
    if count and not any("\r" in made.lines[line - 1] for line in made.result.failed):
        because = "the compiler takes the CR for a blank, so it does no harm in these rows; not every script is as kind"
        what = f"CR LF at the end of {'a line' if count == 1 else f'{count} lines'}"
        made.add(first, len(made.lines[first - 1]), 1, what, because, _outside(made, "s/\\r$//"))
    if made.lines[0][:1] == "\ufeff" and made.lines[0][1:2].isdigit():
        because = "the mark in front of the number hides it: the script takes only lines that start with a digit"
        made.add(1, 1, 1, "a byte-order mark before the first row", because, _outside(made, "1s/^.//"))


def _outside(made: _Notes, script: str) -> str:
    """What takes characters out that an editor does not show; kshell has no sed."""
    return f"outside kshell: sed -i '{script}' {made.filename}"
