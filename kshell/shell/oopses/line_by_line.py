"""Which words go with which line of a report."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from kshell.shell.oopses import caller_words, head_words, state_words
from kshell.shell.oopses.case import Case

Words = Callable[[Case, re.Match[str]], str]
Rule = tuple[re.Pattern[str], Words]


class Part(NamedTuple):
    """Lines of a report that belong together, and what they say here."""

    lines: list[str]
    says: str


def _rules(*rules: tuple[str, Words]) -> list[Rule]:
    return [(re.compile(pattern, re.DOTALL), words) for pattern, words in rules]


_GENERAL = r"(?:R[A-Z]{2}|R\d\d): [0-9a-f]{16} .*"
_RULES = _rules(
    (r"BUG: .*(?:at|address:) ([0-9a-f]{16})", head_words.page_fault),
    (r"unable to execute userspace code .*", head_words.smep),
    (r"kernel tried to execute NX-protected page .*", head_words.no_execute),
    (r"#PF: supervisor (read|write|instruction) .*", head_words.access),
    (r"#PF: error_code\(0x([0-9a-f]+)\) .*", head_words.error_code),
    (r"PGD .*", head_words.page_walk),
    (r"(?:Oops: )?Oops: ([0-9a-f]{4}) \[#(\d+)\].*", head_words.oops_code),
    (r"(?:Oops: )?([a-z][^:]*?): 0000 \[#(\d+)\].*", head_words.exception),
    (r"-+\[ cut here \]-+", head_words.cut_here),
    (r"kernel BUG at (.+):(\d+)!", head_words.bug),
    (r"WARNING: (?:CPU: \d+ PID: \d+ at )?(\S+):(\d+).*", head_words.warning),
    (r"BUG: .*stack guard page was hit at .*", head_words.stack_guard),
    (r"watchdog: BUG: soft lockup .* for (\d+)s! \[(.*)\]", head_words.soft_lockup),
    (r".*hard LOCKUP.*", head_words.hard_lockup),
    (r"kshell: \d+ more .*", caller_words.left_out),
    (r"kshell: .*", head_words.kshells_own),
    (r"CPU: 0 (?:UID: (\d+) )?PID: (\d+) Comm: (.*?) (Not tainted|Tainted: .*?) +(\S+ #.*)", head_words.who),
    (r"Tainted: \[.*", head_words.taint_words),
    (r"Hardware name: .*", head_words.hardware),
    (r"RIP: 0010:(\S+)\+(0x\w+)/(0x\w+)(?: \[(\w+)\])?(?: \((.+):(\d+)\))?", state_words.rip),
    (r"RIP: 0010: *(\S+)", state_words.rip_nowhere),
    (r"Code: .*<.*", state_words.code),
    (r"Code: .*", state_words.no_code),
    (r"RSP: 0018:(\w+) EFLAGS: (\w+)", state_words.stack_pointer),
    (_GENERAL, state_words.general_registers),
    (r"FS: .*", state_words.segments),
    (r"CS: .*CR0: (\w+)", state_words.control_0),
    (r"CR2: (\w+) CR3: (\w+) CR4: (\w+)", state_words.control_2),
    (r"CR2: \w+", state_words.address),
    (r"Modules linked in:(.*)", caller_words.modules),
    (r"---\[ end trace .*", caller_words.end_trace),
)
_CALLERS = _rules(
    (r"Call Trace:", caller_words.call_trace),
    (r" </?TASK>", caller_words.task_stack),
    (r" (?:\? )?([^\s+]+)\+0x\w+/0x\w+(?: \[(\w+)\])?(?: \((.+):(\d+)\))?", caller_words.frame),
    (r"RIP: 0033:(\w+)", caller_words.user_rip),
    (r"Code: .*", caller_words.user_code),
    (r"RSP: 002b:\w+ .*ORIG_RAX: (\w+)", caller_words.user_stack),
    (_GENERAL, caller_words.user_registers),
)


def parts(case: Case) -> list[Part]:
    """The report, part by part; a line that nothing is known of has no words."""
    found, begun_calls = [], False
    lines = case.oops.report
    end = next((at for at, line in enumerate(lines, 1) if line.startswith("---[ end trace")), len(lines))
    for lines_of_part in _together(lines[:end]):
        begun_calls = (begun_calls or lines_of_part[0] == "Call Trace:") and not lines_of_part[0].startswith("Modules")
        text = lines_of_part[0] if lines_of_part[0] == lines_of_part[-1] else "\n".join(lines_of_part)
        found.append(Part(lines_of_part, _words(case, text, begun_calls)))
    if lines[end:]:
        found.append(Part(lines[end:], caller_words.AGAIN))
    return found


def _together(lines: list[str]) -> list[list[str]]:
    """The lines, in groups: rows of registers, and a line that is repeated."""
    found: list[list[str]] = []
    for line in lines:
        if found and (line == found[-1][-1] or (_is_row(line) and _is_row(found[-1][-1]))):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _is_row(line: str) -> bool:
    return re.match(_GENERAL, line) is not None and not line.startswith("RSP")


def _words(case: Case, text: str, in_calls: bool) -> str:
    rules: list[Rule] = _CALLERS + _RULES if in_calls else _RULES
    for pattern, words in rules:
        match = pattern.fullmatch(text)
        if match is not None:
            return words(case, match)
    return ""
