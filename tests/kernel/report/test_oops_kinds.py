"""Each kind of oops: its head in the words of both releases, and the sentence that says why."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kshell.kernel.core.layout import USER_STACK_TOP, USER_TEXT
from kshell.kernel.entry.exec import STUB_DATA, StubRun, run_stub
from kshell.kernel.trace.tracer import Tracer
from tests.kernel.machine_code_lab import DATA, EPILOGUE, NR, PROLOGUE, MachineLab, h, mov_rax

READ_ONLY = 0xFFFF_FFFF_8200_0000  # sys_call_table
ABSENT = USER_STACK_TOP - 0x3000  # of the user's stack, and not in RAM
NOWHERE = 0x1234_5000
NOT_CANONICAL = 0x8000_0000_0000_0000
READS, WRITES, CALLS = h("488b00"), h("c60001"), h("ffd0")


class Kind(NamedTuple):
    """One mistake: the code that makes it, the lines that 4.19 and 6.19 begin its report with, and why it is one."""

    code: bytes
    old: list[str]
    new: list[str]
    why: str


def fault(address: int, code: int, what: str, because: str, first: str = "") -> tuple[list[str], list[str]]:
    """The heads of a page fault at `address`."""
    null = address < 4096
    old = f"BUG: unable to handle kernel {'NULL pointer dereference' if null else 'paging request'} at {address:016x}"
    new = "kernel NULL pointer dereference, address" if null else "unable to handle page fault for address"
    details = [f"#PF: supervisor {what} in kernel mode", f"#PF: error_code(0x{code:04x}) - {because}"]
    before = [first] if first else []
    head = f"Oops: {code:04x}"
    return [*before, old, head], [*before, f"BUG: {new}: {address:016x}", *details, f"Oops: {head}"]


def touch(address: int, how: bytes) -> bytes:
    return mov_rax(address) + how


ABSENT_PAGE, FORBIDDEN = "not-present page", "permissions violation"
NX_WORDS = "kernel tried to execute NX-protected page - exploit attempt? (uid: 0)"
SMEP_WORDS = "unable to execute userspace code (SMEP?) (uid: 0)"
GP, SS = "general protection fault: 0000", "stack segment: 0000"
KINDS = {
    "NULL": Kind(touch(0, READS), *fault(0, 0, "read access", ABSENT_PAGE), "read 0x0, and that is a NULL pointer"),
    "a field of NULL": Kind(
        touch(0x18, WRITES), *fault(0x18, 2, "write access", ABSENT_PAGE), "that is 0x18 bytes behind a NULL pointer"
    ),
    "a number called": Kind(
        touch(42, CALLS), *fault(42, 0x10, "instruction fetch", ABSENT_PAGE), "that is the number 42 and no function"
    ),
    "an error as a pointer": Kind(
        touch(2**64 - 14, READS),
        *fault(2**64 - 14, 0, "read access", ABSENT_PAGE),
        "that is -14 (EFAULT), an error that was taken for a pointer",
    ),
    "a wild pointer": Kind(
        touch(0xFFFF_9000_0000_0000, READS),
        *fault(0xFFFF_9000_0000_0000, 0, "read access", ABSENT_PAGE),
        "nothing is mapped there",
    ),
    "read-only": Kind(
        touch(READ_ONLY, WRITES),
        *fault(READ_ONLY, 3, "write access", FORBIDDEN),
        "that memory is read-only (sys_call_table)",
    ),
    "NX": Kind(
        touch(DATA, CALLS), *fault(DATA, 0x11, "instruction fetch", FORBIDDEN, NX_WORDS), "that memory is no code (NX)"
    ),
    "SMAP": Kind(touch(USER_TEXT, READS), *fault(USER_TEXT, 1, "read access", FORBIDDEN), "copy_to_user only (SMAP)"),
    "SMAP write": Kind(
        touch(USER_TEXT, WRITES), *fault(USER_TEXT, 3, "write access", FORBIDDEN), "copy_to_user only (SMAP)"
    ),
    "SMAP, and not in RAM": Kind(
        touch(ABSENT, READS), *fault(ABSENT, 0, "read access", ABSENT_PAGE), "copy_to_user only (SMAP)"
    ),
    "SMAP, and nothing there": Kind(
        touch(NOWHERE, READS), *fault(NOWHERE, 0, "read access", ABSENT_PAGE), "nothing is mapped there"
    ),
    "SMEP": Kind(
        touch(USER_TEXT, CALLS),
        *fault(USER_TEXT, 0x11, "instruction fetch", FORBIDDEN, SMEP_WORDS),
        "that is user memory, which the kernel must not execute (SMEP)",
    ),
    "a call of the user's data": Kind(
        touch(STUB_DATA, CALLS),
        *fault(STUB_DATA, 0x11, "instruction fetch", FORBIDDEN, NX_WORDS),
        "that is data of the user's, and no code (NX)",
    ),
    "not canonical": Kind(
        touch(NOT_CANONICAL, READS),
        [GP],
        ["Oops: general protection fault, probably for non-canonical address 0x8000000000000000: 0000"],
        "that is no address: bits 48 to 63 must repeat bit 47",
    ),
    "a call, not canonical": Kind(touch(NOT_CANONICAL, CALLS), [GP], [f"Oops: {GP}"], "called 0x8000000000000000"),
    "by rbp, not canonical": Kind(
        touch(NOT_CANONICAL, h("4889c5 488b4500")), [SS], [f"Oops: {SS}"], "bits 48 to 63 must repeat bit 47"
    ),
    "a forbidden instruction": Kind(h("0f30"), [GP], [f"Oops: {GP}"], "what this CPU does not allow"),
    "division by zero": Kind(
        h("31c931d2f7f1"), ["divide error: 0000"], ["Oops: divide error: 0000"], "an integer was divided by zero"
    ),
    "no instruction": Kind(
        h("0f0b"), ["invalid opcode: 0000"], ["Oops: invalid opcode: 0000"], "the CPU knows no such instruction"
    ),
}


EXCEPTIONS = {"general": "#GP", "stack": "#SS", "divide": "#DE", "invalid": "#UD", "Oops:": "#PF"}


def oops(lab: MachineLab, code: bytes, tracer: Tracer | None = None) -> StubRun:
    """What becomes of a call that runs `code`; its argument is a string, in the page at STUB_DATA."""
    lab.point(lab.function("bad", PROLOGUE + code + EPILOGUE))
    lab.before = lab.k.log.written
    return run_stub(lab.k, NR, [b"text"], tracer=tracer)


@pytest.fixture(scope="module", params=["course", "6.19"])
def lab(request: pytest.FixtureRequest) -> MachineLab:
    return MachineLab(request.param)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_kind_has_the_head_of_its_release_and_a_reason(lab: MachineLab, kind: Kind) -> None:
    run = oops(lab, kind.code)
    said = [line for line in lab.log() if not line.startswith("PGD")]
    wanted = kind.old if lab.k.profile.version < (5, 0) else kind.new
    suffix = f" [#{lab.k.oopses}] SMP {'PTI' if wanted is kind.old else 'NOPTI'}"
    assert said[: len(wanted)] == [*wanted[:-1], wanted[-1] + suffix]
    assert run.outcome.signal is not None
    assert kind.why in run.outcome.signal.why


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_trace_has_the_exception_before_its_report(lab: MachineLab, kind: Kind) -> None:
    tracer = Tracer(wants_events=True)
    oops(lab, kind.code, tracer)
    (at,) = [at for at, event in enumerate(tracer.events) if event.what == "oops"]
    told, lines = tracer.events[at], tracer.events[at + 1 :]
    assert {event.what for event in lines} == {"record"}
    first, code = kind.old[-1].split()[0], int(kind.old[-1].split()[-1], 16)
    assert (told.step, told.values["exception"], told.values["error_code"]) == ("fault", EXCEPTIONS[first], code)
    if told.values["exception"] == "#PF":
        assert f"{told.address:016x}" in kind.old[-2]
    assert lab.k.last_oops is not None
    assert told.values["ip"] == lab.k.last_oops.ip


def why(lab: MachineLab, code: bytes) -> str:
    """Why the call was killed that ran `code`."""
    signal = oops(lab, code).outcome.signal
    assert signal is not None
    return signal.why


def test_without_smap_the_page_itself_says_what_the_kernel_may_do() -> None:
    lab = MachineLab("course", "nosmap nosmep")
    assert lab.ret(touch(USER_TEXT, READS) + h("c3")) is not None
    assert "the user's mapping there does not allow that: it is read-only" in why(lab, touch(USER_TEXT, WRITES))
    assert "Oops: 0003 [#1] SMP PTI" in lab.log()
    assert "that is data of the user's, and no code (NX)" in why(lab, touch(STUB_DATA, CALLS))
    assert lab.log()[0] == NX_WORDS
    assert "nothing is mapped there" in why(lab, touch(NOWHERE, READS))


def test_a_stack_that_is_left_at_once_is_a_page_fault_of_4_19_and_no_double_fault() -> None:
    leaves = h("c7842400 90ffff 01000000")  # mov dword [rsp - 0x7000], 1
    for release, head in (("course", "kernel stack overflow (page fault)"), ("6.19", "Oops: stack guard page")):
        lab = MachineLab(release)
        assert "the kernel stack has overflowed" in why(lab, leaves)
        assert lab.log()[1].startswith(f"{head}: 0000 [#1]")


def test_a_new_release_shows_no_bytes_of_the_users_as_the_kernels_code() -> None:
    new, old = MachineLab("6.19"), MachineLab("course")
    oops(new, touch(USER_TEXT, CALLS))
    assert new.log()[new.log().index(f"RIP: 0010:{USER_TEXT:#x}") + 1] == (
        f"Code: Unable to access opcode bytes at {USER_TEXT - 42:#x}."
    )
    oops(old, touch(USER_TEXT, CALLS))
    assert old.log()[old.log().index(f"RIP: 0010:{USER_TEXT:#x}") + 1].startswith("Code: <")
