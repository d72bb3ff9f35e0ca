"""The vDSO: what it is in memory, and what a call of it costs."""

from __future__ import annotations

from typing import Any

from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import AddressSpace
from kshell.kernel.vdso.shared_object import Function
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.replay.deeds import ReviveTask
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Line, Table, Text, View, show, span

PREFIX = "__vdso_"
AREAS = ("[vvar]", "[vvar_vclock]", "[vdso]")
HOLDS = {
    "[vvar]": "the clocks, which the kernel keeps up to date",
    "[vvar_vclock]": "clocks of virtual machines: none here",
    "[vdso]": "the code, as a shared object: linux-vdso.so.1",
}


@command(
    "vdso",
    group="The C library",
    arguments=(Argument("word", "[FUNCTION]"),),
    options=(
        Option("clock_gettime", "the time of a clock"),
        Option("gettimeofday", "the time of day"),
        Option("time", "the same in seconds"),
        Option("getcpu", "the CPU that the program runs on"),
        Option("clock_getres", "the resolution of a clock (6.19)"),
        Option("getrandom", "random bytes (6.19)"),
    ),
    examples=(
        ("vdso", "the areas, and the functions in them"),
        ("vdso clock_gettime", "its code, and what it costs beside the system call"),
    ),
)
def vdso(session: Context, words: list[Word]) -> View:
    """Show the calls that a program makes without entering the kernel.

    The kernel maps a small shared object into each program, and the C library calls its functions instead of making
    the system calls of the same names: they read what the kernel has left in a page beside them. Where the object is,
    a program is told in its auxiliary vector (AT_SYSINFO_EHDR).

    With FUNCTION its code is shown, and a hundred calls of it beside a hundred system calls: how often the kernel was
    entered, how long that took, and how many instructions ran in user mode. Computing takes no time here, so a call
    that does not enter the kernel takes 0 ns.
    """
    if len(words) > 1:
        raise misuse("vdso", "one function at a time")
    k = session.kernel
    if not k.shell_task.is_alive:
        session.do(ReviveTask())
    start = k.shell_task.mm.vdso
    if not words:
        return _overview(k, start)
    name = words[0].text.removeprefix(PREFIX)
    function = next((each for each in k.vdso.code.image.functions if each.name == PREFIX + name), None)
    if function is None:
        names = ", ".join(_names(k))
        what = f"vdso: {show(words[0].text)} is no function of the vDSO"
        raise CommandError(what, f"that of {k.profile.name} has {names}", "vdso")
    return _one(session, name, function, start)


def _names(k: Kernel) -> list[str]:
    return [each.name.removeprefix(PREFIX) for each in k.vdso.code.image.functions if each.name.startswith(PREFIX)]


def _overview(k: Kernel, start: int) -> View:
    areas = _areas(k.shell_task.mm)
    lines: list[Line] = [
        [
            (f"{area['start']}-{area['end']} ", "address"),
            (f"{area['prot']}  ", ""),
            (f"{area['name']:<14}", "name"),
            (HOLDS[area["name"]], "comment"),
        ]
        for area in areas
    ]
    functions = [each for each in k.vdso.code.image.functions if each.name.startswith(PREFIX)]
    rows = [[f"{start + each.offset:#x}", str(each.size), each.name] for each in functions]
    table = Table([Column("address", "address"), Column("size", "number", True), Column("name", "symbol")], rows, {})
    after = span("vdso clock_gettime  (its code, and what it costs beside the system call)", "dim")
    symbols = [
        {"name": each.name, "address": f"{start + each.offset:#x}", "size": each.size}
        for each in k.vdso.code.image.functions
    ]
    return Text([*lines, [], *table.lines(), [], after], {"areas": areas, "symbols": symbols})


def _areas(mm: AddressSpace) -> list[dict[str, str]]:
    return [
        {
            "name": vma.name,
            "start": f"{vma.start:#x}",
            "end": f"{vma.end:#x}",
            "prot": "".join(letter if vma.prot & bit else "-" for letter, bit in (("r", 1), ("w", 2), ("x", 4))),
        }
        for vma in mm.vmas
        if vma.name in AREAS
    ]


def _one(session: Context, name: str, function: Function, start: int) -> View:
    from kshell.shell.commands.code_listing import Listing, list_code
    from kshell.shell.commands.examine import Place
    from kshell.shell.programs.vdso_calls import TIMES, costs

    found = costs(session, name, start + function.offset)
    session.core = None  # others have run since that program
    code = list_code(session, Place(start + function.offset), function.size, function.size)
    rows = [[each.name, str(each.traps), f"{each.ns:,}", str(each.instructions)] for each in found]
    columns = [
        Column(f"{TIMES} calls of", "symbol"),
        Column("entries into the kernel", "number", True),
        Column("ns", "number", True),
        Column("instructions in user mode", "number", True),
    ]
    compared: list[dict[str, Any]] = [{"calls": TIMES, **each._asdict()} for each in found]
    table = Table(columns, rows, {})
    return Listing([*code.lines(), [], *table.lines()], code.json() | {"compared": compared})
