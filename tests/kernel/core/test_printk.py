"""printk and its ring."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.loglevel import KERN_ERR, KERN_INFO, KERN_WARNING
from kshell.kernel.boot.start import boot
from kshell.kernel.core.clock import Clock
from kshell.kernel.core.printk import LOG_RECORDS, MESSAGE_MAX, Log, printable, timestamp
from kshell.kernel.kernel import Kernel
from tests.kernel.module_lab import HANDLER_LINE, Lab


@pytest.fixture(scope="module")
def k() -> Kernel:
    return boot("course")


def last(k: Kernel) -> str:
    return k.log.since(0)[-1].text


def test_a_record_has_its_level_and_a_rising_time(k: Kernel) -> None:
    k.printk(KERN_ERR, "one")
    k.printk(KERN_WARNING, "two")
    one, two = k.log.since(k.log.written - 2)
    assert (one.level, one.text, two.level, two.text) == (KERN_ERR, "one", KERN_WARNING, "two")
    assert one.time_ns < two.time_ns
    assert two.sequence == one.sequence + 1


def test_a_timestamp_is_seconds_and_microseconds() -> None:
    assert timestamp(0) == "[    0.000000]"
    assert timestamp(12_345_678_901) == "[   12.345678]"
    assert timestamp(10**15) == "[1000000.000000]"


def test_the_ring_is_bounded_and_counts_what_it_dropped() -> None:
    log = Log(Clock(), size=10)
    for number in range(25):
        log.write(KERN_INFO, str(number))
    assert [r.text for r in log.since(0)] == [str(n) for n in range(15, 25)]
    assert log.dropped == 15
    assert log.written == 25
    assert [r.text for r in log.since(23)] == ["23", "24"]


def test_a_kernel_that_talks_for_ever_keeps_a_thousand_records() -> None:
    k = boot("course")
    for _ in range(3 * LOG_RECORDS):
        k.printk(KERN_INFO, "again")
    assert len(k.log.since(0)) == LOG_RECORDS
    assert k.log.dropped == k.log.written - LOG_RECORDS


def test_clearing_forgets_records_without_calling_them_dropped() -> None:
    log = Log(Clock(), size=10)
    for number in range(25):
        log.write(KERN_INFO, str(number))
    log.clear()
    assert log.since(0) == []
    assert log.dropped == 0
    log.write(KERN_INFO, "new")
    assert log.since(0)[0].sequence == 25
    assert log.dropped == 0


def test_a_newline_at_the_end_is_no_line_and_one_inside_is(k: Kernel) -> None:
    before = k.log.written
    k.printk(KERN_INFO, "a\nb\n")
    assert [r.text for r in k.log.since(before)] == ["a", "b"]


def test_a_huge_text_is_cut(k: Kernel) -> None:
    before = k.log.written
    k.printk(KERN_INFO, "x" * 10**7)
    assert last(k) == "x" * MESSAGE_MAX
    k.printk(KERN_INFO, "\n" * 10**7)
    assert k.log.written - before <= MESSAGE_MAX + 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("a\rb\x07\x00", r"a\x0db\x07\x00"),
        ("tab\tstays", "tab\tstays"),
        ("grüße €", "grüße €"),
        ("\ud800 \u202e", r"\ud800 \u202e"),
        ("\x9b2J", r"\x9b2J"),
    ],
)
def test_nothing_in_a_record_commands_the_terminal(k: Kernel, text: str, shown: str) -> None:
    k.printk(KERN_INFO, text)
    assert last(k) == shown
    assert printable(text) == shown


def test_odd_levels_are_masked(k: Kernel) -> None:
    k.printk(14, "high")
    assert k.log.since(0)[-1].level == KERN_INFO
    k.printk(KERN_INFO, "")
    assert last(k) == ""


def test_a_misused_printk_in_a_module_is_refused_at_the_modules_line(tmp_path: Path) -> None:
    handler = "def handler(k: Kernel, n: int) -> Long:\n    k.printk({})\n    return 0\n"
    for arguments in ("KERN_INFO, 'n is %d', n", "n"):
        error = Lab(tmp_path).refused(handler.format(arguments))
        assert f"{tmp_path}/m.py:{HANDLER_LINE + 1}:" in error.details[0]
        assert error.try_
