r"""printk as machine code calls it: a format with its level in front, and the arguments.

C counterpart: vprintk_emit() and printk_get_level() in kernel/printk/printk.c.
"""

from __future__ import annotations

from kshell.abi.c_types import ConstCharPtr, Int
from kshell.kernel.core.calling import VaList
from kshell.kernel.core.printk import DEFAULT_LEVEL, MESSAGE_MAX
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.vsprintf import vsnprintf

KERN_SOH = 1  # stands before the letter of a level
LEVELS = {ord(digit): int(digit) for digit in "01234567"}
CONT = ord("c")  # KERN_CONT: the line goes on
DEFAULT = ord("d")


def _printk(k: Kernel, fmt: ConstCharPtr, args: VaList) -> Int:
    """Write to the log; the result is how many bytes.  Raises KernelFault for a bad format or %s."""
    text = bytes(vsnprintf(k, MESSAGE_MAX, k.memory.read_string(fmt), args).data)
    level, goes_on, length = None, False, len(text)
    while len(text) > 1 and text[0] == KERN_SOH and (text[1] in LEVELS or text[1] in (CONT, DEFAULT)):
        level = LEVELS.get(text[1], level)
        goes_on |= text[1] == CONT
        text = text[2:]
    said = text.decode("utf-8", "backslashreplace")
    if goes_on and k.log.is_open:
        k.log.go_on(said)
    else:
        k.printk(DEFAULT_LEVEL if level is None else level, said)
    k.log.is_open = not text.endswith(b"\n")
    return length


def printk(k: Kernel, fmt: ConstCharPtr, args: VaList) -> Int:
    """Its name before 5.15."""
    return _printk(k, fmt, args)


EXPORT_SYMBOL(_printk)
EXPORT_SYMBOL(printk)
