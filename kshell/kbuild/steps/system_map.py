"""System.map and the sorted exception table: what the link of vmlinux leaves for people to read."""

from __future__ import annotations

from kshell.kbuild.steps.ld import Object
from kshell.kbuild.systbl.table_row import TableRow
from kshell.kernel.core import layout
from kshell.kernel.mm import extable


def system_map(objects: list[Object], rows: list[TableRow]) -> str:
    """System.map: every symbol of the objects with the address that it will have."""
    numbers = {layout.entry_name(row.symbol): row.nr for row in reversed(rows)}
    calls = [name for linked in objects for name, *_ in linked.payload["syscalls"]]
    exported = {name for linked in objects for name, _ in linked.payload["exports"]}
    own = {name for linked in objects for name in linked.payload["data"]} - exported  # static, as a parameter is
    found = [(at, "T", f"__x64_sys_{name}") for name, at in layout.place_calls(calls, numbers).items()]
    functions = [name for linked in objects for name, _ in linked.payload["functions"]]
    found += [(at, layout.letter_of(name, "T"), name) for at, name in zip(layout.FUNCTIONS, functions, strict=False)]
    variables = [name for linked in objects for name, _ in linked.payload["variables"]]
    found += [
        (at, layout.letter_of(name, "d" if name in own else "B"), name)
        for at, name in zip(layout.VARIABLES, variables, strict=False)
    ]
    found += [(entry.insn, "T", name) for entry, name in extable_lines()]
    found += [(at, kind, name) for name, (at, kind) in layout.FIXED.items()]
    return "".join(f"{address:016x} {kind} {name}\n" for address, kind, name in sorted(found))


def extable_lines() -> list[tuple[extable.ExceptionEntry, str]]:
    """The sorted exception table: each entry with the routine that it is for."""
    from kshell.kernel.mm.usercopy import ROUTINES

    names = dict(zip(layout.ROUTINES, ROUTINES, strict=False))
    return [(entry, names[entry.insn]) for entry in extable.sort_extable(extable.extable_of(names))]
