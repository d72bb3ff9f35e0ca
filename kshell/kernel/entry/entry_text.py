"""Where the text of entry_64.py goes, and what the CPU and a debugger must know of it.

C counterpart: what gas and ld do with entry_64.S, and syscall_init() in arch/x86/kernel/cpu/common.c.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.entry.entry_64 import FLAGS_4_19, FLAGS_6_19, lines
from kshell.machine.listing import Label, Line, MayFault, Placed, encode, extents, labels_of, place
from kshell.machine.way_in import WayIn

BOOL_SINCE = (6, 7)  # do_syscall_64 says whether sysret will do
CALL_SIZE = 5
DISPATCH, NATIVE_IRET = layout.FIXED["do_syscall_64"][0], layout.FIXED["native_iret"][0]
_TSS_SP1, _TSS_SP2 = 0xC, 0x14


class EntryText(NamedTuple):
    """`code` stands at layout.ENTRY_TEXT, with these `symbols`, of which the first and the last are functions;
    `placed` is the listing, each line with its address."""

    code: bytes
    symbols: list[Symbol]
    placed: Placed
    way_in: WayIn


def per_cpu(version: tuple[int, int]) -> dict[str, int]:
    """The variables of the CPU's own that the text uses, by their places in its memory: those of the release."""
    tss, other = layout.PER_CPU_TSS, layout.PER_CPU_TSS + 0x80
    common = {"cpu_tss_rw": tss, "current_task": layout.PER_CPU_CURRENT}
    if version >= BOOL_SINCE:
        return common | {"cpu_current_top_of_stack": other, "scratch": tss + _TSS_SP2, "top_of_stack": other}
    return common | {"rsp_scratch": other, "scratch": other, "top_of_stack": tss + _TSS_SP1}


@cache
def entry_text(version: tuple[int, int]) -> EntryText:
    """The text of a release."""
    modern = version >= BOOL_SINCE
    placed = place(lines(modern), layout.ENTRY_TEXT)
    names = {**labels_of(placed), "do_syscall_64": DISPATCH, "native_iret": NATIVE_IRET}
    variables = per_cpu(version)
    code = encode(placed, layout.ENTRY_TEXT, names, variables)
    at_text = {text: at for at, (text, _) in _instructions(placed)}  # swapgs and the like stand there more than once
    way_in = WayIn(
        entry=layout.ENTRY_TEXT,
        dispatch=DISPATCH,
        back=at_text["call do_syscall_64"] + CALL_SIZE,
        trampoline=layout.TRAMPOLINE,
        touch=layout.TOUCH,
        text=range(layout.KERNEL_TEXT, layout.ENTRY_TEXT + len(code)),
        mask=FLAGS_6_19 if modern else FLAGS_4_19,
        gs_base=layout.PER_CPU,
        scratch=layout.PER_CPU + variables["scratch"],
        top_of_stack=layout.PER_CPU + variables["top_of_stack"],
        exits={at_text["sysretq"]: False, NATIVE_IRET: True},
        own=frozenset(at for at, (text, _) in _instructions(placed) if text == "swapgs"),
    )
    named = extents(placed, layout.ENTRY_TEXT + len(code))
    return EntryText(code, [Symbol(label.name, at, label.kind, size) for at, label, size in named], placed, way_in)


def _instructions(placed: Placed) -> list[tuple[int, Line]]:
    return [(at, item) for at, item in placed if not isinstance(item, Label | MayFault)]
