"""Kernel modules: load, unload, list, describe, copy a sample."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kshell.shell.commands import command, misuse, take_options
from kshell.shell.errors import CommandError, did_you_mean
from kshell.shell.host_files import unreadable, write_new
from kshell.shell.samples import find_sample, sample_names, sample_path
from kshell.shell.views import Column, Lsmod, Nothing, Table, Text, View, show

if TYPE_CHECKING:
    from kshell.kernel.module import Module, ModuleError
    from kshell.shell.session import Session
    from kshell.shell.words import Word


def _parameters(name: str, words: list[Word]) -> dict[str, str]:
    """``name=value`` pairs."""
    found = {}
    for word in words:
        key, equals, value = word.text.partition("=")
        if not equals or not key:
            raise misuse(name, f"{show(word.text)} is not a parameter", f"{name} MODULE {show(word.text)}=1")
        found[key.replace("-", "_")] = value
    return found


def _load(session: Session, path: str, params: dict[str, str], command: str = "insmod") -> View:
    from kshell.kernel.module import ModuleError, load_module

    try:
        load_module(session.kernel, path, params, command)
    except ModuleError as error:
        failed = _failed(error)
        if not os.path.exists(path):
            missing = unreadable("insmod", path, FileNotFoundError(2, "No such file or directory"))
            failed.because, failed.try_ = missing.because, missing.try_
        raise failed from None
    return Nothing()


def _failed(error: ModuleError) -> CommandError:
    """The kernel's refusal, in insmod's or rmmod's words."""
    return CommandError(show(error.message), error.because, error.try_, details=error.details)


@command(
    "insmod",
    "insmod FILE.py [name=value...]",
    arguments=("file", "parameter*"),
    examples=(("module copy syscallModule my; insmod my/syscallModule.py", "a copy of a sample, ready to edit"),),
)
def insmod(session: Session, words: list[Word]) -> View:
    """Load a module from a file of your own folder.

    Its init function is run; if that answers an error, the module is unloaded again. A module is compiled each time
    it is loaded: edit the file, rmmod, insmod.
    """
    if not words:
        raise misuse("insmod", "missing filename")
    path = words[0].text
    params = _parameters("insmod", words[1:])
    if not os.path.exists(path) and find_sample(path) is not None and os.sep not in path:
        what = f"insmod: ERROR: could not load module {show(path)}: No such file or directory"
        because = "insmod takes a file of your own folder; this is a module that comes with kshell"
        raise CommandError(what, because, f"modprobe {find_sample(path)}")
    return _load(session, path, params)


@command(
    "modprobe",
    "modprobe NAME [name=value...]",
    "modprobe -r NAME",
    arguments=("sample", "parameter*"),
    options=(("-r", "unload instead"),),
    examples=(("modprobe syscallModule", "the module that fills STUB_test_call"),),
)
def modprobe(session: Session, words: list[Word]) -> View:
    """Load one of the modules that come with kshell, by its name.

    A module that is loaded already is left alone, as on Linux.
    """
    options = take_options("modprobe", words, {"-r": "remove", "--remove": "remove"})
    if not options.words:
        raise misuse("modprobe", "which module?", f"modprobe {sample_names()[0]}" if sample_names() else "")
    name = options.words[0].text
    if "remove" in options:
        return _remove(session, name)
    sample = find_sample(name)
    if sample is None:
        raise _not_found("modprobe: FATAL", name, session)
    params = _parameters("modprobe", options.words[1:])
    loaded = session.kernel.modules.get(sample.replace("-", "_"))
    if loaded is not None and os.path.abspath(loaded.path) == os.path.abspath(sample_path(sample)):
        return Nothing()
    return _load(session, sample_path(sample), params, "modprobe")


def _remove(session: Session, name: str) -> View:
    """modprobe -r: as rmmod; its words where the module is not loaded are its own."""
    loaded, plain = session.kernel.modules, name.removesuffix(".py").replace("-", "_")
    if plain in loaded:
        return _unload(session, name, False)
    close = did_you_mean(plain, loaded)
    sample = find_sample(name)
    if sample is None and not close:
        raise _not_found("modprobe: FATAL", name, session)
    what = f"modprobe: FATAL: Module {show(name)} is not in kernel."
    try_ = f"modprobe -r {close[0]}" if close else f"modprobe {sample}  (loads it)"
    raise CommandError(what, "it is not loaded, so there is nothing to unload", try_)


def _not_found(who: str, name: str, session: Session) -> CommandError:
    release = session.kernel.profile.release
    what = f"{who}: Module {show(name)} not found in directory /lib/modules/{release}"
    close = did_you_mean(name, sample_names())
    if os.path.exists(name):
        return CommandError(what, "modprobe takes a name; this is a file of your own folder", f"insmod {show(name)}")
    because = f"the modules that come with kshell are {', '.join(sample_names())}"
    return CommandError(what, because, f"modprobe {close[0]}" if close else "module list  (what each of them does)")


@command(
    "rmmod",
    "rmmod [-f] NAME...",
    arguments=("module*",),
    options=(("-f", "unload it even if somebody still uses it"),),
    examples=(("modprobe syscallModule; rmmod syscallModule", "load it, and unload it again"),),
)
def rmmod(session: Session, words: list[Word]) -> View:
    """Unload modules: run their exit functions and free their text.

    It is refused while somebody holds a reference. A pointer into a module that is gone still points there.
    """
    options = take_options("rmmod", words, {"-f": "force", "--force": "force"})
    if not options.words:
        raise misuse("rmmod", "missing module name")
    for word in options.words:
        _unload(session, word.text, "force" in options)
    return Nothing()


def _unload(session: Session, name: str, force: bool) -> View:
    from kshell.kernel.module import ModuleError, delete_module

    k = session.kernel
    plain = os.path.basename(name).removesuffix(".py").removesuffix(".ko").replace("-", "_")
    try:
        delete_module(k, plain, force)
    except ModuleError as error:
        failed = _failed(error)
        if plain not in k.modules:
            close = did_you_mean(plain, k.modules)
            failed.try_ = f"rmmod {close[0]}  (did you mean that?)" if close else failed.try_
        raise failed from None
    return Nothing()


@command("lsmod", "lsmod", examples=(("modprobe syscallModule; lsmod", "the modules that are loaded"),))
def lsmod(session: Session, words: list[Word]) -> View:
    """List the loaded modules, last one first: size, references, holders."""
    if words:
        raise misuse("lsmod", "it takes no arguments")
    return Lsmod(list(reversed(session.kernel.modules.values())))


@command(
    "modinfo",
    "modinfo NAME|FILE.py",
    arguments=("sample",),
    examples=(("modinfo syscallModule", "its file, licence, author and parameters"),),
)
def modinfo(session: Session, words: list[Word]) -> View:
    """Show what a module says about itself, without loading it."""
    if len(words) != 1:
        raise misuse("modinfo", "missing module or filename" if not words else "one module at a time")
    name = words[0].text
    pairs = _info(session, name)
    return Text([f"{key + ':':<15} {value}" for key, value in pairs], {"info": [list(pair) for pair in pairs]})


def _info(session: Session, name: str) -> list[tuple[str, str]]:
    from kshell.kernel.module_source import SourceError, module_name, read_modinfo

    loaded: Module | None = session.kernel.modules.get(name.replace("-", "_"))
    sample = find_sample(name)
    path = name if os.path.isfile(name) else sample_path(sample) if sample is not None else None
    if loaded is not None and not os.path.isfile(name):
        path = loaded.path
    if path is None:
        close = did_you_mean(name, [*sample_names(), *session.kernel.modules])
        because = f"the modules that come with kshell are {', '.join(sample_names())}"
        try_ = f"modinfo {close[0]}" if close else "modinfo FILE.py"
        raise CommandError(f"modinfo: ERROR: Module {show(name)} not found.", because, try_)
    try:
        info = loaded.info if loaded is not None and path == loaded.path else read_modinfo(path)
    except SourceError as error:
        what = f"modinfo: ERROR: could not get modinfo from '{show(path)}': Invalid module format"
        raise CommandError(what, error.because, error.try_, details=[error.what, *error.excerpt]) from None
    parameters = [pair for pair in info if pair[0] == "parm"]
    said = [pair for pair in info if pair[0] != "parm"]
    return [("filename", os.path.abspath(path)), *said, ("name", module_name(path)), *parameters]


@command(
    "module",
    "module copy NAME [FOLDER|FILE.py]",
    "module list",
    arguments=("word", "sample", "folder"),
    examples=(("module list", "the modules that come with kshell"), ("module copy syscallModule", "a copy to edit")),
)
def module(session: Session, words: list[Word]) -> View:
    """Copy a module that comes with kshell, to edit it.

    The copy goes to your own folder, or to a folder or file in it. It never overwrites a file.
    """
    verb = words[0].text if words else "list"
    if verb == "list" and len(words) <= 1:
        return _list_samples(session)
    if verb != "copy":
        close = did_you_mean(verb, ("copy", "list"))
        raise misuse("module", f"unknown verb {show(verb)}", f"module {close[0]}" if close else "")
    if not 2 <= len(words) <= 3:
        raise misuse("module", "which module?" if len(words) < 2 else "one module at a time")
    return _copy(session, words[1].text, words[2].text if len(words) == 3 else ".")


def _list_samples(session: Session) -> View:
    rows = []
    for name in sample_names():
        described = [value for key, value in _info(session, name) if key == "description"]
        rows.append((name, described[0] if described else ""))
    result: dict[str, Any] = {"modules": [{"name": name, "description": text} for name, text in rows]}
    return Table([Column("module", "module"), Column("description")], rows, result)


def _copy(session: Session, name: str, folder: str) -> View:
    sample = find_sample(name)
    if sample is None:
        failed = _not_found("module copy", name, session)
        failed.try_ = failed.try_.replace("modprobe", "module copy")
        raise failed
    target = os.path.join(folder, sample + ".py") if folder != "." else sample + ".py"
    if folder.endswith(".py") and not os.path.isdir(folder):
        folder, target = os.path.dirname(folder) or ".", folder
    with open(sample_path(sample), encoding="utf-8") as file:
        text = file.read()
    try:
        os.makedirs(folder, exist_ok=True)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or "Invalid argument"
        what = f"module copy: {show(folder)}: {words}"
        raise CommandError(what, "the folder cannot be made", f"module copy {sample}") from None
    write_new("module copy", target, text, f"module copy {sample}")
    return Text([f"copied to {target}; edit it, then: insmod {target}"], {"path": target})
