"""Calls by `int 0x80`: which call a word names there, where its number leads, and why it answered what it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kshell.abi.c_types import U64
from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.errno import errno_name
from kshell.kernel.ia32.call_table import NAMES, lookup_32
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.shell.calls.arguments import BadValue, register_value
from kshell.shell.calls.target import Target, reached
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Option
from kshell.shell.lines.words import Word
from kshell.shell.views.view import show

I386 = "i386"
ABI = Option("--abi", "i386: by int 0x80, with the numbers of 32-bit programs", "i386|64")
U32 = 0xFFFF_FFFF


def is_i386(command: str, abi: str | None) -> bool:
    """Whether a call is meant that comes by `int 0x80`.  CommandError for an ABI that there is not."""
    if abi not in (None, "64", I386):
        because = "a call is made as a 64-bit program does (64), or by int 0x80 (i386)"
        raise CommandError(f"{command}: unknown ABI {show(abi or '')}", because, f"{command} --abi i386 getpid")
    return abi == I386


def number_32(k: Kernel, words: Sequence[Word], command: str = "syscall") -> int:
    """The number of the call that the first word names in the i386 table.  CommandError where there is none."""
    word = words[0]
    name = word.text.removeprefix("__NR_").removeprefix("__ia32_").removeprefix("sys_")
    row = k.ia32.table.by_name.get(name)
    if row is not None:
        return row.number
    try:
        value = register_value(word.text)
    except BadValue as bad:
        raise CommandError(f"{command}: {bad.what}", bad.because, f"{command} --abi i386 {bad.try_}") from None
    if value is not None:
        return value
    because = f"the i386 table of kernel {k.profile.name} has no such row"
    if name in k.table.by_name:
        because += "; 64-bit programs have it"
        raise CommandError(f"no i386 call is named {show(word.text)}", because, f"man {name}  (the 64-bit call)")
    close = did_you_mean(name, k.ia32.table.by_name)
    try_ = _instead(k, close[0], words[1:]) if close else "table --abi i386  (lists them all)"
    raise CommandError(f"no i386 call is named {show(word.text)}", because, try_)


def _instead(k: Kernel, name: str, arguments: Sequence[Word]) -> str:
    """The call that was meant, with what was typed behind it; its page where that was not all of it."""
    definition = k.ia32.define_of(k.ia32.table.by_name[name].number)
    if definition is None or len(definition.parameters) != len(arguments):
        return f"man --abi i386 {name}  (what it takes)"
    return " ".join(["syscall --abi i386", name, *(word.raw for word in arguments)])


def target_32(k: Kernel, nr: int) -> Target:
    """Where a number leads at this moment."""
    address, number = lookup_32(k, nr & U32)
    return reached(k, number, address, k.ia32.define_of(number) if address is not None else None)


def cuts(call: Call) -> Iterator[str]:
    """A sentence for each argument that 32 bits do not hold."""
    if call.definition is None:
        return
    for name, given, p, value in zip(NAMES, call.registers, call.definition.parameters, call.values, strict=False):
        if p.ctype.narrow(given) != value:
            whole, left = given & U64, given & U32
            place = ", an address on the stack," if p.ctype.c.endswith("*") and whole >> 40 == 0x7F else ""
            yield f"int 0x80 takes 32 bits of a register: {p.name} was {whole:#x}{place} in r{name}, and is {left:#x}"


def no_such_call(k: Kernel, nr: int, address: int | None) -> tuple[str, str]:
    """Why `nr` answered ENOSYS, and what to try."""
    ia32, row = k.ia32, k.ia32.table.by_number.get(nr)
    if address is None and nr == -1:
        because = "-1 is the number that means no call at all: no function was called, and ax kept its -ENOSYS"
    elif not 0 <= nr < ia32.nr_syscalls:
        because = f"{nr & U32:#x} is not below IA32_NR_syscalls = {ia32.nr_syscalls}"
        because += ": no function was called, and ax kept the -ENOSYS it is preset to" if address is None else ""
    elif row is None:
        because = f"number {nr} is a hole: no row of the i386 table has it"
    elif row.entry is None:
        because = f"{row.name} keeps its number in the i386 table, and nothing has been behind it for long"
    else:
        because = f"{row.name} is i386 call {nr} of real Linux, but kshell has no body for it"
    return because, "table --abi i386 --state built  (the calls that work here)"


def why_32(k: Kernel, call: Call, target: Target) -> tuple[str, str] | None:
    """Why a call that answered an error did so; None where the function's own page says it."""
    if target.address in k.ia32.definitions:
        return None
    if call.ret is not None and errno_name(-call.ret) == "ENOSYS":
        return no_such_call(k, target.nr, target.address)
    leads = "(nothing)" if target.address is None else k.symbols.describe(target.address)
    return f"ia32_sys_call_table[{target.nr}] leads to {leads}, and that answered {call.ret}", (
        f"table --abi i386 {target.nr}"
    )
