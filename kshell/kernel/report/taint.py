"""Taint: why a kernel's word is not to be trusted any more, and what each flag means, for people.

C counterpart: taint_flags[] in kernel/panic.c, the TAINT_ numbers of include/linux/panic.h, and
Documentation/admin-guide/tainted-kernels.rst.
"""

from __future__ import annotations

from kshell.abi.loglevel import KERN_WARNING
from kshell.kernel.kernel import Kernel

LETTERS = dict(enumerate("PFSRMBUDAWCIOELKXTNJ"))  # by the flags' bits
BITS = {letter: bit for bit, letter in LETTERS.items()}
PLACES_4_19, PLACES_TODAY = 18, 20  # TAINT_FLAGS_COUNT
# By its letter: Linux's word since 6.11, and what it means.
FLAGS: dict[str, tuple[str, str]] = {
    "P": ("PROPRIETARY_MODULE", "a proprietary module was loaded"),
    "F": ("FORCED_MODULE", "a module was loaded by force"),
    "S": ("CPU_OUT_OF_SPEC", "the processor runs out of its specification"),
    "R": ("FORCED_RMMOD", "a module was unloaded by force"),
    "M": ("MACHINE_CHECK", "the processor reported a hardware error"),
    "B": ("BAD_PAGE", "a page of memory was found in a state that cannot be"),
    "U": ("USER", "a user asked for it, by writing to /proc/sys/kernel/tainted"),
    "D": ("DIE", "the kernel died: an oops or a BUG"),
    "A": ("OVERRIDDEN_ACPI_TABLE", "a table of the firmware was replaced"),
    "W": ("WARN", "the kernel warned"),
    "C": ("CRAP", "a module from the staging directory was loaded"),
    "I": ("FIRMWARE_WORKAROUND", "a bug of the firmware is worked around"),
    "O": ("OOT_MODULE", "a module from outside the kernel's tree was loaded"),
    "E": ("UNSIGNED_MODULE", "a module without a valid signature was loaded"),
    "L": ("SOFTLOCKUP", "a soft lockup"),
    "K": ("LIVEPATCH", "the kernel was patched while it ran"),
    "X": ("AUX", "whatever a distribution uses it for"),
    "T": ("RANDSTRUCT", "it was built with the members of its structures shuffled"),
    "N": ("TEST", "a test that runs in the kernel was loaded"),
    "J": ("FWCTL", "a debugging interface of a device's firmware was used"),
}
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


class Taint:
    """The kernel's taint flags; they never go away again, but by a reboot.

    `places` is how many flags the release knows (TAINT_FLAGS_COUNT), `debug_locks` whether lockdep still works,
    `why` what set each flag first, and `since` when, in nanoseconds of the kernel's clock: kshell's own record.
    """

    __slots__ = ("debug_locks", "letters", "places", "since", "why")

    def __init__(self, places: int = PLACES_4_19) -> None:
        self.letters: set[str] = set()
        self.places, self.debug_locks = places, True
        self.why: dict[str, str] = {}
        self.since: dict[str, int] = {}

    def add(self, letter: str, why: str = "", ns: int = 0) -> bool:
        """Set a flag; True if it was not set before (C: add_taint).  KeyError for a letter that there is not."""
        new = letter not in self.letters
        self.letters.add(LETTERS[BITS[letter]])
        if new:
            self.why[letter], self.since[letter] = why, ns
        return new

    @property
    def mask(self) -> int:
        """The number in /proc/sys/kernel/tainted."""
        return sum(1 << BITS[letter] for letter in self.letters)


def in_order(letters: set[str]) -> list[str]:
    """Letters by their bits."""
    return sorted(letters, key=BITS.__getitem__)


def add_taint(k: Kernel, letter: str, lockdep_still_ok: bool = True, why: str = "") -> None:
    """Set a flag; where locks can no longer be trusted either, lock debugging ends, with a line the first time.

    An oops has ended it before it taints (C: oops_enter), so that it adds no such line.  `why` says what did it, by
    default the current task.
    """
    k.taint.add(letter, why or f"task {k.current.comm} (pid {k.current.pid})", k.clock.ns)
    if not lockdep_still_ok and k.taint.debug_locks:
        k.taint.debug_locks = False
        k.printk(KERN_WARNING, "Disabling lock debugging due to kernel taint")


def tainted(taint: Taint) -> str:
    """``Tainted: G      D    O     `` or ``Not tainted`` (C: print_tainted): a place for each flag that there is."""
    return print_tainted(taint.letters, taint.places)


def print_tainted(letters: set[str], places: int) -> str:
    """The line of an oops for these flags, where the release knows `places` of them."""
    if not letters:
        return "Not tainted"
    first = "P" if "P" in letters else "G"
    rest = (LETTERS[bit] if LETTERS[bit] in letters else " " for bit in range(1, places))
    return "Tainted: " + first + "".join(rest)


def words(taint: Taint) -> str:
    """``Tainted: [D]=DIE, [O]=OOT_MODULE`` (C: print_tainted_verbose, since 6.11); empty where nothing is set."""
    if not taint.letters:
        return ""
    return "Tainted: " + ", ".join(f"[{letter}]={FLAGS[letter][0]}" for letter in in_order(taint.letters))


def letters_of(mask: int) -> tuple[set[str], list[int]]:
    """The flags of a number from /proc/sys/kernel/tainted, and its bits that mean nothing here."""
    bits = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
    return {LETTERS[bit] for bit in bits if bit in LETTERS}, [bit for bit in bits if bit not in LETTERS]
