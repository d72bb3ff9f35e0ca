"""What the files at the top of /proc show.

C counterparts: fs/proc/{cmdline,cpuinfo,meminfo,uptime,version}.c, fs/filesystems.c, fs/proc_namespace.c,
kernel/kallsyms.c, kernel/module/procfs.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.kernel.fs.dcache import Dentry, d_path
from kshell.kernel.fs.inode import DirectoryInode
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.struct_module import LOADING, UNFORMED, UNLOADING, Module
from kshell.kernel.sched.cred import Cred
from kshell.machine.ram import PAGE_SIZE

CENTISECOND_NS = 10_000_000


def version(k: Kernel, cred: Cred) -> bytes:
    """The banner, as the log begins with it."""
    return f"{k.banner}\n".encode()


def saved_command_line(k: Kernel) -> bytes:
    """What the boot loader passed, and a newline."""
    return k.cmdline.encode("utf-8", "surrogateescape") + b"\n"


def cmdline(k: Kernel, cred: Cred) -> bytes:
    """The kernel's command line."""
    return saved_command_line(k)


def uptime(k: Kernel, cred: Cred) -> bytes:
    """Seconds since boot, and how many of them the CPU was idle: it never is, for a sleep takes no time."""
    seconds, rest = divmod(k.clock.ns, 10**9)
    return b"%d.%02d 0.00\n" % (seconds, rest // CENTISECOND_NS)


def meminfo(k: Kernel, cred: Cred) -> bytes:
    """What is true of a machine without swap and page cache."""
    kilobytes = PAGE_SIZE >> 10
    total = k.ram.frames_total * kilobytes
    free = total - k.ram.frames_used * kilobytes
    values = {
        "MemTotal": total,
        "MemFree": free,
        "MemAvailable": free,
        "Buffers": 0,
        "Cached": 0,
        "SwapCached": 0,
        "SwapTotal": 0,
        "SwapFree": 0,
    }
    return "".join(f"{name + ':':<15} {value:8d} kB\n" for name, value in values.items()).encode()


def cpuinfo(k: Kernel, cred: Cred) -> bytes:
    """The one CPU."""
    flags = "fpu de pse tsc msr pae cx8 pge cmov mmx fxsr sse sse2 syscall nx lm"
    flags += (" smep" if k.memory.protection.smep else "") + (" smap" if k.memory.protection.smap else "")
    lines = (
        ("processor\t", "0"),
        ("model name\t", "kshell, simulated"),
        ("physical id\t", "0"),
        ("siblings\t", "1"),
        ("core id\t\t", "0"),
        ("cpu cores\t", "1"),
        ("fpu\t\t", "yes"),
        ("wp\t\t", "yes"),
        ("flags\t\t", flags),
        ("clflush size\t", "64"),
        ("address sizes\t", "48 bits virtual"),
    )
    return "".join(f"{name}: {value}\n" for name, value in lines).encode() + b"\n"


def filesystems(k: Kernel, cred: Cred) -> bytes:
    """Every file system that there is; none needs a device."""
    names = dict.fromkeys([mounted.inode.sb.name for mounted in mount_points(k)] + [k.fs.pipefs.name])
    return "".join(f"nodev\t{name}\n" for name in names).encode()


def mount_points(k: Kernel) -> Iterator[Dentry]:
    """The root, and each directory in it where another file system begins."""
    yield k.fs.root
    assert isinstance(k.fs.root.inode, DirectoryInode)
    yield from (dentry for dentry in k.fs.root.inode.children.values() if dentry.is_mountpoint)


def mounts(k: Kernel) -> bytes:
    """As /etc/mtab has it: device, place, kind, options, and two zeros."""
    lines = []
    for dentry in mount_points(k):
        name = dentry.inode.sb.name.encode()
        lines.append(b"%s %s %s rw,relatime 0 0\n" % (name, d_path(dentry), name))
    return b"".join(lines)


# Addresses, and who may read them.


def kallsyms_show_value(k: Kernel, cred: Cred) -> bool:
    """Whether a file that `cred` opened shows kernel addresses, or zeros instead (C: kallsyms_show_value)."""
    return k.symbols.kptr_restrict < 2 and cred.euid == 0


def kallsyms(k: Kernel, cred: Cred) -> bytes:
    """Address, letter and name of every symbol, those of modules last."""
    shown = kallsyms_show_value(k, cred)
    lines = []
    for symbol in sorted(k.symbols, key=lambda symbol: symbol.module is not None):
        tail = f"\t[{symbol.module}]" if symbol.module is not None else ""
        lines.append(f"{symbol.address if shown else 0:016x} {symbol.kind} {symbol.name}{tail}\n")
    return "".join(lines).encode()


def modules(k: Kernel, cred: Cred) -> bytes:
    """A line for each module, the last one first; one that is still being formed is not there yet."""
    shown = kallsyms_show_value(k, cred)
    return b"".join(_module(each, shown) for each in reversed(k.modules.values()) if each.state != UNFORMED)


def _module(module: Module, shown: bool) -> bytes:
    users = "".join(f"{name}," for name in module.used_by)
    if module.init is not None and module.exit is None:
        users += "[permanent],"
    address = f"0x{module.address if shown else 0:016x}"
    line = f"{module.name} {len(module.space)} {module.refcount} {users or '-'} {module.state} {address}"
    if module.taints:
        line += f" ({module.taints}{ {LOADING: '+', UNLOADING: '-'}.get(module.state, '') })"
    return f"{line}\n".encode()
