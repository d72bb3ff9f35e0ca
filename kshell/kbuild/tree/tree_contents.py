"""What a new kernel tree holds: the template's files, the table of its release, and the built-in calls' own sources.

The calls are the kernel's files of bodies (kernel/syscalls/), each under the path that Linux has for it.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from kshell.abi import syscall_tbl
from kshell.abi.syscall_32_tbl import table_path_32
from kshell.kbuild.tree.tree_paths import HEADER, TABLE, TABLE_32
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.syscalls import definitions, linked_in

SYS_NI = "kernel/sys_ni.py"
TEMPLATE = os.path.join(os.path.dirname(__file__), "template")
USER = "user"

# Where Linux has what a file of bodies holds, in link order; any other is kernel/NAME.py, behind them.
SOURCES = {
    "transfer": "fs/read_write.py",
    "opening": "fs/open.py",
    "file_status": "fs/stat.py",
    "descriptors": "fs/fcntl.py",
    "positioned": "fs/positioned.py",  # fs/read_write.c
    "pipes": "fs/pipe.py",
    "paths": "fs/namei.py",
    "access": "fs/access.py",  # fs/open.c, as the next five
    "faccessat2": "fs/faccessat2.py",
    "truncate": "fs/truncate.py",
    "fs_struct": "fs/fs_struct.py",
    "attributes": "fs/attributes.py",
    "fchmodat2": "fs/fchmodat2.py",
    "rename": "fs/rename.py",  # fs/namei.c, as the next two
    "link": "fs/link.py",
    "mknod": "fs/mknod.py",
    "utimes": "fs/utimes.py",
    "statfs": "fs/statfs.py",
    "readlink": "fs/readlink.py",  # fs/stat.c
    "readdir": "fs/readdir.py",
    "sync": "fs/sync.py",
    "mapping": "mm/mmap.py",
    "mremap": "mm/mremap.py",
    "madvise": "mm/madvise.py",
    "identity": "kernel/sys.py",
    "time": "kernel/time/time.py",
    "misc": "kernel/misc.py",  # kernel/sys.c, kernel/sched/core.c and drivers/char/random.c
    "exit": "kernel/exit.py",
    "uretprobe": "arch/x86/kernel/uprobes.py",
}
_LICENCE = "# SPDX-License-Identifier: GPL-2.0-or-later\n"
_ABOUT = {
    "arch/x86": "what is of this architecture alone",
    "arch/x86/kernel": "what is of this architecture alone",
    "fs": "files and directories: open, read, write, stat, ...",
    "kernel": "what fits nowhere else: processes, names, time, and the calls that are left out (sys_ni)",
    "kernel/time": "clocks and sleeping",
    "mm": "memory: mmap, munmap, mprotect, brk, mremap, madvise, mincore",
}
_SYS_NI_HEAD = '''"""Calls that have a number in syscall_64.tbl and that this kernel leaves out: each answers -ENOSYS.

COND_SYSCALL makes a weak function, one that gives way to any other of its name: whoever writes accept() one day
need not change anything here.

C counterpart: kernel/sys_ni.c.
"""

from __future__ import annotations

from kshell.linux import COND_SYSCALL

'''


class Release(NamedTuple):
    """The four parts of a release, as the top Makefile has them, without EXTRAVERSION."""

    version: str
    patchlevel: str
    sublevel: str


def release(version: str) -> Release:
    """The release of a new tree for "4.19" or "6.19"."""
    return Release(*PROFILES[version].release.split("."))


def contents(version: str) -> dict[str, str]:
    """The files of a new tree: path (with slashes) -> text.  `version` is one of paths.VERSIONS."""
    table = _read(syscall_tbl.table_path(version))
    files = {TABLE: table, TABLE_32: _read(table_path_32(version))}
    signatures: dict[str, str] = {}
    subjects = {each.__name__.rpartition(".")[2]: each for each in linked_in(syscall_tbl.load(version))}
    for name in sorted(subjects, key=[*SOURCES, *subjects].index):
        subject = subjects[name]
        files[SOURCES.get(name, f"kernel/{name}.py")] = _read(str(subject.__file__))
        signatures |= {each.name: ", ".join(map(str, each.parameters)) or "void" for each in definitions(subject)}
    files[SYS_NI] = _SYS_NI_HEAD + "".join(f'COND_SYSCALL("{name}")\n' for name in _left_out(table, signatures))
    files |= _makefiles([path for path in files if path.endswith(".py")])
    files |= _template(version, signatures)
    return dict(sorted(files.items()))


def _read(path: str) -> str:
    with open(path, encoding="utf-8", newline="") as file:
        return file.read().replace("\r\n", "\n")


def _left_out(table: str, defined: dict[str, str]) -> list[str]:
    """The calls of the table that no file defines, each once, in the table's order; rows of x32 are not built."""
    names = [entry_name(row.symbol) for row in syscall_tbl.parse(table).rows if row.symbol and row.abi != "x32"]
    return [name for name in dict.fromkeys(names) if name not in defined]


def _makefiles(sources: list[str]) -> dict[str, str]:
    """A Makefile for each directory with sources, and for those on the way to them from core-y."""
    objects: dict[str, list[str]] = {}
    for path in sources:
        folder, _, name = path.rpartition("/")
        objects.setdefault(folder, []).append(name.removesuffix(".py") + ".o")
        while folder.count("/") >= (2 if folder.startswith("arch/") else 1):
            folder, _, name = folder.rpartition("/")
            below = objects.setdefault(folder, [])
            below += [] if name + "/" in below else [name + "/"]
    made = {}
    for folder, names in objects.items():
        files = [name for name in names if not name.endswith("/")]
        text = f"{_LICENCE}# {folder}/: {_ABOUT[folder]}\n\n" + _wrapped("obj-y :=", files) * bool(files)
        text += "".join(f"obj-y += {name}\n" for name in names if name.endswith("/"))
        made[folder + "/Makefile"] = text
    return made


def _wrapped(head: str, names: list[str]) -> str:
    """A list of a Makefile, over several lines where it is long."""
    lines = [head]
    for name in names:
        if len(lines[-1]) + len(name) > 70:
            lines.append("\t")
        lines[-1] += name if lines[-1].endswith("\t") else " " + name
    return " \\\n".join(lines) + "\n"


def _template(version: str, signatures: dict[str, str]) -> dict[str, str]:
    number = release(version)
    old = version == "4.19"
    entry = "__x64_sys_test_call" if old else "sys_test_call"
    last = syscall_tbl.load(version).last_common()
    kbuild = "# Linux moved this list to ./Kbuild in 6.1; a directory that is added here\n# is built there too.\n"
    number_note = (
        f"\nThe slides are about Linux 4.19, where 335 was free.  Here the first free number is {last + 1}: put it into"
        f"\nuser/test_call_user.s too, and build that with make -C DIR/user.\n"
    )
    words = {
        "@VERSION@": number.version,
        "@PATCHLEVEL@": number.patchlevel,
        "@SUBLEVEL@": number.sublevel,
        "@RELEASE@": ".".join(number) + "-test",
        "@ARCH@": "" if old else " arch/x86/",
        "@KBUILD@": "" if old else kbuild,
        "@PROTOTYPES@": "".join(f"asmlinkage long sys_{name}({signatures[name]});\n" for name in sorted(signatures)),
        "@LAST@": str(last),
        "@ROW@": f"{last + 1}\tcommon\ttest_call\t{entry}",
        "@NUMBER@": "" if old else number_note,
    }
    places = {"Makefile": "Makefile", "README": "README", "usr/Makefile": "usr/Makefile", HEADER: "include/syscalls.h"}
    files = {}
    for path, source in places.items():
        text = _read(os.path.join(TEMPLATE, *source.split("/")))
        for word, value in words.items():
            text = text.replace(word, value)
        files[path] = text
    folder = os.path.join(TEMPLATE, USER)
    for name in sorted(os.listdir(folder)):
        if os.path.isfile(os.path.join(folder, name)):
            files[f"{USER}/{name}"] = _read(os.path.join(folder, name))
    return files
