"""insmod and rmmod, as programs that ask the kernel: the one compiles (or reads) the file that it was given first."""

from __future__ import annotations

from collections.abc import Mapping

from kshell.cc.source_error import SourceError
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load import load_module
from kshell.kernel.module.refusal import Refusal
from kshell.kernel.module.struct_module import Module
from kshell.kernel.module.unload import delete_module
from kshell.shell.modules.module_file import open_module
from kshell.shell.modules.samples import plain_name


def insmod(
    k: Kernel,
    path: str,
    parameters: Mapping[str, str | None] | None = None,
    command: str = "insmod",
    force: bool = False,
) -> Module:
    """Load the file at `path`; `command` (insmod or modprobe) is who says no.  Raises ModuleError."""
    try:
        obj = open_module(k, path)
    except SourceError as error:
        from kshell.shell.modules.refusals import not_read

        raise not_read(command, path, error) from None
    for note in obj.notes:
        k.note(note)
    try:
        return load_module(k, obj, parameters, force)
    except Refusal as refusal:
        from kshell.shell.modules.refusals import not_loaded

        raise not_loaded(k, command, obj, refusal) from None


def rmmod(k: Kernel, name: str, force: bool = False, command: str = "rmmod") -> None:
    """Unload a module by its name or its file; `command` is rmmod or modprobe -r.  Raises ModuleError."""
    plain = plain_name(name)
    try:
        delete_module(k, plain, force)
    except Refusal as refusal:
        from kshell.shell.modules.refusals import not_removed

        raise not_removed(k, command, plain, force, refusal) from None
