"""Initcalls: what module_init names in a file that is built in runs once, at boot, in link order.

C counterpart: do_initcalls() in init/main.c.  Such a file is no module: it is not listed, and cannot be unloaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.loglevel import KERN_EMERG
from kshell.kernel.text import KernelPanic

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.vmlinux import LoadedObject


def do_initcalls(k: Kernel, objects: list[LoadedObject]) -> None:
    """Run each.  An error that one returns is nobody's business; one that oopses takes init with it: KernelPanic."""
    from kshell.kernel import oops

    for linked in objects:
        for function in linked.section(".init"):
            k.start_tick_budget()
            try:
                function(k)
            except BaseException as error:  # whatever comes out of kernel code is an oops
                oops.die(k, error)
                reason = "Attempted to kill init! exitcode=0x0000000b"
                k.printk(KERN_EMERG, f"Kernel panic - not syncing: {reason}")
                raise KernelPanic(reason, [record.text for record in k.log.since(0)][-12:]) from error
