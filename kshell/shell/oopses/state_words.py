"""The lines that show the state of the CPU: RIP, code, registers, control registers."""

from __future__ import annotations

import os
import re

from kshell.abi.eflags import flag_names
from kshell.kernel.core import layout
from kshell.machine.disassembler import MemoryOperand
from kshell.shell.debugger.source import lines_of
from kshell.shell.oopses.case import Case
from kshell.shell.oopses.places import region

Found = re.Match[str]
VMCALL = "vmcall"
_CR0 = ((0, "PE"), (1, "MP"), (4, "ET"), (5, "NE"), (16, "WP"), (18, "AM"), (31, "PG"))
_SMEP, _SMAP = 1 << 20, 1 << 21
_WRITE_PROTECT = 1 << 16
_VERBS = {"read": "reads", "write": "writes", "read-write": "reads and writes"}


def rip(case: Case, found: Found) -> str:
    """RIP in a function: which line of the source that is."""
    function, offset, size, module, file, line = found.groups()
    where = f"{offset} bytes into {function}, which has {size}" + (f", in module {module}" if module else "")
    source = _source(case, file, int(line)) if file else ""
    return f"{where}. 0010 is the kernel's code segment: ring 0.{source}"


def _source(case: Case, file: str, line: int) -> str:
    frame = case.oops.frame
    known = frame is not None and os.path.basename(frame.file) == file
    lines = lines_of(case.k, frame.file) if frame is not None and known else []
    text = f": `{lines[line - 1].strip()}`" if 0 < line <= len(lines) else ""
    return f" Line {line} of {file}{text}"


def rip_nowhere(case: Case, found: Found) -> str:
    """RIP where no function is: it jumped there."""
    where = "0" if "null" in found[1] else found[1]
    return f"It had jumped to {where}, where no function is. Who jumped is the first line of Call Trace."


def code(case: Case, found: Found) -> str:
    """The bytes at RIP, and what they do."""
    instruction = case.instruction
    if case.is_jump:
        return "What lies where it jumped to. None of it was executed: for ring 0 that page is no code."
    if instruction is None:
        return "The byte in brackets begins no instruction."
    marked = f"<{instruction.code[:1].hex()}> begins `{instruction.text}`"
    if instruction.text == VMCALL:
        return f"{marked}, the way to a function of the kernel's own, which is written in Python here: it failed there."
    operand = case.operand
    return f"{marked}{_touched(case, operand) if operand is not None else case.used_words()}."


def _touched(case: Case, operand: MemoryOperand) -> str:
    size = f"{operand.size} byte{'s' if operand.size != 1 else ''}" if operand.size else "memory"
    return f", which {_VERBS[operand.access]} {size} at {operand} = {case.reach(operand):#x}"


def no_code(case: Case, found: Found) -> str:
    """Bytes that cannot be had."""
    return "Nothing can be read at RIP: there is no code. That is what the jump came to."


def stack_pointer(case: Case, found: Found) -> str:
    """RSP and EFLAGS."""
    address, flags = int(found[1], 16), int(found[2], 16)
    used = (address & -layout.STACK_STRIDE) + layout.THREAD_SIZE - address
    names = flag_names(flags, system=True)
    interrupts = f"interrupts (IF) were {'on' if 'IF' in names else 'off'}"
    user = ", and user memory open (AC)" if "AC" in names else ""
    return f"{_stack(used)} 0018 is its segment. EFLAGS has {' '.join(names)}: {interrupts}{user}."


def _stack(used: int) -> str:
    if not 0 <= used <= layout.THREAD_SIZE:
        return "The stack pointer is beyond the task's kernel stack."
    return f"The kernel stack: {used} of its {layout.THREAD_SIZE} bytes are in use."


def general_registers(case: Case, found: Found) -> str:
    """The registers of these lines: those that the instruction uses, and pointers."""
    shown = {name: value for name, value in case.registers.items() if _printed(name) in found[0]}
    used = [name for name in case.used() if name in shown]
    said = [f"{name}, {_value(case, shown[name])}" for name in used]
    others = [name for name in shown if name not in used and shown[name] >> 47]
    pointers = [f"{name} {region(case.k, shown[name])}" for name in others]
    parts = [f"The instruction uses {'; '.join(said)}."] if said else []
    jumped = [name for name, value in shown.items() if case.is_jump and value == case.oops.ip]
    parts += [f"{' and '.join(jumped)} held the address that it jumped to."] if jumped else []
    parts += [f"Pointers beside: {'; '.join(pointers)}."] if pointers else []
    return " ".join(parts) or "None of these is a pointer into the kernel, and the instruction uses none of them."


def _printed(name: str) -> str:
    """As a report prints it: R08, RAX."""
    return f"R{int(name[1:]):02d}:" if name[1:].isdigit() else name.upper() + ":"


def _value(case: Case, value: int) -> str:
    return f"which is {value:#x}, {region(case.k, value)}" if value >> 47 else f"which is {value:#x}"


def segments(case: Case, found: Found) -> str:
    """FS, GS."""
    return "The bases of the segments FS and GS, and of the user's GS: kshell does not fill them in."


def control_0(case: Case, found: Found) -> str:
    """CR0."""
    value = int(found[1], 16)
    names = " ".join(name for bit, name in _CR0 if value >> bit & 1)
    protects = "With WP ring 0, too, may not write to a read-only page."
    if not value & _WRITE_PROTECT:
        protects = "WP is off: ring 0 may write to read-only pages."
    return f"CR0 has {names}. {protects}"


def control_2(case: Case, found: Found) -> str:
    """CR2, CR3, CR4."""
    cr2, cr3, cr4 = (int(value, 16) for value in found.groups())
    faulted = "CR2 has no part here"
    if cr2 or case.error_code is not None:
        faulted = f"CR2 is the address of the page fault, {cr2:#x}"
    states = {True: "on", False: "off"}
    bits = f"SMEP is {states[bool(cr4 & _SMEP)]} and SMAP {states[bool(cr4 & _SMAP)]}"
    return f"{faulted}; CR3 is where the task's page tables begin, physical {cr3:#x}; by CR4 {bits}."


def address(case: Case, found: Found) -> str:
    """CR2 at the end."""
    return "The address of the page fault, once more, for who sees only the end."
