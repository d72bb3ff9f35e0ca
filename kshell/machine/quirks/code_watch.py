"""Every page is looked at before it is executed: some instructions must never reach the emulator's translator, and
some must be met with a stop before them.

A watched address is an *exit* of the emulator: translation ends before it, and only if an instruction really begins
there, so that the same bytes inside an immediate or a string do no harm.
"""

from __future__ import annotations

import re

from kshell.machine.encode import LONGEST_INSTRUCTION
from kshell.machine.paging import USER_END
from kshell.machine.quirks.far_transfer import FAR_TRANSFERS
from kshell.machine.quirks.host_killers import host_killer_starts
from kshell.machine.quirks.ring0_guard import guarded_starts
from kshell.machine.ram import PAGE_SIZE, Ram

PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3") | frozenset(range(0x40, 0x50))
EDGE = LONGEST_INSTRUCTION - 1
# ldmxcsr m32 and fxrstor m512: 0f ae /2 and /1 with a memory operand.
LOADS_MXCSR = re.compile(rb"\x0f\xae[\x08-\x17\x48-\x57\x88-\x97]", re.DOTALL)
NEVER = re.compile(  # VEX, which this CPU does not have, and 8f, which is pop with /0 only
    rb"[\xc4\xc5]|\x8f[^\x00-\x07\x40-\x47\x80-\x87\xc0-\xc7]", re.DOTALL
)
FLUSHES = re.compile(rb"\x0f\xae[\x38-\x3f\x78-\x7f\xb8-\xbf]", re.DOTALL)  # clflush m8, which it does not look up
LARGE_RETURNS = re.compile(rb"\xc2.[\x80-\xff]", re.DOTALL)  # ret imm16, of which it takes the number for signed
# xabort, xbegin and 3DNow!, which it has and this CPU has not.  A pattern with a fixed first byte is found much faster.
MISSING = (re.compile(rb"\xc6[\xf8-\xff]"), re.compile(rb"\xc7[\xf8-\xff]"), re.compile(rb"\x0f\x0f"))
FLDCW = re.compile(rb"\xd9[\x20-\x2f\x60-\x6f\xa0-\xaf]")  # and fldenv
FRSTOR = re.compile(rb"\xdd[\x20-\x27\x60-\x67\xa0-\xa7]")
X87 = re.compile(rb"[\xd8-\xdf]")
DIVIDES = re.compile(rb"\x0f\x5e", re.DOTALL)  # divps; divpd, divss, divsd by their prefix

# LOCK before anything but a read-modify-write of memory is #UD; the emulator runs much of it without a word.
_MEMORY = rb"(?:[\x00-\xbf]|\Z)"
_MAY_BE_LOCKED = (
    rb"[\x00\x01\x08\x09\x10\x11\x18\x19\x20\x21\x28\x29\x30\x31\x86\x87]" + _MEMORY,  # add ... xor, xchg
    rb"[\x80\x81\x83](?:[\x00-\x37\x40-\x77\x80-\xb7]|\Z)",  # the same with a number, but for cmp
    rb"[\xf6\xf7](?:[\x10-\x1f\x50-\x5f\x90-\x9f]|\Z)",  # not, neg
    rb"[\xfe\xff](?:[\x00-\x0f\x40-\x4f\x80-\x8f]|\Z)",  # inc, dec
    rb"\x0f[\xab\xb0\xb1\xb3\xbb\xc0\xc1]" + _MEMORY,  # bts, cmpxchg, btr, btc, xadd
    rb"\x0f\xba(?:[\x28-\x3f\x68-\x7f\xa8-\xbf]|\Z)",  # bts, btr, btc with a number
    rb"\x0f\xc7(?:[\x08-\x0f\x48-\x4f\x88-\x8f]|\Z)",  # cmpxchg8b, cmpxchg16b
    rb"\x0f\Z",
)
_PREFIX = rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3]"
MAY_NOT_BE_LOCKED = re.compile(
    rb"\xf0" + _PREFIX + rb"{0,13}(?!" + _PREFIX + rb"|" + rb"|".join(_MAY_BE_LOCKED) + rb").", re.DOTALL
)

KILLER, LOAD_MXCSR, DIVIDE, PAGE_END = "#UD, or the end of this process", "load mxcsr", "divide", "page end"
FAR, FLUSH, LARGE_RETURN = "far transfer", "clflush", "ret 0x8000"
LOAD_FPCW, WAITING = "load the x87 control word", "x87"
_EXITS = (KILLER, LOAD_MXCSR, DIVIDE, PAGE_END, FAR, FLUSH, LARGE_RETURN, LOAD_FPCW, WAITING)
_WATCHED = (
    *((LOADS_MXCSR, LOAD_MXCSR), (FAR_TRANSFERS, FAR), (FLUSHES, FLUSH), (LARGE_RETURNS, LARGE_RETURN)),
    *(*((pattern, KILLER) for pattern in MISSING), (FLDCW, LOAD_FPCW), (FRSTOR, LOAD_FPCW)),
)


class CodeWatch:
    """The watched addresses of one address space, page by page.

    `stale` is True while the emulator has not yet been told of a change: nothing may be translated then.
    `guarded` are those that only ring 0 stops at (see ring0_guard.py): they are no exits.
    """

    def __init__(self, ram: Ram) -> None:
        self.ram = ram
        self.divides = self.x87 = False  # whether an exception of an SSE division, or of the x87 unit, is unmasked
        self._halts = False  # whether interrupts were ever off in ring 0
        self.stale = False
        self.guarded: dict[int, str] = {}
        # A page is known by its address, with the ring that executes it in the low bits.
        self._texts: dict[int, tuple[int, bytes]] = {}  # page -> frame and bytes, as they were when looked at
        self._frames: dict[int, bytes] = {}  # frame -> bytes that translated code may stem from
        self._found: dict[int, dict[int, str]] = {}  # page -> watched address -> kind
        self._ends: dict[int, str] = {}
        self._kinds: dict[int, str] = {}

    def clear(self) -> None:
        """Another address space, without any translated code."""
        kernel = {page: text for page, text in self._texts.items() if page >= USER_END}
        self._texts, self._frames = kernel, {frame: self._frames[frame] for frame, _ in kernel.values()}
        self._found = {page: found for page, found in self._found.items() if page in kernel}
        self._ends.clear()
        self._kinds.clear()
        self.divides = self.x87 = self.stale = False

    def admit(self, page: int, frame: int, before: bytes, after: bytes, ring: int) -> bool:
        """Look at the page at address `page`, in physical `frame`, between the ends of its neighbours, before `ring`
        executes it.

        True if it may be translated now; False if the emulator must first be told (`stale`).
        """
        code = self.ram.bytes[frame : frame + PAGE_SIZE]
        text = before + code + after
        start, page = page - len(before), page | ring
        if self._texts.get(page) != (frame, text):
            if self._frames.get(frame, code) != code:  # the host may have written this: old translations are wrong
                self.stale = True
            self._frames[frame] = code
            self._texts[page] = frame, text
            found = self._scan(text, start) if ring else self._scan_ring0(text, start)
            if found != self._found.get(page, {}):
                self._found[page] = found
                self.stale = True
        return not self.stale

    def _scan(self, text: bytes, start: int) -> dict[int, str]:
        found = {start + at: WAITING for at in (_starts(X87, text) if self.x87 else ())}
        found.update((start + at, kind) for pattern, kind in _WATCHED for at in _starts(pattern, text))
        found.update((start + at, DIVIDE) for at in (_starts(DIVIDES, text) if self.divides else ()))
        found.update((start + at, KILLER) for at in _starts(NEVER, text))
        for match in MAY_NOT_BE_LOCKED.finditer(text):
            last_lock = text.rindex(b"\xf0", match.start(), match.end() - 1)
            found.update((start + at, KILLER) for at in _back_over_prefixes(text, last_lock))
        if b"\xf0" in text:  # each has a LOCK
            found.update((start + at, KILLER) for at in host_killer_starts(text))
        return found

    def _scan_ring0(self, text: bytes, start: int) -> dict[int, str]:
        """Kernel code uses no SSE, and a LOCK that is #UD does no harm there: honest code has no exits."""
        found = {start + at: kind for at, kind in guarded_starts(text, self._halts)}
        found.update((start + at, KILLER) for at in host_killer_starts(text))
        return found

    def watch_exceptions(self, divides: bool, x87: bool) -> None:
        """Stop at each SSE division, and at each x87 instruction, from now on, or no longer."""
        if (divides, x87) != (self.divides, self.x87):
            self.divides, self.x87 = divides, x87
            self._texts = {page: text for page, text in self._texts.items() if page >= USER_END}
            self.stale = True

    def watch_halts(self) -> None:
        """Stop ring 0 at each `hlt` from now on, and no longer at `cli`: the byte of the one is in much honest code."""
        self._halts = self.stale = True
        self._texts.clear()

    def watch_page_end(self, page: int) -> bool:
        """Stop before each instruction that may reach into `page`, which cannot be fetched; False if that is done."""
        ends = dict.fromkeys(range(page - EDGE, page), PAGE_END)
        if self._ends == ends:
            return False
        self._ends = ends
        self.stale = True
        return True

    def commit(self) -> list[int]:
        """Every watched address, for the emulator, which forgets its translations now."""
        every = dict(self._ends)
        for found in self._found.values():
            every.update(found)
        self._kinds = {at: kind for at, kind in every.items() if kind in _EXITS}
        self.guarded = {at: kind for at, kind in every.items() if kind not in _EXITS}
        self.stale = False
        return [*self._kinds]

    def kind(self, address: int) -> str | None:
        """What is watched for at `address`, KILLER or another of _EXITS, or nothing."""
        return self._kinds.get(address)


def _starts(pattern: re.Pattern[bytes], text: bytes) -> list[int]:
    """Every offset from which decoding may meet `pattern` as an opcode, after any number of prefixes."""
    return [at for match in pattern.finditer(text) for at in _back_over_prefixes(text, match.start())]


def _back_over_prefixes(text: bytes, at: int) -> list[int]:
    starts = [at]
    while at and len(starts) < EDGE and text[at - 1] in PREFIXES:
        at -= 1
        starts.append(at)
    return starts
