"""What in the machine's present state made a call fail: which descriptors are open, which pointer leads nowhere, which
part of a path is missing.  Looking changes nothing that a program could see, but for pages that a read brings in.
"""

from __future__ import annotations

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.debug.peek import peek
from kshell.kernel.fs.file import FilesStruct
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.machine.paging import PRESENT, is_canonical
from kshell.shell.machine_files import contents, listing
from kshell.shell.views.view import show

MODULE_CALLS = ("init_module", "finit_module", "delete_module")
ASK_FIRST = ("read", "write", "pread64", "pwrite64", "readv", "writev")  # access_ok, whatever copies then
CLAMPED_SINCE = (6, 13)  # others ask nothing before they read
MOST_DESCRIPTORS = 12  # that one sentence lists
_ACCESS = {1: "reading only", 2: "writing only", 3: "reading and writing", 4: "neither (O_PATH)"}
_PATH_ERRNOS = ("ENOENT", "ENOTDIR", "EEXIST", "EISDIR")


def fact(k: Kernel, call: Call, definition: SyscallDefinition, errno: str) -> str:
    """A sentence about the machine as it is after the call; empty where there is nothing to add."""
    if definition.name in MODULE_CALLS and k.refusal is not None:
        from kshell.shell.modules.refusals import reason_of

        return reason_of(k, *k.refusal)
    arguments = [
        (p.name, p.ctype.show, value, p.ctype.c) for p, value in zip(definition.parameters, call.values, strict=False)
    ]
    if errno in ("EBADF", "ESPIPE"):
        fds = [value for _, kind, value, _ in arguments if kind == "fd"]
        return _descriptor(k.shell_task.files, fds[0] & 0xFFFF_FFFF, errno) if fds else ""
    if errno == "EFAULT":
        clamps = k.profile.version >= CLAMPED_SINCE and definition.name not in ASK_FIRST
        pointers = [(name, value, clamps and c.startswith("const")) for name, _, value, c in arguments if c[-1] == "*"]
        bad = [f"{name} = {value:#x} {why}" for name, value, moves in pointers if (why := _unusable(k, value, moves))]
        return "here " + ", and ".join(bad) if bad else ""
    if errno in _PATH_ERRNOS:
        paths = [value for _, kind, value, _ in arguments if kind == "path"]
        return _path(k, paths[0], errno) if paths else ""
    return ""


def _descriptor(files: FilesStruct, fd: int, errno: str) -> str:
    file = files.get_raw(fd)
    if file is None:
        numbers = [str(number) for number, _ in files.items()]
        shown = ", ".join(numbers[:MOST_DESCRIPTORS]) + (", ..." if len(numbers) > MOST_DESCRIPTORS else "")
        number = fd - (1 << 32) if fd >> 31 else fd
        return (
            f"here {number} is not open; open are {shown}" if numbers else f"here {number} is not open, and nothing is"
        )
    if errno == "ESPIPE":
        return ""
    return f"here {fd} is open, but for {_ACCESS.get(file.mode, 'neither reading nor writing')}"


def _unusable(k: Kernel, address: int, moves: bool) -> str:
    """Why nothing can be read at a user pointer; empty if the task has mapped that place.  `moves`: the kernel asks
    nothing, and moves a pointer that is not the user's."""
    if address == 0:
        return "is NULL"
    if address >= TASK_SIZE_MAX:
        verdict = "the kernel moves it to where nothing is" if moves else "access_ok refuses it"
        return f"is not a user address: {verdict}{_reachable(k, address)}"
    return "" if k.shell_task.mm.vmas.find(address) is not None else "leads to memory that is not mapped"


def _reachable(k: Kernel, address: int) -> str:
    """That ring 0 could touch it: what the check is for; empty where nothing is."""
    if not is_canonical(address) or not k.memory.space.entry(address) & PRESENT:
        return ""
    symbol = k.symbols.around(address)
    name = f" ({symbol.name})" if symbol is not None else ""
    return f"; the page itself\nis there, and ring 0 may read it{name}: nothing but that keeps a program out"


def _path(k: Kernel, address: int, errno: str) -> str:
    """The first part of an absolute path that is missing or in the way, else what the path names."""
    name, end, _ = peek(k, k.current.mm, address, 4096).partition(b"\0")
    if not end:
        return ""
    text = name.decode("utf-8", "backslashreplace")
    if errno in ("EEXIST", "EISDIR"):
        return f"here {show(text)} is there already" if errno == "EEXIST" else ""
    if not text.startswith("/"):
        return "" if text else "the path is empty"
    parts = [part for part in text.split("/") if part]
    for count in range(1, len(parts) + 1):
        here = "/" + "/".join(parts[:count])
        found = listing(k, here)
        if isinstance(found, int):
            where = "/" + "/".join(parts[: count - 1])
            return f"here {show(where)} has no entry {show(parts[count - 1])}" if errno == "ENOENT" else ""
        if errno == "ENOTDIR" and count < len(parts) and isinstance(contents(k, here), bytes):
            return f"here {show(here)} is a file, not a folder"
    return ""
