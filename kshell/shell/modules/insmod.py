"""insmod and rmmod, as programs that ask the kernel: the one compiles (or reads) the file that it was given first."""

from __future__ import annotations

from collections.abc import Mapping

from kshell.cc.source_error import SourceError
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.refusal import Refusal
from kshell.kernel.module.struct_module import Module
from kshell.shell.modules.load_notes import load_notes
from kshell.shell.modules.module_file import open_module
from kshell.shell.modules.samples import plain_name
from kshell.shell.replay.deeds import Deed, Live, LoadModule, R_co, UnloadModule
from kshell.shell.state.context import Context


def insmod(
    k: Kernel,
    path: str,
    parameters: Mapping[str, str | None] | None = None,
    command: str = "insmod",
    force: bool = False,
    session: Context | None = None,
) -> Module:
    """Load the file at `path`; `command` (insmod or modprobe) is who says no, `session` who notes that it is done.
    Raises ModuleError."""
    try:
        obj = open_module(k, path)
    except SourceError as error:
        from kshell.shell.modules.refusals import not_read

        raise not_read(command, path, error) from None
    for note in obj.notes:
        k.note(note)
    try:
        shared = obj if session is None else session.journal.shared(obj)
        module = _do(k, session, LoadModule(shared, dict(parameters or {}), force))
    except Refusal as refusal:
        from kshell.shell.modules.refusals import not_loaded

        raise not_loaded(k, command, obj, refusal) from None
    for note in load_notes(k, module):
        k.note(note)
    return module


def rmmod(k: Kernel, name: str, force: bool = False, command: str = "rmmod", session: Context | None = None) -> None:
    """Unload a module by its name or its file; `command` is rmmod or modprobe -r.  Raises ModuleError."""
    plain = plain_name(name)
    try:
        _do(k, session, UnloadModule(plain, force))
    except Refusal as refusal:
        from kshell.shell.modules.refusals import not_removed

        raise not_removed(k, command, plain, force, refusal) from None


def _do(k: Kernel, session: Context | None, deed: Deed[R_co]) -> R_co:
    return deed.do(k, Live()) if session is None else session.do(deed)
