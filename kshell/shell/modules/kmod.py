"""insmod, modprobe and rmmod as kmod has them: what they ask of the kernel, and how they word its refusals."""

from __future__ import annotations

import os

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.errno import ENOEXEC
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.struct_module import Module
from kshell.shell.errors import CommandError
from kshell.shell.modules.depmod import dependencies, installed
from kshell.shell.modules.samples import find_sample, plain_name, sample_names
from kshell.shell.state.context import Context
from kshell.shell.views.view import Nothing, Text, View, show


def load(
    session: Context, path: str, params: dict[str, str | None], command: str = "insmod", force: bool = False
) -> View:
    """Load a module file.  Raises CommandError, in the words of `command`."""
    from kshell.shell.modules.insmod import insmod

    try:
        if path.endswith(".o") and os.path.isfile(path):
            raise _object_file(path, command)
        return _loaded(session.kernel, insmod(session.kernel, path, params, command, force))
    except CommandError as error:
        from kshell.shell.modules.module_advice import advise

        advise(session, path, error)
        raise


def _object_file(path: str, command: str) -> CommandError:
    """A .o has no struct module yet, and Linux finds none in it."""
    from kshell.shell.modules.refusals import ModuleError, not_inserted

    what = not_inserted(command, path, plain_name(path), ENOEXEC)
    because = "it is an object file: one source, compiled, and not yet a module with its name and version magic"
    try_ = f"insmod {show(path.removesuffix('.o'))}.ko  (obj-m in a Makefile makes it, and so does cc -o)"
    return ModuleError(what, because, try_, ENOEXEC)


def _loaded(k: Kernel, module: Module) -> View:
    """A module that is in the kernel now: nothing to say but to --json."""
    magic = k.vermagic if module.vermagic is None else module.vermagic
    return Text([], {"name": module.name, "path": module.path, "taints": module.taints, "vermagic": magic})


def load_with_dependencies(session: Context, name: str, params: dict[str, str | None]) -> View:
    """modprobe: what a module needs, and then the module; what is loaded already is left alone.

    It is what make modules_install has put where the kernel of a tree looks, or else a sample.
    """
    k, sample = session.kernel, None
    paths = installed(k, plain_name(name)) if k.image.tree else []
    if not paths:
        sample = find_sample(name)
        if sample is None:
            raise not_found("modprobe: FATAL", name, session)
        paths = dependencies(k, sample)
    *needed, path = paths
    for each in needed:
        if plain_name(each) not in k.modules:
            load(session, each, {}, "modprobe")
    same = k.modules.get(plain_name(path))
    if same is not None and (sample is None or os.path.abspath(same.path) == os.path.abspath(path)):
        return _loaded(k, same)
    view = load(session, path, params, "modprobe")
    if sample is not None and k.image.tree:
        from kshell.shell.modules.module_advice import instead_of_own

        k.note(instead_of_own(session, sample))
    return view


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
