"""Putting a listener on a kernel, and taking it off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.event import Event
from kshell.kernel.trace.tracer import Tracer


@contextmanager
def heard_by(k: Kernel, tracer: Tracer | None) -> Iterator[None]:
    """In this block `tracer` is told of each call, and of each step if it wants events; None: nobody is."""
    k.tracer = tracer
    if tracer is not None and tracer.wants_events:
        k.on_event = lambda *step: tracer.event(Event(*step))
        k.code_trace.begin(tracer.detail)
    try:
        yield
    finally:
        stop_listening(k)


def stop_listening(k: Kernel) -> None:
    """Tell nobody any more."""
    if k.on_event is not None:
        k.code_trace.end()
    k.tracer = k.on_event = None
    for task in k.tasks.values():
        task.call = None
