"""What `module` shows: the list of the modules that come with kshell, and what became of a copy."""

from __future__ import annotations

import os
from typing import Any

from kshell.shell.errors import CommandError
from kshell.shell.host_files import write_new
from kshell.shell.modules import kmod
from kshell.shell.modules.modinfo_view import module_fields
from kshell.shell.modules.samples import BUILTIN, find_sample, sample_names, sample_path
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Table, Text, View, show


def list_samples(session: Context) -> View:
    """The modules that come with kshell, with what each says it is."""
    rows = []
    for name in sample_names():
        described = [value for key, value in module_fields(session.kernel, name) if key == "description"]
        rows.append((name, described[0] if described else ""))
    result: dict[str, Any] = {"modules": [{"name": name, "description": text} for name, text in rows]}
    built_in = [(name, "a built-in source: for a kernel tree, not for insmod") for name in sample_names(BUILTIN)]
    result["builtin"] = [name for name, _ in built_in]
    rows += built_in
    return Table([Column("module", "module"), Column("description")], rows, result)


def copy_sample(session: Context, name: str, folder: str) -> View:
    """Copy one to a folder, or to a file that ends in .py, of the person's own.  CommandError where there is none."""
    built_in = find_sample(name, BUILTIN)
    sample = built_in or find_sample(name)
    if sample is None:
        failed = kmod.not_found("module copy", name, session)
        failed.reword(failed.because, failed.try_.replace("modprobe", "module copy"))
        raise failed
    target = os.path.join(folder, sample + ".py") if folder != "." else sample + ".py"
    if folder.endswith(".py") and not os.path.isdir(folder):
        folder, target = os.path.dirname(folder) or ".", folder
    with open(sample_path(sample, BUILTIN if built_in else ""), encoding="utf-8") as file:
        text = file.read()
    try:
        os.makedirs(folder, exist_ok=True)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or "Invalid argument"
        what = f"module copy: {show(folder)}: {words}"
        raise CommandError(what, "the folder cannot be made", f"module copy {sample}") from None
    write_new("module copy", target, text, f"module copy {sample}")
    then = f"insmod {target}"
    if built_in:
        then = f"obj-y := {sample}.o in the Makefile beside it, make  (help add-a-system-call)"
    return Text([f"copied to {target}; edit it, then: {then}"], {"path": target})
