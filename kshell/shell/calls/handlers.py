"""Why a call of machine code answered an error: the pointer that it follows is NULL, or its handler said so."""

from __future__ import annotations

import re
from typing import NamedTuple

from kshell.abi.c_types import to_signed64
from kshell.abi.errno import errno_name
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.shell.calls.call_code import (
    code_at,
    code_of_call,
    followed,
    is_function_pointer,
    results,
    says_something,
)
from kshell.shell.modules.samples import sample_names, sample_path


class Handler(NamedTuple):
    """A pointer to a function that a call follows, and what it held when the call was made: 0, or an address."""

    pointer: Symbol
    address: int


def handlers_of(k: Kernel, address: int, name: str) -> tuple[Handler, ...]:
    """The pointers of the call `name` whose machine code is at `address`, as they are at this moment."""
    return tuple(Handler(each, k.memory.load(each.address)) for each in followed(k, address, name))


def why_error(k: Kernel, call: Call, name: str, handlers: tuple[Handler, ...], typed: str) -> tuple[str, str] | None:
    """Because and try for the error that a call answered, as far as its pointers explain it; `typed` is the command."""
    assert call.ret is not None
    found = [each for each in handlers if is_function_pointer(k, each.pointer)]
    empty = [each.pointer.name for each in found if not each.address]
    called = next((each for each in found if each.address), None)
    if called is not None and not _is_own(k, name, called, call.ret):
        place = k.symbols.describe(called.address)
        because = f"{called.pointer.name} points to {place}, and that function answered {call.ret}{accident(call)}"
        return because, _look_at(k, called, typed)
    if empty and errno_name(-call.ret) == "ENOSYS":
        are = "is" if len(empty) == 1 else "are"
        because = (
            f"{' and '.join(empty)} {are} NULL: no module has filled it, so {name} has nobody to hand its argument to"
        )
        return because, way_to_fill(k, empty[0])
    return None


def _is_own(k: Kernel, name: str, called: Handler, ret: int) -> bool:
    """Whether the call's own code has this result, and its handler's has not."""
    return ret in results(code_of_call(k, name)) and ret not in results(code_at(k, called.address))


def accident(call: Call) -> str:
    """What to add where a call answered a number that it was given, and that happens to be an errno's."""
    if call.ret is None or call.ret not in map(to_signed64, call.values):
        return ""
    return f", the number that it was given: from -4095 to -1 every result is an error, and {call.ret} is {_name(call)}"


def _name(call: Call) -> str:
    assert call.ret is not None
    return errno_name(-call.ret)


def _look_at(k: Kernel, called: Handler, typed: str) -> str:
    """Where to look for the reason: in the log if the handler says anything there, else at its lines as they run."""
    if says_something(k, called.address):
        return "dmesg  (what the module says about it)"
    if re.match(r"syscall \w", typed):
        return f"trace --lines {typed}  (line by line; the module itself says nothing)"
    return f"disas {k.symbols.describe(called.address).partition('+')[0]}  (the module itself says nothing)"


def way_to_fill(k: Kernel, stub: str) -> str:
    """The command that loads a module which stores a handler in this pointer: one of the tree that runs, else the
    plainest sample: one that also clears it again, and the shortest of those."""
    if k.image.tree:
        from kshell.shell.calls.in_tree import user_of

        found_there = user_of(k, stub)
        if found_there:
            return found_there
    found = []
    for name in sample_names():
        with open(sample_path(name), encoding="utf-8") as file:
            text = file.read()
        stores = re.findall(rf"^ +k\[{re.escape(stub)}\] = (\w+)", text, re.MULTILINE)
        if set(stores) - {"None"}:
            found.append(("None" not in stores, len(text), name))
    if not found:
        return f"kallsyms {stub}  (a module fills it: k[{stub}] = a function of its own)"
    return f"modprobe {min(found)[2]}  (the module that fills it)"
