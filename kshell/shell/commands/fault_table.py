"""Which page faults are errors: every case run on a copy of the machine, and a table of what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kshell.abi.errno import errno_name, is_error
from kshell.abi.signal import si_code_name
from kshell.kernel.core.layout import KERNEL_RODATA, VMALLOC
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.entry.exec import STUB_DATA
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.trace.event import Event
from kshell.kernel.trace.listening import heard_by
from kshell.kernel.trace.tracer import Tracer
from kshell.machine.ram import PAGE_SIZE
from kshell.shell.calls.fault_words import CAUSES
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word, plain
from kshell.shell.replay.deeds import RunProgram, SystemCall
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Table, View

TEXT, DATA, READ_ONLY, NOWHERE = 0x40_1000, 0x50_0000, 0x60_0000, 0x10_0000
KERNEL, NO_KERNEL, NOT_CANONICAL = KERNEL_RODATA, VMALLOC + (1 << 40), 1 << 63
LOAD, STORE = b"\x48\xa1", b"\x48\xa3"  # mov rax, [address]; mov [address], rax
EXIT = bytes.fromhex("31ff b83c000000 0f05")
USER_MODE, KERNEL_MODE = "user", "kernel"
COLUMNS = (
    Column("address", "name"),
    Column("code", "name"),
    Column("valid"),
    Column("tried", spare=1),
    Column("page fault", "number"),
    Column("comes to"),
)


class Seen(NamedTuple):
    """What a case came to: the events that were told, the signal, the errno, and the first line of the oops, if any."""

    events: list[Event]
    signal: Siginfo | None = None
    errno: str | None = None
    oops: str | None = None

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The page faults for which an area was looked up."""
        return [event.values for event in self.events if event.what == "page"]

    @property
    def exception(self) -> str:
        """That which killed the kernel's path, or the program."""
        return next((event.values["exception"] for event in self.events if event.what == "oops"), "#GP")

    @property
    def has_fixup(self) -> bool:
        """Whether the exception table had an entry for the instruction."""
        return any(event.step == "fixup" for event in self.events)

    @property
    def words(self) -> str:
        """The end of it, for a person."""
        if self.oops is not None:
            return f"oops: {self.oops}"
        if self.signal is not None:
            code = si_code_name(self.signal.signo, self.signal.code)
            return f"{self.signal.name} ({code})"
        if self.errno is not None:
            how = "a fixup is found" if self.has_fixup else "no access is made"
            return f"{how}: the call answers -{self.errno}"
        return "the access succeeds then" if self.faults else "the access succeeds"


class Case(NamedTuple):
    """One cell of the table: where the address is, whose code touches it, whether it may, and how it is tried."""

    address: str
    code: str
    valid: str
    tried: str
    run: Callable[[Context], Seen]


def _by_program(instruction: bytes, address: int) -> Callable[[Context], Seen]:
    def run(session: Context) -> Seen:
        text, tracer = instruction + address.to_bytes(8, "little") + EXIT, Tracer(wants_events=True)
        segments = [Segment(TEXT, text, len(text), "r-x"), Segment(DATA, b"", PAGE_SIZE, "rw-")]
        segments.append(Segment(READ_ONLY, b"", PAGE_SIZE, "r--"))
        _, outcome = session.do(RunProgram(segments, TEXT, "touch", ["touch"]), tracer)
        return Seen(tracer.events, outcome.signal)

    return run


def _by_call(address: int) -> Callable[[Context], Seen]:
    """By a system call that stores eight bytes where user code asks for it."""

    def run(session: Context) -> Seen:
        tracer, k = Tracer(wants_events=True), session.kernel
        made = session.do(SystemCall(k.table.by_name["getrandom"].number, [address, 8, 0]), tracer).call
        failed = made is not None and made.ret is not None and is_error(made.ret)
        return Seen(tracer.events, errno=errno_name(-made.ret) if failed and made and made.ret else None)

    return run


def _by_module(address: int) -> Callable[[Context], Seen]:
    """By the init function of a module, which asks nobody."""

    def run(session: Context) -> Seen:
        tracer, k = Tracer(wants_events=True), session.kernel
        try:
            with heard_by(k, tracer):
                session.call([plain("modprobe"), plain("touch"), plain(f"address={address:#x}")])
        except CommandError:
            if k.last_oops is None:
                raise
        return Seen(tracer.events, oops=k.last_oops.what if k.last_oops is not None else None)

    return run


CASES = (
    Case("user", USER_MODE, "yes", "a load from a page that nobody has touched", _by_program(LOAD, DATA)),
    Case("user", USER_MODE, "yes", "a store to such a page", _by_program(STORE, DATA)),
    Case("user", USER_MODE, "no", "a load where nothing is mapped", _by_program(LOAD, NOWHERE)),
    Case("user", USER_MODE, "no", "a store to a page for reading", _by_program(STORE, READ_ONLY)),
    Case("kernel", USER_MODE, "no", "a load from the kernel's data", _by_program(LOAD, KERNEL)),
    Case("none", USER_MODE, "no", "a load from no address at all", _by_program(LOAD, NOT_CANONICAL)),
    Case("user", KERNEL_MODE, "yes", "a system call stores there", _by_call(STUB_DATA)),
    Case("user", KERNEL_MODE, "no", "the same, where nothing is mapped", _by_call(NOWHERE)),
    Case("kernel", KERNEL_MODE, "no", "the same, with a pointer into the kernel", _by_call(KERNEL)),
    Case("user", KERNEL_MODE, "yes", "a module reads there by a plain load", _by_module(STUB_DATA)),
    Case("user", KERNEL_MODE, "no", "a module reads where nothing is mapped", _by_module(NOWHERE)),
    Case("kernel", KERNEL_MODE, "yes", "a module reads the kernel's data", _by_module(KERNEL)),
    Case("kernel", KERNEL_MODE, "no", "a module reads where the kernel has nothing", _by_module(NO_KERNEL)),
)


def _row(case: Case, seen: Seen) -> tuple[str, ...]:
    what = ", ".join(dict.fromkeys(CAUSES[fault["cause"]] for fault in seen.faults))
    if not what:  # it did not get so far as to look for an area
        what = _no_area(seen)
    return case.address, case.code, case.valid, case.tried, what, seen.words


def _no_area(seen: Seen) -> str:
    if seen.oops is None and seen.signal is None:
        return "none"
    return "one that nothing can mend" if seen.exception == "#PF" else f"{seen.exception}, no page fault"


def _json(case: Case, seen: Seen) -> dict[str, Any]:
    signal = None
    if seen.signal is not None:
        signal = {"name": seen.signal.name, "code": si_code_name(seen.signal.signo, seen.signal.code)}
    faults = [{"cause": fault["cause"], "error_code": fault["error_code"]} for fault in seen.faults]
    about = {"address": case.address, "code": case.code, "valid": case.valid == "yes", "tried": case.tried}
    return {
        **about,
        "faults": faults,
        "signal": signal,
        "errno": seen.errno,
        "oops": seen.oops,
        "fixup": seen.has_fixup,
    }


@command(
    "faults",
    group="Memory and registers",
    examples=(("faults", "all cases, on this machine"), ("boot course nosmap; faults", "before SMAP")),
)
def faults(session: Context, words: list[Word]) -> View:
    """Show which page faults are errors, and what becomes of each.

    It depends on three things: whether the address is the user's or the kernel's, whose code touches it, and whether
    that is valid, since an area is mapped there that allows it. Each case is run, on a copy of the machine as it is
    now; the table is made of what happened there. Your own machine stays as it is.
    """
    if words:
        raise misuse("faults", "it takes no arguments")
    seen = [(case, case.run(session.aside())) for case in CASES]
    smap = "on" if session.kernel.memory.protection.smap else "off"
    after = f"SMAP is {smap}: kernel code {'must not' if smap == 'on' else 'may'} touch user memory by a plain load"
    rows = [_row(case, found) for case, found in seen]
    return Table(COLUMNS, rows, {"cases": [_json(case, found) for case, found in seen], "smap": smap == "on"}, [after])
