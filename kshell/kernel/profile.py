"""Behaviour profiles: what differs between kernel releases, in one place.

A profile is more than a table: it says how a call is dispatched and how the kernel words its reports.  One kernel
has one profile, so that no screen ever mixes two.
"""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    """One release.

    `dispatch` is "table" (a call goes through sys_call_table) or "switch" (it does not: x64_sys_call).
    `nr_bits` is how much of rax is the number.  `oops_style` names the wording of reports.
    """

    name: str
    release: str
    table: str  # file name of its system-call table
    dispatch: str
    nr_bits: int
    oops_style: str
    entry_prefix: str  # how the table's own rows spell an entry


V4_19 = Profile("4.19", "4.19.1", "syscall_64.4.19.tbl", "table", 64, "4.19", "__x64_sys_")
COURSE = V4_19._replace(name="course", release="4.19.1-course", table="syscall_64.course.tbl")
V6_19 = Profile("6.19", "6.19.0", "syscall_64.6.19.tbl", "switch", 32, "6.19", "sys_")

PROFILES = {profile.name: profile for profile in (V4_19, COURSE, V6_19)}
DEFAULT = COURSE
