"""What each taint flag means, for people.  The flags themselves are in core/taint.py.

C counterpart: Documentation/admin-guide/tainted-kernels.rst.
"""

from __future__ import annotations

from kshell.kernel.core.taint import LETTERS

# The first release that knows a flag, where that is not every one here.
SINCE = {"N": "6.0", "J": "6.15"}
# What sets it, beyond what FLAGS says, and what follows from it.
DETAILS: dict[str, str] = {
    "P": "Its MODULE_LICENSE is none that goes with the GPL, or it has none. Without such a module a G stands here.",
    "F": "insmod -f leaves out the comparison of version magic: the module was built for another kernel.",
    "S": "For example a model register was written from user space.",
    "R": "rmmod -f took a module away that somebody still held: a pointer to it may be left.",
    "M": "A machine check: memory, bus or processor.",
    "B": "When a page was freed, its counters or flags did not fit: often a stray write.",
    "U": "Some programs set it themselves, since they touch hardware directly.",
    "D": "The task is gone, with whatever locks it held: what happens from now on may follow from that. Reboot.",
    "A": "The DSDT or another ACPI table came from the user, not from the machine.",
    "W": "A WARN_ON somewhere: dmesg has the report, and the kernel went on.",
    "C": "Code of drivers/staging is not yet as good as the rest.",
    "I": "The BIOS or UEFI of the machine says something that is wrong.",
    "O": "Every module that was not built with the kernel itself. Bug reports from such a kernel often go unread.",
    "E": "Only kernels that check signatures set it (CONFIG_MODULE_SIG).",
    "L": "A CPU did not come to schedule for more than 20 seconds: a loop in the kernel.",
    "K": "A livepatch module replaced functions.",
    "X": "Its meaning is the distribution's own.",
    "T": "CONFIG_RANDSTRUCT: set from boot, and no fault.",
    "N": "KUnit and its relatives: they may leave the kernel in an odd state.",
    "J": "It can change the device behind its driver's back.",
}


def letters_of(mask: int) -> tuple[set[str], list[int]]:
    """The flags of a number from /proc/sys/kernel/tainted, and its bits that mean nothing here."""
    bits = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
    return {LETTERS[bit] for bit in bits if bit in LETTERS}, [bit for bit in bits if bit not in LETTERS]
