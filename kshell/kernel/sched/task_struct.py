"""struct task_struct in memory: made, put into the lists of tasks, and taken out of them.

C counterpart: init/init_task.c, copy_process() in kernel/fork.c, __exit_signal() and release_task() in kernel/exit.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.cred import cred
from kshell.abi.signal import SIGCHLD
from kshell.abi.struct import image, offset_of
from kshell.abi.task_struct import (
    EXIT_DEAD,
    EXIT_ZOMBIE,
    PF_EXITING,
    PF_IDLE,
    PF_KTHREAD,
    PF_SIGNALED,
    TASK_COMM_LEN,
    TASK_INTERRUPTIBLE,
    TASK_RUNNING,
    mm_struct,
    task_struct,
)
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.sched.cred import Cred
from kshell.kernel.sched.list import list_add_tail, list_del_init, list_for_each
from kshell.machine.ram import PAGE_SIZE

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

CRED_AT = task_struct.SIZE  # behind each task_struct its cred, and the addresses of what lies in no memory
MM_AT = CRED_AT + (cred.SIZE + 7 & ~7)
FILES_AT = MM_AT + 8
BLOCK = FILES_AT + 8
DEFAULT_PRIO = 120
ROOT = Cred(0, 0, 0, 0)


def init_tasks(k: Kernel) -> None:
    """The tasks that are there before any program: the idle one (init_task), init and kthreadd."""
    idle = k.init_task = _place(k, 0, "swapper/0", None, ROOT, PF_IDLE | PF_KTHREAD)
    k.symbols.add(Symbol("init_task", idle.address, "D", task_struct.SIZE, exported="EXPORT_SYMBOL"))
    k.symbols.add(Symbol("init_cred", idle.cred.address, "D", cred.SIZE))
    namespace = k.memory.static(8)
    k.symbols.add(Symbol("init_user_ns", namespace, "D", 8, exported="EXPORT_SYMBOL_GPL"))
    k.init = _place(k, 1, "init", idle, ROOT, 0)
    _place(k, 2, "kthreadd", idle, ROOT, PF_KTHREAD)


def new_task_struct(k: Kernel, nr: int, comm: str, parent: task_struct, ids: Cred) -> task_struct:
    """That of a new program."""
    return _place(k, nr, comm, parent, ids, 0)


def _place(k: Kernel, nr: int, comm: str, parent: task_struct | None, ids: Cred, flags: int) -> task_struct:
    at = k.memory.static(BLOCK) if parent is None else _alloc(k)
    task = task_struct(k.memory, at)
    own = {name: at + offset_of(task_struct, name) for name in ("children", "sibling", "tasks")}
    values = {
        "addr_limit": TASK_SIZE_MAX,  # C: USER_DS
        "state": TASK_INTERRUPTIBLE if nr else TASK_RUNNING,
        "flags": flags,
        **dict.fromkeys(("prio", "static_prio", "normal_prio"), DEFAULT_PRIO),
        **dict.fromkeys(("mm", "active_mm"), 0 if flags & PF_KTHREAD else at + MM_AT),
        "exit_signal": SIGCHLD if nr else 0,
        **dict.fromkeys(("pid", "tgid"), nr),
        **dict.fromkeys(("parent", "real_parent"), parent.address if parent is not None else at),
        "group_leader": at,
        "start_time": k.clock.ns,
        **dict.fromkeys(("cred", "real_cred"), at + CRED_AT),
        "comm": int.from_bytes(comm.encode("utf-8", "surrogateescape")[: TASK_COMM_LEN - 1], "little"),
        "files": at + FILES_AT,
        **{f"{name}.{way}": address for name, address in own.items() for way in ("next", "prev")},
    }
    k.memory.write(at, image(task_struct, values) + _cred_image(ids))
    if parent is not None:
        list_add_tail(task.sibling, parent.children)
        list_add_tail(task.tasks, k.init_task.tasks)
    return task


def _alloc(k: Kernel) -> int:
    """The address of a block; the last one freed is the first to be handed out again."""
    if not k.task_structs:
        page, k.next_task_page = k.next_task_page, k.next_task_page + PAGE_SIZE
        k.memory.map(page, PAGE_SIZE, writable=True)
        k.task_structs += range(page + PAGE_SIZE // BLOCK * BLOCK - BLOCK, page - 1, -BLOCK)
    return k.task_structs.pop()


def _cred_image(ids: Cred) -> bytes:
    """The bytes of a struct cred; who is to be looked at when files are checked is the effective one."""
    users = {"uid": ids.uid, **dict.fromkeys(("suid", "euid", "fsuid"), ids.euid)}
    groups = {"gid": ids.gid, **dict.fromkeys(("sgid", "egid", "fsgid"), ids.egid)}
    return image(cred, {"usage": 2, **users, **groups})  # cred and real_cred


def takes_cpu(task: task_struct) -> None:
    """The CPU is a task's from now on."""
    task.state, task.on_cpu = TASK_RUNNING, 1


def leaves_cpu(task: task_struct, ns: int) -> None:
    """It was that for `ns` nanoseconds."""
    task.utime += ns
    task.nvcsw += 1
    task.on_cpu = 0
    if task.state == TASK_RUNNING:
        task.state = TASK_INTERRUPTIBLE


def exited(k: Kernel, task: task_struct, code: int, by_signal: bool) -> None:
    """A task has ended with the status `code`, as wait() tells it; its children are init's from now on."""
    task.flags |= PF_EXITING | (PF_SIGNALED if by_signal else 0)
    task.exit_code, task.exit_state = code, EXIT_ZOMBIE
    task.mm = task.active_mm = mm_struct()
    for link in list_for_each(task.children):
        child = task_struct(task.memory, link.address - offset_of(task_struct, "sibling"))
        child.parent = child.real_parent = k.init
        list_del_init(link)
        list_add_tail(link, k.init.children)


def released(k: Kernel, task: task_struct) -> None:
    """Nobody waits for a task any more: it leaves the lists, and its memory, as it is, will be another one's."""
    task.exit_state = EXIT_DEAD
    for link in (task.sibling, task.tasks):
        list_del_init(link)
    k.task_structs.append(task.address)
