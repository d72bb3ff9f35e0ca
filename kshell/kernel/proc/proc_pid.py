"""What /proc says of a task: /proc/PID, which is /proc/self for the task that looks.

C counterparts: fs/proc/base.c, fs/proc/fd.c.  `status` is in proc_status.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kshell.abi.errno import EACCES, EINVAL, ENODEV, EPERM
from kshell.abi.mman import MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE
from kshell.kernel.fs.dcache import Dentry, d_path
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, File, Kiocb
from kshell.kernel.fs.inode import DirectoryInode, Inode
from kshell.kernel.fs.shmem import SharedMemory
from kshell.kernel.fs.uio import IovIter
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import AddressSpace
from kshell.kernel.mm.vma import Vma
from kshell.kernel.proc.proc_files import mounts
from kshell.kernel.proc.proc_stat import stat
from kshell.kernel.proc.proc_status import status
from kshell.kernel.proc.pseudo import ProcEntry, PseudoDirectory, directory, file, link
from kshell.kernel.proc.seq_file import SeqInode, SizedInode
from kshell.kernel.sched.cred import Cred
from kshell.kernel.task.task import COMM_LEN, Task
from kshell.kernel.vdso.vsyscall import gate_vma
from kshell.machine.paging import FRAME_MASK, PRESENT
from kshell.machine.ram import PAGE_SIZE

NAME_COLUMN = 73  # of a line of maps, where the name begins
FD_SIZE = 64  # what stat says of a link in fd/


class PidInode(SeqInode):
    """A file about a task; there is nothing in it to write, where no store is."""

    __slots__ = ()
    no_mmap = ENODEV
    most = COMM_LEN

    @property
    def can_write(self) -> bool:  # type: ignore[override]
        """Only a name can be."""
        return self.entry.store is not None

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """All is taken, of which the start counts, and the position stays.  C: comm_write()."""
        pos, count = iocb.pos, source.count
        done = super().write_iter(k, iocb, source)
        iocb.pos = pos
        return count if done > 0 else done


class CmdlineInode(SizedInode):
    """The arguments: read where they stand, in the task's own memory."""

    __slots__ = ()
    can_write = False


def pid_directory(task: Task) -> ProcEntry:
    """The directory of one task, and all in it, which belong to whoever the task runs as."""
    return _owned(task, directory(partial(_pid_entries, task), no_write=EPERM))


def _owned(task: Task, entry: ProcEntry) -> ProcEntry:
    entry.uid, entry.gid = task.cred.euid, task.cred.egid
    return entry.about(task, lambda: task.is_alive)


def _pid_entries(task: Task, k: Kernel) -> Mapping[bytes, ProcEntry]:
    def shown(show: Callable[[Kernel, Task], bytes], kind: type[SeqInode] = PidInode) -> ProcEntry:
        return _owned(task, file(kind, 0o444, lambda k, cred: show(k, task)))

    comm = shown(_comm)
    comm.mode, comm.store = 0o644, partial(_store_comm, task)
    descriptors = directory(partial(_fd_entries, task), 0o500)
    descriptors.size, descriptors.is_own = k.profile.version >= (6, 2), task is k.current
    memory = shown(maps)
    memory.guard = partial(_may_look_into, task)
    return {
        b"cmdline": shown(cmdline, CmdlineInode),
        b"comm": comm,
        b"cwd": _owned(task, link(path_of(task.cwd), jump=task.cwd)),
        b"fd": _owned(task, descriptors),
        b"maps": memory,
        b"mounts": shown(lambda k, task: mounts(k)),
        b"root": _owned(task, link(b"/", jump=k.fs.root)),
        b"stat": shown(stat),
        b"status": shown(status),
    }


def _may_look_into(task: Task, cred: Cred) -> int:
    """Where a task's memory is, is told to itself and its like.  C: ptrace_may_access()."""
    return 0 if cred.euid in (0, task.cred.euid) else -EACCES


# comm and cmdline.


def _comm(k: Kernel, task: Task) -> bytes:
    return task.comm.encode("utf-8", "surrogateescape") + b"\n"


def _store_comm(task: Task, k: Kernel, data: bytes) -> int:
    """A task may rename itself, and nobody else.  C: comm_write()."""
    if task is not k.current:
        return -EINVAL
    task.comm = data[:COMM_LEN].partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return len(data)


def cmdline(k: Kernel, task: Task) -> bytes:
    """The arguments, a NUL behind each; none for a task that was started without."""
    return access_remote_vm(k, task.mm, task.mm.arg_start, task.mm.arg_end - task.mm.arg_start)


def access_remote_vm(k: Kernel, mm: AddressSpace, address: int, size: int) -> bytes:
    """Bytes of any task's memory, as far as its pages are in RAM."""
    found = b""
    while size > 0:
        entry = mm.pages.entry(address)
        if not entry & PRESENT:
            break
        offset = address & PAGE_SIZE - 1
        length = min(size, PAGE_SIZE - offset)
        frame = (entry & FRAME_MASK) + offset
        found += k.ram.bytes[frame : frame + length]
        address, size = address + length, size - length
    return found


# maps.


def maps(k: Kernel, task: Task) -> bytes:
    """A line for each mapping: range, protection, offset, device, inode, name.  C: show_map_vma()."""
    gate = gate_vma(k)
    return b"".join(_map_line(k, vma) for vma in (*task.mm.vmas, *([gate] if gate else [])))


def _map_line(k: Kernel, vma: Vma) -> bytes:
    letters = "".join(
        letter if vma.prot & bit else "-" for letter, bit in (("r", PROT_READ), ("w", PROT_WRITE), ("x", PROT_EXEC))
    )
    letters += "s" if vma.flags & MAP_SHARED else "p"
    inode, name = vma.inode, vma.name.encode("utf-8", "surrogateescape")
    device, number = 0, 0
    if isinstance(inode, Inode):
        device, number = inode.sb.dev, inode.ino
        nameless = b"/dev/zero (deleted)" if isinstance(inode, SharedMemory) else b"(deleted)"
        name = _path_of_inode(k.fs.root, inode) or nameless
    line = f"{vma.start:08x}-{vma.end:08x} {letters} {vma.offset:08x} {device >> 8:02x}:{device & 0xFF:02x} {number} "
    return (line.ljust(NAME_COLUMN).encode() + name if name else line.encode()) + b"\n"


def _path_of_inode(at: Dentry, inode: Inode) -> bytes | None:
    """The first path that leads to an inode: a mapping remembers its file, not the name it was opened by."""
    if at.inode is inode:
        return d_path(at)
    if isinstance(at.inode, DirectoryInode) and not isinstance(at.inode, PseudoDirectory):
        for child in at.inode.children.values():
            found = _path_of_inode(child, inode)
            if found is not None:
                return found
    return None


# fd.


def path_of(dentry: Dentry) -> bytes:
    """The path of an open file, `pipe:[7]` for a pipe; one that was removed is told with its last name."""
    if dentry.parent is dentry and dentry.name:
        return dentry.name
    path = d_path(dentry)
    if path is not None:
        return path
    return (path_of(dentry.parent).removesuffix(b" (deleted)").rstrip(b"/")) + b"/" + dentry.name + b" (deleted)"


def _fd_entries(task: Task, k: Kernel) -> Mapping[bytes, ProcEntry]:
    return {b"%d" % fd: _fd_link(task, opened) for fd, opened in task.files.items()}


def _fd_link(task: Task, opened: File) -> ProcEntry:
    """A link to what a descriptor stands for; its mode says for what it was opened."""
    mode = (0o500 if opened.mode & FMODE_READ else 0) | (0o300 if opened.mode & FMODE_WRITE else 0)
    entry = link(path_of(opened.dentry), mode, FD_SIZE, opened.dentry)
    entry.uid, entry.gid, entry.subject = task.cred.euid, task.cred.egid, opened
    return entry
