"""modinfo: what is in a module file, in the order and layout of kmod's modinfo."""

from __future__ import annotations

import os

from kshell.abi.did_you_mean import did_you_mean
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load_info import LoadInfo
from kshell.shell.errors import CommandError
from kshell.shell.modules.depmod import owners
from kshell.shell.modules.samples import find_sample, sample_names, sample_path
from kshell.shell.views.view import show

Fields = list[tuple[str, str]]


def module_fields(k: Kernel, name: str) -> Fields:
    """Every field of a file, a sample or a loaded module.  Raises CommandError.

    gcc lays out what the macros say from the last to the first, and modpost's own fields follow; a source counts as
    built for the kernel that runs.
    """
    from kshell.cc.module_file import open_module
    from kshell.cc.source_error import SourceError

    path = _find(k, name)
    try:
        built = open_module(path)
    except SourceError as error:
        what = f"modinfo: ERROR: could not get modinfo from '{show(path)}': Invalid module format"
        raise CommandError(what, error.because, error.try_, details=[error.what, *error.excerpt]) from None
    if isinstance(built, LoadInfo):
        return _of_elf(path, built)
    said = [pair for pair in built.info if pair[0] != "parm"]
    parameters = [pair for pair in built.info if pair[0] == "parm"]
    depends = built.depends if built.depends is not None else owners(built.undefined, k)
    vermagic = built.vermagic if built.vermagic is not None else k.vermagic
    called, retpoline, intree = ("name", built.name), ("retpoline", "Y"), [("intree", "Y")] if built.intree else []
    by_modpost = [retpoline, *intree, called] if vermagic.startswith("4.") else [*intree, called, retpoline]
    return [
        ("filename", os.path.abspath(path)),
        *reversed(said),
        ("depends", ",".join(depends)),
        *by_modpost,
        ("vermagic", vermagic),
        *parameters,
    ]


def _of_elf(path: str, built: LoadInfo) -> Fields:
    """What is in the .modinfo of an ELF object, as it stands there; each parameter in one line."""
    if built.problem:
        what = f"modinfo: ERROR: could not get modinfo from '{show(path)}': Invalid module format"
        raise CommandError(what, built.problem, "build it again, from its source")
    described = dict(value.split(":", 1) for key, value in built.info if key == "parm" and ":" in value)
    types = dict(value.split(":", 1) for key, value in built.info if key == "parmtype" and ":" in value)
    said = [pair for pair in built.info if pair[0] not in ("parm", "parmtype", "kshell_range")]
    parameters = [
        ("parm", f"{name}:{described[name]} ({kind})" if name in described else f"{name}:{kind}")
        for name, kind in types.items()
    ]
    return [("filename", os.path.abspath(path)), *said, *parameters]


def _find(k: Kernel, name: str) -> str:
    if os.path.isfile(name):
        return name
    loaded = k.modules.get(name.replace("-", "_"))
    if loaded is not None:
        return loaded.path
    sample = find_sample(name)
    if sample is not None:
        return sample_path(sample)
    close = did_you_mean(name, [*sample_names(), *k.modules])
    because = f"the modules that come with kshell are {', '.join(sample_names())}"
    try_ = f"modinfo {close[0]}" if close else "modinfo FILE.py"
    raise CommandError(f"modinfo: ERROR: Module {show(name)} not found.", because, try_)


def field_lines(fields: Fields, field: str | None) -> list[str]:
    """What modinfo prints: all of it, or with `field` the values of one."""
    if field is None:
        return [f"{key + ':':<15} {value}" for key, value in fields]
    values = [value for key, value in fields if key == field]
    return [_parameter(value) for value in values] if field == "parm" else values


def _parameter(value: str) -> str:
    """With -p the type stands in brackets whether or not there is a description."""
    name, _, rest = value.partition(":")
    return value if rest.endswith(")") and " (" in rest else f"{name}: ({rest})"
