"""Modules: MODPOST over all of them, and a .ko of each; in a tree, or outside one (``make -C KDIR M=DIR``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kshell.abi.object_file import write_object
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.steps.build_output import write_output
from kshell.kbuild.steps.modpost import Export, ModuleObject, Posted, modpost
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.boot.vmlinux import vermagic
from kshell.kernel.core.profile import Profile

_TRAIL_OLD = ("make[1]: *** [__modpost] Error 1", "make: *** [modules] Error 2")
_TRAIL = (
    "make[2]: *** [Module.symvers] Error 1",
    "make[1]: *** [modpost] Error 2",
    "make: *** [__sub-make] Error 2",
)


class TargetKernel(NamedTuple):
    """What modules are built for: the kernel's `profile` and `release`, and its exports, `known`, None where no
    Module.symvers tells them.  `intree` modules are part of the kernel's own tree."""

    profile: Profile
    release: str
    known: Sequence[Export] | None
    intree: bool

    @property
    def is_old(self) -> bool:
        """Whether modules are looked at after the kernel is linked, in a second stage: up to 5.5."""
        return self.profile.version < (5, 6)


def post_modules(log: BuildLog, modules: Sequence[ModuleObject], target: TargetKernel, shown: str = "") -> Posted:
    """Look at the modules together.  Raises BuildFailed.  `shown` is put in front of what the log calls a file."""
    if target.is_old:
        log.line("  Building modules, stage 2.")
        log.step("MODPOST", f"{len(modules)} modules")
    else:
        log.step("MODPOST", f"{shown}Module.symvers")
    if target.known is None:
        _no_symvers(log, target)
    return _modpost(log, [ModuleObject(shown + path, payload) for path, payload in modules], target)


def link_modules(
    sources: Sources,
    log: BuildLog,
    modules: Sequence[ModuleObject],
    target: TargetKernel,
    posted: Posted,
    shown: str = "",
) -> None:
    """Write a .ko for each module that modpost let pass.  Raises BuildFailed."""
    is_first = not any(sources.exists(f"{module.path}.ko") for module in modules)
    for module in modules:
        payload = _payload(module, posted.depends[shown + module.path], target)
        data = write_object("module", payload)
        path = f"{module.path}.ko"
        if sources.read_bytes(path) != data:
            log.step("CC" if target.is_old else "CC [M]", f"{shown}{module.path}.mod.o")
            if is_first and not target.is_old:
                log.step("CC [M]", f"{shown}.module-common.o")
            is_first = False
            log.step("LD [M]", shown + path)
            write_output(sources, path, data)
            log.modules.append(sources.full(path))
        log.advance(path)


def _no_symvers(log: BuildLog, target: TargetKernel) -> None:
    """The warning of Makefile.modpost where the kernel's tree was never built."""
    if not target.is_old:
        log.line("WARNING: Module.symvers is missing.")
        log.line("         Modules may not have dependencies or modversions.")
        log.line("         You may get many unresolved symbol errors.")
        return
    log.line("")
    log.line("  WARNING: Symbol version dump ./Module.symvers")
    log.line("           is missing; modules will have no dependencies and modversions.")
    log.line("")


def _modpost(log: BuildLog, modules: list[ModuleObject], target: TargetKernel) -> Posted:
    posted = modpost(
        modules, target.known or [], target.profile, external=not target.intree, has_symvers=target.known is not None
    )
    errors = log.messages(posted.messages)
    if errors:
        raise log.stop(errors, *(_TRAIL_OLD if target.is_old else _TRAIL))
    return posted


def _payload(module: ModuleObject, depends: list[str], target: TargetKernel) -> dict[str, Any]:
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
