"""LD: the objects become one vmlinux, or the linker says what is missing or there twice.

C counterpart: scripts/link-vmlinux.sh, and GNU ld's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kshell.abi.did_you_mean import did_you_mean
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.systbl.table_row import TableRow
from kshell.kbuild.tree.tree_paths import GENERATED

SYSCALL_OBJECT = "arch/x86/entry/syscall_64.o"
CALL = 5  # bytes into a function, where the first thing it does is to call another
CASE = 11  # bytes of the code for one number: a comparison, a jump, a call


class Object(NamedTuple):
    """One object file on its way into the kernel: the `name` it has in the tree, its payload, and the `place` in a
    Makefile ("Makefile:12") that put its directory on the list."""

    name: str
    payload: dict[str, Any]
    place: str


class Definition(NamedTuple):
    """A strong symbol of an object: where it stands, "(.text+0x10)", and the line of the source."""

    name: str
    section: str
    offset: int
    line: int

    def __str__(self) -> str:
        return f"({self.section}+{self.offset:#x})"


def definitions(payload: dict[str, Any]) -> Iterator[Definition]:
    """The strong symbols of an object; a pointer takes 8 bytes, and a function begins at the next 16."""
    for at, (name, line) in enumerate(payload["variables"]):
        yield Definition(name, ".bss", 8 * at, line)
    functions = [(name, line) for name, line in payload["functions"]]
    functions += [(f"__x64_sys_{name}", line) for name, _, _, line in payload["syscalls"]]
    for at, (name, line) in enumerate(sorted(functions, key=lambda each: int(each[1]))):
        if not name.startswith("_") or name.startswith("__x64_sys_"):  # the others are as if they were static
            yield Definition(name, ".text", 16 * at, line)


def multiple_definitions(objects: Sequence[Object]) -> list[BuildMessage]:
    """The errors of putting the objects together: names that are defined twice."""
    defined: dict[str, tuple[Object, Definition]] = {}
    errors: list[BuildMessage] = []
    for linked in objects:
        for definition in definitions(linked.payload):
            first = defined.setdefault(definition.name, (linked, definition))
            if first != (linked, definition) or first[0] is not linked:
                errors.append(_multiple(definition, linked, *first))
    return errors


def undefined_references(
    objects: Sequence[Object], rows: Sequence[TableRow], table: str, *, switch: bool
) -> list[BuildMessage]:
    """The errors of linking the whole kernel: names that are not defined; `table` is the path of syscall_64.tbl.

    `switch`: system calls are reached by a switch too (since 6.9), and not by the table alone.
    """
    defined = {definition.name for linked in objects for definition in definitions(linked.payload)}
    weak = {f"__x64_sys_{name}" for linked in objects for name in linked.payload["weak"]}
    errors = []
    for linked in objects:
        for name, line in linked.payload["undefined"]:
            if name not in defined:
                errors.append(_undefined(linked, name, line))
    known = defined | weak
    unreached = known - {row.symbol for row in rows}  # what a row with a slip in it may mean
    is_first = True
    for at, row in enumerate(rows):
        symbol = row.symbol
        if row.abi == "x32" or symbol is None or symbol in known:
            continue
        if symbol not in ("sys_ni_syscall", "__x64_sys_ni_syscall"):
            text = _in_switch(row, at, is_first) if switch else ""
            because, try_ = _why_no_definition(row, symbol, known, unreached)
            text += f"ld: {SYSCALL_OBJECT}:(.rodata+{8 * row.nr:#x}): undefined reference to `{symbol}'"
            errors.append(BuildMessage(ERROR, text, table, row.line, 0, (), because, try_, verbatim=True))
            is_first = False
    return errors


def _file(linked: Object) -> str:
    """What an object says of its source: the name without the folder."""
    return str(linked.payload["source"]).rpartition("/")[2]


def _multiple(again: Definition, linked: Object, first: Object, before: Definition) -> BuildMessage:
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
        because = f"both {first.payload['source']} and {linked.payload['source']} define {shown}"
        try_ = "rename one of the two, or use the other's with extern"
    return BuildMessage(ERROR, text, linked.payload["source"], line, 0, (), because, try_, verbatim=True)


def _undefined(linked: Object, name: str, line: int) -> BuildMessage:
    source = linked.payload["source"]
    text = f"ld: {linked.name}:(.data+0x0): undefined reference to `{name}'"
    user = _user_of(linked.payload, name)
    if user is not None:
        place = f"{_file(linked)}:(.text+{user.offset + CALL:#x})"
        text = f"ld: {linked.name}: in function `{user.name}':\n{place}: undefined reference to `{name}'"
    because = f"{source} says extern {name}, and no file that is linked into the kernel defines it"
    try_ = f'{name} = Stub("{name}")  in the file that defines it, and its directory in core-y'
    if linked.payload["info"] or linked.payload["init"]:
        because += "; it looks like a module"
        try_ = f"obj-m := {linked.name.rpartition('/')[2]}  (and not obj-y)"
    return BuildMessage(ERROR, text, source, line, 0, (), because, try_, verbatim=True)


def _user_of(payload: dict[str, Any], name: str) -> Definition | None:
    """The first function of an object that uses what its source calls extern(name); None if none does."""
    import ast

    try:
        body = ast.parse(payload["text"]).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    known = set()
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Call) and [getattr(each, "value", None) for each in value.args[:1]] == [name]:
            known |= {target.id for target in targets if isinstance(target, ast.Name)}
    calls = {each[0] for each in payload["syscalls"]}
    functions = [each for each in body if isinstance(each, ast.FunctionDef)]
    for at, function in enumerate(functions):
        if any(isinstance(each, ast.Name) and each.id in known for each in ast.walk(function)):
            shown = f"__x64_sys_{function.name}" if function.name in calls else function.name
            return Definition(shown, ".text", 16 * at, function.lineno)
    return None


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
