"""CC: one source becomes one object, or gets errors in gcc's words.

C counterpart: gcc -c, as scripts/Makefile.build calls it.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.elf import ElfObject
from kshell.abi.object_file import ObjectError
from kshell.abi.problem import excerpt
from kshell.cc.compiler import compile_file
from kshell.cc.finding import Finding
from kshell.cc.source_error import SourceError
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.gcc_text import messages_of

MOST_TEXT = 100_000  # characters, far more than any file of a kernel has: more would take seconds


class Compiled(NamedTuple):
    """What came of one source: the `object` (None if there were errors) and the compiler's messages."""

    object: ElfObject | None
    messages: list[BuildMessage]


def compile_source(
    text: str, path: str, release: str, version: tuple[int, int], *, builtin: bool, folder: str = "."
) -> Compiled:
    """Compile the source `text` for a kernel's `release` ("4.19.1-test"), of `version` (4, 19).

    `path` is what messages call it, from the `folder` that is built; its suffix says which language it is in.
    """
    if len(text) > MOST_TEXT:
        because = f"it has {len(text):,} characters, and kshell compiles files of up to {MOST_TEXT:,}"
        return Compiled(None, [BuildMessage(ERROR, "file too large", path, 0, 0, (), because, "is it the right file?")])
    try:
        compiled = compile_file(path, text, release, version, module=not builtin, folder=folder)
    except SourceError as error:
        return Compiled(None, _errors(error, text, path))
    except ObjectError as error:  # the host's compiler made something else than what was asked of it
        return Compiled(None, [BuildMessage(ERROR, error.what, path, 0, 0, (), error.because, error.try_)])
    messages = [finding_message(each, text, path) for each in compiled.warnings]
    return Compiled(compiled.object, [*messages, *messages_of(compiled.said, path, text)])


def _errors(error: SourceError, text: str, path: str) -> list[BuildMessage]:
    """What a compiler found, each thing for itself where that can be told."""
    if error.findings:
        return [finding_message(each, text, path) for each in error.findings]
    said = messages_of("\n".join(error.excerpt), path, text) if path.endswith(".c") else []
    if any(each.kind == ERROR for each in said):
        return said
    what = error.text.removeprefix(f"{path}: error: ")  # where it has no place, its text begins so
    return [BuildMessage(ERROR, what, path, error.line, error.column, error.excerpt, error.because, error.try_)]


def finding_message(found: Finding, text: str, path: str) -> BuildMessage:
    """What was found, in gcc's words, with the line and a caret under it."""
    shown = excerpt(text, found.line, found.column, found.width) if found.column > 0 else ()
    return BuildMessage(found.kind, found.text, path, found.line, found.column, shown, found.because, found.try_)
