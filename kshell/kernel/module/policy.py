"""What the kernel looks at before a module is linked: its version magic, its licence, where it was built.

C counterpart: check_modinfo() and module_augment_kernel_taints() in kernel/module/main.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.errno import ENOEXEC
from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import Module
from kshell.kernel.report.taint import add_taint, in_order

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

GPL_COMPATIBLE = ("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL")


def check_vermagic(k: Kernel, module: Module, force: bool) -> None:
    """Refuse a module that was built for another kernel.

    `force` is insmod -f: it takes the version magic out, and a module without one taints the kernel.
    """
    if force:
        if "F" not in k.taint.letters:
            k.printk(KERN_WARNING, f"{module.name}: bad vermagic: kernel tainted.")
        add_taint_module(k, module, "F", lockdep_still_ok=False)
        return
    if module.vermagic is None or module.vermagic == k.vermagic:
        return
    k.printk(KERN_ERR, f"{module.name}: version magic '{module.vermagic}' should be '{k.vermagic}'")
    release = module.vermagic.split(" ")[0]
    if release != k.release:
        raise Refusal(ENOEXEC, Reason.OTHER_RELEASE, built_for=release, release=k.release)
    facts = {"built_for": module.vermagic, "release": release, "vermagic": k.vermagic}
    raise Refusal(ENOEXEC, Reason.OTHER_CONFIGURATION, **facts)


def check_licence(k: Kernel, module: Module) -> None:
    """Taint the kernel, each flag with a line if it is new; this comes before any symbol is looked up."""
    licence = dict(module.info).get("license")
    if licence is None and k.profile.version >= (5, 12):
        raise Refusal(ENOEXEC, Reason.NO_LICENSE)
    if not module.intree:
        if "O" not in k.taint.letters:
            k.printk(KERN_WARNING, f"{module.name}: loading out-of-tree module taints kernel.")
        add_taint_module(k, module, "O")
    if licence in GPL_COMPATIBLE:
        return
    new = "P" not in k.taint.letters
    text = "unspecified" if licence is None else licence
    if new:
        k.printk(KERN_WARNING, f"{module.name}: module license '{text}' taints kernel.")
    add_taint_module(k, module, "P", lockdep_still_ok=False, why=f"module {module.name}: license '{text}'")
    if new and k.profile.version >= (6, 4):  # since all the checks stand in one function, a second line says it again
        k.printk(KERN_WARNING, f"{module.name}: module license taints kernel.")


def add_taint_module(k: Kernel, module: Module, letter: str, lockdep_still_ok: bool = True, why: str = "") -> None:
    """Set a flag for the kernel and for the module that is the reason (C: add_taint_module)."""
    add_taint(k, letter, lockdep_still_ok, why or f"module {module.name}")
    module.taints = "".join(in_order({*module.taints, letter}))
