"""What may stand as an argument of a system call: flags, descriptors, rooms, paths, symbols, each with a description.

What belongs where follows from the C type of the parameter (`CType.show`), as it does in a trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from kshell.abi import structs
from kshell.abi.c_types import pointed_to
from kshell.abi.symbolic import SYMBOLS
from kshell.kernel.core.declare import Parameter, SyscallDefinition
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.arguments import EXTRA, FILE, BadValue, register_value
from kshell.shell.calls.typed_memory import example_word
from kshell.shell.prompt.line import Cursor, Expected
from kshell.shell.prompt.match import Candidate
from kshell.shell.prompt.path_words import host_files, machine_files

Found = tuple[int, str, Iterable[Candidate]]  # column, what was typed from there, what it may become

_PREFIXES = {
    "open_flags": "O_",
    "prot": "PROT_",
    "map_flags": "MAP_",
    "at_flags": "AT_",
    "node_mode": "S_I",
    "rename_flags": "RENAME_",
    "mode": "S_I",
    "whence": "SEEK_",
    "fcntl_cmd": "F_",
    "clock": "CLOCK_",
    "grnd_flags": "GRND_",
    "fd_flags": "FD_",
    "module_flags": "MODULE_INIT_",
}
_JOINED = ("S_I", "RENAME_", "O_", "PROT_", "MAP_", "AT_", "GRND_", "MODULE_INIT_")
_SOME_FLAGS = {  # of those of a prefix
    "access_flags": ("AT_EACCESS", "AT_EMPTY_PATH", "AT_SYMLINK_NOFOLLOW"),
    "access_mode": ("F_OK", "R_OK", "W_OK", "X_OK"),
    "pipe_flags": ("O_CLOEXEC", "O_DIRECT", "O_NONBLOCK"),
    "delete_flags": ("O_NONBLOCK", "O_TRUNC"),
}
_NOT_THERE = ("AT_FDCWD", "F_OK")  # names of another kind with such a prefix
_ROOMS = {
    "stat": structs.STAT_SIZE,
    "utsname": structs.UTSNAME_SIZE,
    "sysinfo": structs.SYSINFO_SIZE,
    "timespec_out": structs.TIMESPEC_SIZE,
    "timespec32_out": 8,
    "timeval32_out": 8,
    "compat_stat": 64,
    "compat_dirents": 256,
    "compat_statfs": 64,
    "compat_statfs64": 84,
    "statfs": 120,
    "dirents": 256,
    "stat64": 96,
    "timeval_out": structs.TIMEVAL_SIZE,
    "timezone_out": 8,
    "time_out": 8,
    "fd_pair": 8,
    "uint_out": 4,
    "buf_out": 64,
}
_STREAMS = (
    ("STDIN_FILENO", "0: what you type"),
    ("STDOUT_FILENO", "1: the screen"),
    ("STDERR_FILENO", "2: the screen"),
)
_MODES = (("0644", "rw-r--r--: a file"), ("0600", "rw-------"), ("0755", "rwxr-xr-x: a folder"), ("0", "none"))
HINTS = {
    "path": 'a path inside the machine: "/etc/hostname"',
    "buf_in": 'a string: "hello\\n"',
    "buf_out": "room that is shown afterwards: buf:64",
    "string": 'a string: "name"',
    "fd": "a descriptor: 0, 1, 2, or what open answered",
    "dirfd": "AT_FDCWD, or a folder's descriptor",
    "mode": "a mode: 0644",
    "address": "an address, or NULL",
    "timespec_in": 'two 8-byte numbers as text: "\\x01\\0\\0\\0..."',
    "dev": "a device's number: 0x103 is major 1, minor 3",
    "node_mode": "a kind and a mode: S_IFIFO|0644",
    "uid": "a number; -1 leaves it as it is",
    "utimbuf_in": "two 8-byte numbers, or NULL for now",
    "timevals_in": "four 8-byte numbers, or NULL for now",
    "timespecs_in": "four 8-byte numbers, or NULL for now",
    "int": "a number: 42, 0x2a, -1, 'a'",
}
HINTS |= {kind: f"room that is shown afterwards: buf:{size}" for kind, size in _ROOMS.items()}
HINTS |= {kind: f"{prefix}..., joined by |" for kind, prefix in _PREFIXES.items() if kind.endswith(("flags", "prot"))}
HINTS |= {kind: f"{', '.join(names)}, joined by |" for kind, names in _SOME_FLAGS.items()}
HINTS |= dict.fromkeys(("pointed_in", "pointed_out"), "memory with values in it: int:5, struct:a=1,b=2")
HINTS |= {"whence": "SEEK_...", "fcntl_cmd": "F_...", "clock": "CLOCK_..."}


def definition_named(k: Kernel, name: str) -> SyscallDefinition | None:
    """The declaration of the call that a name or number of the table means; None where it has none here."""
    row = k.table.by_name.get(name)
    if row is not None:
        return k.define_of(row.number)
    try:
        number = register_value(name)
    except BadValue:
        return None
    return k.define_of(number) if number is not None else None


def parameter_at(k: Kernel, wanted: Expected) -> Parameter | None:
    """The declared parameter of the call that the cursor's argument goes into."""
    definition = definition_named(k, wanted.call) if wanted.call is not None else None
    position = wanted.position - 1
    if definition is None or not 0 <= position < len(definition.parameters):
        return None
    return definition.parameters[position]


def signature(definition: SyscallDefinition, name: str) -> str:
    """A call's signature under the name that the table gives it (`stat`, declared as newstat), without ``__user``."""
    text = definition.signature
    if definition.name != name:
        text = text.replace(definition.name, name, 1)
    return text.replace(" __user ", " ")


def value_candidates(k: Kernel, wanted: Expected, cursor: Cursor, raw: str) -> Found:
    """What the argument at the cursor may become."""
    parameter = parameter_at(k, wanted)
    show = parameter.ctype.show if parameter is not None else ""
    if raw.startswith('"'):
        if show == "path" and cursor.quote:
            return machine_files(k, raw, cursor.start, cursor.quote)
        return cursor.start, raw, ()
    if raw.startswith("'"):
        return cursor.start, raw, ()
    if raw.startswith(FILE):
        return host_files(raw.removeprefix(FILE), cursor.start + len(FILE), "")
    if raw.startswith("&"):
        return cursor.start + 1, raw[1:], symbols(k)
    at = raw.rfind("|") + 1  # where the flag begins that is being typed
    taken = set(raw[:at].split("|"))
    fitting = _for_kind(show) if not show.startswith("pointed") or parameter is None else _memory(parameter.ctype.c)
    found = [c for c in fitting if c.text not in taken]
    if raw[at:]:
        likely = {c.text for c in found}
        found += [c for c in constants() if c.text not in taken and c.text not in likely]
    return cursor.start + at, raw[at:], found


def _memory(c: str) -> tuple[Candidate, ...]:
    """Memory for what a pointer of this type leads to."""
    return (Candidate(example_word(c), f"memory for {pointed_to(c)}, shown afterwards", tail=""),)


def symbols(k: Kernel) -> Iterable[Candidate]:
    """The kernel's symbols and those of its modules."""
    for symbol in k.symbols:
        owner = f" [{symbol.module}]" if symbol.module else ""
        yield Candidate(symbol.name, f"{symbol.address:#x} {symbol.kind}{owner}")


@cache
def constants() -> tuple[Candidate, ...]:
    """Every constant that may stand for a number, behind whatever fits better."""
    return tuple(Candidate(name, _number(value), rank=1) for name, value in {**SYMBOLS, **EXTRA}.items())


def _number(value: int) -> str:
    return str(value) if -256 <= value < 10 else f"{value:#x}, in octal 0{value:o}"


@cache
def _for_kind(show: str) -> tuple[Candidate, ...]:
    """What fits a parameter of this kind best."""
    if show in _ROOMS:
        fits = "any size" if show == "buf_out" else "what the call fills"
        return (Candidate(f"buf:{_ROOMS[show]}", f"room of {_ROOMS[show]} bytes, shown afterwards ({fits})"),)
    if show == "path":
        return (Candidate('"/', "a path inside the machine, between quotes", tail=""),)
    if show == "dirfd":
        return (Candidate("AT_FDCWD", "-100: relative to the task's current folder"),)
    if show == "fd":
        return tuple(Candidate(name, meaning) for name, meaning in _STREAMS)
    if show in _SOME_FLAGS:
        return tuple(Candidate(name, _number(SYMBOLS[name]), tail="") for name in _SOME_FLAGS[show])
    prefix = _PREFIXES.get(show)
    if prefix is None:
        return ()
    if show == "mode":
        return tuple(Candidate(mode, meaning) for mode, meaning in _MODES)
    names = [name for name in SYMBOLS if name.startswith(prefix) and name not in _NOT_THERE]
    tail = "" if prefix in _JOINED else " "  # another flag may follow, after |
    return tuple(Candidate(name, _number(SYMBOLS[name]), tail=tail) for name in names)
