"""Modules: MODPOST over all of them, and a .ko of each; in a tree, or outside one (``make -C KDIR M=DIR``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kshell.abi.object_file import write_object
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.modpost import Export, ModuleObject, Posted, modpost
from kshell.kbuild.output import write_output
from kshell.kbuild.sources import Sources
from kshell.kernel.profile import Profile
from kshell.kernel.vmlinux import vermagic


class Target(NamedTuple):
    """What modules are built for: the kernel's `profile` and `release`, and its exports, `known`, None where no
    Module.symvers tells them.  `intree` modules are part of the kernel's own tree."""

    profile: Profile
    release: str
    known: Sequence[Export] | None
    intree: bool


def build_modules(
    sources: Sources, log: BuildLog, modules: Sequence[ModuleObject], target: Target, shown: str = ""
) -> list[Export]:
    """Look at the modules together, and write a .ko for each; returns what they export.  Raises BuildFailed.

    `shown` is put in front of what the log calls a file.
    """
    is_old = target.profile.version < (5, 6)
    if is_old:
        log.line("  Building modules, stage 2.")
        log.step("MODPOST", f"{len(modules)} modules")
    else:
        log.step("MODPOST", f"{shown}Module.symvers")
    if target.known is None:
        _no_symvers(log, target)
    posted = _modpost(log, [ModuleObject(shown + path, payload) for path, payload in modules], target)
    for module in modules:
        payload = _payload(module, posted.depends[shown + module.path], target)
        data = write_object("module", payload)
        path = f"{module.path}.ko"
        if sources.read_bytes(path) != data:
            log.step("CC" if is_old else "CC [M]", f"{shown}{module.path}.mod.o")
            log.step("LD [M]", shown + path)
            write_output(sources, path, data)
        log.advance(path)
    return posted.exports


def _no_symvers(log: BuildLog, target: Target) -> None:
    """The warning of Makefile.modpost where the kernel's tree was never built."""
    if target.profile.version >= (5, 6):
        log.line("WARNING: Module.symvers is missing.")
        log.line("         Modules may not have dependencies or modversions.")
        log.line("         You may get many unresolved symbol errors.")
        return
    log.line("")
    log.line("  WARNING: Symbol version dump ./Module.symvers")
    log.line("           is missing; modules will have no dependencies and modversions.")
    log.line("")


def _modpost(log: BuildLog, modules: list[ModuleObject], target: Target) -> Posted:
    posted = modpost(
        modules, target.known or [], target.profile, external=not target.intree, has_symvers=target.known is not None
    )
    errors = log.messages(posted.messages)
    if errors:
        rule = "__modpost" if target.profile.version < (5, 6) else "Module.symvers"
        raise log.stop(errors, f"make[1]: *** [{rule}] Error 1", "make: *** [modules] Error 2")
    return posted


def _payload(module: ModuleObject, depends: list[str], target: Target) -> dict[str, Any]:
    payload = module.payload
    return {
        "source": payload["source"],
        "text": payload["text"],
        "modname": payload["modname"],
        "vermagic": vermagic(target.profile, target.release),
        "depends": [name.replace("-", "_") for name in depends],
        "intree": target.intree,
        "undefined": [name for name, _ in payload["undefined"]],
        "exports": [[name, bool(gpl)] for name, gpl in payload["exports"]],
    }
