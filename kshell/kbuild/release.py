"""What the top Makefile calls its kernel, and how a kernel of that release behaves."""

from __future__ import annotations

import re

from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.makefile.makefile import Makefile
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kernel.core.profile import PROFILES, Profile

RELEASE = re.compile(r"(\d+)\.(\d+)[\w.+-]*", re.ASCII)
LONGEST = 64  # as the field of utsname


def release_of(top: Makefile) -> str:
    """``4.19.1-test``: what the top Makefile calls this kernel (C: make kernelrelease)."""
    version, patch, sub = (top.value(name).strip() for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))
    return f"{version}.{patch}{'.' + sub if sub else ''}{''.join(top.value('EXTRAVERSION').split())}"


def profile_of(release: str, makefile: str) -> Profile:
    """How a kernel of that release behaves.  Raises BuildFailed for one that kshell does not know."""
    match = RELEASE.fullmatch(release)
    name = f"{match[1]}.{match[2]}" if match else ""
    if name in PROFILES and len(release) <= LONGEST:
        return PROFILES[name]
    because = "kshell builds the kernels 4.19 and 6.19: what a release does, and how it words it, goes by these two"
    text = f"{makefile}: *** kernel release '{release[:80]}' is not one that kshell knows.  Stop."
    try_ = "VERSION = 4 and PATCHLEVEL = 19; EXTRAVERSION is yours: letters, digits, dots and dashes"
    if name in PROFILES:
        because = f"a release has at most {LONGEST} characters, and with EXTRAVERSION this one has {len(release)}"
        text, try_ = f'"{release[:80]}" exceeds {LONGEST} characters', "a shorter EXTRAVERSION"
    raise BuildFailed([BuildMessage(ERROR, text, makefile, 0, 0, (), because, try_, verbatim=True)])
