"""Modules: MODPOST over all of them, and a .ko of each; in a tree, or outside one (``make -C KDIR M=DIR``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kshell import __version__
from kshell.abi.elf_reader import read_elf
from kshell.abi.elf_writer import write_elf
from kshell.cc.compiler import module_name
from kshell.cc.module_object import make_module
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.steps.build_output import write_output
from kshell.kbuild.steps.modpost import Export, ModuleObject, Posted, modpost
from kshell.kbuild.steps.object_record import read_record, write_record
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
    return _modpost(log, [module._replace(path=shown + module.path) for module in modules], target)


def link_modules(
    sources: Sources,
    log: BuildLog,
    modules: Sequence[ModuleObject],
    target: TargetKernel,
    posted: Posted,
    shown: str = "",
) -> None:
    """Write a .ko for each module that modpost let pass.  Raises BuildFailed."""
    made: list[ModuleObject] = []
    is_first = not any(sources.exists(f"{module.path}.ko") for module in modules)
    for module in modules:
        path = f"{module.path}.ko"
        wanted = _wanted(module, posted.depends[shown + module.path], target)
        record = read_record(sources, path)
        if record is None or any(record.get(key) != value for key, value in wanted.items()):
            log.step("CC" if target.is_old else "CC [M]", f"{shown}{module.path}.mod.o")
            if is_first and not target.is_old:
                log.step("CC [M]", f"{shown}.module-common.o")
            is_first = False
            log.step("LD [M]", shown + path)
            data = _linked(sources, module, wanted)
            write_output(sources, path, data)
            write_record(sources, path, data, wanted)
            made.append(module)
        log.advance(path)
    while made:  # in the order in which they can be loaded
        owners = {module.path.rpartition("/")[2] for module in made}
        free = (each for each in made if not owners.intersection(posted.depends[shown + each.path]))
        module = next(free, made[0])
        made.remove(module)
        log.modules.append(sources.full(f"{module.path}.ko"))


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


def _wanted(module: ModuleObject, depends: list[str], target: TargetKernel) -> dict[str, Any]:
    """What a .ko is made of: its record."""
    return {
        "object": module.digest,
        "text": module.text,
        "vermagic": vermagic(target.profile, target.release),
        "depends": [name.replace("-", "_") for name in depends],
        "intree": target.intree,
        "compiler": __version__,
    }


def _linked(sources: Sources, module: ModuleObject, wanted: dict[str, Any]) -> bytes:
    """The bytes of the .ko."""
    obj = read_elf(sources.read_bytes(f"{module.path}.o") or b"", f"{module.path}.o")
    name = module_name(f"{module.path}.o")
    return write_elf(make_module(obj, name, wanted["vermagic"], wanted["depends"], wanted["intree"]))
