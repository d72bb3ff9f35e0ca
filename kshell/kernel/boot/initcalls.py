"""Initcalls: what module_init names in a file that is built in runs once, at boot, in link order.

C counterpart: do_initcalls() in init/main.c.  Such a file is no module: it is not listed, and cannot be unloaded.
"""

from __future__ import annotations

from typing import NoReturn

from kshell.abi.loglevel import KERN_EMERG
from kshell.kernel.boot.vmlinux import LoadedObject
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.init_exit import DIED, run_function


def do_initcalls(k: Kernel, objects: list[LoadedObject]) -> None:
    """Run each.  An error that one returns is nobody's business; one that oopses takes init with it: KernelPanic."""
    for linked in objects:
        for function in linked.sections[".init"]:
            k.builtin_modules.append(linked.name.rpartition("/")[2].removesuffix(".o").replace("-", "_"))
            with k.cpu.ctrl_c:
                if run_function(k, function, "swapper/0", pid=1) is DIED:
                    _panic(k)


def _panic(k: Kernel) -> NoReturn:
    """The task that boots is init, and init must not die."""
    signal = k.current.killed_by
    reason = f"Attempted to kill init! exitcode={signal.signo if signal is not None else 0:#010x}"
    k.printk(KERN_EMERG, f"Kernel panic - not syncing: {reason}")
    raise KernelPanic(reason, [record.text for record in k.log.since(0)])
