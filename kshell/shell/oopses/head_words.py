"""The lines that say what happened."""

from __future__ import annotations

import re

from kshell.kernel.core.layout import THREAD_SIZE
from kshell.kernel.report.taint import FLAGS
from kshell.machine.paging import is_canonical
from kshell.shell.oopses.case import Case
from kshell.shell.oopses.places import entry_bits, error_bits, region

Found = re.Match[str]


def page_fault(case: Case, found: Found) -> str:
    """The address that could not be touched."""
    address = int(found[1], 16)
    where = f"The kernel reached for {address:#x}, {region(case.k, address)}"
    return f"{where}: that counts as a NULL pointer." if address < 4096 else where + "."


def smep(case: Case, found: Found) -> str:
    """A jump into user text."""
    return f"It jumped into memory of the user's, at {case.address:#x}; SMEP (in CR4) forbids ring 0 to execute that."


def no_execute(case: Case, found: Found) -> str:
    """A jump into data."""
    return f"It jumped to {case.address:#x}, and bit 63 (NX) of that page's entry says that it is data, not code."


def access(case: Case, found: Found) -> str:
    """What ring 0 tried (6.19)."""
    what = {"read": "It read", "write": "It wrote", "instruction": "It took that address for code and jumped there"}
    return f"{what[found[1]]}. Supervisor is ring 0: the kernel did it, not the program."


def error_code(case: Case, found: Found) -> str:
    """The error code by itself (6.19)."""
    return f"The CPU's error code for the page fault: {error_bits(int(found[1], 16))}."


def page_walk(case: Case, found: Found) -> str:
    """The page-table entries on the way."""
    entries = [(name, int(value, 16)) for name, value in re.findall(r"(P\w\w) ([0-9a-f]+)", found[0])]
    name, last = entries[-1]
    if name == "PTE":
        ends = f"The last, of the page itself, is {entry_bits(last)}."
    else:
        ends = f"The {name} is {last:#x}, not present: nothing is mapped in all that lies under it."
    return f"The walk through the page tables to {case.address:#x}. {ends}"


def oops_code(case: Case, found: Found) -> str:
    """The error code, and how many oopses there were."""
    return f"Error code {found[1]}: {error_bits(int(found[1], 16))}. {_number(found[2])}"


def exception(case: Case, found: Found) -> str:
    """Every other exception of the CPU."""
    return f"{_exception(case, found[1])} {_number(found[2])}"


def _exception(case: Case, name: str) -> str:
    if name.startswith("divide"):
        text = case.instruction.text if case.instruction is not None else "the division"
        return f"Exception 0 (#DE): a division by 0, or a quotient that does not fit: `{text}`{case.used_words()}."
    if name == "invalid opcode":
        if case.instruction is not None and case.instruction.text == "ud2":
            return "Exception 6 (#UD): ud2, an instruction made to be none. BUG() becomes one."
        return "Exception 6 (#UD): the bytes that Code marks are no instruction."
    if name == "int3":
        return "Exception 3 (#BP): a breakpoint, and nobody has set it."
    if "overflow" in name or name == "stack guard page":
        if "page fault" in name:
            return "A page fault below the kernel stack; the CPU still had room to report it."
        return "Exception 8 (#DF): a page fault on the stack, and for its own frame the CPU found no stack either."
    return f"{'Exception 12 (#SS)' if name.startswith('stack') else 'Exception 13 (#GP)'}: {_protection(case)}"


def _protection(case: Case) -> str:
    operand = case.operand
    reached = case.reach(operand) if operand is not None else 0
    if operand is not None and not is_canonical(reached):
        return f"{operand} is {reached:#x}, and bits 48 to 63 of an address must repeat bit 47."
    text = case.instruction.text if case.instruction is not None else "the instruction"
    target = next((name for name in case.used() if not is_canonical(case.registers[name])), None)
    if target is not None:
        return f"`{text}` goes to {case.registers[target]:#x}, and bits 48 to 63 of an address must repeat bit 47."
    return f"`{text}` does what this CPU does not allow, even in ring 0."


def _number(count: str) -> str:
    """The [#1] of a head."""
    if count == "1":
        return "#1: the first oops since boot."
    return f"#{count}: there were {int(count) - 1} before, and this one may follow from them."


def cut_here(case: Case, found: Found) -> str:
    """Where a report begins."""
    return "A report of BUG() or WARN() begins; who reports it to others cuts here."


def bug(case: Case, found: Found) -> str:
    """BUG()."""
    return f"BUG() stands at line {found[2]} of {found[1]}: somebody wrote that this cannot happen."


def warning(case: Case, found: Found) -> str:
    """WARN()."""
    return f"WARN() at line {found[2]} of {found[1]} found its condition true. Nobody dies: the kernel goes on."


def stack_guard(case: Case, found: Found) -> str:
    """The page below the stack."""
    return (
        f"A kernel stack is {THREAD_SIZE >> 10} KiB. The page below it is not mapped, and what runs over meets that. "
        "The three addresses are hashed (%p), and tell nothing."
    )


def soft_lockup(case: Case, found: Found) -> str:
    """The watchdog's."""
    return f"For {found[1]} seconds the watchdog's thread got no turn: {found[2]} stayed in the kernel, awake."


def hard_lockup(case: Case, found: Found) -> str:
    """The same with interrupts off."""
    return "CPU 0 took not even the timer's interrupt: it loops or halts with interrupts off."


def kshells_own(case: Case, found: Found) -> str:
    """A line that no Linux prints."""
    return "That line is kshell's own: Linux does not know it."


def who(case: Case, found: Found) -> str:
    """The task, the taint, the kernel."""
    user = f" of user {found[1]}" if found[1] else ""
    return f"It happened in task {found[2]}, {found[3]}{user}. {_taint(found[4])} The kernel is {found[5]}."


def _taint(text: str) -> str:
    if text == "Not tainted":
        return "Nothing before made this kernel's word doubtful."
    letters = [letter for letter in text.removeprefix("Tainted:") if letter != " "]
    said = [f"{letter}: {FLAGS[letter][1]}" for letter in letters if letter in FLAGS]
    free = ["G: no proprietary module"] if "G" in letters else []
    return f"Before it: {'; '.join(free + said)}."


def taint_words(case: Case, found: Found) -> str:
    """The letters spelled out (6.19)."""
    return "The letters of the line above, in words."


def hardware(case: Case, found: Found) -> str:
    """Which machine."""
    return "The machine and its firmware; this one is simulated."
