"""The text of a source that machine code was made of, as far as it is still where it was."""

from __future__ import annotations

import os

import kshell.modules
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.code_words import source_lines

SAMPLES = os.path.dirname(kshell.modules.__file__)


def shown_file(file: str) -> str:
    """A source as the person knows it: as it was given, and a sample that comes with kshell by its place there."""
    return f"kshell/modules{file[len(SAMPLES) :]}" if file.startswith(SAMPLES + os.sep) else file


def lines_of(k: Kernel, file: str) -> list[str]:
    """The lines of a file; of the kernel's own ones those in its tree, or what kshell's kernel was built from."""
    shipped = os.path.join(SAMPLES, "builtin", os.path.basename(file))
    for path in (file, os.path.join(k.image.tree, file) if k.image.tree else shipped):
        found = source_lines(path)
        if found:
            return found
    return []
