"""table check: what the build of a kernel makes of a table, shown before there is one."""

from __future__ import annotations

import os
from typing import Any

from kshell.abi.syscall_tbl import decode
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.release import profile_of, release_of
from kshell.kbuild.steps.not_linked import function_finder
from kshell.kbuild.systbl.foreign_table import foreign_abis, foreign_rows, what_it_is
from kshell.kbuild.systbl.table_check import Checked, check_table, own_calls
from kshell.kbuild.systbl.table_row import TableRow
from kshell.kbuild.tree.sources import Sources, read_makefile
from kshell.kbuild.tree.tree_paths import MAKEFILE, TABLE
from kshell.kernel.core.profile import Profile
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, read_bytes
from kshell.shell.trees.build_views import message_json, note_lines
from kshell.shell.views.view import Column, Line, Text, View, labelled, show, span
from kshell.shell.views.view import Table as TableView

FEW = 3  # names in a sentence
MOST_ROWS = 20  # that are shown: a person looks for a few of their own
_COLUMNS = (Column("nr", "number", right=True), Column("abi"), Column("name", "name"), Column("entry", "symbol"))


def check(path: str, profile: Profile) -> View:
    """What a table file of the host is to a kernel: of the tree that it is in, else of `profile`, which runs."""
    text = decode(read_bytes("table check", path))
    abis, tree = foreign_abis(text), Sources(os.path.dirname(path) or ".").tree_above()
    if abis:
        what, because = what_it_is([show(abi) for abi in abis])
        if "i386" in abis or tree:
            beside = os.path.join(os.path.dirname(path), os.path.basename(TABLE))
            other = os.path.isfile(beside) and not os.path.samefile(beside, path)
            try_ = f"table check {named(beside)}" if other else f"table  (a new tree has a right one: {TABLE})"
            raise CommandError(f"table check: {show(path)} is {what}", because, try_)
        rows = foreign_rows(text)
        return _rows_view(rows, rows, [span(f"{_count(len(rows), 'row')} of {what}: {because}", "note")], [])
    sources = Sources(tree) if tree else None
    if sources is not None:
        profile = _profile(sources) or profile
    before = sources.pristine.get(TABLE, "") if sources is not None else ""
    found = check_table(text, profile, path, before, function_finder(sources) if sources is not None else None)
    if not found.errors and not found.rows:
        because = "it has no line that begins with a number, such as: 335 common NAME __x64_sys_NAME"
        raise CommandError(f"table check: {show(path)}: no rows", because, "table 335  (a row of the kernel's own)")
    return _mistakes(path, found, profile) if found.errors else _good(found, profile)


def _profile(sources: Sources) -> Profile | None:
    """The release that a tree is of; None where its Makefile does not say."""
    try:
        top = read_makefile(sources, MAKEFILE)
        return profile_of(release_of(top), top.filename)
    except BuildFailed:
        return None


def _good(found: Checked, profile: Profile) -> View:
    """A table that builds: kshell's notes on it, and the rows that the release does not have."""
    count, own = len(found.rows), own_calls(profile)
    new = [row for row in found.rows if own.get(row.name) != row.symbol]
    notes = [line for note in found.notes for line in note_lines(note)]
    says = f"{_count(count, 'row')}, " + (_count(len(found.notes), "note") if notes else "no mistakes")
    if new and len(new) < count:
        says += f"; {', '.join(row.name for row in new) if len(new) <= FEW else len(new)} not in {profile.name} itself"
    return _rows_view(new if len(new) <= MOST_ROWS else [], found.rows, [*notes, span(says)], found.notes)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _rows_view(shown: list[TableRow], rows: list[TableRow], after: list[Line], notes: list[BuildMessage]) -> View:
    cells = [(str(r.nr), r.abi, show(r.name), show(r.entry or "-")) for r in shown]
    entries = [
        {"nr": r.nr, "abi": r.abi, "name": r.name, "entry": r.entry, "address": None, "symbol": r.symbol} for r in rows
    ]
    result: dict[str, Any] = {"entries": entries}
    if notes:
        result["warnings"] = [_json(note.line, note) for note in notes]
    return TableView(_COLUMNS, cells, result, list(after)) if cells else Text(list(after), result)


def _mistakes(path: str, found: Checked, profile: Profile) -> View:
    lines: list[Line] = []
    for line, error in found.errors:
        place = "" if error.file != path and error.file else f"{show(path)}:{line}:{error.column}: "
        lines.append([(place, "address"), (show(error.text if place else error.head()), "error")])
        lines += [[("    ", ""), (show(text), "caret" if set(text) <= set(" |^~") else "")] for text in error.excerpt]
        lines += labelled("because", error.because) + labelled("try", error.try_)
    lines += [each for note in found.notes for each in note_lines(note)]
    lines.append([(f"{_count(len(found.errors), 'mistake')}: the build of {profile.name} stops", "error")])
    errors = [_json(line, error) for line, error in found.errors]
    return Text(lines, {"errors": errors, "warnings": [_json(note.line, note) for note in found.notes]}, status=1)


def _json(line: int, message: BuildMessage) -> dict[str, Any]:
    shown = message_json(message)
    return {
        "line": line,
        "column": message.column,
        "what": shown["text"],
        "because": shown["because"],
        "try": shown["try"],
    }
