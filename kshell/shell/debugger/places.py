"""Where a person wants a breakpoint: `my_test_call`, `hello.py:12`, `hello.py:hello_init`, `12` of the file shown."""

from __future__ import annotations

import os
from pathlib import Path

from kshell.abi.did_you_mean import did_you_mean
from kshell.kbuild.tree.sources import Sources, is_tree
from kshell.kernel.debug.debugger import Breakpoint
from kshell.kernel.debug.locations import Location, addresses_of, files, function_names, is_file
from kshell.kernel.kernel import Kernel
from kshell.shell.errors import CommandError
from kshell.shell.views.view import show

MOST_FILES = 1000  # of a tree, to look for one among
LIKELY = ("__do_sys_", "my_")  # what may stand before a name that somebody remembers


def parse(text: str, file: str) -> Location:
    """The place that is meant; `file` is that of the line at which the call stands, "" if none does."""
    name, colon, rest = text.rpartition(":")
    if not colon and text.isdigit():
        if not file:
            raise CommandError(
                f"break: {text}: of which file?", "no call stands still", f"help break  (break FILE.py:{text})"
            )
        return Location("", file, int(text))
    name = os.path.normpath(name) if name else ""
    if name.startswith(os.getcwd() + os.sep):  # a module that was loaded from here knows the rest of the path
        name = os.path.relpath(name)
    for folder in Path(name).parents:
        if folder.name and is_tree(Sources(str(folder))):  # its files are known by their paths in it
            name = os.path.relpath(name, folder)
    return Location("", name, int(rest)) if rest.isdigit() else Location(rest, name, 0)


def check(k: Kernel, location: Location, typed: str, tree: str) -> None:
    """CommandError where no breakpoint can be: not now, and not when a module is loaded or a tree's kernel booted.

    `typed` is what `location` was made of, `tree` the one that the session works on."""
    if addresses_of(k, location):
        return
    function, file, line = location
    known_file = any(is_file(path, location) for path in files(k))
    if file and not known_file and not os.path.isfile(typed.rpartition(":")[0]) and not _is_in_tree(tree, location):
        close = did_you_mean(file, [os.path.basename(path) for path in files(k)])
        raise _missing(
            f"No source file named {show(file)}.", "no such file was compiled, and none lies here", close, location, k
        )
    if known_file and line:
        because = "no line from there on has machine code"
        raise CommandError(f'No line {line} in file "{show(file)}".', because, f"break {show(file)}:1")
    if file and not known_file:
        return  # it may be loaded later
    symbol = k.symbols.lookup(function)
    if symbol is not None and symbol.address in k.bodies:
        because = "the kernel's own functions are Python here: no machine code runs that could be stopped"
        raise CommandError(f"break: {function} has no machine code", because, _another(k))
    names = function_names(k)
    close = [before + function for before in LIKELY if before + function in names] or did_you_mean(function, names)
    because = f"no machine code that is loaded {'of that file ' if file else ''}has such a function"
    raise _missing(f'Function "{show(function)}" not defined.', because, close, location, k)


def _is_in_tree(tree: str, location: Location) -> bool:
    suffix = os.path.splitext(location.file)[1]
    return bool(tree and suffix) and any(is_file(path, location) for path in Sources(tree).walk(suffix, MOST_FILES))


def _missing(what: str, because: str, close: list[str], location: Location, k: Kernel) -> CommandError:
    if close:
        tail = f":{location.line or location.function}" if location.file and what.startswith("No source") else ""
        return CommandError(what, because, f"break {close[0]}{tail}  (did you mean that?)")
    return CommandError(what, because, _another(k))


def _another(k: Kernel) -> str:
    """A function of machine code that there is, and how to stop one of a module that is still to be loaded."""
    names = [name for name in function_names(k) if name.startswith(LIKELY)] or list(function_names(k))
    return f"{f'break {names[0]}' if names else 'help break'}  (of a module to be loaded: break FILE.py:FUNCTION)"


def where(k: Kernel, address: int) -> dict[str, object]:
    """An address as JSON has it, with its function and line."""
    symbol, place = k.symbols.around(address), k.place_of(address)
    found: dict[str, object] = {"address": f"{address:#x}", "function": symbol.name if symbol is not None else None}
    return found | {"file": place[0] if place else None, "line": place[1] if place else None}


def breakpoint_json(k: Kernel, each: Breakpoint) -> dict[str, object]:
    """A breakpoint as JSON has it; without locations it waits for a module."""
    places = [where(k, address) for address in each.addresses]
    return {"number": each.number, "location": str(each.location), "hits": each.hits, "locations": places}
