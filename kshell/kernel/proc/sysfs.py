"""/sys: the loaded modules, their states, holders, sections and parameters.

C counterparts: fs/sysfs/, fs/kernfs/, kernel/module/sysfs.c, kernel/params.c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kshell.abi.errno import EIO, ENODEV
from kshell.kernel.elf.kernel_param import KernelParam
from kshell.kernel.fs.file import Kiocb
from kshell.kernel.fs.uio import IovIter
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.params import Unfit, parse
from kshell.kernel.module.struct_module import UNFORMED, Module
from kshell.kernel.proc.proc_files import kallsyms_show_value
from kshell.kernel.proc.pseudo import ProcEntry, directory, file, link
from kshell.kernel.proc.seq_file import SizedInode
from kshell.kernel.sched.cred import Cred
from kshell.machine.ram import PAGE_SIZE

ADDRESS_SIZE = 19  # 0x, 16 digits, newline


class KernfsInode(SizedInode):
    """An attribute.  Its mode binds root too, and when its module goes it says so to whoever still has it open."""

    __slots__ = ()
    strict = True
    read_only = EIO
    gone = ENODEV

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """What was made before the module went can still be read to its end.  C: kernfs_seq_start()."""
        if self.is_gone() and iocb.pos >= len(iocb.file.private_data.data):
            return -ENODEV
        return super().read_iter(k, iocb, to)


def root_entries(k: Kernel) -> Mapping[bytes, ProcEntry]:
    """What is in /sys."""
    return ROOT


def _modules(k: Kernel) -> Mapping[bytes, ProcEntry]:
    return {
        name.encode(): _alive(k, module, directory(partial(_module, module), 0o755))
        for name, module in k.modules.items()
        if module.state != UNFORMED
    }


ROOT: dict[bytes, ProcEntry] = {b"module": directory(_modules, 0o755)}


def _alive(k: Kernel, module: Module, entry: ProcEntry) -> ProcEntry:
    return entry.about(module, lambda: k.modules.get(module.name) is module)


def _attribute(k: Kernel, module: Module, show: Callable[[], object], mode: int = 0o444) -> ProcEntry:
    return _alive(k, module, file(KernfsInode, mode, lambda k, cred: f"{show()}\n".encode(), size=PAGE_SIZE))


def _module(module: Module, k: Kernel) -> Mapping[bytes, ProcEntry]:
    found = {
        b"coresize": _attribute(k, module, lambda: len(module.space)),
        b"holders": _alive(k, module, directory(partial(_holders, module), 0o755)),
        b"initsize": _attribute(k, module, lambda: 0),
        b"initstate": _attribute(k, module, lambda: module.initstate),
        b"refcnt": _attribute(k, module, lambda: module.refcount),
        b"sections": _alive(k, module, directory(partial(_sections, module), 0o755)),
        b"taint": _attribute(k, module, lambda: module.taints),
    }
    info = dict(module.info)
    for name in info.keys() & {"srcversion", "version"}:
        found[name.encode()] = _attribute(k, module, partial(info.get, name))
    if any(parameter.perm for parameter in module.parameters.values()):
        found[b"parameters"] = _alive(k, module, directory(partial(_parameters, module), 0o755))
    return found


def _holders(module: Module, k: Kernel) -> Mapping[bytes, ProcEntry]:
    """A link to each module that uses this one's symbols."""
    return {name.encode(): link(b"../../" + name.encode()) for name in module.used_by}


def _sections(module: Module, k: Kernel) -> Mapping[bytes, ProcEntry]:
    """Where the module lies, for debuggers."""
    found = {b".text": module.address}
    if module.data_size:
        found[b".data"] = module.address + module.size
    return {name: _address(k, module, address) for name, address in found.items()}


def _address(k: Kernel, module: Module, address: int) -> ProcEntry:
    def show(k: Kernel, cred: Cred) -> bytes:
        return f"0x{address if kallsyms_show_value(k, cred) else 0:016x}\n".encode()

    size = ADDRESS_SIZE if k.profile.version >= (5, 8) else PAGE_SIZE
    return _alive(k, module, file(KernfsInode, 0o400, show, size=size))


def _parameters(module: Module, k: Kernel) -> Mapping[bytes, ProcEntry]:
    """A file for each parameter that has a mode; one with mode 0 has none."""
    shown = {name: parameter for name, parameter in module.parameters.items() if parameter.perm}
    return {name.encode(): _parameter(k, module, parameter) for name, parameter in shown.items()}


def _parameter(k: Kernel, module: Module, parameter: KernelParam) -> ProcEntry:
    def store(k: Kernel, data: bytes) -> int:
        err = param_set(k, parameter, data.partition(b"\0")[0].decode("utf-8", "surrogateescape"))
        return err or len(data)

    entry = _attribute(k, module, lambda: param_get(k, parameter), parameter.perm or 0)
    entry.store = store
    return entry


def param_get(k: Kernel, parameter: KernelParam) -> str:
    """The text that reading its file in /sys gives, without the newline that ends it (C: param_get_int, ...).

    Raises KernelFault where a module has spoiled the pointer of a charp.
    """
    value = parameter.load(k)
    if parameter.type in ("bool", "invbool"):
        return "Y" if bool(value) != (parameter.type == "invbool") else "N"
    if parameter.type == "hexint":
        return f"{value:#08x}" if value else "0" * 8
    return str(value)


def param_set(k: Kernel, parameter: KernelParam, text: str) -> int:
    """Write `text` to a parameter, as to its file in /sys: 0, or -EINVAL, -ERANGE, -ENOSPC and nothing is changed.

    A newline at the end is no part of a number; a charp keeps it.
    """
    try:
        parameter.store(k, parse(parameter, text, k.profile.version))
    except Unfit as unfit:
        k.note(f"{parameter.name}: {unfit.because}")
        return -unfit.errno
    return 0
