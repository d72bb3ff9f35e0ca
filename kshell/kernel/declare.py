"""The macros of a kernel source file: SYSCALL_DEFINEn, EXPORT_SYMBOL, Stub, module_init, MODULE_LICENSE.

Importing a file declares; booting (or insmod) binds.  Each Python file plays the part of an object
file: a macro puts its entry in a *section* of the file that uses it, a list in the file's namespace,
and the kernel reads those sections when it links the file in.  No value lives here.

C counterparts: include/linux/syscalls.h, include/linux/export.h, include/linux/module.h.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, get_args, get_type_hints

from kshell.abi.c_types import CType

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

P = ParamSpec("P")
SECTIONS = "__kshell_sections__"


class DeclarationError(Exception):
    """A declaration that C's macros would refuse too; the message is for the person who wrote it."""


def section(namespace: dict[str, Any], name: str) -> list[Any]:
    """The entries that macros have put into section `name` of a file with this namespace."""
    entries: list[Any] = namespace.setdefault(SECTIONS, {}).setdefault(name, [])
    return entries


def _emit(name: str, entry: object) -> None:
    """Put `entry` into section `name` of the file that called the macro which called this."""
    section(sys._getframe(2).f_globals, name).append(entry)


class Stub(Generic[P]):
    """A pointer to a function, 8 bytes of kernel memory: ``long (*STUB_x)(...) = NULL;``

    The object is only the declaration.  ``k[STUB_x]`` reads the pointer in kernel `k` (None for NULL),
    ``k[STUB_x] = f`` stores the address of `f`.
    """

    __slots__ = ("is_extern", "name")

    def __init__(self, name: str, *, is_extern: bool = False) -> None:
        self.name, self.is_extern = name, is_extern
        if not is_extern:
            _emit(".bss", self)

    def __repr__(self) -> str:
        return f"{'extern ' if self.is_extern else ''}{self.name}"


class Param(Stub[Any]):
    """A variable of a module that insmod can set: ``static int level = 1;`` with module_param below it.

    ``k[level]`` reads it.  `type` is C's: int, uint, long, ulong or bool.
    """

    __slots__ = ("default", "perm", "type")

    def __init__(self, name: str, default: int = 0) -> None:
        self.name, self.is_extern = name, False
        self.default, self.type, self.perm = int(default), "int", 0
        _emit(".data", self)

    def parse(self, text: str) -> int | None:
        """The value of `text`, None where it is none of this type (C: param_ops_int and its relatives)."""
        if self.type == "bool":
            return {"y": 1, "Y": 1, "1": 1, "on": 1, "n": 0, "N": 0, "0": 0, "off": 0}.get(text)
        try:
            value = int(text, 0)
        except ValueError:
            return None
        bits = 64 if "long" in self.type else 32
        low, high = (0, 1 << bits) if self.type.startswith("u") else (-(1 << bits - 1), 1 << bits - 1)
        return value if low <= value < high else None


def module_param(parameter: Param, type: str, perm: int = 0) -> None:
    """Let insmod set a variable: ``module_param(level, int, 0644);``

    `type` is int, uint, long, ulong or bool; `perm` the mode of its file in /sys, 0 for none.
    """
    if type not in ("int", "uint", "long", "ulong", "bool"):
        raise DeclarationError(f"module_param({parameter.name}, {type!r}): the types are int, uint, long, ulong, bool")
    parameter.type, parameter.perm = type, perm


def extern(name: str) -> Stub[Any]:
    """``extern long (*STUB_x)(...);``: a pointer that another file defines and exports.

    It is resolved when the file is linked or loaded; where nobody exports it, insmod says so.
    """
    stub: Stub[Any] = Stub(name, is_extern=True)
    _emit(".extern", stub)
    return stub


def EXPORT_SYMBOL(thing: Stub[Any] | Callable[..., Any]) -> None:
    """Let loaded modules use this pointer or function by name."""
    _emit("__ksymtab", thing)


class Parameter:
    """One parameter of a system call: its C type and its name."""

    __slots__ = ("ctype", "name")

    def __init__(self, name: str, ctype: CType) -> None:
        self.name, self.ctype = name, ctype

    def __str__(self) -> str:
        return f"{self.ctype.c}{'' if self.ctype.c.endswith('*') else ' '}{self.name}"


class SyscallDefinition:
    """What ``SYSCALL_DEFINEn(name, type, arg, ...) { body }`` declares.

    It cannot be called: kernel code never calls a system call, only user code does, through the table.
    """

    __slots__ = ("body", "doc", "name", "parameters", "takes_regs")

    def __init__(self, name: str, parameters: tuple[Parameter, ...], body: Callable[..., int], doc: str) -> None:
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

    def __repr__(self) -> str:
        return self.macro


def _parameters(body: Callable[..., int]) -> tuple[Parameter, ...]:
    code = body.__code__
    names = code.co_varnames[1 : code.co_argcount]
    hints = get_type_hints(body, include_extras=True)
    parameters = []
    for name in names:
        ctypes = [a for a in get_args(hints.get(name)) if isinstance(a, CType)]
        if not ctypes:
            raise DeclarationError(f"parameter '{name}' of {body.__name__} has no C type: write '{name}: Int'")
        parameters.append(Parameter(name, ctypes[0]))
    return tuple(parameters)


def _syscall_define(digit: int) -> Callable[[Callable[..., int]], SyscallDefinition]:
    def SYSCALL_DEFINE(body: Callable[..., int]) -> SyscallDefinition:
        parameters = _parameters(body)
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


def module_init(function: Callable[[Kernel], int]) -> None:
    """Name the function that runs when the module is loaded; a negative errno refuses the load."""
    _emit(".init", function)


def module_exit(function: Callable[[Kernel], None]) -> None:
    """Name the function that runs when the module is unloaded."""
    _emit(".exit", function)


def _modinfo(tag: str, text: str) -> None:
    section(sys._getframe(2).f_globals, ".modinfo").append((tag, str(text)))


def MODULE_LICENSE(text: str) -> None:
    """The licence; one that is not GPL-compatible taints the kernel, and so does none."""
    _modinfo("license", text)


def MODULE_AUTHOR(text: str) -> None:
    """Who wrote the module, for modinfo."""
    _modinfo("author", text)


def MODULE_DESCRIPTION(text: str) -> None:
    """One line for modinfo."""
    _modinfo("description", text)


def MODULE_VERSION(text: str) -> None:
    """The module's own version, for modinfo."""
    _modinfo("version", text)
