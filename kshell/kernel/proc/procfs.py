"""The root of /proc: which files there are.

What they show is in proc_files.py, what there is of each task in proc_pid.py, /proc/sys in sysctl.py.
C counterpart: fs/proc/root.c.
"""

from __future__ import annotations

from collections.abc import Mapping

from kshell.abi.errno import EACCES
from kshell.kernel.kernel import Kernel
from kshell.kernel.proc import proc_files
from kshell.kernel.proc.proc_pid import pid_directory
from kshell.kernel.proc.pseudo import ProcEntry, Show, directory, file, link
from kshell.kernel.proc.seq_file import SeqInode
from kshell.kernel.proc.sysctl import sysctl_entries


def _file(show: Show) -> ProcEntry:
    return file(SeqInode, 0o444, show)


FILES: dict[bytes, ProcEntry] = {
    b"cpuinfo": _file(proc_files.cpuinfo),
    b"filesystems": _file(proc_files.filesystems),
    b"kallsyms": _file(proc_files.kallsyms),
    b"meminfo": _file(proc_files.meminfo),
    b"modules": _file(proc_files.modules),
    b"mounts": link(b"self/mounts", size=len(b"self/mounts")),
    b"sys": directory(sysctl_entries, no_write=EACCES),
    b"uptime": _file(proc_files.uptime),
    b"version": _file(proc_files.version),
}


def root_entries(k: Kernel) -> Mapping[bytes, ProcEntry]:
    """The files, a directory for each task, and `self`, which is another one for each who looks."""
    size = len(proc_files.saved_command_line(k)) if k.profile.version >= (6, 1) else 0
    found = {
        **FILES,
        b"cmdline": file(SeqInode, 0o444, proc_files.cmdline, size=size),
        b"self": link(b"%d" % k.current.pid),
    }
    for task in k.tasks.values():
        found[b"%d" % task.pid] = pid_directory(task)
    return found
