"""The CONFIG_ options that a kernel is built with, as far as code asks for them.

C counterpart: include/generated/autoconf.h.
"""

from __future__ import annotations

COURSE = frozenset({"CONFIG_DEBUG_LIST"})


def options_of(release: str) -> frozenset[str]:
    """Those that are on: a kernel of the course checks more than one of a distribution."""
    return COURSE if release.endswith("-course") else frozenset()
