"""What a source of the student's defines, beside what include/linux/syscalls.h declares: every file includes that."""

from __future__ import annotations

import re

from kshell.kbuild.build_state import BuildState
from kshell.kbuild.header.conflicts import PT_REGS, agree, conflicting
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps.object_facts import BuiltObject

_INCLUDES = re.compile(r"linux/syscalls\.h|kshell\.linux(?:\.syscalls)? import")
_PARAMETER = re.compile(r"\b\w+$")  # its name


def check_declared(build: BuildState, built: BuiltObject) -> None:
    """gcc's "conflicting types" for a source that defines a call otherwise.  Raises BuildFailed."""
    if built.shipped:
        return
    made = [(f"__x64_sys_{call.name}", [PT_REGS], call.line) for call in built.facts.syscalls]
    by_macro = {name for name, _, _ in made}
    if _INCLUDES.search(build.sources.read_text(built.facts.source)):
        by_hand = (each for each in built.facts.defined if each.section == ".text" and each.name not in by_macro)
        made += [(each.name, [_PARAMETER.sub("", one).strip() for one in each.takes], each.line) for each in by_hand]
    errors: list[BuildMessage] = []
    for name, parameters, line in made:
        before = build.prototypes.get(name)
        if before is not None and before.seen and not agree(before, before.result, parameters):
            errors.append(conflicting(before, before.result, parameters, (built.facts.source, line, 0)))
    if errors:
        folder = built.name.rpartition("/")[0] or "."
        trail = f"make[1]: *** [{built.name}] Error 1", f"make: *** [{folder}] Error 2"
        raise build.log.stop(build.log.messages(errors), *trail)
