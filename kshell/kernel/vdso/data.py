"""What the functions of the vDSO read: the clocks, in a page of the kernel's that programs see and cannot change.

Every advance of the clock writes it, as long as some program has the page: what a program reads there is what the
system call would answer at that moment.

C counterpart: arch/x86/include/asm/vvar.h, vgtod.h; since 5.3 include/vdso/datapage.h, kernel/time/vsyscall.c.  4.19's
fields have other names and places there.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from kshell.abi.clock import (
    CLOCK_BOOTTIME,
    CLOCK_MONOTONIC,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME,
    CLOCK_REALTIME_COARSE,
    CLOCK_TAI,
    NSEC_PER_SEC,
)
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

GENERIC_SINCE = (5, 3)  # the code is that of all architectures
CODE_PAGES = 2  # as Linux has them: there is more code in them there
COARSE = (CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE)
SERVED_4_19 = (CLOCK_REALTIME, CLOCK_MONOTONIC, *COARSE)
SERVED = (*SERVED_4_19, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI)
WALL_CLOCKS = (CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI)
BASES = 12  # seconds and nanoseconds of each clock, by its number
SEQUENCE = struct.Struct("<I")
FIELDS = struct.Struct(f"<I{2 * BASES}QiiI")  # a word that says how time goes on, the clocks, the time zone, resolution
VCLOCK_NONE = 0  # by no counter: here nothing but the kernel moves the clock
BASETIME = SEQUENCE.size + 4
TIMEZONE = BASETIME + 16 * BASES
HRTIMER_RES = TIMEZONE + 8


class Layout(NamedTuple):
    """How many pages of data lie below the code, in [vvar] and in [vvar_vclock], and where the clocks are in the first.
    Of the others none is there but `random`: the machine has no other clock, and no name space for time."""

    vvar: int
    vclock: int
    clocks: int
    random: int

    @property
    def size(self) -> int:
        """Bytes of all areas of data."""
        return (self.vvar + self.vclock) * PAGE_SIZE

    @property
    def labels(self) -> dict[str, int]:
        """Where what the code reads is, from the start of the code's area."""
        places = {"vdso_data": 0, "vdso_seconds": BASETIME, "vdso_timezone": TIMEZONE, "vdso_hrtimer_res": HRTIMER_RES}
        return {name: at + self.clocks - self.size for name, at in places.items()}


def layout_of(version: tuple[int, int]) -> Layout:
    """That of a release."""
    return Layout(4, 2, 0, 2) if version >= GENERIC_SINCE else Layout(3, 0, 0x80, 0)


def update_vsyscall(k: Kernel, at: int) -> None:
    """Write the present time to the physical address `at`."""
    sequence = SEQUENCE.unpack_from(k.ram.bytes, at)[0]
    SEQUENCE.pack_into(k.ram.bytes, at, sequence + 1 & 0xFFFF_FFFF)
    wall, uptime = divmod(k.clock.realtime_ns(), NSEC_PER_SEC), divmod(k.clock.ns, NSEC_PER_SEC)
    times = [(wall if clock in WALL_CLOCKS else uptime) if clock in SERVED else (0, 0) for clock in range(BASES)]
    fields = (number for time in times for number in time)
    FIELDS.pack_into(k.ram.bytes, at + SEQUENCE.size, VCLOCK_NONE, *fields, 0, 0, 1)
    SEQUENCE.pack_into(k.ram.bytes, at, sequence + 2 & 0xFFFF_FFFF)
