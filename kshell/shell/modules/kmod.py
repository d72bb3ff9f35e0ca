"""insmod, modprobe and rmmod as kmod has them: what they ask of the kernel, and how they word its refusals."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kshell.abi.problem import did_you_mean
from kshell.shell.errors import CommandError
from kshell.shell.modules.depmod import dependencies, installed
from kshell.shell.modules.samples import find_sample, plain_name, sample_names, sample_path
from kshell.shell.views.view import Nothing, View, show

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.module.struct_module import Module
    from kshell.shell.state.context import Context


def load(
    session: Context, path: str, params: dict[str, str | None], command: str = "insmod", force: bool = False
) -> View:
    """Load a module file.  Raises CommandError, in the words of `command`."""
    from kshell.shell.modules.insmod import insmod
    from kshell.shell.modules.refusals import ModuleError

    try:
        return Loaded(session.kernel, insmod(session.kernel, path, params, command, force))
    except ModuleError as error:
        from kshell.shell.modules.module_advice import advise

        advise(session, path, error)
        raise


class Loaded(View):
    """A module that is in the kernel now: nothing to say but to --json."""

    def __init__(self, k: Kernel, module: Module) -> None:
        magic = k.vermagic if module.object.vermagic is None else module.object.vermagic
        self._result = {"name": module.name, "path": module.object.path, "taints": module.taints, "vermagic": magic}

    def json(self) -> dict[str, Any]:
        return self._result


def load_with_dependencies(session: Context, sample: str, params: dict[str, str | None]) -> View:
    """modprobe: the modules that a sample needs, and then the sample; what is loaded already is left alone."""
    loaded = session.kernel.modules
    for needed in dependencies(session.kernel, sample):
        if needed.replace("-", "_") not in loaded:
            load(session, sample_path(needed), {}, "modprobe")
    same = loaded.get(sample.replace("-", "_"))
    if same is not None and os.path.abspath(same.object.path) == os.path.abspath(sample_path(sample)):
        return Loaded(session.kernel, same)
    from kshell.shell.modules.module_advice import instead_of_own

    view = load(session, sample_path(sample), params, "modprobe")
    note = instead_of_own(session, sample)
    if note:
        session.kernel.note(note)
    return view


def load_installed(session: Context, name: str, params: dict[str, str | None]) -> View | None:
    """modprobe of a module that make modules_install has put where the kernel that runs looks; None if it has not."""
    paths = installed(session.kernel, plain_name(name))
    if paths is None:
        return None
    loaded = session.kernel.modules
    for path in paths[:-1]:
        if plain_name(path) not in loaded:
            load(session, path, {}, "modprobe")
    same = loaded.get(plain_name(name))
    return Loaded(session.kernel, same) if same is not None else load(session, paths[-1], params, "modprobe")


def is_builtin(k: Kernel, name: str) -> bool:
    """Whether a module of that name is linked into the kernel."""
    return plain_name(name) in k.builtin_modules


def remove(session: Context, name: str) -> View:
    """modprobe -r: as rmmod, and then what the module used, where nobody else does; what is not loaded is no error."""
    loaded = session.kernel.modules
    plain = plain_name(name)
    if plain in loaded:
        used = _uses(loaded[plain])
        unload(session, plain, False, "modprobe -r")
        for module in used:
            if module.refcount == 0 and module.name in loaded:
                unload(session, module.name, False, "modprobe -r")
        return Nothing()
    if is_builtin(session.kernel, name):
        raise _builtin("modprobe: FATAL", plain)
    if find_sample(name) is not None:
        return Nothing()
    failed = not_found("modprobe: FATAL", name, session)
    close = did_you_mean(plain, loaded)
    try_ = f"modprobe -r {close[0]}" if close else "lsmod  (what is loaded)"
    failed.reword(failed.because, try_, f"modprobe: FATAL: Module {show(name)} not found.")
    raise failed


def _builtin(who: str, name: str) -> CommandError:
    """What is linked into the kernel cannot be taken out of it."""
    because = f"{show(name)} is linked into the kernel (obj-y): only another kernel is without it"
    return CommandError(
        f"{who}: Module {show(name)} is builtin.", because, f"obj-m := {show(name)}.o  (makes a module)"
    )


def _uses(module: Module) -> list[Module]:
    """What a module uses, and what that uses, the nearest first."""
    found: list[Module] = []
    waiting = list(module.uses)
    while waiting:
        each = waiting.pop(0)
        if each not in found:
            found.append(each)
            waiting += each.uses
    return found


def not_found(who: str, name: str, session: Context) -> CommandError:
    """What is said where no module that comes with kshell has that name."""
    release = session.kernel.release
    what = f"{who}: Module {show(name)} not found in directory /lib/modules/{release}"
    close = did_you_mean(name, sample_names())
    if os.path.exists(name):
        return CommandError(what, "modprobe takes a name; this is a file of your own folder", f"insmod {show(name)}")
    because = f"the modules that come with kshell are {', '.join(sample_names())}"
    return CommandError(what, because, f"modprobe {close[0]}" if close else "module list  (what each of them does)")


def unload(session: Context, name: str, force: bool, who: str = "rmmod") -> View:
    """Unload a module by its name or its file.  Raises CommandError, in the words of `who`."""
    from kshell.shell.modules.insmod import rmmod

    k = session.kernel
    plain = plain_name(name)
    if plain not in k.modules and is_builtin(k, name):
        raise _builtin("rmmod: ERROR", plain)
    rmmod(k, plain, force, who)
    return Nothing()
