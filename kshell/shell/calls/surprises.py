"""What the line of a call does not show by itself: an argument that lost its upper bits, a transfer cut short."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kshell.abi.errno import is_error
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call

MAX_RW_COUNT = 0x7FFF_F000


def surprises(k: Kernel, call: Call) -> Iterator[str]:
    """A sentence each about what a person may not have expected of a call of the shell's task."""
    if call.definition is None:
        return
    if call.is_32:
        from kshell.shell.calls.int80 import cuts

        if call.ret is not None and not is_error(call.ret):  # an error's reason says it already
            yield from cuts(call)
        yield from _short(k, call)
        return
    for parameter, given, value in zip(call.definition.parameters, call.args, call.values, strict=False):
        ctype = parameter.ctype
        bits = 8 * ctype.size
        if bits < 64 and not -(1 << bits - 1) <= given < 1 << bits:
            yield f"{parameter.name} is {_a(ctype.c)} of {bits} bits: {given} ({given:#x}) arrived as {value}"
    yield from _short(k, call)


def _a(c: str) -> str:
    return f"{'an' if c[0] in 'aeiou' else 'a'} {c}"


def _short(k: Kernel, call: Call) -> Iterator[str]:
    """Of a call that was given a pointer and a count, and has done less."""
    done = call.ret or 0
    assert call.definition is not None
    for (pointer, start), (count, wanted) in pairwise(zip(call.definition.parameters, call.values, strict=False)):
        if not (pointer.ctype.c.endswith("*") and count.ctype.c == "size_t" and 0 < done < wanted):
            continue
        if done == MAX_RW_COUNT:
            yield f"{done} of {wanted} bytes: one call moves no more than {MAX_RW_COUNT:#x} (MAX_RW_COUNT)"
        elif k.shell_task.mm.vmas.find(start + done) is None:
            yield f"{done} of {wanted} bytes: the mapped memory ends at {start + done:#x}, and what was done counts"
