"""What the emulator reports and what a real CPU raises, by the bytes at and before rip."""

from __future__ import annotations

import pytest

from kshell.machine.paging import READ
from kshell.machine.quirks.misreported import true_exception
from kshell.machine.stop import (
    BREAKPOINT,
    DEBUG,
    DIVIDE_ERROR,
    DR_STEP,
    GENERAL_PROTECTION,
    INTERRUPT,
    PAGE_FAULT,
    PRIVILEGED,
    STACK_SEGMENT,
    STOPPED,
    UNDEFINED,
    Stop,
    closed_gate,
    gate_error,
)

RIP = 0x401002  # two bytes stand before it
NO_ADDRESS = 1 << 63
DIVIDED = Stop(INTERRUPT, vector=DIVIDE_ERROR)
TRAPPED = Stop(INTERRUPT, vector=DEBUG)
REFUSED = Stop(INTERRUPT, vector=GENERAL_PROTECTION)
READS = Stop(PAGE_FAULT, address=0x1000, access=READ)
READS_NOWHERE = Stop(PAGE_FAULT, address=NO_ADDRESS, access=READ)


def raised(stop: Stop, code: str) -> tuple[Stop, int]:
    """The answer for `code`, of which two bytes lie before rip; rip as a distance."""
    text = bytes.fromhex(code)
    true, rip = true_exception(stop, RIP, lambda address, size: text[address - RIP + 2 :][:size])
    return true, rip - RIP


@pytest.mark.parametrize(
    ("stop", "code", "true", "moved"),
    [
        (Stop(INTERRUPT, vector=0x81), "cd81 90", REFUSED._replace(error=gate_error(0x81)), -2),
        (Stop(INTERRUPT, vector=0x80), "cd80 90", Stop(INTERRUPT, vector=0x80), 0),  # a gate that is open
        (DIVIDED, "cd00 90", REFUSED._replace(error=gate_error(0)), -2),
        (DIVIDED, "cd00 f7f1", DIVIDED, 0),  # the bytes before are an immediate's
        (Stop(INTERRUPT, vector=BREAKPOINT), "cd03 90", Stop(INTERRUPT, vector=BREAKPOINT), 0),
        (TRAPPED, "9090 90", TRAPPED._replace(error=DR_STEP), 0),
        (TRAPPED, "0f05 90", Stop(STOPPED), 0),
        (REFUSED, "9090 0f22c8", Stop(UNDEFINED, address=RIP), 0),
        (REFUSED, "9090 f4", REFUSED, 0),
        (Stop(UNDEFINED), "9090 66f1", TRAPPED._replace(address=RIP), 2),
        (Stop(UNDEFINED), "9090 cd06", REFUSED._replace(error=gate_error(6)), 0),
        (Stop(UNDEFINED), "9090 0f33", REFUSED, 0),
        (Stop(UNDEFINED), "9090 0f0b", Stop(UNDEFINED), 0),
        (READS, "9090 6c", Stop(PRIVILEGED), 0),
        (READS, "9090 8b00", READS, 0),
        (READS_NOWHERE, "9090 8b00", REFUSED._replace(address=NO_ADDRESS, access=READ), 0),
        (
            READS_NOWHERE._replace(stack=True),
            "9090 58",
            Stop(INTERRUPT, STACK_SEGMENT, NO_ADDRESS, READ, stack=True),
            0,
        ),
    ],
)
def test_the_bytes_tell_the_true_exception_and_the_rip_that_is_saved(
    stop: Stop, code: str, true: Stop, moved: int
) -> None:
    assert raised(stop, code) == (true, moved)


def test_an_error_code_names_a_gate_only_where_it_says_so() -> None:
    assert closed_gate(gate_error(0x80)) == 0x80
    assert closed_gate(0) is None
