"""What the kernel knows by name and by address: its symbols."""

from __future__ import annotations

from kshell.abi.did_you_mean import did_you_mean
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.kernel import Kernel
from kshell.shell.commands.registry import command
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Table, View, show


@command(
    "kallsyms",
    group="The kernel's tables",
    arguments=(Argument("symbol", "[PATTERN|ADDRESS]..."),),
    examples=(
        ("kallsyms sys_call_table", "where the table is"),
        ("kallsyms STUB_*", "the pointers that modules fill"),
        ("kallsyms 0xffffffff81000010", "what lives at an address"),
    ),
)
def kallsyms(session: Context, words: list[Word]) -> View:
    """List the kernel's symbols: address, kind, name, module.

    The kinds are nm's: T text, D data, R read-only data, B zeroed data; a small letter is not exported.
    """
    k = session.kernel
    found: list[Symbol] = []
    for word in words:
        here = _symbols(k, word.text)
        if not here:
            raise _no_symbol(k, word.text)
        found += [symbol for symbol in here if symbol not in found]
    return _symbol_table(found if words else list(k.symbols))


def _symbols(k: Kernel, text: str) -> list[Symbol]:
    from fnmatch import fnmatchcase

    if text[:1].isdigit() or _is_address(text):
        address = int(text, 16) if _is_address(text) else _number(text)
        around = k.symbols.around(address) if address is not None else None
        return [around] if around is not None else []
    exact = [s for s in k.symbols if s.name == text]
    if exact or not text:
        return exact
    if any(c in text for c in "*?["):
        return [s for s in k.symbols if fnmatchcase(s.name, text)]
    return [s for s in k.symbols if text.lower() in s.name.lower() or s.module == text]


def _is_address(text: str) -> bool:
    """Whether it is an address as kallsyms shows it, without 0x."""
    return len(text) == 16 and set(text.lower()) <= set("0123456789abcdef")


def _number(text: str) -> int | None:
    from kshell.shell.calls.arguments import BadValue, register_value

    try:
        return register_value(text)
    except BadValue:
        return None


def _no_symbol(k: Kernel, text: str) -> CommandError:
    what = f"kallsyms: no symbol {show(text)}"
    if text[:1].isdigit() or _is_address(text):
        because = "no function or variable of the kernel or a module is at that address"
        return CommandError(what, because, "kallsyms  (lists them all, by address)")
    close = did_you_mean(text, [s.name for s in k.symbols])
    because = "neither the kernel nor a loaded module defines it"
    return CommandError(what, because, f"kallsyms {close[0]}" if close else "kallsyms  (lists them all)")


def _symbol_table(symbols: list[Symbol]) -> View:
    columns = [Column("address", "address"), Column("kind"), Column("name", "symbol"), Column("module", "module")]
    rows = [(f"{s.address:016x}", s.kind, s.name, f"[{s.module}]" if s.module else "") for s in symbols]
    found = [
        {"address": f"{s.address:#x}", "kind": s.kind, "name": s.name, "module": s.module, "size": s.size}
        for s in symbols
    ]
    return Table(columns, rows, {"rows": found})
