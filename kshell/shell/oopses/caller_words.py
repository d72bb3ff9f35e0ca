"""The lines that say who called, from the inside out to the program, and what was loaded."""

from __future__ import annotations

import re

from kshell.abi.errno import ENOSYS
from kshell.shell.oopses.case import Case

Found = re.Match[str]
_FUNCTIONS = (  # what functions of these names are there for
    ("entry_SYSCALL_64", "the way in from ring 3, which `syscall` led to"),
    ("do_syscall_64", "takes the number of the call, and calls the function for it"),
    ("x64_sys_call", "the switch over the numbers of the calls"),
    ("__x64_sys_", "the wrapper: it takes the arguments out of pt_regs"),
    ("__se_sys_", "narrows the arguments to the types of the call"),
    ("__do_sys_", "the body of the call {name}"),
    ("do_one_initcall", "runs the init function of a module"),
    ("do_init_module", "runs the init function of a module"),
)
AGAIN = "The registers of the first oops since boot, again: the beginning may have scrolled away."
_ARGUMENTS = ("RDI", "RSI", "RDX", "R10", "R08", "R09")
_MARKS = {
    "O": "from outside the kernel's tree",
    "P": "proprietary",
    "F": "loaded by force",
    "E": "unsigned",
    "C": "of the staging directory",
    "+": "its init runs",
    "-": "its exit runs",
}


def call_trace(case: Case, found: Found) -> str:
    """The heading."""
    return "Who called whom, innermost first. Each line is the place to which that call would have returned."


def task_stack(case: Case, found: Found) -> str:
    """<TASK>, and its end."""
    if "/" in found[0]:
        return "There the stack of the task ends."
    return "These are on the stack of the task, and not on one of an interrupt."


def frame(case: Case, found: Found) -> str:
    """A function that was running."""
    name, module, file, line = found.groups()
    words = next((words for start, words in _FUNCTIONS if name.startswith(start)), "")
    where = f"line {line} of {file}" if file else ""
    owner = f"module {module}" if module else ""
    said = ", ".join(part for part in (words.format(name=name.removeprefix("__do_sys_")), owner, where) if part)
    return f"{name}: {said}." if said else f"{name}, of the kernel."


def left_out(case: Case, found: Found) -> str:
    """Frames that kshell does not show."""
    return "Here kshell is shorter than Linux."


def user_rip(case: Case, found: Found) -> str:
    """The program."""
    return f"From here on: the program's registers, as it made the call. 0033 is ring 3; it would go on at {found[1]}."


def user_code(case: Case, found: Found) -> str:
    """The program's bytes."""
    if "0f 05 <" in found[0]:
        return "The program's own bytes: `0f 05`, before the brackets, is the `syscall` that led here."
    return "The program's own bytes, around the place at which it would go on."


def user_stack(case: Case, found: Found) -> str:
    """ORIG_RAX."""
    number = int(found[1], 16)
    row = case.k.table.by_number.get(number)
    name = f", {row.name}" if row is not None else ""
    return f"002b is the stack segment of ring 3. ORIG_RAX is the number of the call: {number}{name}."


def user_registers(case: Case, found: Found) -> str:
    """The arguments."""
    values = {name: int(value, 16) for name, value in re.findall(r"(R\w\w): ([0-9a-f]{16})", found[0])}
    arguments = ", ".join(f"{name} {values[name]:#x}" for name in _ARGUMENTS[: _taken(case)])
    parts = [f"What the call was handed: {arguments}."] if arguments else ["The call takes no arguments."]
    if values["RAX"] == (1 << 64) - ENOSYS:
        parts.append(f"RAX holds -{ENOSYS} (ENOSYS), as it does until a call has a result.")
    return " ".join([*parts, "`syscall` left RIP in RCX and EFLAGS in R11."])


def _taken(case: Case) -> int:
    """How many arguments the call takes, as far as that is known."""
    number = case.number
    row = case.k.table.by_number.get(number) if number is not None else None
    definition = case.k.definitions.get(row.name) if row is not None else None
    return len(definition.parameters) if definition is not None else len(_ARGUMENTS)


def modules(case: Case, found: Found) -> str:
    """What is loaded."""
    listed, _, last = found[1].partition(" [last unloaded: ")
    said = [_module(name, flags) for name, flags in re.findall(r" ([^\s(]+)(?:\(([^)]*)\))?", listed)]
    loaded = f"Loaded, the last one first: {'; '.join(said)}." if said else "No module is loaded."
    return loaded + (f" The last to go was {last.rstrip(']')}: what kept a pointer into it oopses." if last else "")


def _module(name: str, flags: str) -> str:
    words = [_MARKS.get(flag, flag) for flag in flags]
    return f"{name} ({', '.join(words)})" if words else name


def end_trace(case: Case, found: Found) -> str:
    """The last line."""
    if case.k.profile.version < (5, 17):
        return "The report ends. On Linux the number is a random one, to tell one report from another; here it counts."
    return "The report ends. There was a number that told one report from another; since 5.17 it is 0."
