"""What a C compiler of the host says, as messages of the build."""

from __future__ import annotations

import re

from kshell.kbuild.messages import ERROR, NOTE, WARNING, BuildMessage

_HEAD = re.compile(
    r"(?P<file>[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<kind>(?:fatal )?error|warning|note): (.*)"
)
_AROUND = re.compile(r"[^:]+: (?:In function .*|At top level):|\d+ (?:error|warning)s?.* generated\.")
_KINDS = {"error": ERROR, "fatal error": ERROR, "warning": WARNING, "note": NOTE}
_BECAUSE = "the C compiler does not take it"


def messages_of(said: str, path: str) -> list[BuildMessage]:
    """The messages in what was said of the source `path`, each with the lines that stand under it; text in which there
    are none is one message."""
    found: list[BuildMessage] = []
    before: list[str] = []
    for line in said.splitlines():
        match = _HEAD.fullmatch(line)
        if match is not None:
            kind = _KINDS[match["kind"]]
            place = match["file"], int(match["line"]), int(match["column"] or 0)
            reason = (_BECAUSE, f"correct {match['file']}, then make again") if kind == ERROR else ("", "")
            found.append(BuildMessage(kind, match[5], *place, before, *reason))
            before = []
        elif found and not _AROUND.fullmatch(line) and not line.startswith("In file included"):
            found[-1].excerpt += (line,)
        elif not _AROUND.fullmatch(line):
            before.append(line)
    if not found and before:
        return [BuildMessage(WARNING, before[0], path, 0, 0, before[1:])]
    return found
