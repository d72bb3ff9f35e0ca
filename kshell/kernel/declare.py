"""The macros of a kernel source file: SYSCALL_DEFINEn, EXPORT_SYMBOL, Stub, module_init, MODULE_LICENSE.

Importing a file declares; booting (or insmod) binds.  Each Python file plays the part of an object
file: a macro puts its entry in a *section* of the file that uses it, a list in the file's namespace,
and the kernel reads those sections when it links the file in.  No value lives here.

C counterparts: include/linux/syscalls.h, include/linux/export.h, include/linux/module.h.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec

from kshell.abi.c_types import CType

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

P = ParamSpec("P")
SECTIONS = "__kshell_sections__"
CO_VARARGS, CO_VARKEYWORDS = 0x04, 0x08


class DeclarationError(Exception):
    """A declaration that C's macros would refuse too; the message is for the person who wrote it."""


def section(namespace: dict[str, Any], name: str) -> list[Any]:
    """The entries that macros have put into section `name` of a file with this namespace."""
    entries: list[Any] = namespace.setdefault(SECTIONS, {}).setdefault(name, [])
    return entries


def _identifier(macro: str, name: object) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise DeclarationError(f'{macro}({name!r}): the first argument is the C name, a string like "STUB_test_call"')
    return name


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
        self.name, self.is_extern = _identifier("Stub", name), is_extern
        if not is_extern:
            _emit(".bss", self)

    def __call__(self, *args: object) -> NoReturn:
        raise TypeError(f"{self.name} is the declaration; the pointer itself is k[{self.name}]: k[{self.name}](k, ...)")

    def __repr__(self) -> str:
        return f"{'extern ' if self.is_extern else ''}{self.name}"


class Param(Stub[Any]):
    """A variable of a module that insmod can set: ``static int level = 1;`` with module_param below it.

    ``k[level]`` reads it.  `type` is C's: int, uint, long, ulong or bool.
    """

    __slots__ = ("default", "type")

    def __init__(self, name: str, default: int = 0) -> None:
        self.name, self.is_extern = _identifier("Param", name), False
        if not isinstance(default, int):
            raise DeclarationError(f"Param({name!r}, {default!r}): a parameter's value is an int")
        self.default, self.type = int(default), "int"
        _emit(".data", self)

    def parse(self, text: str) -> int | None:
        """The value of `text`, None where it is none of this type (C: param_ops_int and its relatives)."""
        if self.type == "bool":
            return {"y": 1, "t": 1, "1": 1, "on": 1, "n": 0, "f": 0, "0": 0, "off": 0}.get(text.lower())
        digits = text[1:] if text[:1] in ("-", "+") else text
        base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[:1] == "0" else 10
        if not digits.isascii() or not digits.isalnum():  # int() would take blanks and underlines too
            return None
        try:
            value = int(text, base)
        except ValueError:
            return None
        bits = 64 if "long" in self.type else 32
        low, high = (0, 1 << bits) if self.type.startswith("u") else (-(1 << bits - 1), 1 << bits - 1)
        return value if low <= value < high else None


def module_param(parameter: Param, type: str, perm: int = 0) -> None:
    """Let insmod set a variable: ``module_param(level, int, 0644);``

    `type` is int, uint, long, ulong or bool; `perm`, the mode of its file in /sys, does nothing: there is no /sys.
    """
    if not isinstance(parameter, Param):
        raise DeclarationError(f'module_param({parameter!r}): declare the variable first: level = Param("level", 1)')
    if type not in ("int", "uint", "long", "ulong", "bool"):
        raise DeclarationError(f"module_param({parameter.name}, {type!r}): the types are int, uint, long, ulong, bool")
    parameter.type = type


def extern(name: str) -> Stub[Any]:
    """``extern long (*STUB_x)(...);``: a pointer that another file defines and exports.

    It is resolved when the file is linked or loaded; where nobody exports it, insmod says so.
    """
    stub: Stub[Any] = Stub(_identifier("extern", name), is_extern=True)
    _emit(".extern", stub)
    return stub


def EXPORT_SYMBOL(thing: Stub[Any] | Callable[..., Any]) -> None:
    """Let loaded modules use this pointer or function by name."""
    if not isinstance(thing, Stub | FunctionType):
        raise DeclarationError(f"EXPORT_SYMBOL({thing!r}): only a Stub or a function of this file can be exported")
    if isinstance(thing, Stub) and thing.is_extern:
        raise DeclarationError(f"EXPORT_SYMBOL({thing.name}): it is extern; the file that defines it exports it")
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

    __slots__ = ("body", "doc", "name", "parameters")

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

    def __call__(self, *args: object) -> NoReturn:
        raise TypeError(
            f"{self.name} is a system call, and kernel code never calls one: only user code does, through the table. "
            "What both need goes into a function of its own"
        )

    def __repr__(self) -> str:
        return self.macro


def _parameters(body: Callable[..., int]) -> tuple[Parameter, ...]:
    code = body.__code__
    if code.co_argcount == 0 or code.co_varnames[0] != "k" or code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
        raise DeclarationError(f"{body.__name__} must take k: Kernel first, and then each argument by its name")
    parameters = []
    for name in code.co_varnames[1 : code.co_argcount]:
        hint: Any = body.__annotations__.get(name)
        if isinstance(hint, str):  # as `from __future__ import annotations` leaves it
            if hint not in body.__globals__ and hint != "int":
                raise DeclarationError(f"{body.__name__}: '{hint}' undeclared here: import it from kshell.abi.c_types")
            hint = body.__globals__.get(hint)
        ctype = next((mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, CType)), None)
        if ctype is None:
            raise DeclarationError(f"parameter '{name}' of {body.__name__} has no C type: write '{name}: Int'")
        parameters.append(Parameter(name, ctype))
    return tuple(parameters)


def _syscall_define(digit: int) -> Callable[[Callable[..., int]], SyscallDefinition]:
    def SYSCALL_DEFINE(body: Callable[..., int]) -> SyscallDefinition:
        if not isinstance(body, FunctionType):
            raise DeclarationError(f"@SYSCALL_DEFINE{digit} stands over a def, not over {body!r}")
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
    _emit_once(".init", "module_init", function)


def module_exit(function: Callable[[Kernel], None]) -> None:
    """Name the function that runs when the module is unloaded."""
    _emit_once(".exit", "module_exit", function)


def _emit_once(name: str, macro: str, function: object) -> None:
    entries = section(sys._getframe(2).f_globals, name)
    if not isinstance(function, FunctionType):
        raise DeclarationError(f"{macro}({function!r}): name a function, without calling it: {macro}(my_function)")
    if entries:
        raise DeclarationError(f"{macro} stands twice: {entries[0].__name__} and {function.__name__}. A module has one")
    entries.append(function)


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
