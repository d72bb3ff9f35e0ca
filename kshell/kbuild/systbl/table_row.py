"""What becomes of syscall_64.tbl: the rows of the kernel's table, and all that the script and the compiler said."""

from __future__ import annotations

from typing import NamedTuple

from kshell.kbuild.messages import BuildMessage

SCRIPTS = {"4.19": "arch/x86/entry/syscalls/syscalltbl.sh", "6.19": "scripts/syscalltbl.sh"}
MOST_ERRORS = 20


class TableRow(NamedTuple):
    """A row that is in the kernel's table: `entry` is as written (None: none).

    `symbol` is the function that the linker will look for; where the row has no entry it is the release's
    sys_ni_syscall.  `symbol_column` is where the entry starts in its line.
    """

    nr: int
    abi: str
    name: str
    entry: str | None
    symbol: str
    line: int
    symbol_column: int

    def fields(self) -> list[int | str]:
        """What a vmlinux keeps of the row: number, ABI, name, symbol."""
        return [self.nr, self.abi, self.name, self.symbol]


class SystblResult:
    """What became of a table.

    `rows` fill sys_call_table, sorted by number, each number once; they are of no use when there are `errors`.
    `notes` are kshell's own, on what went through.  `taken` holds the lines that the script took as rows, `failed`
    those that `errors` are about, `lost` the rows that lost their number to a later one: (loser, winner),
    `blamed` for a line at which the script stopped the line that is the reason.  `header`
    is the text of syscalls_64.h.
    """

    def __init__(self) -> None:
        self.rows: list[TableRow] = []
        self.errors: list[BuildMessage] = []
        self.notes: list[BuildMessage] = []
        self.taken: set[int] = set()
        self.failed: dict[int, BuildMessage] = {}
        self.lost: list[tuple[TableRow, TableRow]] = []
        self.blamed: dict[int, int] = {}
        self.header = ""

    def fail(self, line: int, message: BuildMessage) -> None:
        """Note an error that comes of a line of the table; of very many only the first."""
        if len(self.errors) == MOST_ERRORS:
            return
        self.errors.append(message)
        self.failed.setdefault(line, message)
