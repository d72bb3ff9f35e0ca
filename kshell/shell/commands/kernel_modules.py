"""Kernel modules: load, unload, list, describe, copy a sample."""

from __future__ import annotations

import os
from collections.abc import Callable

from kshell.abi.did_you_mean import did_you_mean
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.modules import kmod
from kshell.shell.modules.modinfo_view import field_lines, module_fields
from kshell.shell.modules.module_search import not_built
from kshell.shell.modules.sample_views import copy_sample, list_samples
from kshell.shell.modules.samples import find_sample, sample_names
from kshell.shell.state.context import Context
from kshell.shell.views.view import Nothing, Text, View, show, span

# What an option of modinfo prints.
FIELDS = {"-p": "parm", "-a": "author", "-d": "description", "-l": "license", "-n": "filename"}


def _parameters(name: str, module: Word, *words: Word) -> dict[str, str | None]:
    """``name=value`` pairs; a name alone, which only a bool takes, has the value None."""
    found: dict[str, str | None] = {}
    for word in words:
        key, equals, value = word.text.partition("=")
        if not key:
            raise misuse(
                name,
                f"{show(word.text)} is not a parameter",
                f"modinfo {show(module.raw)}  (which parameters it has; then: {name} {show(module.raw)} name=value)",
            )
        found[key.replace("-", "_")] = value if equals else None
    return found


def _in_turn(words: list[Word], do: Callable[[str], View]) -> list[View]:
    """Do it with one after the other, whatever becomes of those before; what failed is told at the end, with what the
    others have shown."""
    views: list[View] = []
    failed: list[CommandError] = []
    for word in words:
        try:
            views.append(do(word.text))
        except CommandError as error:
            failed.append(error)
    if failed:
        first, *others = failed
        first.more += others
        first.after = [*first.after, *(line for view in views for line in view.text().splitlines())]
        raise first
    return views


def _together(views: list[View]) -> View:
    """One view of several, as text; with one alone, that one."""
    if len(views) == 1:
        return views[0]
    lines, status = [line for view in views for line in view.lines()], max(view.status for view in views)
    return Text(lines, {"modules": [view.json() for view in views]}, status)


@command(
    "modprobe",
    "modprobe [-n] [-v] NAME [name=value...]",
    "modprobe -a [-n] [-v] NAME...",
    "modprobe -r [-n] [-v] NAME...",
    group="Modules",
    arguments=(Argument("sample", "NAME"), Argument("parameter", "[name=value...]")),
    options=(
        Option("-r", "unload instead, with what it needed and nobody else needs", also=("--remove",)),
        Option("-a", "load every module that is named", also=("--all",)),
        Option("-n", "do nothing; with -v, show what would be done", also=("--dry-run", "--show")),
        Option("-v", "show each insmod and rmmod", also=("--verbose",)),
        Option("-q", "say nothing of a module that is not there", also=("--quiet",)),
    ),
    examples=(
        ("modprobe syscallModule", "the module that fills STUB_test_call"),
        ("modprobe guest; lsmod", "a module that needs another one: both are loaded"),
        ("modprobe -nv guest", "what would be loaded, and in which order"),
    ),
)
def modprobe(session: Context, words: list[Word]) -> View:
    """Load a module by its name, and before it what it needs.

    It is one of those that come with kshell; in the kernel of a tree modprobe first looks for what make
    modules_install has put there.

    The modules whose symbols it uses are loaded first, as depmod knows them. What is loaded already is left alone, as
    on Linux.
    """
    options = take_options("modprobe", words)
    if not options.words:
        raise misuse("modprobe", "ERROR: missing parameters.", " ".join(["modprobe", *sample_names()[:1]]))
    how = kmod.How("-n" in options, "-v" in options, "-q" in options, "-a" in options)
    if "-r" in options:
        return _together([kmod.remove(session, word.text, how) for word in options.words])
    if "-a" in options:
        return _together(_in_turn(options.words, lambda name: kmod.load_with_dependencies(session, name, {}, how)))
    parameters = _parameters("modprobe", *options.words)
    return kmod.load_with_dependencies(session, options.words[0].text, parameters, how)


@command(
    "insmod",
    group="Modules",
    arguments=(Argument("file", "FILE.py|FILE.c|FILE.ko"), Argument("parameter", "[name=value...]")),
    options=(Option("-f", "load it even if it was built for another kernel", also=("--force",)),),
    examples=(("module copy syscallModule my; insmod my/syscallModule.py", "a copy of a sample, ready to edit"),),
)
def insmod(session: Context, words: list[Word]) -> View:
    """Load a module from a file of your own folder.

    A source (FILE.py, or FILE.c in C itself) is compiled to machine code first, each time it is loaded: edit the file,
    rmmod, insmod. A .ko is what make, `cc` or gcc built: its code is the source of that moment, and it loads only into
    the kernel that it was built for.

    Its init function is run, by the CPU in ring 0; if that answers an error, the module is unloaded again.
    See `help modules`, and `help modules-as-machine-code` for what becomes of each line.
    """
    options = take_options("insmod", words)
    if not options.words:
        raise misuse("insmod", "ERROR: missing filename.")
    path = options.words[0].text
    if path == "-":
        because = "what comes in through a pipe has no name, and a module has that of its file"
        raise CommandError("insmod: ERROR: this tool does not support loading from stdin!", because, "help insmod")
    params = _parameters("insmod", *options.words)
    if not os.path.exists(path) and find_sample(path) is not None and os.sep not in path:
        what = f"insmod: ERROR: could not load module {show(path)}: No such file or directory"
        because = "insmod takes a file of your own folder; this is a module that comes with kshell"
        found = not_built(session, path) or (because, f"modprobe {find_sample(path)}")
        raise CommandError(what, *found)
    if path.endswith(".ko") and os.path.isfile(path):
        from kshell.shell.trees.tree_notes import module_note

        note = module_note(session, path)
        if note:
            session.kernel.note(note)
    return kmod.load(session, path, params, force="-f" in options)


@command(
    "rmmod",
    group="Modules",
    arguments=(Argument("module", "NAME..."),),
    options=(
        Option("-f", "unload it even if somebody still holds it", also=("--force",)),
        Option("-v", "as on Linux, where it hardly ever has more to say", also=("--verbose",)),
    ),
    examples=(("modprobe syscallModule; rmmod syscallModule", "load it, and unload it again"),),
)
def rmmod(session: Context, words: list[Word]) -> View:
    """Unload modules: run their exit functions and free their text.

    It is refused while somebody holds a reference; the others of several are unloaded all the same. A pointer into
    a module that is gone still points there.
    """
    options = take_options("rmmod", words)
    if not options.words:
        raise misuse("rmmod", "ERROR: missing module name.")
    _in_turn(options.words, lambda name: kmod.unload(session, name, "-f" in options))
    return Nothing()


@command("lsmod", group="Modules", examples=(("modprobe syscallModule; lsmod", "the modules that are loaded"),))
def lsmod(session: Context, words: list[Word]) -> View:
    """List the loaded modules, last one first: size, references, holders."""
    if words:
        raise CommandError("Usage: lsmod", "it takes no arguments", "lsmod")
    lines, found = [span("Module                  Size  Used by", "heading")], []
    for m in reversed(session.kernel.modules.values()):
        used_by = sorted(m.used_by)
        holders = f" {','.join(used_by)}" if used_by else ""
        lines.append([(f"{m.name:<19s}", "module"), (f" {len(m.space):8d}  {m.refcount}", "number"), (holders, "")])
        sizes = {"name": m.name, "size": len(m.space), "refcount": m.refcount}
        found.append({**sizes, "used_by": used_by, "taints": m.taints})
    return Text(lines, {"modules": found})


@command(
    "modinfo",
    "modinfo [-F FIELD | -p | -a | -d | -l | -n] NAME|FILE.py|FILE.c|FILE.ko...",
    group="Modules",
    arguments=(Argument("sample", "NAME|FILE.py|FILE.c|FILE.ko..."),),
    options=(
        Option("-F", "print one field only, such as license", "FIELD", also=("--field",)),
        Option("-p", "print the parameters only", also=("--parameters",)),
        *(Option(f"-{name[0]}", f"print the {name} only", also=(f"--{name}",)) for name in ("author", "description")),
        Option("-l", "print the license only", also=("--license",)),
        Option("-n", "print the path only", also=("--filename",)),
    ),
    examples=(
        ("modinfo syscallModule", "its file, licence, author and parameters"),
        ("modinfo -p params", "the parameters of a module, with their types"),
    ),
)
def modinfo(session: Context, words: list[Word]) -> View:
    """Show what a module says about itself, without loading it.

    A source has the version magic of the kernel that runs, for which insmod would compile it; a .ko that of the
    kernel it was built for. Nothing of it is run.
    """
    options = take_options("modinfo", words)
    if not options.words:
        raise misuse("modinfo", "ERROR: missing module or filename.")
    field = next((name for key, name in FIELDS.items() if key in options), options.get("-F"))

    def info(name: str) -> View:
        fields = module_fields(session.kernel, name)
        pairs = [list(pair) for pair in fields if field in (None, pair[0])]
        return Text(field_lines(fields, field), {"info": pairs})

    return _together(_in_turn(options.words, info))


@command(
    "module",
    "module copy NAME [FOLDER|FILE.py]",
    "module list",
    group="Modules",
    arguments=(Argument("word", "copy|list"), Argument("sample", "NAME"), Argument("folder", "[FOLDER|FILE.py]")),
    examples=(("module list", "the modules that come with kshell"), ("module copy syscallModule", "a copy to edit")),
)
def module(session: Context, words: list[Word]) -> View:
    """Copy a module that comes with kshell, to edit it.

    The copy goes to your own folder, or to a folder or file in it. It never overwrites a file.
    """
    verb = words[0].text if words else "list"
    if verb == "list" and len(words) <= 1:
        return list_samples(session)
    if verb != "copy":
        close = did_you_mean(verb, ("copy", "list"))
        again = " ".join(["module", *close[:1], *(show(word.raw) for word in words[1:])])
        raise misuse("module", f"unknown verb {show(verb)}", again if close and words[1:] else "module list")
    if not 2 <= len(words) <= 3:
        raise misuse("module", "which module?" if len(words) < 2 else "one module at a time")
    return copy_sample(session, words[1].text, words[2].text if len(words) == 3 else ".")


@command(
    "taint",
    "taint [--all]",
    "taint NUMBER",
    group="Modules",
    arguments=(Argument("word", "NUMBER"),),
    options=(Option("--all", "explain every flag, and mark those that are set", also=("-a",)),),
    examples=(("modprobe hello; taint", "why this kernel is tainted"), ("taint 4609", "what a number means")),
)
def taint(session: Context, words: list[Word]) -> View:
    """Show the kernel's taint flags, and what set each of them.

    They say why the kernel's word is not to be trusted any more. The number is that of /proc/sys/kernel/tainted, the
    letters those of an oops. A flag stays until the next boot, whatever becomes of the module that set it.
    """
    from kshell.shell.modules.taint_view import taint_now, taint_number

    options = take_options("taint", words)
    if not options.words:
        return taint_now(session.kernel.taint, "--all" in options)
    text = options.words[0].text
    mask = _mask(text)
    if len(options.words) > 1 or "--all" in options or mask is None:
        raise misuse("taint", f"{show(text)} is not a number" if mask is None else "one number at a time")
    return taint_number(mask, session.kernel.taint)


def _mask(text: str) -> int | None:
    """A taint mask: a number that is not negative, in any of C's notations."""
    try:
        mask = int(text, 0)
    except ValueError:
        return None
    return mask if 0 <= mask < 1 << 64 else None
