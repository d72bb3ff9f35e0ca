"""The macros of the kernel's own system calls: SYSCALL_DEFINEn.

Importing a file declares; booting binds: see kshell.kernel.core.sections.

C counterpart: include/linux/syscalls.h.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import NamedTuple, NoReturn, TypeAlias

from kshell.abi.c_types import CType
from kshell.kernel.core.calling import ctype_of, hint_of
from kshell.kernel.core.sections import CO_VARARGS, CO_VARKEYWORDS, DeclarationError, section

Body: TypeAlias = Callable[..., int] | None


class Parameter(NamedTuple):
    """One parameter of a system call: its C type and its name."""

    name: str
    ctype: CType

    def __str__(self) -> str:
        return f"{self.ctype.c}{'' if self.ctype.c.endswith('*') else ' '}{self.name}"


class SyscallDefinition:
    """What ``SYSCALL_DEFINEn(name, type, arg, ...) { body }`` declares.

    `body` is None where it is machine code.  It cannot be called: kernel code never calls a system call, only user
    code does, through the table.
    """

    __slots__ = ("body", "doc", "name", "parameters")

    def __init__(self, name: str, parameters: tuple[Parameter, ...], body: Body, doc: str) -> None:
        self.name, self.parameters, self.body, self.doc = name, parameters, body, doc

    @property
    def signature(self) -> str:
        """``name(type arg, type arg)``, as a manual page has it."""
        return f"{self.name}({', '.join(map(str, self.parameters)) or 'void'})"

    @property
    def macro(self) -> str:
        """The macro line of the C source: ``SYSCALL_DEFINE1(test_call, int, test_int)``."""
        parts = [self.name]
        for parameter in self.parameters:
            parts += [parameter.ctype.c, parameter.name]
        return f"SYSCALL_DEFINE{len(self.parameters)}({', '.join(parts)})"

    def narrow(self, args: tuple[int, ...]) -> tuple[int, ...]:
        """The values that the body gets of six registers (any ints)."""
        return tuple([p.ctype.narrow(value) for p, value in zip(self.parameters, args, strict=False)])

    def __call__(self, *args: object) -> NoReturn:
        raise TypeError(
            f"{self.name} is a system call, and kernel code never calls one: only user code does, through the table. "
            "What both need goes into a function of its own"
        )

    def __repr__(self) -> str:
        return self.macro


def parameters_of(body: Callable[..., int]) -> tuple[Parameter, ...]:
    """The parameters of a body after `k`.  DeclarationError where one has no C type."""
    code = body.__code__
    if code.co_argcount == 0 or code.co_varnames[0] != "k" or code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
        raise DeclarationError(f"{body.__name__} must take k: Kernel first, and then each argument by its name")
    parameters = []
    for name in code.co_varnames[1 : code.co_argcount]:
        hint, text = hint_of(body, name), body.__annotations__.get(name)
        if hint is None and isinstance(text, str):
            raise DeclarationError(f"{body.__name__}: '{text}' undeclared here: import it from kshell.abi.c_types")
        ctype = ctype_of(hint)
        if ctype is None:
            raise DeclarationError(f"parameter '{name}' of {body.__name__} has no C type: write '{name}: Int'")
        parameters.append(Parameter(name, ctype))
    return tuple(parameters)


def _syscall_define(digit: int) -> Callable[[Callable[..., int]], SyscallDefinition]:
    def SYSCALL_DEFINE(body: Callable[..., int]) -> SyscallDefinition:
        if not isinstance(body, FunctionType):
            raise DeclarationError(f"@SYSCALL_DEFINE{digit} stands over a def, not over {body!r}")
        parameters = parameters_of(body)
        if len(parameters) != digit:
            raise DeclarationError(
                f"SYSCALL_DEFINE{digit} takes {digit} argument{'' if digit == 1 else 's'} after k, "
                f"but {body.__name__} has {len(parameters)}: write SYSCALL_DEFINE{len(parameters)}"
            )
        definition = SyscallDefinition(body.__name__, parameters, body, body.__doc__ or "")
        section(body.__globals__, ".syscalls").append(definition)
        return definition

    SYSCALL_DEFINE.__name__ = f"SYSCALL_DEFINE{digit}"
    SYSCALL_DEFINE.__doc__ = f"Declare the body of a system call of {digit} arguments (after `k`)."
    return SYSCALL_DEFINE


SYSCALL_DEFINE0 = _syscall_define(0)
SYSCALL_DEFINE1 = _syscall_define(1)
SYSCALL_DEFINE2 = _syscall_define(2)
SYSCALL_DEFINE3 = _syscall_define(3)
SYSCALL_DEFINE4 = _syscall_define(4)
SYSCALL_DEFINE5 = _syscall_define(5)
SYSCALL_DEFINE6 = _syscall_define(6)
