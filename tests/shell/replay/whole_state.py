"""Everything that there is in a machine, so that two can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kshell.abi import ptregs
from kshell.kernel.fs.inode import DirectoryInode
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.task import Task
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.machine_files import contents, listing
from kshell.shell.session import Session


def machine(k: Kernel) -> dict[str, Any]:
    """Each part by its name; the pages in use byte by byte."""
    found: dict[str, Any] = {f"page {frame:#x}": k.ram.bytes[frame : frame + PAGE_SIZE] for frame in k.ram.frames()}
    found |= {f"file {path}": value for path, value in files(k, "/")}
    found |= {f"task {task.pid}": described(k, task) for task in {*k.tasks.values(), k.shell_task}}
    found |= {f"module {m.name}": {**deepcopied(vars(m)), "uses": [u.name for u in m.uses]} for m in k.modules.values()}
    for module in k.modules:
        for shared in ("elf", "lines", "watched", "tables"):  # the file, and what was found out of it
            found[f"module {module}"].pop(shared)
    found |= {"pages": k.ram.frames(), "free": list(k.ram._free), "clock": k.clock.ns, "random": k.random.getstate()}
    found |= {"log": k.log.since(0), "written": k.log.written, "open": k.log.is_open, "dropped": k.log.dropped}
    found |= {
        "current": k.current.pid,
        "pid": k._last_pid,
        "taint": slots(k.taint),
        "oopses": k.oopses,
    }
    found |= {"symbols": [str(each) for each in k.symbols], "unloaded": k.last_unloaded, "warned": k.warned}
    found |= {"next": k.next_module_space, "protection": dict(vars(k.memory.protection)), "cmdline": k.cmdline}
    found |= {"release": k.release, "budget": k.init_budget, "fpu": k.cpu.fpu_status()}
    found["statistics"] = {nr: (s.count, s.errors) for nr, s in k.statistics.items()}
    return found


def files(k: Kernel, path: str) -> Iterator[tuple[str, Any]]:
    """Each file of the machine: its contents, mode and owner."""
    entries = listing(k, path)
    for entry in [] if isinstance(entries, int) else entries:
        name, inode = f"{path.rstrip('/')}/{entry.name}", entry.inode
        yield name, (inode.mode, inode.uid, inode.gid, inode.nlink, inode.size, entry.target)
        if isinstance(inode, DirectoryInode):
            if entry.name not in ("self", "thread-self") and len(name) < 80:
                yield from files(k, name)
        elif entry.target is None:
            yield f"{name} (contents)", contents(k, name)


def described(k: Kernel, task: Task) -> dict[str, Any]:
    """A task: its registers, memory, descriptors and the rest."""
    mm = task.mm
    areas = [(v.start, v.end, v.prot, v.flags, v.name, v.offset) for v in mm.vmas]
    open_files = {
        fd: (type(file.inode).__name__, file.pos, file.flags, file.mode, file.count)
        for fd, file in task.files._files.items()
    }
    found = {name: getattr(task, name) for name in ("ppid", "comm", "umask", "stack", "is_alive", "exit_status")}
    found |= {"registers": dict(zip(ptregs.NAMES, task.regs.tolist(), strict=True)), "areas": areas}
    found |= {"pages": list(mm.pages.user_pages()) if task.is_alive else [], "files": open_files}
    found |= {"brk": (mm.start_brk, mm.brk), "cred": task.cred}
    return found | {
        "killed": slots(task.killed_by),
        "in use": task.stack_in_use,
    }


def session(s: Session) -> dict[str, Any]:
    """What the commands have left in the session."""
    kept = s.keep()._asdict()
    call = kept.pop("last_call")
    image = kept.pop("image")
    return kept | {"call": call and (call.nr, call.args, call.ret, call.text), "image": getattr(image, "build", image)}


def slots(value: Any) -> Any:
    """What an object has, as it is now: a set by what is in it, whose order is each set's own."""
    return value and {name: as_it_is(getattr(value, name)) for name in value.__slots__}


def as_it_is(value: Any) -> object:
    """A value that what comes later does not change."""
    return frozenset(value) if isinstance(value, set | frozenset) else repr(value)


def deepcopied(found: dict[str, Any]) -> dict[str, Any]:
    """Lists as they are now."""
    return {name: list(value) if isinstance(value, list) else value for name, value in found.items()}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The names of the parts that differ, and of the parts of those."""
    found: list[str] = []
    for name in sorted({*one, *other}):
        mine, theirs = one.get(name), other.get(name)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            found += [f"{name}: {part}" for part in differences(mine, theirs)]
        elif mine != theirs:
            found.append(f"{name} {mine!r:.100} {theirs!r:.100}")
    return found
