"""The machine as a whole: start it afresh, look at the files in it."""

from __future__ import annotations

import os
import stat as host_stat

from kshell.abi.errno import errno_name, strerror
from kshell.kbuild.tree.sources import Sources, is_tree
from kshell.kernel.kernel import Kernel
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.machine_files import contents, listing
from kshell.shell.replay.deeds import ReviveTask
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Table, Text, View, show

MACHINE_ONLY = ("/proc/", "/sys/", "/dev/")  # whoever types these means the machine's, whatever the host has
BOOT_WORDS = ("nosmap", "nosmep", "kasan", "module_reuse")


@command(
    "boot",
    "boot [4.19|course|6.19|DIR] [OPTIONS...]",
    group="The machine",
    arguments=(Argument("kernel", "[4.19|course|6.19|DIR]"), Argument("word", "[OPTIONS...]")),
    options=(
        Option("nosmap", "let the kernel touch user memory without asking, as before 2014"),
        Option("nosmep", "let the kernel execute user memory, as before 2012"),
        Option("uid=1000", "run user code as that user instead of root, so that permissions count"),
        Option("vsyscall=none", "what is left of the vsyscall page: emulate, xonly (6.19) or none"),
        Option("kasan", "report what machine code does to memory that is not its own: a sanitizer's kernel, slower"),
        Option("module_reuse", "give an unloaded module's addresses to the next one at once"),
    ),
    examples=(
        ("boot", "the same kernel, fresh"),
        ("boot 6.19", "a recent kernel: calls go through a switch"),
        ("boot course nosmep nosmap", "the old days"),
        ("boot course uid=1000", "user code is not root's: EACCES and EPERM can happen"),
    ),
    aliases=("reboot",),
)
def boot(session: Context, words: list[Word]) -> View:
    """Start a fresh machine; everything in the old one is gone.

    The kernels are 4.19, course (4.19 with the course's own call test_call) and 6.19, and with DIR the one that
    make install has put into a tree (see tree and make).
    """
    from kshell.kernel.sched.cred import UID_MAX
    from kshell.kernel.vdso.vsyscall import VSYSCALL_MODES, modes
    from kshell.shell.trees.booting import boot_image, boot_notes, find_image

    texts = [word.text for word in words]
    name = None
    if texts and texts[0] not in BOOT_WORDS and "=" not in texts[0]:
        name = texts.pop(0)
    image = find_image(session, name)
    for option in texts:
        if option.startswith("uid=") and not (option[4:].isdecimal() and int(option[4:]) <= UID_MAX):
            raise misuse("boot", f"{show(option)}: uid= takes a user's number, like 1000")
        if option.startswith("vsyscall=") and option[9:] not in VSYSCALL_MODES:
            raise misuse("boot", f"{show(option)}: vsyscall= is {', '.join(VSYSCALL_MODES)}")
        if option not in BOOT_WORDS and not option.startswith(("uid=", "vsyscall=")):
            raise misuse("boot", f"unknown option {show(option)}")
    k = boot_image(session, image, " ".join(texts))
    number = f" #{k.image.build}" if k.image.tree else ""
    text = f"booted {k.release}{number}: {k.calls_built_in} system calls, dispatched by "
    text += "sys_call_table" if k.profile.dispatch == "table" else "a switch (x64_sys_call)"
    result = {"kernel": k.profile.name, "release": k.release, "system_calls": k.calls_built_in}
    result |= {"build": k.image.build, "tree": k.image.tree or None}
    if k.vsyscall_mode not in k.cmdline and "vsyscall=" in k.cmdline:
        k.note(f"{k.profile.name} knows vsyscall={' and '.join(modes(k.profile.version))}: it goes by the first")
    for note in boot_notes(session, k):
        k.note(note)
    return Text([text], result)


def _refused(name: str, path: str, errno: int) -> CommandError:
    """A path inside the machine that cannot be looked at."""
    number = -errno
    what = f"{name}: {show(path)}: {strerror(number)}"
    name_ = errno_name(number)
    because, try_ = {
        "ENOENT": (
            "cat and ls look inside the simulated machine; your own files are not in it",
            "ls /  (what there is in the machine)",
        ),
        "EISDIR": ("a folder has no contents of its own, only entries", f"ls {show(path)}"),
        "EINVAL": (
            "a device has no end, so it cannot be shown whole",
            f'syscall open "{show(path)}" O_RDONLY  (then: syscall read FD buf:64 64)',
        ),
    }.get(name_, (f"the machine answered {name_}", "ls /"))
    if name_ == "ENOENT" and os.path.exists(path) and not path.startswith(MACHINE_ONLY):
        kind = "folder" if os.path.isdir(path) else "file"
        because = f"{name} looks inside the simulated machine, and {show(path)} is a {kind} of your own, outside it"
        try_ = f"edit {named(path)}"
        if kind == "folder":
            try_ = f"tree {named(path)}  (what has changed in it)" if is_tree(Sources(path)) else "ls /"
    return CommandError(what, because, try_)


@command(
    "cat",
    group="The machine",
    arguments=(Argument("path", "PATH..."),),
    examples=(
        ("cat /etc/hostname", "a file of the machine"),
        ("cat /proc/self/status", "what the kernel says of the shell's task"),
    ),
)
def cat(session: Context, words: list[Word]) -> View:
    """Show a file that is inside the simulated machine."""
    if not words:
        raise misuse("cat", "which file?")
    k, data = _looking(session), b""
    for word in words:
        found = contents(k, _path(word))
        if isinstance(found, int):
            raise _refused("cat", word.text, found)
        data += found
    text = data.decode("utf-8", "surrogateescape")
    lines = text.removesuffix("\n").split("\n") if text else []
    return Text([show(line) for line in lines], {"text": data.decode("utf-8", "backslashreplace")})


def _looking(session: Context) -> Kernel:
    """The kernel, with the shell's task to look at its files: it is who /proc/self means."""
    if not session.kernel.shell_task.is_alive:
        session.do(ReviveTask())
    return session.kernel


def _path(word: Word) -> str:
    return word.text.replace("\0", "\\0")


@command(
    "ls",
    "ls [-l] [PATH...]",
    group="The machine",
    arguments=(Argument("path", "[PATH...]"),),
    options=(
        Option("-l", "with type, mode, owner and size", also=("--long",)),
        Option("-a", "as without: hidden names are shown anyway", also=("--all", "-1")),
    ),
    examples=(("ls /", "what the machine holds"), ("ls -l /proc/self/fd", "with types, sizes, and where links lead")),
)
def ls(session: Context, words: list[Word]) -> View:
    """List a folder that is inside the simulated machine.

    Without a path it is the folder of the shell's task, which syscall chdir changes.
    """
    options = take_options("ls", words)
    k, found = _looking(session), []
    for path in [_path(word) for word in options.words] or ["."]:
        entries = listing(k, path)
        if isinstance(entries, int):
            raise _refused("ls", path, entries)
        found += [(path, entry) for entry in entries]
    result = {
        "entries": [
            {
                "name": entry.name,
                "mode": f"{entry.inode.mode:o}",
                "size": entry.inode.size,
                "uid": entry.inode.uid,
                "gid": entry.inode.gid,
                "target": entry.target,
            }
            for _, entry in found
        ]
    }
    names = [_name(entry.name, entry.inode.mode) for _, entry in found]
    if "-l" not in options:
        return Text([show(name) for name in names], result)
    rows = [
        (
            host_stat.filemode(entry.inode.mode),
            str(entry.inode.nlink),
            str(entry.inode.uid),
            str(entry.inode.gid),
            str(entry.inode.size),
            show(name) + (f" -> {show(entry.target)}" if entry.target else ""),
        )
        for (_, entry), name in zip(found, names, strict=True)
    ]
    columns = [
        Column("mode"),
        Column("links", right=True),
        Column("uid", right=True),
        Column("gid", right=True),
        Column("size", "number", right=True),
        Column("name", "name"),
    ]
    return Table(columns, rows, result)


def _name(name: str, mode: int) -> str:
    """The name, with the mark that ls -F puts behind it."""
    mark = "/" if host_stat.S_ISDIR(mode) else "@" if host_stat.S_ISLNK(mode) else ""
    return name + mark
