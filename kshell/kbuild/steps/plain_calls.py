"""A system call that is written by hand, as ``asmlinkage long sys_x(int n)``: how it is called, and what to write.

Up to Linux 4.16 that was right: the arguments came in registers.  Half the pages about it are that old.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_letters, digits

from kshell.kbuild.build_state import BuildState
from kshell.kbuild.messages import NOTE, BuildMessage
from kshell.kbuild.steps.object_facts import Defined, ObjectFacts

SINCE = "since Linux 4.17 a system call is called with one argument, a pointer to the saved registers"
_DEF = re.compile(r"\s*def\s+\w+\s*(\(.*)")


def plain_calls(build: BuildState, facts: ObjectFacts) -> list[BuildMessage]:
    """The notes on what an object defines for a row of the table, and that takes something else than pt_regs."""
    named = {row.symbol for row in build.rows}
    notes = []
    for each in _by_hand(facts):
        if each.name in named and is_plain(each.takes):
            because = f"{SINCE}, and {each.takes[0]} is made of that pointer"
            if len(each.takes) > 1:
                because += "; the others are what happens to be in their registers"
            text = f"{each.name} is not called with ({', '.join(each.takes)})"
            try_ = _by_macro(build, facts.source, each)
            notes.append(BuildMessage(NOTE, text, facts.source, each.line, 0, (), because, try_))
    return notes


def written_by_hand(build: BuildState, wanted: str) -> tuple[str, str] | None:
    """The because and try where a row asks for the function `wanted`, and somebody wrote it under another name."""
    for facts in (linked.facts for linked in build.objects):
        for each in _by_hand(facts):
            if _bare(each.name) != _bare(wanted):
                continue
            because = f"{facts.source}:{each.line} defines {each.name}, and the row asks for {wanted}"
            if wanted.startswith("__x64___x64_"):
                because += " (this release's build puts __x64_ in front of the entry by itself)"
            if each.takes and not is_plain(each.takes):
                entry = " and the entry sys_" + _bare(wanted) if wanted.startswith("__x64___x64_") else ""
                return because, f"the name {wanted.removeprefix('__x64_') if entry else wanted} for the function{entry}"
            because += f"; what SYSCALL_DEFINE makes is called __x64_sys_{_bare(wanted)}"
            return because, _by_macro(build, facts.source, each)
    return None


def is_plain(takes: Sequence[str]) -> bool:
    """Whether a function with these parameters asks for something else than the registers."""
    return bool(takes) and "pt_regs" not in takes[0]


def _by_hand(facts: ObjectFacts) -> list[Defined]:
    """What an object defines without the macro."""
    by_macro = {f"__x64_sys_{call.name}" for call in facts.syscalls}
    return [each for each in facts.defined if each.section == ".text" and each.name not in by_macro]


def _bare(name: str) -> str:
    return re.sub(r"^(?:__x64_)*(?:sys_)?", "", name)


def _by_macro(build: BuildState, source: str, function: Defined) -> str:
    """What to write for a function, in its own language, and what the row has to say then."""
    name, count = _bare(function.name), len(function.takes)
    entry = f"{'__x64_' * (build.profile.name == '4.19')}sys_{name}"
    typed = [part for each in function.takes for part in _parted(each)]
    line = f"SYSCALL_DEFINE{count}({', '.join([name, *typed])})"
    if source.endswith(".py"):
        lines = build.sources.read_text(source).split("\n")
        match = _DEF.match(lines[function.line - 1]) if 0 < function.line <= len(lines) else None
        line = f"@SYSCALL_DEFINE{count} above def {name}{match[1] if match is not None else '(k: Kernel, ...)'}"
    return f"{line}  (and {entry} in the row)"


def _parted(parameter: str) -> tuple[str, str]:
    """``const char *path`` as type and name."""
    name = parameter[len(parameter.rstrip("_" + ascii_letters + digits)) :]
    return parameter.removesuffix(name).strip(), name
