"""User programs: several assembly sources made into one file that `run` takes.

The tree's own program lies here assembled too (tree/template/user/test_call_user), for machines that have no assembler.
Whoever changes its sources makes it again: ``python -m kshell.kbuild.steps.userprog``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kshell.abi.object_file import read_object, write_object

if TYPE_CHECKING:
    from kshell.assembler import Image

USER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tree", "template", "user")
SHIPPED = "test_call_user"
SOURCES = ("test_call_user.s", "libc.s", "stdio.s")
LIBRARY = SOURCES[1:]
TIME = "time.s"  # of the library too, for programs that ask for the time


def build_program(sources: Sequence[tuple[str, str]]) -> bytes:
    """The file of the program that these sources (name or path, text) are, in this order.

    Raises the assembler's AsmError, each mistake with its file and line, or KeystoneMissing where there is no assembler
    and the sources are not those that kshell brings assembled.
    """
    from kshell.assembler import assemble_files
    from kshell.assembler.problems import KeystoneMissing

    try:
        return _container(assemble_files(sources), sources)
    except KeystoneMissing:
        shipped = _shipped(sources)
        if shipped is None:
            raise
        return shipped


def digest(text: str) -> str:
    """What a program's file remembers of a source; the kind of line end does not count."""
    from hashlib import sha256

    return sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogateescape")).hexdigest()


def _digests(sources: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {os.path.basename(name): digest(text) for name, text in sources}


def _container(image: Image, sources: Sequence[tuple[str, str]]) -> bytes:
    payload = {
        "entry": image.entry,
        "segments": [[address, data.hex(), size, prot] for address, data, size, prot in image.segments],
        "symbols": {name: at for name, at in image.symbols.items() if not name.startswith(".L")},  # as in a real .o
        "lines": {str(at): [os.path.basename(name), line] for at, (name, line) in image.places.items()},
        "sources": _digests(sources),
    }
    return write_object("program", payload)


def _shipped(sources: Sequence[tuple[str, str]]) -> bytes | None:
    """The file that kshell brings, if it was made of just these sources."""
    path = os.path.join(USER, SHIPPED)
    with open(path, "rb") as file:
        data = file.read()
    _, payload = read_object(data, path)
    return data if payload["sources"] == _digests(sources) else None


def shipped_sources() -> list[tuple[str, str]]:
    """The sources (name, text) of the program that lies assembled beside them."""
    found = []
    for name in SOURCES:
        with open(os.path.join(USER, name), encoding="utf-8") as file:
            found.append((name, file.read()))
    return found


if __name__ == "__main__":
    with open(os.path.join(USER, SHIPPED), "wb") as output:
        output.write(build_program(shipped_sources()))
