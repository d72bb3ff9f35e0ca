"""The hops of a call: each event that the kernel told, in words, in columns and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kshell.abi.c_types import U64
from kshell.abi.signal import si_code_name
from kshell.abi.symbolic import KINDS, flags_text
from kshell.kernel.core.printk import printable
from kshell.kernel.trace.event import Event
from kshell.shell.calls.code_words import code_words
from kshell.shell.calls.uaccess_words import UACCESS_WORDS, uaccess_words
from kshell.shell.views.view import Line, show

TEXT_COLUMN = 19  # where a hop's text begins
NOTE_COLUMN = 44  # and how much room it has before the note or the address
WIDEST = 120  # columns that a line may take where no terminal sets a limit

# By what happened.  A tab stands before a note, which goes to the right.
WORDS = {
    "syscall": "LSTAR -> entry_SYSCALL_64\trcx <- {rcx:#x}  r11 <- {r11:#x}",
    "int80": "IDT gate 0x80 -> {gate}\tpushed ss:rsp {ss:#x}:{rsp:#x}  rflags {rflags:#x}  cs:rip {cs:#x}:{rip:#x}",
    "iretq": "iretq pops rip, cs, rflags, rsp and ss\trip <- {rip:#x}",
    "pt_regs_32": "swapgs, rsp -> kernel stack, pt_regs: orig_ax <- eax, the rest pushed, r8 to r11 too",
    "pt_regs": "swapgs, rsp -> kernel stack, pt_regs pushed",
    "number": "do_syscall_64(nr={nr})",
    "number_32": "{dispatcher}(nr={nr})",
    "past_end": "nr is not below NR_syscalls = {nr_syscalls}: no function is called, ax stays -ENOSYS",
    "past_end_32": "nr is not below IA32_NR_syscalls = {nr_syscalls}: no function is called, ax stays -ENOSYS",
    "minus_one": "nr is -1: no function is called, ax stays -ENOSYS",
    "slot_32": "ia32_sys_call_table[{nr}] -> {function}",
    "case_32": "ia32_sys_call: case {nr}: {function}",
    "default_32": "ia32_sys_call: default: {function}",
    "ni_syscall_32": "nr is not below IA32_NR_syscalls = {nr_syscalls}, and not -1: {function} is called",
    "cut": "int 0x80 takes 32 bits of {register}\t{raw:#x} -> {left:#x}",
    "slot": "sys_call_table[{nr}] -> {function}",
    "case": "x64_sys_call: case {nr}: {function}",
    "default": "x64_sys_call: default: {function}",
    "ni_syscall": "nr is not below NR_syscalls = {nr_syscalls}, and not -1: do_syscall_64 itself calls {function}",
    "arguments": "{macro}{moved}",
    "emulated": "nothing is executed there: emulate_vsyscall calls {name}, and returns to {caller:#x}",
    "record": "{printed}",
    "pointer": "{stub} -> {function}",
    "switch": "context switch: {prev_comm} {prev} {why} -> {next_comm} {next}",
    "msleep": "msleep({ms}): the CPU is free for other tasks",
    "command": "another task: {command}",
    "answer": "{answer}",
    "enter": "{indent}-> {function}({listed})",
    "leave": "{indent}<- {function}{returned}",
    "line": "{indent}{file}:{line}{source}",
    "changed": "{indent}\t{listed}",
    "executes": "{indent}+{offset:#x}  {text}",
    "registers": "\t{listed}",
    "limit": "{steps:,} steps were shown: what follows in the kernel's code is not",
    "result": "rax <- {rax}",
    "sent": "{name} ({code}) is sent{waits}",
    "delivered": "{name}: {does}",
    "frame": "rt_sigframe for {name} on the user's stack",
    "sigreturn": "registers and mask come back out of the frame",
    "instruction": "{instruction}",
    "page": "#PF at {at:#x}: {decoded}\t{by}  {cause}, {cost_ns:,} ns{counted}",
    "oops": "{exception}{about}\tip {ip:#x}  nothing mends that: an oops",
    **UACCESS_WORDS,
}
SAYS_WHERE = ("line", "insn", "check", "search")  # steps whose text has the address, or needs none
GROUPED = ("user", "search")  # steps that are named once for all that follow each other
TEXT_ROLES = {"printk": "comment", "user": "instruction", "fault": "note", "fixup": "good"}
# Values that are shown in hex.
REGISTERS = ("rcx", "r11", "raw", "ip", "caller", "left", "ss", "rsp", "rflags", "cs", "rip")


def words(event: Event, tree: str = "") -> str:
    """What happened, as the screen says it; a note stands behind a tab.  `tree` is where the kernel was built."""
    values, made = event.values, dict(event.values)
    if "symbol" in values:
        nothing = "nothing: no function lives there any more" if event.what == "pointer" else f"{event.address:#x}"
        module = f" [{values['module']}]" if values["module"] else ""
        made["function"] = f"{values['symbol']}{module}" if values["symbol"] is not None else nothing
    elif event.what == "arguments":  # which register became which parameter
        moved = [
            f"{each['register']} {each['raw'] & U64:#x} -> {each['name']} = {argument_value(each)}"
            for each in values["arguments"]
        ]
        made["moved"] = "\t" + "  ".join(moved) if moved else ""
    elif event.what == "record":
        made["printed"] = printable(values["message"])
    elif event.what == "instruction":
        made["instruction"] = "\t".join(filter(None, (values.get("text"), values.get("place"))))
    elif event.what in ("page", "oops"):
        from kshell.shell.calls.fault_words import fault_words

        return WORDS[event.what].format_map(made | fault_words(event))
    elif event.step == "signal":
        made |= signal_words(values)
    elif event.what in UACCESS_WORDS:
        return uaccess_words(event)
    elif event.step in ("call", "line", "insn"):
        made |= code_words(values, tree)
    return WORDS[event.what].format_map(made)


def signal_words(values: dict[str, Any]) -> dict[str, str]:
    """What is said of a signal's way."""
    made = {"waits": ": it is blocked, and waits" if values.get("blocked") else ": it is pending"}
    if "code" in values:
        made["code"] = si_code_name(values["signo"], values["code"])
    if "action" in values:
        words = {"handler": "to the program's handler", "ignore": "ignored", "stop": "stops the task"}
        made["does"] = words.get(values["action"], "ends the task: no handler is installed")
    return made


def argument_value(argument: dict[str, Any]) -> str:
    """What a parameter holds: names for flags, hex for pointers, else a number."""
    value, kind = argument["value"], argument["kind"]
    if argument["type"].endswith("*") or kind == "address":
        return f"{value:#x}" if value else "NULL"
    return flags_text(value, kind) if kind in KINDS else str(value)


def _plain(values: Any, name: str = "") -> Any:
    """Values as JSON has them: registers in hex, as addresses are."""
    if isinstance(values, dict):
        return {key: _plain(value, key) for key, value in values.items()}
    if isinstance(values, list):
        return [_plain(value) for value in values]
    return f"{values & U64:#x}" if name in REGISTERS else values


class Hops:
    """The hops of one or more calls as rows: ring, step, text, and a note or an address at the right.

    `events` are what they are made of, the instructions of the listing among them, `tree` where the kernel was built.
    """

    def __init__(
        self, events: Sequence[Event], listing: Sequence[tuple[int, bytes, str]], number: str = "", tree: str = ""
    ) -> None:
        self.tree, self.events = tree, list[Event]()
        self.rows: list[tuple[int, str, str, str]] = []
        self._json: list[dict[str, Any]] = []
        for at, (address, _, text) in enumerate(listing):
            note = number if at == len(listing) - 2 else ""
            self._add(Event(3, "user", "instruction", address, {"text": text}), note)
        for event in events:
            self._add(event)

    def _add(self, event: Event, remark: str = "") -> None:
        self.events.append(event)
        said = words(event, self.tree)
        left, _, note = said.partition("\t")
        address = None if event.address is None else f"{event.address:#x}"
        if event.what in ("changed", "registers") and self.rows and self.rows[-1][1] == event.step:
            self._add_note(note)
        elif event.step == "user":
            self.rows.append((event.ring, event.step, f"{address}  {left}".rstrip(), note or remark))
        else:
            beside = "" if event.step in SAYS_WHERE else address or ""
            self.rows.append((event.ring, event.step, left, note or beside))
        text = (left if event.step == "user" else said).replace("\t", "  ")
        what = {"what": event.what, "values": _plain(event.values)}
        self._json.append({"ring": event.ring, "step": event.step, "text": text, "address": address, **what})

    def _add_note(self, note: str) -> None:
        """What a line or an instruction has changed stands beside it."""
        ring, step, left, before = self.rows[-1]
        self.rows[-1] = (ring, step, left, f"{before}  {note}".strip())

    def json(self) -> list[dict[str, Any]]:
        """The hops of --json."""
        return self._json

    def lines(self, width: int | None, calls: Sequence[Line] = ()) -> list[Line]:
        """One line a hop; a note that has no room at the right goes under the text.

        Each of `calls` goes under its own hops, which begin with `cpu` and end where ring 3 goes on.
        """
        lines: list[Line] = []
        ended, in_call = 0, False
        column = HopColumn()
        for row in self.rows:
            if row[0] == 3 and in_call:
                lines += calls[ended : ended + 1]
                ended, in_call = ended + 1, False
            in_call |= row[1] == "cpu"
            lines += column.lines(row, width)
        return [*lines, *calls[ended:]]


class HopColumn:
    """Hops one under another: a ring and a step are named where they begin.  `ring` is that of the last hop."""

    def __init__(self) -> None:
        self.ring, self._step = -1, ""

    def lines(self, row: tuple[int, str, str, str], width: int | None) -> list[Line]:
        """The line of one hop, with its note under it where there is no room at the right; the address of a function
        that is called is left out there."""
        ring, step, left, right = row
        role = f"ring{ring}"
        head = "" if ring == self.ring else f"ring {ring}"
        follows = step in GROUPED and not head and self._step == step
        line: Line = [(f"{head:<8}", role), (f"{'' if follows else step:<11}", role)]
        left = f"  {left}" if follows and ring == 0 else left
        line.append((show(left), TEXT_ROLES.get(step, "")))
        self.ring, self._step = ring, step
        if right and TEXT_COLUMN + max(NOTE_COLUMN, len(left)) + 2 + len(right) > (width or WIDEST):
            if step == "call":  # its name is enough
                return [line]
            return [line, *([(" " * (TEXT_COLUMN + 2), ""), (part, "address")] for part in right.split("  "))]
        if right:
            line.append((" " * (max(NOTE_COLUMN - len(left), 0) + 2), ""))
            line.append((right, "address"))
        return [line]
