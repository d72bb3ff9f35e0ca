"""LD: the objects become one vmlinux, or the linker says what is missing or there twice.

C counterpart: scripts/link-vmlinux.sh, and GNU ld's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.did_you_mean import did_you_mean
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.object_facts import BuiltObject, Defined, ObjectFacts, Wanted
from kshell.kbuild.systbl.table_row import TableRow
from kshell.kbuild.tree.tree_paths import GENERATED
from kshell.kernel.core import layout
from kshell.kernel.entry.entry_text import entry_text
from kshell.kernel.lib.uaccess_text import uaccess_text
from kshell.kernel.link import ksymtab

SYSCALL_OBJECT = "arch/x86/entry/syscall_64.o"
CASE = 11  # bytes of the code for one number: a comparison, a jump, a call
CALL = 5  # bytes into that, where it calls
SWITCH_SINCE = (6, 9)  # calls are reached by a switch over their numbers, and not by the table alone


class Object(NamedTuple):
    """One object on its way into the kernel: what was `built`, and the `place` in a Makefile ("Makefile:12") that put
    its directory on the list."""

    built: BuiltObject
    place: str

    @property
    def name(self) -> str:
        """The name it has in the tree."""
        return self.built.name

    @property
    def facts(self) -> ObjectFacts:
        """What is in it."""
        return self.built.facts


def multiple_definitions(objects: Sequence[Object]) -> list[BuildMessage]:
    """The errors of putting the objects together: names that are defined twice."""
    defined: dict[str, tuple[Object, Defined]] = {}
    errors: list[BuildMessage] = []
    for linked in objects:
        for definition in linked.facts.defined:
            if definition.weak:
                continue
            first = defined.setdefault(definition.name, (linked, definition))
            if first[0] is not linked:
                errors.append(_multiple(definition, linked, *first))
    return errors


def undefined_references(
    objects: Sequence[Object], rows: Sequence[TableRow], table: str, version: tuple[int, int]
) -> list[BuildMessage]:
    """The errors of linking the whole kernel: names that are not defined; `table` is the path of syscall_64.tbl.

    `version` is the kernel's, (4, 19).
    """
    known = {definition.name for linked in objects for definition in linked.facts.defined}
    library = {
        *(each.name for each, _ in ksymtab.library(version)),
        *(symbol.name for symbol in uaccess_text(version).symbols),
        *ksymtab.param_ops(version),
        *layout.FIXED,
    }
    library |= {each.name for each in entry_text(version).symbols}
    errors = [
        _undefined(linked, wanted)
        for linked in objects
        for wanted in linked.facts.wanted
        if wanted.name not in known | library
    ]
    unreached = known - {row.symbol for row in rows}  # what a row with a slip in it may mean
    is_first = True
    for at, row in enumerate(rows):
        symbol = row.symbol
        if row.abi == "x32" or symbol is None or symbol in known:
            continue
        if symbol not in ("sys_ni_syscall", "__x64_sys_ni_syscall"):
            text = _in_switch(row, at, is_first) if version >= SWITCH_SINCE else ""
            because, try_ = _why_no_definition(row, symbol, known, unreached)
            text += f"ld: {SYSCALL_OBJECT}:(.rodata+{8 * row.nr:#x}): undefined reference to `{symbol}'"
            errors.append(BuildMessage(ERROR, text, table, row.line, 0, (), because, try_, verbatim=True))
            is_first = False
    return errors


def _file(linked: Object) -> str:
    """What an object says of its source: the name without the folder."""
    return linked.facts.source.rpartition("/")[2]


def _multiple(again: Defined, linked: Object, first: Object, before: Defined) -> BuildMessage:
    name, line = again.name, again.line
    text = f"ld: {linked.name}:{again}: multiple definition of `{name}'; {first.name}:{before}: first defined here"
    if again.section == ".text":
        text = (
            f"ld: {linked.name}: in function `{name}':\n{_file(linked)}:{again}: multiple definition of `{name}'; "
            f"{first.name}:{_file(first)}:{before}: first defined here"
        )
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
        because = f"both {first.facts.source} and {linked.facts.source} define {shown}"
        try_ = "rename one of the two, or use the other's with extern"
    return BuildMessage(ERROR, text, linked.facts.source, line, 0, (), because, try_, verbatim=True)


def _undefined(linked: Object, wanted: Wanted) -> BuildMessage:
    source, name = linked.facts.source, wanted.name
    place = f"({wanted.section}+{wanted.offset:#x})"
    text = f"ld: {linked.name}:{place}: undefined reference to `{name}'"
    if wanted.function:
        text = f"ld: {linked.name}: in function `{wanted.function}':\n{_file(linked)}:{place}: "
        text += f"undefined reference to `{name}'"
    because = f"{source} uses {name}, and no file that is linked into the kernel defines it"
    try_ = "the file that defines it on obj-y, and its directory in core-y"
    if "license" in dict(linked.facts.info) or linked.facts.has_init:
        because += "; it looks like a module"
        try_ = f"obj-m := {linked.name.rpartition('/')[2]}  (and not obj-y)"
    return BuildMessage(ERROR, text, source, wanted.line, 0, (), because, try_, verbatim=True)


def _in_switch(row: TableRow, at: int, is_first: bool) -> str:
    """What ld says of the switch over the numbers: the line of the header that the row has become."""
    place = f"./{GENERATED}:{row.nr + 1}:(.text+{CASE * at + CALL:#x}): undefined reference to `{row.symbol}'\n"
    return f"ld: {SYSCALL_OBJECT}: in function `x64_sys_call':\n{place}" if is_first else f"ld: {place}"


def _why_no_definition(row: TableRow, symbol: str, known: set[str], unreached: set[str]) -> tuple[str, str]:
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
    names = {each.removeprefix("__x64_sys_"): each for each in unreached if each.startswith("__x64_sys_")}
    close = did_you_mean(name, sorted(names), slip=True)
    if close:
        return f"{here}, and nothing that is linked in is called so", f"{names[close[0]]}  (did you mean that?)"
    because = f"{here}, and no file that is linked in has a SYSCALL_DEFINE for {name}"
    return because, f"SYSCALL_DEFINEn({name}, ...) in a file that obj-y lists, in a directory that core-y lists"
