"""How a body in Python is called: its arguments come out of registers, each narrowed to its C type.

A system call's stand in pt_regs as the user left them, those of any other function where C's calling convention has
them.  What machine code passes is as hostile as what a user does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kshell.abi import ptregs
from kshell.abi.c_types import CType
from kshell.kernel.core.sections import CO_VARARGS, CO_VARKEYWORDS

if TYPE_CHECKING:
    from kshell.kernel.core.memory import KernelMemory

Body = Callable[..., Any]
LONG = CType("long", 8, True)


class CallAgain(BaseException):
    """A body must wait, and is to be called anew when its task goes on: it holds nothing meanwhile."""


class TailCall(BaseException):
    """A body ends in a call of machine code: the CPU goes on there, and what that returns is the body's result."""

    def __init__(self, address: int, *args: int) -> None:
        super().__init__(address)
        self.address, self.args = address, args


class VaList:
    """C: va_list.  A body whose last parameter is annotated with it is variadic: it reads the arguments behind the last
    one that it names, first those in registers, then those on the stack."""

    def __init__(self, memory: KernelMemory, regs: Sequence[int], named: int) -> None:
        self._memory, self._regs, self._taken = memory, regs, named

    def next(self, ctype: CType = LONG) -> int:
        """The next argument as a `ctype` (C: va_arg).  Raises KernelFault where the stack ends."""
        at, self._taken = self._taken, self._taken + 1
        if at < len(ptregs.C_ARGUMENTS):
            return ctype.narrow(self._regs[ptregs.C_ARGUMENTS[at]])
        behind = at - len(ptregs.C_ARGUMENTS) + 1  # the return address stands first
        return ctype.narrow(int.from_bytes(self._memory.read(self._regs[ptregs.SP] + 8 * behind, 8), "little"))


def from_registers(body: Body, types: Sequence[CType], slots: Sequence[int]) -> Callable[[Any, memoryview], Any]:
    """`body(k, ...)` as a function of (k, regs) that takes its arguments out of the `slots`."""
    takes = [(slot, ctype.mask, ctype.sign) for slot, ctype in zip(slots, types, strict=False)]

    def wrapper(k: Any, regs: memoryview) -> Any:
        return body(k, *[((regs[slot] & mask) ^ sign) - sign for slot, mask, sign in takes])

    def wrapper0(k: Any, regs: memoryview) -> Any:
        return body(k)

    def wrapper1(k: Any, regs: memoryview) -> Any:
        return body(k, ((regs[slot1] & mask1) ^ sign1) - sign1)

    slot1, mask1, sign1 = takes[0] if takes else (0, 0, 0)
    chosen = {0: wrapper0, 1: wrapper1}.get(len(takes), wrapper)
    chosen.__dict__["__wrapped__"] = body
    return chosen


def from_machine_code(body: Body) -> Callable[[Any, memoryview], Any] | None:
    """What runs `body` with the registers of machine code that calls it; None if C could not call it.

    A parameter has a C type or is an int (a long); the last one may be a VaList.  ``__x64_sys_x`` takes one pointer, to
    a struct pt_regs.
    """
    if takes_pt_regs(body):
        return _from_pt_regs(body)
    code = body.__code__
    if not code.co_argcount or code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
        return None
    hints = [hint_of(body, name) for name in code.co_varnames[1 : code.co_argcount]]
    variadic = bool(hints) and hints[-1] is VaList
    types = [as_in_c(hint) for hint in (hints[:-1] if variadic else hints)]
    known = [ctype for ctype in types if ctype is not None]
    if len(known) != len(types) or len(types) > len(ptregs.C_ARGUMENTS):
        return None
    if not variadic:
        return from_registers(body, known, ptregs.C_ARGUMENTS)
    slots = ptregs.C_ARGUMENTS[: len(known)]

    def variadic_body(k: Any, regs: memoryview) -> Any:
        named = [ctype.narrow(regs[slot]) for ctype, slot in zip(known, slots, strict=True)]
        return body(k, *named, VaList(k.memory, regs, len(known)))

    return variadic_body


def takes_pt_regs(body: Body) -> bool:
    """Whether it is an ``__x64_sys_x``, made by from_registers."""
    return "__wrapped__" in body.__dict__ and body.__code__.co_varnames[1:2] == ("regs",)


def _from_pt_regs(wrapper: Body) -> Callable[[Any, memoryview], Any]:
    if wrapper.__dict__["__wrapped__"].__code__.co_argcount == 1:
        return wrapper  # a call without arguments does not look at its pointer

    def through_pointer(k: Any, regs: memoryview) -> Any:
        return wrapper(k, memoryview(k.memory.read(regs[ptregs.DI], ptregs.SIZE)).cast("Q"))

    return through_pointer


def hint_of(body: Body, name: str) -> Any:
    """The annotation of a parameter, or of the result ("return"); None where there is none, or nothing of its name."""
    hint = body.__annotations__.get(name)
    if isinstance(hint, str):  # as `from __future__ import annotations` leaves it
        return {"int": int}.get(hint, body.__globals__.get(hint))
    return hint


def ctype_of(hint: Any) -> CType | None:
    """The C type that an annotation stands for; None if it is none."""
    return next((mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, CType)), None)


def as_in_c(hint: Any) -> CType | None:
    """The same for a function of the kernel's own, where Python's int is C's long."""
    return LONG if hint is int else ctype_of(hint)
