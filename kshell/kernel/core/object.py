"""A compiled source, as the compiler hands it over: the kernel links objects, and never sees a source.

C counterpart: a relocatable ELF file, and what modpost puts into a .ko.
"""

from __future__ import annotations

from types import CodeType
from typing import NamedTuple


class ObjectFile(NamedTuple):
    """One object: of a module, or of a file that is linked into the kernel.

    `path` is the file that it came from, `source` the source and `text` what that held when it was compiled: reports
    show it.  `code` makes its declarations; nothing else of it runs then.
    """

    name: str  # what lsmod calls the module (C: KBUILD_MODNAME), or the .o of a file that is linked in
    path: str
    source: str
    text: str
    code: CodeType
    functions: list[str]  # those of the top level, in the order of their addresses
    info: list[tuple[str, str]]  # .modinfo: what the MODULE_ macros say
    headers: frozenset[str]  # the names that it takes from kshell.linux
    undefined: list[str]  # the symbols that somebody else must export
    vermagic: str | None = None  # what it was built for; None: it was compiled for the kernel that runs
    intree: bool = False
    depends: list[str] | None = None  # the modules that it uses; None: only a look at those modules tells
    notes: tuple[str, ...] = ()  # what the compiler lets pass, and a person should look at
