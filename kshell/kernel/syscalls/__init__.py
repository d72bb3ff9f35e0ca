"""The bodies of the built-in system calls, one file per subject."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kshell.kernel.core.profile import Profile


def subjects(profile: Profile) -> list[ModuleType]:
    """The files that are compiled into a kernel of this profile."""
    from kshell.kernel.syscalls import (
        descriptors,
        exit,
        file_status,
        identity,
        mapping,
        misc,
        opening,
        paths,
        pipes,
        test_call,
        time,
        transfer,
        uretprobe,
    )

    common = [transfer, opening, file_status, descriptors, pipes, paths, mapping, identity, time, misc, exit]
    extra = {"course": [test_call], "6.19": [uretprobe]}
    return common + extra.get(profile.name, [])
