"""What is different between two runs, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kshell.abi.errno import errno_name, is_error
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.event import Event
from kshell.shell.calls.call_views import CallView, TracedView
from kshell.shell.calls.hops import words
from kshell.shell.diagrams.alignment import WAYS

NULL = "NULL"


class Run(NamedTuple):
    """One of the two: the `line` that was typed, the kernel after it, and what came out."""

    line: str
    kernel: Kernel
    view: TracedView

    @property
    def events(self) -> Sequence[Event]:
        """Its hops."""
        return self.view.hops.events if self.view.hops is not None else []

    @property
    def answer(self) -> str:
        """What the call answered, or how the task ended; "" where there was no task."""
        ending = self.view.ending
        if ending is not None and ending.outcome.signal is not None:
            return f"killed by {ending.outcome.signal.name}"
        call = self.view.call if isinstance(self.view, CallView) else None
        if call is not None and call.ret is not None:
            return f"{call.ret} (-{errno_name(-call.ret)})" if is_error(call.ret) else str(call.ret)
        return f"exited with status {ending.outcome.status}" if ending is not None else ""


def differences(a: Run, b: Run, beside: Sequence[tuple[Event, Event]]) -> list[str]:
    """The sentences; `beside` are the hops of the one with those of the other.  What is before the / is A's."""
    found = [*_ways(a, b, beside), *_stubs(a, b)]
    if a.answer and a.answer == b.answer:
        found.append(f"The result of both: {a.answer}.")
    elif a.answer or b.answer:
        found.append(f"The result: {a.answer or 'none'} / {b.answer or 'none'}.")
    return found


def _ways(a: Run, b: Run, beside: Sequence[tuple[Event, Event]]) -> Iterator[str]:
    """How the call's function is found, the first time that it is not the same."""
    for one, other in beside:
        if one.what not in WAYS or other.what not in WAYS:
            continue
        left, right = words(one), words(other)
        if left != right:
            if one.what == other.what == "slot" and one.values["nr"] == other.values["nr"]:
                subject = f"Slot {one.values['nr']} of sys_call_table"
                left, right = (text.partition(" -> ")[2] for text in (left, right))
            else:
                subject = "The way to the function"
            yield f"{subject}: {left} / {right}."
            return


def _stubs(a: Run, b: Run) -> Iterator[str]:
    """The pointers that one of them has followed, and that lead elsewhere in the other."""
    for name in dict.fromkeys(e.values["stub"] for run in (a, b) for e in run.events if e.what == "pointer"):
        left, right = _target(a, name), _target(b, name)
        if left != right:
            yield f"The stub {name}: {left} / {right}."


def _target(run: Run, name: str) -> str:
    """Where a pointer led when it was followed, else where it leads now."""
    followed = next((e for e in run.events if e.what == "pointer" and e.values["stub"] == name), None)
    if followed is not None:
        return _function(followed.values["symbol"], followed.values["module"], followed.address)
    symbol = run.kernel.symbols.lookup(name)
    if symbol is None:
        return "not in this kernel"
    address = run.kernel.memory.load(symbol.address)
    named = run.kernel.name_at(address)
    return _function(named["symbol"], named["module"], address) if address else NULL


def _function(symbol: str | None, module: str | None, address: int | None) -> str:
    if symbol is None:
        return f"{address:#x}, where no function lives"
    return f"{symbol} [{module}]" if module else symbol
