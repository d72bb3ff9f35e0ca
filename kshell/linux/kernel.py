"""The kernel that code runs in, and what is a keyword or an operator of C (C: <linux/kernel.h>)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from kshell.linux.types import Char, Format, Int, Ptr, SizeT

_T = TypeVar("_T")
_R = TypeVar("_R")
_P = ParamSpec("_P")

__func__: str = ""
__FUNCTION__: str = ""


class Kernel:
    """`k`, the kernel: first parameter of every function, first argument of every call.  The compiler erases it."""

    def printk(self, level: str, text: str) -> Int:
        """``k.printk(KERN_INFO, f"n is {n}")`` is ``printk(KERN_INFO "n is %d\\n", n)``."""

    def read(self, variable: Any) -> Any:
        """The value of a variable that Param or extern declares."""

    def write(self, variable: Any, value: Any) -> None:
        """``variable = value``"""

    def __getitem__(self, stub: Stub[_P]) -> Fn[_P, int] | None:
        """The pointer to a function that a Stub holds; None for NULL."""

    def __setitem__(self, stub: Stub[_P], body: Callable[Concatenate[Kernel, _P], int] | None) -> None:
        """``STUB = f``, ``STUB = NULL``"""


class Stub(Generic[_P]):
    """``long (*STUB_x)(int) = NULL;`` is ``STUB_x: Stub[[int]] = Stub("STUB_x")``."""

    def __init__(self, name: str) -> None: ...

    def __call__(self, k: Kernel, *args: _P.args, **kwargs: _P.kwargs) -> int:
        """A function that another file exports is called like this."""


class Fn(Generic[_P, _R]):
    """``long (*f)(int)`` is ``f: Fn[[Int], Long]``; ``Fn[[Int], Long](address)`` is a cast."""

    def __init__(self, address: object) -> None: ...

    def __call__(self, k: Kernel, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """The call through the pointer."""

    def __index__(self) -> int:
        """``(unsigned long)f``"""


def extern(name: str, kind: object = None) -> Any:
    """``extern int n;`` is ``n = extern("n", Int)``, ``extern long f(int);`` is ``f: Stub[[int]] = extern("f")``.

    >>> STUB_y: Stub[[int]] = extern("STUB_y")
    """


def addr(thing: _T) -> Ptr[_T]:
    """The address of a variable, an element, a field or a function: ``&thing`` in C.

    >>> q = addr(v)
    """


def sizeof(thing: object) -> SizeT:
    """``sizeof(thing)``, of a type or of a variable.

    >>> q = kmalloc(k, 2 * sizeof(e), GFP_KERNEL)
    """


def offsetof(kind: type, field: str) -> SizeT:
    """How many bytes into a struct a field lies.

    >>> x = Int(offsetof(e, "list"))
    """


def container_of(pointer: Ptr[Any], kind: type[_T], field: str) -> Ptr[_T]:
    """The struct whose `field` is at `pointer`.

    >>> q = container_of(addr(v.list), e, "list")
    """


def snprintf(k: Kernel, buf: Ptr[Char], size: SizeT, text: Format) -> Int:
    """Write a text of at most `size` - 1 bytes and its NUL; the length that the whole text has.

    >>> snprintf(k, buf, sizeof(buf), f"n is {n}")
    """
