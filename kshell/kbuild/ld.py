"""LD: the objects become one vmlinux, or the linker says what is missing or there twice.

C counterpart: scripts/link-vmlinux.sh, and GNU ld's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.systbl import TableRow

SYSCALL_OBJECT = "arch/x86/entry/syscall_64.o"


class Object(NamedTuple):
    """One object file on its way into the kernel: the `name` it has in the tree, its payload, and the `place` in a
    Makefile ("Makefile:12") that put its directory on the list."""

    name: str
    payload: dict[str, Any]
    place: str


def definitions(payload: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """The strong symbols of an object: (name, section, line of the source)."""
    for name, line in payload["variables"]:
        yield name, ".bss", line
    for name, line in payload["functions"]:
        if not name.startswith("_"):  # as if it were static
            yield name, ".text", line
    for name, _, _, line in payload["syscalls"]:
        yield f"__x64_sys_{name}", ".text", line


def link(objects: Sequence[Object], rows: Sequence[TableRow], table: str) -> list[BuildMessage]:
    """The linker's errors, none if the kernel can be linked; `table` is the path of syscall_64.tbl."""
    defined: dict[str, Object] = {}
    errors: list[BuildMessage] = []
    for linked in objects:
        for name, section, line in definitions(linked.payload):
            first = defined.get(name)
            if first is None:
                defined[name] = linked
            else:
                errors.append(_multiple(name, section, line, linked, first))
    weak = {f"__x64_sys_{name}" for linked in objects for name in linked.payload["weak"]}
    for linked in objects:
        for name, line in linked.payload["undefined"]:
            if name not in defined:
                errors.append(_undefined(linked, name, line))
    for row in rows:
        symbol = row.symbol
        if row.abi == "x32" or symbol is None or symbol in defined or symbol in weak:
            continue
        if symbol not in ("sys_ni_syscall", "__x64_sys_ni_syscall"):
            errors.append(_no_definition(row, symbol, table, set(defined) | weak))
    return errors


def _multiple(name: str, section: str, line: int, linked: Object, first: Object) -> BuildMessage:
    place = f"{linked.name}:({section}+0x0)"
    text = f"ld: {place}: multiple definition of `{name}'; {first.name}:({section}+0x0): first defined here"
    shown = name.removeprefix("__x64_sys_")
    if linked.name == first.name:
        places = sorted({linked.place, first.place})
        because = (
            f"{linked.name} is linked in twice: its directory is on the list of core-y twice ({' and '.join(places)})"
        )
        try_ = "take one of the two out: either is enough"
        if len(places) == 1:
            because = f"{linked.name} is linked in twice: its directory stands twice in {places[0]}"
    else:
        because = f"both {first.payload['source']} and {linked.payload['source']} define {shown}"
        try_ = "rename one of the two, or use the other's with extern"
    return BuildMessage(ERROR, text, linked.payload["source"], line, 0, (), because, try_, verbatim=True)


def _undefined(linked: Object, name: str, line: int) -> BuildMessage:
    source = linked.payload["source"]
    text = f"ld: {linked.name}: {source}:{line}: undefined reference to `{name}'"
    because = f"{source} says extern {name}, and no file that is linked into the kernel defines it"
    try_ = f'{name} = Stub("{name}")  in the file that defines it, and its directory in core-y'
    if linked.payload["info"] or linked.payload["init"]:
        because += "; it looks like a module"
        try_ = f"obj-m := {linked.name.rpartition('/')[2]}  (and not obj-y)"
    return BuildMessage(ERROR, text, source, line, 0, (), because, try_, verbatim=True)


def _no_definition(row: TableRow, symbol: str, table: str, known: set[str]) -> BuildMessage:
    text = f"ld: {SYSCALL_OBJECT}:(.rodata+{8 * row.nr:#x}): undefined reference to `{symbol}'"
    because, try_ = _why_no_definition(row, symbol, known)
    return BuildMessage(ERROR, text, table, row.line, 0, (), because, try_, verbatim=True)


def _why_no_definition(row: TableRow, symbol: str, known: set[str]) -> tuple[str, str]:
    here = f"line {row.line} of the table puts {symbol} into slot {row.nr}"
    if symbol.startswith("__x64___x64_sys_"):
        right = symbol.removeprefix("__x64___x64_")
        return f"this release's build puts __x64_ in front of the entry by itself: {here}", f"the entry {right}"
    if f"__x64_{symbol}" in known:
        because = f"{here}, and what SYSCALL_DEFINE makes on this release is called __x64_{symbol}"
        return because, f"the entry __x64_{symbol}"
    if f"__x64_sys_{symbol}" in known:
        return f"{here}, and the function is called __x64_sys_{symbol}", f"the entry __x64_sys_{symbol}"
    name = symbol.removeprefix("__x64_").removeprefix("sys_")
    from difflib import get_close_matches

    close = get_close_matches(symbol, known, 1, 0.8)
    if close and close[0] != symbol:
        return f"{here}, and nothing that is linked in is called so", f"{close[0]}  (did you mean that?)"
    because = f"{here}, and no file that is linked in has a SYSCALL_DEFINE for {name}"
    return because, f"SYSCALL_DEFINEn({name}, ...) in a file that obj-y lists, in a directory that core-y lists"
