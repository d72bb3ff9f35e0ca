"""C's types under their kshell names, pointers, arrays and structs (C: <linux/types.h>).

For a type checker a number is an int; the compiler knows how wide each is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, overload

from kshell.abi.list_head import *

_T = TypeVar("_T")

Void: TypeAlias = Any
Bool: TypeAlias = int
Char: TypeAlias = int
SChar: TypeAlias = int
UChar: TypeAlias = int
Short: TypeAlias = int
UShort: TypeAlias = int
Int: TypeAlias = int
UInt: TypeAlias = int
Long: TypeAlias = int
ULong: TypeAlias = int
LongLong: TypeAlias = int
ULongLong: TypeAlias = int
S8: TypeAlias = int
U8: TypeAlias = int
S16: TypeAlias = int
U16: TypeAlias = int
S32: TypeAlias = int
U32: TypeAlias = int
S64: TypeAlias = int
U64: TypeAlias = int
SizeT: TypeAlias = int
SSizeT: TypeAlias = int
OffT: TypeAlias = int
LoffT: TypeAlias = int
PidT: TypeAlias = int
ModeT: TypeAlias = int
ClockId: TypeAlias = int
GfpT: TypeAlias = int

AnyInt: TypeAlias = int  # of any integer type: what a macro is told

Const = Annotated[_T, "const"]
Format: TypeAlias = str
NULL: Any = None


class Ptr(Generic[_T]):
    """``e *p`` is ``p: Ptr[e]``: p.field, p[0], p[i], p + 1; ``Ptr[e](address)`` is a cast."""

    def __init__(self, address: object = 0) -> None: ...

    def __getitem__(self, index: int) -> _T:
        """``p[i]``"""

    def __setitem__(self, index: int, value: _T) -> None:
        """``p[i] = value``"""

    def __getattr__(self, name: str) -> Any:
        """``p->field``"""

    def __setattr__(self, name: str, value: Any) -> None:
        """``p->field = value``"""

    def __add__(self, steps: int) -> Ptr[_T]:
        """``p + 1``, which is as many bytes on as one element has."""

    @overload
    def __sub__(self, other: int) -> Ptr[_T]: ...
    @overload
    def __sub__(self, other: Ptr[_T]) -> int: ...
    def __sub__(self, other: int | Ptr[_T]) -> int | Ptr[_T]:
        """``p - 1``, and how many elements lie between two pointers."""

    def __lt__(self, other: Ptr[_T]) -> bool:
        """``p < q``"""

    def __le__(self, other: Ptr[_T]) -> bool:
        """``p <= q``"""

    def __index__(self) -> int:
        """``(unsigned long)p``"""


class Array(Ptr[_T]):
    """``int a[3] = {1, 2, 3}`` is ``a: Array[Int] = Array(Int, 3, [1, 2, 3])``."""

    def __init__(self, kind: type[_T], count: int, first: Sequence[object] = ()) -> None: ...

    def __len__(self) -> int:
        """ARRAY_SIZE(a)"""


Text: TypeAlias = "str | Ptr[int]"


class User(Generic[_T]):
    """``int __user *p`` is ``p: User[Int]``: it is never followed, only handed to copy_from_user and relatives."""

    def __init__(self, address: object = 0) -> None: ...

    def __add__(self, steps: int) -> User[_T]:
        """``p + 1``"""

    def __index__(self) -> int:
        """``(unsigned long)p``"""


class Struct:
    """``struct e { ... }`` is ``class e(Struct):``; ``e(a=1)`` is a new one, what is not named is 0."""

    def __init__(self, **fields: Any) -> None: ...


class Union:
    """``union u { ... }`` is ``class u(Union):``."""

    def __init__(self, **fields: Any) -> None: ...


class hlist_node(Struct):
    """A link of a list whose head is one pointer; `pprev` is where the pointer to this link stands."""

    next: Ptr[hlist_node]
    pprev: Ptr[Ptr[hlist_node]]


class hlist_head(Struct):
    """The head of such a list, as in each slot of a hash table."""

    first: Ptr[hlist_node]


# Numbers with a meaning: a trace of a system call prints names.
Fd: TypeAlias = UInt
ULongFd: TypeAlias = ULong
DirFd: TypeAlias = Int
OpenFlags: TypeAlias = Int
PipeFlags: TypeAlias = Int
AtFlags: TypeAlias = Int
Whence: TypeAlias = UInt
FcntlCmd: TypeAlias = UInt
Prot: TypeAlias = ULong
MapFlags: TypeAlias = ULong
GrndFlags: TypeAlias = UInt
MremapFlags: TypeAlias = ULong
Madvice: TypeAlias = Int
RusageWho: TypeAlias = Int
Addr: TypeAlias = ULong


class stat(Struct):
    """What stat(2) answers."""


class new_utsname(Struct):
    """What uname(2) answers."""


class sysinfo(Struct):
    """What sysinfo(2) answers."""


class rusage(Struct):
    """What getrusage(2) answers."""


class __kernel_timespec(Struct):
    """Seconds and nanoseconds."""


class timeval(Struct):
    """Seconds and microseconds."""


class timezone(Struct):
    """What nobody uses any more."""


class iovec(Struct):
    """A piece of memory for readv(2) and writev(2)."""


Path: TypeAlias = User[Const[Char]]
BufIn: TypeAlias = User[Const[Char]]
BufOut: TypeAlias = User[Char]
StatPtr: TypeAlias = User[stat]
UtsnamePtr: TypeAlias = User[new_utsname]
SysinfoPtr: TypeAlias = User[sysinfo]
RusagePtr: TypeAlias = User[rusage]
TimespecIn: TypeAlias = User[__kernel_timespec]
TimespecOut: TypeAlias = User[__kernel_timespec]
TimevalOut: TypeAlias = User[timeval]
TimezoneOut: TypeAlias = User[timezone]
TimeOut: TypeAlias = User[Long]
PipeFds: TypeAlias = User[Int]
IovecIn: TypeAlias = User[Const[iovec]]
IovecOut: TypeAlias = User[Const[iovec]]
