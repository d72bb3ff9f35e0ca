"""The macros of a module: its variables and parameters, what it borrows, its entry points, what modinfo shows.

C counterparts: include/linux/module.h, include/linux/moduleparam.h.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from kshell.abi.c_types import CType
from kshell.kernel.core.sections import DeclarationError, Stub, emit, identifier, section

if TYPE_CHECKING:
    from kshell.kernel.core.pointers import KernelText
    from kshell.kernel.kernel import Kernel

V = TypeVar("V", int, str)

# The types that module_param takes; a variable has 8 bytes here, and its type says which values fit.
TYPES: dict[str, CType] = {
    "bool": CType("bool", 1, False),
    "invbool": CType("bool", 1, False),
    "byte": CType("unsigned char", 1, False),
    "short": CType("short", 2, True),
    "ushort": CType("unsigned short", 2, False),
    "int": CType("int", 4, True),
    "uint": CType("unsigned int", 4, False),
    "long": CType("long", 8, True),
    "ulong": CType("unsigned long", 8, False),
    "hexint": CType("unsigned int", 4, False),
    "charp": CType("char *", 8, False),
}
STRING_MAX = 1024  # bytes of a charp parameter, without its NUL


class Param(Stub[Any], Generic[V]):
    """A variable of a module: ``static int level = 1;``; with module_param below it, insmod can set it.

    ``k.read(level)`` reads it, ``k.write(level, 5)`` changes it.  A string makes it ``static char *name = "text";``.
    `type` is one of TYPES; `perm` the mode of its file in /sys, 0 for none, None where insmod cannot set it; `low` and
    `high` are the least and the greatest value that is taken, None for any.
    """

    __slots__ = ("default", "high", "low", "perm", "text", "type")

    def __init__(self, name: str, default: V = 0, *, is_extern: bool = False) -> None:  # type: ignore[assignment]
        self.name, self.is_extern = identifier("Param", name), is_extern
        if not isinstance(default, int | str):
            raise DeclarationError(f"Param({name!r}, {default!r}): a variable's value is an int, or a string (charp)")
        self.text = default if isinstance(default, str) else ""
        self.default = 0 if isinstance(default, str) else int(default)
        self.type = "charp" if isinstance(default, str) else "int"
        self.perm: int | None = None
        self.low: int | None = None
        self.high: int | None = None
        if not is_extern:
            emit(".data", self)

    @property
    def size(self) -> int:
        """Bytes of memory: 8, and for a charp room for its text behind them."""
        return 8 + STRING_MAX + 8 if self.type == "charp" else 8

    def load(self, k: KernelText) -> Any:
        """Its value in kernel `k`, a str for a charp.  Raises KernelFault where its memory or its pointer is bad."""
        value = k.memory.load(k.stub_address(self))
        if self.type != "charp":
            return CType("long", 8, True).narrow(value) if self.perm is None else TYPES[self.type].narrow(value)
        return k.memory.read_string(value, STRING_MAX + 1).decode("utf-8", "surrogateescape")

    def reset(self, k: KernelText) -> None:
        """Give it the value that it is declared with."""
        self.store(k, self.text if self.type == "charp" else self.default)

    def store(self, k: KernelText, value: object) -> None:
        """Give it a value: for a charp a string of at most STRING_MAX bytes, for others an int."""
        cell = k.stub_address(self)
        if self.type != "charp":
            k.memory.store(cell, int(value))  # type: ignore[call-overload]
            return
        symbol = k.symbols.at(cell)
        if symbol is not None and symbol.module is not None:
            buffer = cell + 8
        else:  # in a file that is built in: its variables stand side by side
            buffer = k.memory.load(cell) or k.memory.static(STRING_MAX + 8)
        k.memory.write(buffer, str(value).encode("utf-8", "surrogateescape")[:STRING_MAX] + b"\0")
        k.memory.store(cell, buffer)


@overload
def extern(name: str) -> Stub[Any]:
    """A pointer, or a function."""


@overload
def extern(name: str, type: type[int]) -> Param[int]:
    """A variable."""


def extern(name: str, type: type[int] | None = None) -> Stub[Any]:
    """Declare a pointer or function that another file defines and exports: ``extern long (*STUB_x)(...);``

    With a type it is a variable: ``extern int counter;`` is ``counter = extern("counter", int)``.
    """
    if type is not None and type is not int:
        raise DeclarationError(f'extern("{name}", {type!r}): a variable is an int: extern("{name}", int)')
    stub: Stub[Any] = Stub(name, is_extern=True) if type is None else Param(name, 0, is_extern=True)
    emit(".extern", stub)
    return stub


def module_param(parameter: Param[Any], type: str, perm: int = 0, *, range: tuple[int, int] | None = None) -> None:
    """Let insmod set a variable: ``module_param(level, int, 0644);``

    `type` is bool, invbool, byte, short, ushort, int, uint, long, ulong, hexint or charp; `perm` the mode of its file
    under /sys/module/NAME/parameters, 0 for no file.  `range` is kshell's: (low, high), both allowed.  In C that takes
    a struct kernel_param_ops of the module's own, or param_set_uint_minmax().
    """
    if not isinstance(parameter, Param):
        raise DeclarationError(f'module_param({parameter!r}): declare the variable first: level = Param("level", 1)')
    name = parameter.name
    if type not in TYPES:
        raise DeclarationError(f"module_param({name}, {type!r}): the types are {', '.join(TYPES)}")
    if (type == "charp") != (parameter.type == "charp"):
        wanted = 'a string: Param("name", "text")' if type == "charp" else 'an int: Param("name", 0)'
        raise DeclarationError(f"module_param({name}, {type!r}): a {type} begins with {wanted}")
    if type in ("bool", "invbool"):
        parameter.default = int(bool(parameter.default))
    if not _fits(type, parameter.default):
        raise DeclarationError(f"module_param({name}, {type!r}): {parameter.default} is no {TYPES[type].c}")
    parameter.type, parameter.perm = type, _check_perm(name, perm)
    if range is not None:
        parameter.low, parameter.high = _check_range(parameter, range)
    emit("__param", parameter)
    emit(".modinfo", ("parmtype", f"{name}:{type}"))


def _fits(type: str, value: int) -> bool:
    return type == "charp" or TYPES[type].narrow(value) == value


def _check_perm(name: str, perm: object) -> int:
    """C refuses the same at compile time (VERIFY_OCTAL_PERMISSIONS)."""
    if not isinstance(perm, int) or not 0 <= perm <= 0o777:
        raise DeclarationError(f"module_param({name}): the mode of its file in /sys is octal, such as 0o644 (C: 0644)")
    if perm & 0o002:
        raise DeclarationError(f"module_param({name}, 0o{perm:o}): the world may not write to a parameter: 0o644")
    user, group, others = perm >> 6, perm >> 3, perm
    if not user & 4 >= group & 4 >= others & 4 or user & 2 < group & 2:
        raise DeclarationError(f"module_param({name}, 0o{perm:o}): the owner may do least of all: 0o644, or 0o444")
    return perm


def _check_range(parameter: Param[Any], range: object) -> tuple[int, int]:
    if not (isinstance(range, tuple) and len(range) == 2 and all(isinstance(end, int) for end in range)):
        raise DeclarationError(f"module_param({parameter.name}): range=(low, high), two ints")
    low, high = int(range[0]), int(range[1])
    if parameter.type == "charp" or not low <= parameter.default <= high:
        raise DeclarationError(f"module_param({parameter.name}): its value {parameter!r} is not in {low} to {high}")
    return low, high


def MODULE_PARM_DESC(parameter: Param[Any], text: str) -> None:
    """Say what a parameter is for, for modinfo."""
    if not isinstance(parameter, Param):
        raise DeclarationError(f"MODULE_PARM_DESC({parameter!r}, ...): its first argument is the parameter")
    emit(".modinfo", ("parm", f"{parameter.name}:{text}"))


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


def MODULE_LICENSE(text: str) -> None:
    """The licence; one that is not GPL-compatible taints the kernel, and so does none."""
    emit(".modinfo", ("license", str(text)))


def MODULE_AUTHOR(text: str) -> None:
    """Who wrote the module, for modinfo."""
    emit(".modinfo", ("author", str(text)))


def MODULE_DESCRIPTION(text: str) -> None:
    """One line for modinfo."""
    emit(".modinfo", ("description", str(text)))


def MODULE_VERSION(text: str) -> None:
    """The module's own version, for modinfo and /sys/module/NAME/version."""
    emit(".modinfo", ("version", str(text)))


def MODULE_ALIAS(text: str) -> None:
    """Another name that modprobe would find the module by, for modinfo."""
    emit(".modinfo", ("alias", str(text)))
