"""modinfo: what is in a module file, in the order and layout of kmod's modinfo."""

from __future__ import annotations

import os

from kshell.abi.did_you_mean import did_you_mean
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load_info import LoadInfo
from kshell.shell.errors import CommandError
from kshell.shell.modules.refusals import BUILD_AGAIN
from kshell.shell.modules.samples import find_sample, sample_names, sample_path
from kshell.shell.views.view import show

Fields = list[tuple[str, str]]
OWN_KEYS = ("kshell_range", "kshell_doc")  # of .modinfo: for kshell itself


def module_fields(k: Kernel, name: str) -> Fields:
    """Every field of a file, a sample or a loaded module, in kmod's order: what its .modinfo says as it stands there,
    and then its parameters, the last one first.  Raises CommandError."""
    from kshell.cc.source_error import SourceError
    from kshell.shell.modules.module_file import open_module

    path = _find(k, name)
    what = f"modinfo: ERROR: could not get modinfo from '{show(path)}': Invalid module format"
    try:
        built = open_module(k, path)
    except SourceError as error:
        from kshell.shell.modules.mistakes import others

        details = [error.what, *error.excerpt]
        raise CommandError(what, error.because, error.try_, details=details, more=others(error, path)) from None
    if isinstance(built, LoadInfo) and built.problem:
        raise CommandError(what, built.problem, BUILD_AGAIN)
    said = [pair for pair in built.info if pair[0] not in ("parm", "parmtype", *OWN_KEYS)]
    return [("filename", os.path.abspath(path)), *said, *(("parm", each) for each in reversed(parameters(built.info)))]


def parameters(info: Fields) -> list[str]:
    """The parameters of a .modinfo, each in one line: ``level:How much it says (int)``, or ``level:int``."""
    described = dict(value.split(":", 1) for key, value in info if key == "parm" and ":" in value)
    types = dict(value.split(":", 1) for key, value in info if key == "parmtype" and ":" in value)
    return [
        f"{name}:{described[name]} ({kind})" if name in described else f"{name}:{kind}" for name, kind in types.items()
    ]


def _find(k: Kernel, name: str) -> str:
    if os.path.isfile(name):
        return name
    loaded = k.modules.get(name.replace("-", "_"))
    if loaded is not None and loaded.path:
        return loaded.path
    sample = find_sample(name)
    if sample is not None:
        return sample_path(sample)
    close = did_you_mean(name, [*sample_names(), *k.modules])
    because = f"the modules that come with kshell are {', '.join(sample_names())}"
    try_ = f"modinfo {close[0]}" if close else "module list  (those that come with kshell; or a file: modinfo FILE.py)"
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
