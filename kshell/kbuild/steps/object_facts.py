"""What the steps behind the compiler need to know of an object, whatever language its source is in.

read_facts.py reads it from the ELF file; it can be kept as JSON beside that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

INIT, EXIT = "init_module", "cleanup_module"


class Defined(NamedTuple):
    """A symbol that other files see: where it stands, and the line of the source that makes it (0: unknown).  A `weak`
    one gives way to any other of its name; `takes` are the parameters of a function, as C declares them."""

    name: str
    section: str
    offset: int
    line: int
    weak: bool = False
    takes: Sequence[str] = ()

    def __str__(self) -> str:
        return f"({self.section}+{self.offset:#x})"


class Wanted(NamedTuple):
    """A symbol that another file defines, and where it is used first: the `line` of the source, the place in the
    object, and the `function` that this is in; "" where it is in none."""

    name: str
    line: int
    section: str = ".data"
    offset: int = 0
    function: str = ""


class SystemCall(NamedTuple):
    """A call that SYSCALL_DEFINEn makes: ``test_call(int test_int)``, ``SYSCALL_DEFINE1(test_call, int, test_int)``."""

    name: str
    signature: str
    macro: str
    line: int


class ObjectFacts(NamedTuple):
    """An object: the `source` that it was made of, as messages call it; what it defines, wants, and exports (each name,
    and whether for GPL-compatible modules only); the pairs of its .modinfo, and whether it has an init function."""

    source: str
    defined: list[Defined]
    wanted: list[Wanted]
    syscalls: list[SystemCall]
    exports: list[tuple[str, bool]]
    info: list[tuple[str, str]]
    has_init: bool


class BuiltObject(NamedTuple):
    """A .o of the tree: its path, what is in it, the `digest` of its bytes, and `text`, that of its source.  `shipped`
    is the file of bodies that it stands for, where it is one of the kernel's own."""

    name: str
    facts: ObjectFacts
    digest: str
    text: str
    shipped: str = ""


def facts_of_json(plain: Sequence[Any]) -> ObjectFacts:
    """The facts that JSON has kept.  Raises TypeError or ValueError where they are none."""
    source, defined, wanted, syscalls, exports, info, has_init = plain
    return ObjectFacts(
        str(source),
        [Defined(*each) for each in defined],
        [Wanted(*each) for each in wanted],
        [SystemCall(*each) for each in syscalls],
        [(str(name), bool(gpl)) for name, gpl in exports],
        [(str(key), str(value)) for key, value in info],
        bool(has_init),
    )
