"""The stack of machine code: which of its functions were running, by the chain of frame pointers.

C counterpart: arch/x86/kernel/unwind_frame.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.ptregs import BP, IP, SP
from kshell.kernel.core import layout
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.show_regs import Frame

MOST_FRAMES = layout.THREAD_SIZE // 16  # a return address and rbp take 16 bytes each
_PROLOGUE = 4  # push rbp; mov rbp, rsp
_PUSH_RBP = 0x55


def machine_frames(k: Kernel, regs: memoryview, in_call: bool) -> list[Frame]:
    """The functions that were running, innermost first; `in_call` says that a system call began it all."""
    way_in, found = k.way_in, []
    if regs[IP] not in way_in.text or layout.DO_ONE_INITCALL <= regs[IP] < layout.ENTRY_TEXT:
        for address in _return_addresses(k, regs):
            if address == layout.TRAMPOLINE + 2:
                break
            found.append(address)
        found += [layout.TRAMPOLINE + 2] if in_call else []
    if (in_call and regs[IP] < layout.ENTRY_TEXT) or found[-1:] == [layout.TRAMPOLINE + 2]:
        found.append(way_in.back)
    return [_frame(k, regs[IP], regs[IP]), *(_frame(k, address, address - 1) for address in found)]


def entry_frame(k: Kernel) -> Frame:
    """That of the text which calls do_syscall_64."""
    return _frame(k, k.way_in.back, k.way_in.back - 1)


def _frame(k: Kernel, address: int, inside: int) -> Frame:
    """A frame that returns to `address`; `inside` is in the call before that, which may end a line or the function."""
    file, line = k.place_of(inside) or ("", 0)
    symbol = k.symbols.around(inside)
    return Frame(f"0x{address:x}" if symbol is None else symbol.at(address), address, file, line, "")


def _return_addresses(k: Kernel, regs: memoryview) -> Iterator[int]:
    ip, sp, frame = regs[IP], regs[SP], regs[BP]
    symbol = k.symbols.around(ip)
    into = ip - symbol.address if symbol is not None else 0
    has_frame = into and _byte_at(k, ip - into) == _PUSH_RBP  # gcc gives none to a leaf that needs no stack
    if into < _PROLOGUE or not has_frame:  # its frame does not stand yet, or never does
        first = _stack_word(k, sp + (8 if has_frame else 0))
        if first is not None and k.symbols.around(first) is not None:
            yield first
    for _ in range(MOST_FRAMES):
        above, address = _stack_word(k, frame), _stack_word(k, frame + 8)
        if above is None or address is None:
            return
        yield address
        if above <= frame:
            return
        frame = above


def _byte_at(k: Kernel, address: int) -> int | None:
    """A byte of text; None where nothing can be read any more."""
    try:
        return k.memory.read(address, 1)[0]
    except KernelFault:
        return None


def _stack_word(k: Kernel, address: int) -> int | None:
    """A word of the current task's kernel stack."""
    low = k.current.stack
    return k.memory.load(address) if low <= address < low + layout.THREAD_SIZE and not address & 7 else None
