"""The symbols by which modules find one another: what a module uses of others, and what it offers them.

C counterpart: resolve_symbol(), verify_exported_symbols() and inherit_taint() in kernel/module/main.c.
"""

from __future__ import annotations

from kshell.abi.errno import EBUSY, ENOENT, ENOEXEC
from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import LIVE, LOADING, Module

# What kshell.linux offers, and the first release that no longer exports it.
NOT_EXPORTED_SINCE = {"kallsyms_lookup_name": (5, 7)}
WAIT_FOR_INIT_NS = 30 * 10**9  # how long a module waits for another's init function


def resolve(k: Kernel, module: Module) -> dict[str, int]:
    """The address of each name that others must export, but for those that may be missing, and are.  Raises Refusal."""
    found, missing = {}, []
    for name, may_be_missing in module.elf.undefined().items():
        symbol = k.symbols.lookup_exported(name)
        if symbol is not None and _resolve_symbol(k, module, symbol):
            found[name] = symbol.address
        elif symbol is not None or not may_be_missing:
            missing.append(name)
    for name in missing:
        k.printk(KERN_WARNING, f"{module.name}: Unknown symbol {name} (err -2)")
    if missing:
        raise _unknown(k, module, missing[0])
    return found


def _resolve_symbol(k: Kernel, module: Module, symbol: Symbol) -> bool:
    """Whether a module may use what is exported; it uses the owner from now on.  Raises Refusal."""
    gpl_only = symbol.exported == "EXPORT_SYMBOL_GPL"
    module.using_gpl_only |= gpl_only
    if gpl_only and "P" in module.taints:
        return False
    owner = k.modules.get(symbol.module or "")
    if owner is None:
        return True
    if not _inherit_taint(k, module, owner, symbol.name):
        return False
    if owner.state != LIVE:
        raise _not_live(k, module, owner, symbol.name)
    if owner not in module.uses:
        module.uses.append(owner)
    return True


def _not_live(k: Kernel, module: Module, owner: Module, name: str) -> Refusal:
    """A symbol of a module that is not Live; insmod waits for one that loads (C: resolve_symbol_wait)."""
    err = ENOENT
    if owner.state == LOADING:
        err = EBUSY
        k.clock.advance(WAIT_FOR_INIT_NS)
        k.printk(KERN_WARNING, f"{module.name}: gave up waiting for init of module {owner.name}.")
    k.printk(KERN_WARNING, f"{module.name}: Unknown symbol {name} (err -{err})")
    return Refusal(err, Reason.OWNER_NOT_LIVE, symbol=name, owner=owner.name, state=owner.state)


def _inherit_taint(k: Kernel, module: Module, owner: Module, name: str) -> bool:
    """Since 5.9 a module that uses a proprietary one counts as proprietary too, and so may use nothing GPL-only."""
    if "P" not in owner.taints or k.profile.version < (5, 9):
        return True
    if module.using_gpl_only:
        uses = f"module using GPL-only symbols uses symbols {name} from proprietary module {owner.name}."
        k.printk(KERN_ERR, f"{module.name}: {uses}")
        return False
    if "P" not in module.taints:
        uses = f"module uses symbols {name} from proprietary module {owner.name}, inheriting taint."
        k.printk(KERN_WARNING, f"{module.name}: {uses}")
        module.taints = "P" + module.taints
    return True


def _unknown(k: Kernel, module: Module, name: str) -> Refusal:
    """Why this module does not find a symbol."""
    if name in NOT_EXPORTED_SINCE:
        since = ".".join(map(str, NOT_EXPORTED_SINCE[name]))
        return Refusal(ENOENT, Reason.NOT_EXPORTED_SINCE, symbol=name, since=since, release=k.release)
    exported = k.symbols.lookup_exported(name)
    if exported is not None and exported.exported == "EXPORT_SYMBOL_GPL" and "P" in module.taints:
        return Refusal(ENOENT, Reason.GPL_ONLY, symbol=name)
    if exported is not None and exported.module is not None:
        return Refusal(ENOENT, Reason.GPL_ONLY_AND_PROPRIETARY, owner=exported.module)
    known = k.symbols.lookup(name) is not None
    return Refusal(ENOENT, Reason.NOT_EXPORTED if known else Reason.UNKNOWN_SYMBOL, symbol=name)


def check_exports(k: Kernel, module: Module) -> None:
    """What somebody exports already (C: verify_exported_symbols, which comes after the module's own symbols)."""
    for name, _, _ in module.tables.exports:
        other = k.symbols.lookup_exported(name)
        if other is not None:
            owner = other.module or "kernel"
            k.printk(KERN_ERR, f"{module.name}: exports duplicate symbol {name} (owned by {owner})")
            raise Refusal(ENOEXEC, Reason.EXPORTED_ALREADY, symbol=name, owner=owner)
