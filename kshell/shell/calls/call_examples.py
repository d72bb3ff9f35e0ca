"""Arguments that work, for a call whose declaration says what it takes: shown to who gave too few or wrong ones."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.entry.exec import Buffer

# By what a parameter's type shows (kshell.abi.c_types).
_BY_TYPE = {
    "address": "NULL",
    "access_flags": "0",
    "compat_statfs": "buf:64",
    "compat_statfs64": "buf:84",
    "dev": "0",
    "node_mode": "S_IFIFO|0644",
    "rename_flags": "RENAME_NOREPLACE",
    "statfs": "buf:120",
    "access_mode": "R_OK",
    "at_flags": "0",
    "buf_in": '"hello\\n"',
    "buf_out": "buf:64",
    "clock": "CLOCK_REALTIME",
    "compat_dirents": "buf:256",
    "delete_flags": "0",
    "dirents": "buf:256",
    "dirfd": "AT_FDCWD",
    "fcntl_cmd": "F_GETFL",
    "fd": "1",
    "fd_pair": "buf:8",
    "grnd_flags": "0",
    "map_flags": "MAP_PRIVATE|MAP_ANONYMOUS",
    "mode": "0644",
    "module_flags": "0",
    "open_flags": "O_RDONLY",
    "path": '"/etc/hostname"',
    "pipe_flags": "O_CLOEXEC",
    "prot": "PROT_READ",
    "stat": "buf:144",
    "string": '""',
    "sysinfo": "buf:112",
    "timespec_in": "buf:16",
    "timespec32_in": "buf:8",
    "timespec32_out": "buf:8",
    "timeval32_out": "buf:8",
    "compat_stat": "buf:64",
    "stat64": "buf:96",
    "timespec_out": "buf:16",
    "timeval_out": "buf:16",
    "uint_out": "buf:4",
    "utsname": "buf:390",
    "whence": "SEEK_SET",
}
# By a parameter's name, where that says more than its type.
_BY_NAME = {
    "newname": '"/tmp/new"',
    "oldname": '"/etc/hostname"',
    "pathname": '"/tmp/new"',  # of a call that makes or removes it
    "len": "4096",
    "newfd": "9",
    "test_int": "42",
}
_LENGTHS = ("count", "len", "size")  # of the argument before
# Where neither does: closing or reading the shell's own terminal is no good example.
_BY_CALL = {
    ("close", "fd"): "3",
    ("chdir", "filename"): '"/tmp"',
    ("mmap", "fd"): "-1",
    ("init_module", "umod"): "buf:64",
}


def example(definition: SyscallDefinition, position: int, before: Sequence[int | bytes | Buffer]) -> str:
    """A word that can stand at `position`, after the arguments `before` it: a count is the length of their data."""
    parameter = definition.parameters[position]
    name, kind = parameter.name, parameter.ctype.show
    if (definition.name, name) in _BY_CALL:
        return _BY_CALL[definition.name, name]
    data = before[-1] if before else None
    if name in _LENGTHS and isinstance(data, bytes):
        return str(len(data))
    if name in _LENGTHS and isinstance(data, Buffer):
        return str(data.size)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if kind.startswith("pointed"):
        from kshell.shell.calls.typed_memory import example_word

        return example_word(parameter.ctype.c)
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    return "NULL" if parameter.ctype.c.endswith("*") else "0"


def fill(
    definition: SyscallDefinition, typed: Sequence[str], values: Sequence[int | bytes | Buffer], wanted: int
) -> list[str]:
    """The words that were typed, and examples for those that are missing up to `wanted`."""
    from kshell.shell.calls.arguments import c_string

    words, known = list(typed), list(values)
    while len(words) < wanted:
        word = example(definition, len(words), known)
        words.append(word)
        known.append(
            c_string(word[1:-1]) if word[0] == '"' else Buffer(int(word[4:])) if word.startswith("buf:") else 0
        )
    return words
