"""C types of system-call parameters: how wide they are, and how they read on screen.

A system call's body is declared with these names as annotations, as the C line is:

    def write(k: Kernel, fd: Fd, buf: BufIn, count: SizeT) -> Long: ...

For a type checker each of them is ``int``.  At run time each carries a :class:`CType`: its C spelling,
its width (a register's 64 bits are narrowed to it, as a C compiler does) and `show`, which tells a
trace how to print such an argument.
"""

from __future__ import annotations

from typing import Annotated, get_args

U64 = (1 << 64) - 1


class CType:
    """One C type: `c` its spelling, `size` in bytes, `signed`, and `show`, how a trace prints it."""

    __slots__ = ("c", "mask", "show", "sign", "signed", "size")

    def __init__(self, c: str, size: int, signed: bool, show: str = "int") -> None:
        self.c, self.size, self.signed, self.show = c, size, signed, show
        self.mask = (1 << 8 * size) - 1
        self.sign = 1 << (8 * size - 1) if signed else 0

    def narrow(self, value: int) -> int:
        """The value a C function sees when `value` (any int) arrives in a 64-bit register.

        >>> CType("int", 4, True).narrow(0xFFFFFFF9)
        -7
        """
        return ((value & self.mask) ^ self.sign) - self.sign

    def __repr__(self) -> str:
        return f"CType({self.c})"


def to_signed64(value: int) -> int:
    """A 64-bit pattern as C's ``long``."""
    return ((value & U64) ^ (1 << 63)) - (1 << 63)


# Plain numbers.
Char = Annotated[int, CType("char", 1, True)]
Int = Annotated[int, CType("int", 4, True)]
UInt = Annotated[int, CType("unsigned int", 4, False)]
Long = Annotated[int, CType("long", 8, True)]
ULong = Annotated[int, CType("unsigned long", 8, False)]
SizeT = Annotated[int, CType("size_t", 8, False)]
OffT = Annotated[int, CType("off_t", 8, True)]
LoffT = Annotated[int, CType("loff_t", 8, True)]
PidT = Annotated[int, CType("pid_t", 4, True)]

# Numbers with a meaning: a trace prints names.
Fd = Annotated[int, CType("unsigned int", 4, False, "fd")]
ULongFd = Annotated[int, CType("unsigned long", 8, False, "fd")]  # of which fdget() takes 32 bits
IntFd = Annotated[int, CType("int", 4, True, "fd")]
DirFd = Annotated[int, CType("int", 4, True, "dirfd")]
ModeT = Annotated[int, CType("umode_t", 2, False, "mode")]
OpenFlags = Annotated[int, CType("int", 4, True, "open_flags")]
PipeFlags = Annotated[int, CType("int", 4, True, "pipe_flags")]
AtFlags = Annotated[int, CType("int", 4, True, "at_flags")]
AccessMode = Annotated[int, CType("int", 4, True, "access_mode")]
AccessFlags = Annotated[int, CType("int", 4, True, "access_flags")]
Umask = Annotated[int, CType("int", 4, True, "mode")]
NodeMode = Annotated[int, CType("umode_t", 2, False, "node_mode")]
Dev = Annotated[int, CType("unsigned", 4, False, "dev")]
UidT = Annotated[int, CType("uid_t", 4, False, "uid")]
GidT = Annotated[int, CType("gid_t", 4, False, "uid")]
RenameFlags = Annotated[int, CType("unsigned int", 4, False, "rename_flags")]
Whence = Annotated[int, CType("unsigned int", 4, False, "whence")]
FcntlCmd = Annotated[int, CType("unsigned int", 4, False, "fcntl_cmd")]
Prot = Annotated[int, CType("unsigned long", 8, False, "prot")]
MapFlags = Annotated[int, CType("unsigned long", 8, False, "map_flags")]
MremapFlags = Annotated[int, CType("unsigned long", 8, False, "mremap_flags")]
RusageWho = Annotated[int, CType("int", 4, True, "rusage_who")]
WaitOptions = Annotated[int, CType("int", 4, True, "wait_options")]
IdType = Annotated[int, CType("int", 4, True, "idtype")]
Madvice = Annotated[int, CType("int", 4, True, "madvice")]
ClockId = Annotated[int, CType("const clockid_t", 4, True, "clock")]
GrndFlags = Annotated[int, CType("unsigned int", 4, False, "grnd_flags")]
ModuleFlags = Annotated[int, CType("int", 4, True, "module_flags")]
DeleteFlags = Annotated[int, CType("unsigned int", 4, False, "delete_flags")]
Addr = Annotated[int, CType("unsigned long", 8, False, "address")]

# Kernel pointers: what machine code hands to a function of the kernel.  They may point anywhere.
Ptr = Annotated[int, CType("void *", 8, False, "address")]
ConstPtr = Annotated[int, CType("const void *", 8, False, "address")]
CharPtr = Annotated[int, CType("char *", 8, False, "address")]
ConstCharPtr = Annotated[int, CType("const char *", 8, False, "address")]
GfpT = Annotated[int, CType("gfp_t", 4, False)]

# User pointers: never to be trusted, only to be given to kshell.kernel.mm.uaccess.
Path = Annotated[int, CType("const char __user *", 8, False, "path")]
CString = Annotated[int, CType("const char __user *", 8, False, "string")]
VoidUser = Annotated[int, CType("void __user *", 8, False, "address")]
BufIn = Annotated[int, CType("const char __user *", 8, False, "buf_in")]  # as long as the next argument says
BufOut = Annotated[int, CType("char __user *", 8, False, "buf_out")]  # as long as the result says
DirentOut = Annotated[int, CType("struct linux_dirent __user *", 8, False, "dirents")]
UtimbufIn = Annotated[int, CType("struct utimbuf __user *", 8, False, "utimbuf_in")]
TimevalsIn = Annotated[int, CType("struct timeval __user *", 8, False, "timevals_in")]
TimespecsIn = Annotated[int, CType("struct __kernel_timespec __user *", 8, False, "timespecs_in")]
StatfsPtr = Annotated[int, CType("struct statfs __user *", 8, False, "statfs")]
StatPtr = Annotated[int, CType("struct stat __user *", 8, False, "stat")]
UtsnamePtr = Annotated[int, CType("struct new_utsname __user *", 8, False, "utsname")]
SysinfoPtr = Annotated[int, CType("struct sysinfo __user *", 8, False, "sysinfo")]
RusagePtr = Annotated[int, CType("struct rusage __user *", 8, False, "rusage")]
WaitStatus = Annotated[int, CType("int __user *", 8, False, "wait_status")]
TimespecIn = Annotated[int, CType("struct __kernel_timespec __user *", 8, False, "timespec_in")]
TimespecOut = Annotated[int, CType("struct __kernel_timespec __user *", 8, False, "timespec_out")]
TimevalOut = Annotated[int, CType("struct timeval __user *", 8, False, "timeval_out")]
TimezoneOut = Annotated[int, CType("struct timezone __user *", 8, False, "timezone_out")]
TimeOut = Annotated[int, CType("time_t __user *", 8, False, "time_out")]
UIntOut = Annotated[int, CType("unsigned __user *", 8, False, "uint_out")]
PipeFds = Annotated[int, CType("int __user *", 8, False, "fd_pair")]
IovecIn = Annotated[int, CType("const struct iovec __user *", 8, False, "iov_in")]  # the next says how many
IovecOut = Annotated[int, CType("const struct iovec __user *", 8, False, "iov_out")]
Signal = Annotated[int, CType("int", 4, True, "signal")]
SigHow = Annotated[int, CType("int", 4, True, "sig_how")]
SigactionIn = Annotated[int, CType("const struct sigaction __user *", 8, False, "sigaction_in")]
SigactionOut = Annotated[int, CType("struct sigaction __user *", 8, False, "sigaction_out")]
SigsetIn = Annotated[int, CType("const sigset_t __user *", 8, False, "sigset_in")]
SigsetOut = Annotated[int, CType("sigset_t __user *", 8, False, "sigset_out")]
StackIn = Annotated[int, CType("const stack_t __user *", 8, False, "stack_in")]
StackOut = Annotated[int, CType("stack_t __user *", 8, False, "stack_out")]
SiginfoIn = Annotated[int, CType("const siginfo_t __user *", 8, False, "siginfo_in")]
SiginfoOut = Annotated[int, CType("siginfo_t __user *", 8, False, "siginfo_out")]
ItimerWhich = Annotated[int, CType("int", 4, True, "itimer")]
ItimerIn = Annotated[int, CType("const struct itimerval __user *", 8, False, "itimer_in")]
ItimerOut = Annotated[int, CType("struct itimerval __user *", 8, False, "itimer_out")]


# The numbers of C, and what the kernel calls them, by their spelling: size in bytes, and whether they have a sign.
INTEGERS = {
    **dict.fromkeys(("char", "signed char", "s8", "__s8"), (1, True)),
    **dict.fromkeys(("bool", "_Bool", "unsigned char", "u8", "__u8"), (1, False)),
    **dict.fromkeys(("short", "short int", "s16", "__s16"), (2, True)),
    **dict.fromkeys(("unsigned short", "short unsigned int", "u16", "__u16", "umode_t"), (2, False)),
    **dict.fromkeys(("int", "signed int", "s32", "__s32", "pid_t", "clockid_t"), (4, True)),
    **dict.fromkeys(("unsigned int", "unsigned", "u32", "__u32", "uid_t", "gid_t", "gfp_t"), (4, False)),
    **dict.fromkeys(("long", "long int", "long long", "long long int", "s64", "__s64"), (8, True)),
    **dict.fromkeys(("ssize_t", "off_t", "loff_t", "time_t"), (8, True)),
    **dict.fromkeys(("unsigned long", "long unsigned int", "unsigned long long", "u64", "__u64", "size_t"), (8, False)),
}


# What only one call's pointer means, or takes another argument for.
_ONE_CALLS = ("fd_pair", "wait_status", "iov_in", "iov_out")


def pointed_to(c: str) -> str:
    """What the pointer type `c` points to, without const and __user; "" where it is none.

    >>> pointed_to("const struct pair __user *")
    'struct pair'
    """
    target, star, rest = c.rpartition("*")
    return target.strip().removesuffix("__user").strip().removeprefix("const ") if star and not rest.strip() else ""


def declared(c: str) -> CType:
    """The type that the declaration of a system call's parameter calls `c`, as far as a trace knows it; of several
    meanings the plainest counts, and every pointer is the user's.  A number that it does not know fills a register."""
    target = pointed_to(c)
    is_const = c.startswith("const ")
    if target.endswith("*") or target.startswith(("struct ", "union ")) or target in INTEGERS:
        known = _known(f"{'const ' * is_const}{target} __user *")
        shows = known.show if known is not None and known.show not in _ONE_CALLS else ""
        return CType(c, 8, False, shows or ("pointed_in" if is_const else "pointed_out"))
    size, signed = INTEGERS.get(c, (8, not c.endswith("*")))
    return _known(c) or CType(c, size, signed, "address" if c.endswith("*") else "int")


def _known(c: str) -> CType | None:
    known = {mark.c: mark for hint in reversed(list(globals().values())) for mark in get_args(hint)[1:]}
    return known.get(c)
