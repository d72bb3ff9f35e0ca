"""Runs that were cut off: by Ctrl-C, or by the budget of a script.

When that comes depends on the host, so nothing leads there again: what is kept is the moment, as the machine itself can
tell it, and the state that it was in then.  Between two events that change the kernel machine code runs by itself, and
changes memory and registers alone.  Done again, the run is stopped behind the same event and given that state.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.replay.packing import packed


class Cut(NamedTuple):
    """Who cut the run off, and when: the clock moves at each event, and between two of them code changes rings and CR0.

    `registers` are those of ring 0, `frames` the pages in use, by their physical addresses, with what was in them,
    compressed; `fpu` is what the run goes on with where Ctrl-C did not end it.
    """

    kind: str
    ns: int
    ring: int
    write_protect: bool
    registers: tuple[int, ...]
    frames: tuple[int, ...]
    pages: bytes
    fpu: tuple[Any, ...]


class Differs(Exception):
    """What is done again does not come to what it came to before."""


def cut_now(k: Kernel, kind: str, ring: int) -> Cut:
    """The moment, and the state."""
    frames, memory = k.ram.frames(), k.ram.bytes
    pages = packed(memory[frame : frame + PAGE_SIZE] for frame in frames)
    protected = k.memory.protection.write_protect
    registers = tuple(k.cpu.ring0.regs) if ring == 0 else ()
    return Cut(kind, k.clock.ns, ring, protected, registers, tuple(frames), pages, tuple(k.cpu.fpu_state()))


def _restore(k: Kernel, cut: Cut) -> None:
    if tuple(k.ram.frames()) != cut.frames:
        raise Differs("other pages are in use")
    pages = memoryview(zlib.decompress(cut.pages))
    for at, frame in enumerate(cut.frames):
        k.ram.bytes[frame : frame + PAGE_SIZE] = pages[at * PAGE_SIZE : (at + 1) * PAGE_SIZE]
    for slot, value in enumerate(cut.registers):
        k.cpu.ring0.regs[slot] = value
    k.cpu.set_fpu_state(list(cut.fpu))
    k.cpu.flush_code()


@contextmanager
def cut_again(k: Kernel, cuts: Sequence[Cut]) -> Iterator[None]:
    """In this block runs end as they did before.  Differs where one cannot."""
    if not cuts:
        yield
        return
    left = list(cuts)

    def is_due() -> bool:
        return bool(left) and (left[0].ns, left[0].ring, left[0].write_protect) == (
            k.clock.ns,
            k.cpu.mmu.ring,
            k.memory.protection.write_protect,
        )

    def cut_off(kind: str, ring: int) -> str:
        if not left or ring != left[0].ring:
            raise Differs("a run was cut off that was not before")
        _restore(k, left[0])
        return left.pop(0).kind

    def stopping(event: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any) -> Any:
            result = event(*args)
            if left and k.clock.ns >= left[0].ns:
                k.cpu.pause()
            return result

        return watched

    cpu, before = k.cpu, k.on_cut
    events = cpu.on_syscall, cpu.ring0.on_vmcall, cpu.ring0.on_return, cpu.mmu.on_page_fault
    cpu.on_syscall, cpu.ring0.on_vmcall = stopping(cpu.on_syscall), stopping(cpu.ring0.on_vmcall)
    cpu.ring0.on_return, cpu.mmu.on_page_fault = stopping(cpu.ring0.on_return), stopping(cpu.mmu.on_page_fault)
    cpu.cut, k.on_cut = is_due, cut_off
    try:
        yield
    finally:
        cpu.on_syscall, cpu.ring0.on_vmcall, cpu.ring0.on_return, cpu.mmu.on_page_fault = events
        cpu.cut, k.on_cut = None, before
