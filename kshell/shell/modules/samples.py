"""The sample modules that come with kshell."""

from __future__ import annotations

import os
from functools import cache

import kshell


def samples_folder() -> str:
    """Where they are on the host."""
    return os.path.join(os.path.dirname(os.path.abspath(kshell.__file__)), "modules")


def plain_name(name: str) -> str:
    """A module's name as the kernel has it, of a name or file as a person types it."""
    return os.path.basename(name).removesuffix(".py").removesuffix(".ko").replace("-", "_")


@cache
def sample_names() -> tuple[str, ...]:
    """Their names, sorted."""
    files = os.listdir(samples_folder())
    return tuple(sorted(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_")))


def sample_path(name: str) -> str:
    """The file of one of them."""
    return os.path.join(samples_folder(), name + ".py")


def builtin_names() -> tuple[str, ...]:
    """The sources that are built into a kernel, not loaded: what a tree's own files can begin with."""
    files = os.listdir(os.path.join(samples_folder(), "builtin"))
    return tuple(sorted(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_")))


def builtin_path(name: str) -> str:
    """The file of one of them."""
    return os.path.join(samples_folder(), "builtin", name + ".py")


def find_builtin(name: str) -> str | None:
    """The built-in source of that name, or None."""
    wanted = name.removesuffix(".py").removesuffix(".o").replace("-", "_")
    return wanted if wanted in builtin_names() else None


def find_sample(name: str) -> str | None:
    """The sample of that name (``-`` and ``_`` are the same, ``.py`` and ``.ko`` may follow), or None."""
    wanted = name.removesuffix(".py").removesuffix(".ko").replace("-", "_")
    return next((sample for sample in sample_names() if sample.replace("-", "_") == wanted), None)
