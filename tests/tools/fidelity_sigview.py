"""The log of a run with signal handlers, entry by entry, as it is compared: without what differs between machines."""

import struct

from fidelity_faults import FLAGS_COMPARED
from fidelity_handlers import ALTSTACK, ALTSTACK_SIZE, HANDLER_RECORD, STACK, UCONTEXT_SIZE
from fidelity_program import RECORD
from fidelity_view import extent

REGISTERS = (
    *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "di", "si", "bp", "bx", "dx", "ax", "cx", "sp", "ip"),
    *("flags", "selectors", "err", "trapno", "oldmask", "cr2"),
)
HEAD = struct.Struct("<IIq")
SIGINFO_KEPT = 48  # bytes, by a kernel since 4.20
SA_KEPT = 0xDC000807  # flags, by a kernel since 5.11


class Run:
    """One side's log, entry by entry; of a kernel that is not `modern` both sides show what old and new have."""

    def __init__(self, ended, prog, modern):
        self.ended, self.prog, self.modern = ended, prog, modern
        self.entries = list(_entries(ended["log"]))
        self.pid = next((result for number, result, _ in self.entries if number == 0), None)

    def view(self, at):
        """Entry `at`: what it is, and its fields as they are compared."""
        number, result, buffer = self.entries[at]
        if number >= HANDLER_RECORD:
            return f"handler {number - HANDLER_RECORD}", self.handler(result, buffer)
        step = self.prog.seq[number]
        return f"step {number} {step[0]}", self.call(step, result, buffer)

    @property
    def next_step(self):
        """The name of the step behind the last that has returned."""
        steps = [number for number, *_ in self.entries if number < HANDLER_RECORD]
        return self.prog.seq[min(len(steps), len(self.prog.seq) - 1)][0]

    def end(self):
        """How it ended."""
        return {"end": (self.ended["kind"], self.ended["status"])}

    def call(self, step, result, buffer):
        """A call's result and its buffer."""
        name = step[0]
        fields = {"result": "pid" if name == "getpid" else result}
        if name in ("setitimer", "getitimer"):
            return fields | {"buffer": _itimer(buffer)}
        if name == "nanosleep":
            return fields | {"buffer": extent(buffer)}
        if name == "rt_sigtimedwait":
            return fields | {"buffer": self.siginfo(buffer)}
        if name == "rt_sigaction" and not self.modern and "W" in extent(buffer):
            handler, flags, *rest = struct.unpack("<4Q", buffer)
            return fields | {"buffer": (handler, flags & SA_KEPT, *rest)}
        return fields | {"buffer": buffer.hex()}

    def siginfo(self, info):
        """A siginfo, with the own pid by name."""
        if "W" not in extent(info):
            return ""
        code, sender = struct.unpack_from("<8xi4xI", info)
        named = info[:16] + b"pid!" + info[20:] if sender == self.pid and code <= 0 else info
        return named[: None if self.modern else SIGINFO_KEPT].hex()

    def handler(self, sp, buffer):
        """What a handler has found."""
        signo, mask = struct.unpack_from("<QQ", buffer)
        context, info = buffer[16 : 16 + UCONTEXT_SIZE], buffer[16 + UCONTEXT_SIZE :]
        flags, link, ss_sp, ss_flags, ss_size = struct.unpack_from("<QQQI4xQ", context)
        registers = dict(zip(REGISTERS, struct.unpack_from("<23Q", context, 40), strict=True))
        registers["flags"] &= FLAGS_COMPARED
        registers = {name: self.place(value) for name, value in registers.items()}
        if any(registers["ip"] in loop for loop in self.prog.spins):
            registers |= {"ip": "spin", "ax": "", "flags": "", "r11": "", "cx": ""}
        found = {"signo": signo, "mask": hex(mask), "rsp": (self.place(sp), sp % 16), "uc_flags": flags & ~1}
        found |= {"uc_link": link, "uc_stack": (ss_sp, hex(ss_flags), ss_size), **registers}
        found["uc_sigmask"] = context[296:304].hex()
        return found | {"info": self.siginfo(info)}

    def place(self, value):
        """A register: what is on a stack by that stack's name, for frames have different sizes."""
        if ALTSTACK <= value <= ALTSTACK + ALTSTACK_SIZE:
            return "alt"
        if STACK - 0x40000 <= value < STACK:
            return "stack"
        return "pid" if value == self.pid else value


def _entries(log):
    """(number, result, buffer) of each record."""
    at = 0
    while at + RECORD <= len(log):
        number, size, result = HEAD.unpack_from(log, at)
        yield number, result, log[at + RECORD : at + RECORD + size]
        at += RECORD + size


def _itimer(buffer):
    """struct itimerval; of a time that runs, about how much."""
    if "W" not in extent(buffer):
        return extent(buffer)
    seconds, parts, left, left_parts = struct.unpack("<qqqq", buffer)
    near = left + (left_parts >= 500_000) if left > 1 else "soon" if left or left_parts else 0
    return seconds, parts, near
