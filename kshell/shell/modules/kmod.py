"""insmod, modprobe and rmmod as kmod has them: what they ask of the kernel, and how they word its refusals."""

from __future__ import annotations

import os
from typing import NamedTuple

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.errno import ENOEXEC
from kshell.abi.modinfo import source_of
from kshell.cc.compiler import SUFFIXES
from kshell.cc.source_file import read_file
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.struct_module import Module
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named
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
        return _loaded(session.kernel, insmod(session.kernel, path, params, command, force, session))
    except CommandError as error:
        from kshell.shell.modules.module_advice import advise

        advise(session, path, error)
        raise


def _object_file(path: str, command: str) -> CommandError:
    """A .o has no struct module yet, and Linux finds none in it."""
    from kshell.shell.modules.refusals import ModuleError, not_inserted

    what = not_inserted(command, path, plain_name(path), ENOEXEC)
    because = "it is an object file: one source, compiled, and not yet a module with its name and version magic"
    stem = path.removesuffix(".o")
    try_ = f"insmod {named(stem + '.ko')}"
    if not os.path.isfile(stem + ".ko"):
        source = (
            next((stem + end for end in SUFFIXES if os.path.isfile(stem + end)), "") or _source(path) or stem + ".c"
        )
        try_ = f"cc {named(source)} -o {named(stem + '.ko')}; {try_}  (or obj-m in a Makefile, and make)"
    return ModuleError(what, because, try_, ENOEXEC)


def _source(path: str) -> str:
    """The source that an object says it was made of, if that lies beside it; else ""."""
    source = os.path.join(os.path.dirname(path), source_of(LoadInfo(path, read_file(path)).elf))
    return source if os.path.isfile(source) else ""


def _loaded(k: Kernel, module: Module) -> View:
    """A module that is in the kernel now: nothing to say but to --json."""
    magic = k.vermagic if module.vermagic is None else module.vermagic
    uid = k.shell_task.cred.uid
    if uid:
        k.note(f"this was done as root, as by sudo: the shell's task has uid {uid}, and only root may load a module")
    return Text([], {"name": module.name, "path": module.path, "taints": module.taints, "vermagic": magic})


class How(NamedTuple):
    """What modprobe was told: to do nothing, to show what it does, to say nothing of what is not there; and whether it
    was given many names."""

    dry_run: bool = False
    verbose: bool = False
    quiet: bool = False
    many: bool = False


def load_with_dependencies(session: Context, name: str, params: dict[str, str | None], how: How) -> View:
    """modprobe: what a module needs, and then the module; what is loaded already, or linked in, is left alone.

    It is what make modules_install has put where the kernel of a tree looks, or else a sample.
    """
    k, sample = session.kernel, None
    if is_builtin(k, name):
        return Nothing()
    paths = installed(k, plain_name(name)) if k.image.tree else []
    if not paths:
        sample = find_sample(name)
        if sample is None and how.quiet:
            return Text([], {}, status=1)
        if sample is None:
            raise not_found("modprobe: WARNING" if how.many else "modprobe: FATAL", name, session)
        paths = dependencies(k, sample)
    *needed, path = paths
    same = k.modules.get(plain_name(path))
    is_there = same is not None and (sample is None or os.path.abspath(same.path) == os.path.abspath(path))
    todo: list[tuple[str, dict[str, str | None]]] = [(each, {}) for each in needed if plain_name(each) not in k.modules]
    todo += [] if is_there else [(path, params)]
    views = [] if how.dry_run else [load(session, each, given, "modprobe") for each, given in todo]
    if views and not is_there and sample is not None and k.image.tree:
        from kshell.shell.modules.module_advice import instead_of_own

        k.note(instead_of_own(session, sample))
    result = _loaded(k, same).json() if same is not None and is_there else views[-1].json() if views else {}
    return Text([_insmod_line(*each) for each in todo] if how.verbose else [], result)


def _insmod_line(path: str, params: dict[str, str | None]) -> str:
    given = " ".join(key if value is None else f"{key}={value}" for key, value in params.items())
    return f"insmod {show(path)} {given}"


def is_builtin(k: Kernel, name: str) -> bool:
    """Whether a module of that name is linked into the kernel."""
    return plain_name(name) in k.builtin_modules


def remove(session: Context, name: str, how: How) -> View:
    """modprobe -r: as rmmod, and then what the module used, where nobody else does; what is not loaded is no error."""
    loaded = session.kernel.modules
    plain = plain_name(name)
    if plain in loaded:
        return _remove_with_dependencies(session, loaded[plain], how)
    if is_builtin(session.kernel, name):
        raise _builtin("modprobe: FATAL", plain)
    if find_sample(name) is not None:
        return Nothing()
    if how.quiet:
        return Text([], {}, status=1)
    failed = not_found("modprobe: FATAL", name, session)
    close = did_you_mean(plain, loaded)
    try_ = f"modprobe -r {close[0]}" if close else "lsmod  (what is loaded)"
    failed.reword(failed.because, try_, f"modprobe: FATAL: Module {show(name)} not found.")
    raise failed


def _remove_with_dependencies(session: Context, module: Module, how: How) -> View:
    """A module, and then those that it alone has used."""
    gone: list[str] = []
    for each in [module, *_uses(module)]:
        others = each.refcount - sum(user in gone for user in each.used_by)
        if each is module or (others == 0 and each.name in session.kernel.modules):
            if not how.dry_run:
                unload(session, each.name, False, "modprobe -r")
            gone.append(each.name)
    return Text([f"rmmod {name}" for name in gone], {}) if how.verbose else Nothing()


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
    rmmod(k, plain, force, who, session)
    return Nothing()
