"""What a C compiler of the host says, as messages of the build."""

from __future__ import annotations

import re

from kshell.cc.c_words import reason
from kshell.kbuild.messages import ERROR, NOTE, WARNING, BuildMessage

_HEAD = re.compile(
    r"(?P<file>[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<kind>(?:fatal )?error|warning|note): (.*)"
)
_AROUND = re.compile(r"[^:]+: (?:In function .*|At top level):|\d+ (?:error|warning)s?.* generated\.")
_KINDS = {"error": ERROR, "fatal error": ERROR, "warning": WARNING, "note": NOTE}
_BECAUSE = "the C compiler does not take it"


def messages_of(said: str, path: str, text: str) -> list[BuildMessage]:
    """The messages in what was said of the source `path`, which is `text`, each with the lines that stand under it;
    words in which there are none are one message."""
    source = text.split("\n")
    found: list[BuildMessage] = []
    before: list[str] = []
    for line in said.splitlines():
        match = _HEAD.fullmatch(line)
        if match is not None:
            kind = _KINDS[match["kind"]]
            place = match["file"], int(match["line"]), int(match["column"] or 0)
            at_hand = place[0] == path and kind != NOTE
            why = reason(match[5], source, place[1]) if at_hand else None
            if why is None:
                why = (_BECAUSE, f"correct line {place[1]} of {place[0]}") if kind == ERROR else ("", "")
            found.append(BuildMessage(kind, match[5], *place, before, *why))
            before = []
        elif found and not _AROUND.fullmatch(line) and not line.startswith("In file included"):
            found[-1].excerpt += (line,)
        elif not _AROUND.fullmatch(line):
            before.append(line)
    for at, message in enumerate(found):
        if message.kind == WARNING and message.file != path and not message.because:  # in a macro of a header
            used = next((each for each in found[at + 1 :] if each.kind != NOTE or each.file == path), message)
            why = reason(message.text, source, used.line) if used.file == path and used.kind == NOTE else None
            message.because, message.try_ = why or ("", "")
    if not found and before:
        return [BuildMessage(WARNING, before[0], path, 0, 0, before[1:])]
    return found
