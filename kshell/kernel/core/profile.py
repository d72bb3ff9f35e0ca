"""Behaviour profiles: what differs between kernel releases, in one place.

A profile is more than a table: it says how a call is dispatched and how the kernel words its reports.  One kernel
has one profile, so that no screen ever mixes two.
"""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    """One release; `name` is what --kernel takes, and names the table's file.

    `dispatch` is "table" (a call goes through sys_call_table, by all 64 bits of rax) or "switch" (x64_sys_call, by its
    lower 32).  Whatever else came with some release asks `version`, such as (4, 19): ``version >= (5, 7)``.
    """

    name: str
    release: str
    dispatch: str
    version: tuple[int, int]


V4_19 = Profile("4.19", "4.19.1", "table", (4, 19))
COURSE = V4_19._replace(name="course", release="4.19.1-course")
V6_19 = Profile("6.19", "6.19.0", "switch", (6, 19))

PROFILES = {profile.name: profile for profile in (V4_19, COURSE, V6_19)}
DEFAULT = COURSE
