"""What a person is told who waits for kernel code that does not end: where it is, and that Ctrl-C ends it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kshell.abi.ptregs import IP
from kshell.shell.views.output import Result
from kshell.shell.views.view import Nothing, show

if TYPE_CHECKING:
    from kshell.shell.state.context import Context


def tell_long_run(session: Context) -> None:
    """Say it, in the middle of the run."""
    k = session.kernel
    ip = k.cpu.ring0.regs[IP]
    place = k.place_of(ip)
    source = f" ({show(os.path.basename(place[0]))}:{place[1]})" if place is not None else ""
    note = f"the kernel is in {show(k.symbols.describe(ip))}{source}, two seconds after it began: Ctrl-C ends it"
    session.output.show(Result(session.running, 0, Nothing(), notes=[note]))
