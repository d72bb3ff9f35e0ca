"""/proc/PID/status: a task in lines of name and value.

Which lines there are goes by the release.  Those of what this kernel is built without are left out, as Linux leaves
them out then: PID namespaces, huge pages, cpusets, seccomp.  C counterparts: fs/proc/array.c, fs/proc/task_mmu.c.
"""

from __future__ import annotations

from kshell.abi.mman import MAP_GROWSDOWN, MAP_SHARED, PROT_EXEC, PROT_WRITE
from kshell.abi.sigaction import SIG_IGN, sigmask
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import AddressSpace
from kshell.kernel.proc.sysctl import cap_last_cap
from kshell.kernel.signal.kill import sigpending_limit
from kshell.kernel.task.task import Task
from kshell.kernel.vdso.vma import SpecialMapping
from kshell.machine.paging import FRAME_MASK, LEVELS, PRESENT
from kshell.machine.ram import PAGE_SIZE

NR_OPEN_DEFAULT = 64  # descriptors that a table has room for at first
FDTABLE_STEP = 128  # it grows by powers of two times this
TOP_LEVEL_USER = 256  # entries of the top table that are the user's


def status(k: Kernel, task: Task) -> bytes:
    """The whole file."""
    lines = [*_identity(k, task), *_memory(k, task), *_signals(k, task), *_capabilities(k, task), *_rest(k)]
    return "".join(f"{name}:\t{value}\n" for name, value in lines).encode("utf-8", "surrogateescape")


def _identity(k: Kernel, task: Task) -> list[tuple[str, object]]:
    cred = task.cred
    lines: list[tuple[str, object]] = [
        ("Name", task.comm.replace("\\", "\\\\").replace("\n", "\\n")),
        ("Umask", f"{task.umask:#04o}".replace("0o", "0").rjust(4, "0")),
        ("State", "R (running)" if task is k.current else "S (sleeping)"),
        ("Tgid", task.pid),
        ("Ngid", 0),
        ("Pid", task.pid),
        ("PPid", task.ppid),
        ("TracerPid", 0),
        ("Uid", "\t".join(map(str, (cred.uid, cred.euid, cred.euid, cred.euid)))),
        ("Gid", "\t".join(map(str, (cred.gid, cred.egid, cred.egid, cred.egid)))),
        ("FDSize", _fd_size(task)),
        ("Groups", " "),
    ]
    if k.profile.version >= (6, 8):
        lines.append(("Kthread", 0))
    return lines


def _fd_size(task: Task) -> int:
    """Slots in the task's table of descriptors.  C: alloc_fdtable()."""
    last = max((fd for fd, _ in task.files.items()), default=0)
    if last < NR_OPEN_DEFAULT:
        return NR_OPEN_DEFAULT
    return FDTABLE_STEP * (1 << (last // FDTABLE_STEP).bit_length())


def _memory(k: Kernel, task: Task) -> list[tuple[str, object]]:
    """C: task_mem().  Peaks are not kept here: they are what there is now."""
    total = stack = data = text = library = anonymous = file = shmem = swapped = 0
    for vma in task.mm.vmas:
        size = vma.end - vma.start
        total += size
        leaves = [entry for _, entry in task.mm.pages.leaves(vma.start, vma.end)]
        resident = PAGE_SIZE * sum(map(task.mm.pages.is_in_ram, leaves))
        swapped += PAGE_SIZE * len(leaves) - resident
        if vma.inode is None:
            anonymous += resident
        elif isinstance(vma.inode, SpecialMapping):
            file += resident
        else:
            shmem += resident
        if vma.flags & MAP_GROWSDOWN:
            stack += size
        elif vma.prot & PROT_WRITE and not vma.flags & MAP_SHARED:
            data += size
        elif vma.prot & PROT_EXEC and not vma.prot & PROT_WRITE:
            text, library = (text + size, library) if vma.inode is None else (text, library + size)
    sizes = {
        "VmPeak": total,
        "VmSize": total,
        "VmLck": 0,
        "VmPin": 0,
        "VmHWM": anonymous + file + shmem,
        "VmRSS": anonymous + file + shmem,
        "RssAnon": anonymous,
        "RssFile": file,
        "RssShmem": shmem,
        "VmData": data,
        "VmStk": stack,
        "VmExe": text,
        "VmLib": library,
        "VmPTE": page_table_bytes(task.mm),
        "VmSwap": swapped,
    }
    lines: list[tuple[str, object]] = [(name, f"{size >> 10:8d} kB") for name, size in sizes.items()]
    lines.append(("CoreDumping", 0))
    if k.profile.version >= (5, 0):
        lines.append(("THP_enabled", 0))
    if k.profile.version >= (6, 4):
        lines.append(("untag_mask", f"{(1 << 64) - 1:#x}"))
    return lines


def page_table_bytes(mm: AddressSpace) -> int:
    """What the tables below the top one take.  C: mm_pgtables_bytes()."""

    def tables(table: int, entries: int, depth: int) -> int:
        words = mm.pages.ram.words[table >> 3 : (table >> 3) + entries]
        below = [entry & FRAME_MASK for entry in words if entry & PRESENT]
        return len(below) + (sum(tables(each, 512, depth - 1) for each in below) if depth > 1 else 0)

    return tables(mm.pages.root, TOP_LEVEL_USER, len(LEVELS)) * PAGE_SIZE


def _signals(k: Kernel, task: Task) -> list[tuple[str, object]]:
    """C: task_sig().  The limit is what fork_init() makes of the size of RAM."""
    masks = signal_masks(task)
    lines: list[tuple[str, object]] = [("Threads", 1), ("SigQ", f"{len(task.signals.queued)}/{sigpending_limit(k)}")]
    return lines + [(name, f"{mask:016x}") for name, mask in masks.items()]


def signal_masks(task: Task) -> dict[str, int]:
    """A bit for each signal: those that wait, for the thread and for the process, are blocked, ignored, caught."""
    signals = task.signals
    return {
        "SigPnd": sigmask(*(info.signo for info in signals.queued if not info.to_process)),
        "ShdPnd": sigmask(*(info.signo for info in signals.queued if info.to_process)),
        "SigBlk": signals.blocked,
        "SigIgn": sigmask(*(signo for signo, action in signals.actions.items() if action.handler == SIG_IGN)),
        "SigCgt": sigmask(*(signo for signo in signals.actions if signals.is_handled(signo))),
    }


def _capabilities(k: Kernel, task: Task) -> list[tuple[str, object]]:
    """Root has all, and whoever is not root has none: euid 0 is what every check asks for."""
    full = (2 << cap_last_cap(k.profile.version)) - 1
    cred = task.cred
    masks = {
        "CapInh": 0,
        "CapPrm": full if 0 in (cred.uid, cred.euid) else 0,
        "CapEff": full if cred.euid == 0 else 0,
        "CapBnd": full,
        "CapAmb": 0,
    }
    return [(name, f"{mask:016x}") for name, mask in masks.items()]


def _rest(k: Kernel) -> list[tuple[str, object]]:
    lines: list[tuple[str, object]] = [("NoNewPrivs", 0), ("Speculation_Store_Bypass", "not vulnerable")]
    if k.profile.version >= (5, 11):
        lines.append(("SpeculationIndirectBranch", "not affected"))
    return [
        *lines,
        ("Cpus_allowed", 1),
        ("Cpus_allowed_list", 0),
        ("voluntary_ctxt_switches", 0),
        ("nonvoluntary_ctxt_switches", 0),
    ]
