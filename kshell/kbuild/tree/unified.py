"""A unified diff of two texts, in git's form; never slow, whatever the texts are."""

from __future__ import annotations

from collections.abc import Iterator

CONTEXT = 3
_WORK_MAX = 1_000_000  # lines times lines, beyond which what differs counts as replaced
_NO_NEWLINE = "\\ No newline at end of file"
_Change = tuple[int, int, int, int]  # old lines from, to; new lines from, to


def unified(path: str, old: str | None, new: str | None) -> list[str]:
    """The lines of a diff, without line ends; None stands for no such file.  Nothing for equal texts."""
    before, after = _lines(old), _lines(new)
    changes = _changes(before, after)
    if not changes:
        return []
    lines = [f"--- a/{path}" if old is not None else "--- /dev/null"]
    lines.append(f"+++ b/{path}" if new is not None else "+++ /dev/null")
    for hunk in _hunks(changes):
        lines += _hunk(hunk, before, after)
    return lines


def _lines(text: str | None) -> list[str]:
    """The lines of a text with their ends; only LF ends one."""
    if not text:
        return []
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _changes(before: list[str], after: list[str]) -> list[_Change]:
    """What was replaced by what, in order."""
    start, shorter = 0, min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    end = 0
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if not old and not new:
        return []
    if not old or not new or len(old) * len(new) > _WORK_MAX:
        return [(start, start + len(old), start, start + len(new))]
    from difflib import SequenceMatcher

    codes = SequenceMatcher(None, old, new).get_opcodes()
    return [(start + a, start + b, start + c, start + d) for tag, a, b, c, d in codes if tag != "equal"]


def _hunks(changes: list[_Change]) -> Iterator[list[_Change]]:
    """The changes that stand close together."""
    hunk: list[_Change] = []
    for change in changes:
        if hunk and change[0] - hunk[-1][1] > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    yield hunk


def _hunk(changes: list[_Change], before: list[str], after: list[str]) -> list[str]:
    lead = min(CONTEXT, changes[0][0])
    tail = min(CONTEXT, len(before) - changes[-1][1])
    old_from, new_from = changes[0][0] - lead, changes[0][2] - lead
    old_to, new_to = changes[-1][1] + tail, changes[-1][3] + tail
    lines = [f"@@ -{_range(old_from, old_to)} +{_range(new_from, new_to)} @@"]
    at = old_from
    for a, b, c, d in changes:
        lines += _marked(" ", before[at:a]) + _marked("-", before[a:b]) + _marked("+", after[c:d])
        at = b
    return lines + _marked(" ", before[at:old_to])


def _range(start: int, end: int) -> str:
    count = end - start
    first = start + 1 if count else start
    return str(first) if count == 1 else f"{first},{count}"


def _marked(mark: str, lines: list[str]) -> list[str]:
    marked = []
    for line in lines:
        marked.append(mark + line.removesuffix("\n"))
        if not line.endswith("\n"):
            marked.append(_NO_NEWLINE)
    return marked
