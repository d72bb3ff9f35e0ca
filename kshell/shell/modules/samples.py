"""The sample modules that come with kshell."""

from __future__ import annotations

import os
from functools import cache

import kshell

BUILTIN = "builtin"  # the sources that are built into a kernel: what a tree's own files can begin with


def samples_folder() -> str:
    """Where they are on the host."""
    return os.path.join(os.path.dirname(os.path.abspath(kshell.__file__)), "modules")


def plain_name(name: str) -> str:
    """A module's name as the kernel has it, of a name or file as a person types it."""
    stem, suffix = os.path.splitext(os.path.basename(name))
    return (stem if suffix in (".py", ".c", ".ko") else stem + suffix).replace("-", "_")


@cache
def sample_names(kind: str = "") -> tuple[str, ...]:
    """Their names, sorted; of the `kind` BUILTIN those that are linked into a kernel, not loaded."""
    files = os.listdir(os.path.join(samples_folder(), kind))
    return tuple(sorted(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_")))


def sample_path(name: str, kind: str = "") -> str:
    """The file of one of them."""
    return os.path.join(samples_folder(), kind, name + ".py")


def find_sample(name: str, kind: str = "") -> str | None:
    """The one of that name (``-`` and ``_`` are the same, ``.py``, ``.ko`` or ``.o`` may follow), or None."""
    wanted = name.removesuffix(".py").removesuffix(".o" if kind else ".ko").replace("-", "_")
    return next((sample for sample in sample_names(kind) if sample.replace("-", "_") == wanted), None)
