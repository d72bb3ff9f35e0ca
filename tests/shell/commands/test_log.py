"""dmesg."""

from __future__ import annotations

import pytest

from kshell.abi.loglevel import KERN_ERR, KERN_INFO, KERN_WARNING
from tests.shell.lab import Lab


@pytest.fixture
def talking(lab: Lab) -> Lab:
    k = lab.session.kernel
    k.log.clear()
    lab.session.log_cleared = k.log.written
    for level, text in ((KERN_INFO, "one info"), (KERN_ERR, "two error"), (KERN_WARNING, "three warning")):
        k.printk(level, text)
    return lab


def texts(lab: Lab, line: str) -> list[str]:
    return [record["text"] for record in lab.json(line)["records"]]


def test_dmesg_has_linuxs_columns(lab: Lab) -> None:
    first = lab.text("dmesg").split("\n")[0]
    assert first.startswith("[    0.00000")
    assert "] Linux version 4.19.1-course" in first


def test_records_have_the_fields_of_json(talking: Lab) -> None:
    record = talking.json("dmesg")["records"][1]
    assert (record["level"], record["text"]) == (KERN_ERR, "two error")
    assert record["time_ns"] > 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dmesg -l err", ["two error"]),
        ("dmesg --level=err,warn", ["two error", "three warning"]),
        ("dmesg -l warn+", ["two error", "three warning"]),
        ("dmesg -l KERN_INFO", ["one info"]),
        ("dmesg -n 1", ["three warning"]),
        ("dmesg -n2", ["two error", "three warning"]),
        ("dmesg --grep T.*err", ["two error"]),
        ("dmesg -l err --grep info", []),
    ],
)
def test_dmesg_filters(talking: Lab, line: str, expected: list[str]) -> None:
    assert texts(talking, line) == expected


def test_follow_shows_only_what_is_new(talking: Lab) -> None:
    assert len(texts(talking, "dmesg -w")) == 3
    assert texts(talking, "dmesg -w") == []
    talking.session.kernel.printk(KERN_INFO, "four")
    assert texts(talking, "dmesg -w") == ["four"]
    assert len(texts(talking, "dmesg")) == 4


def test_follow_at_the_prompt_says_that_nothing_comes_by_itself(talking: Lab) -> None:
    assert "nothing can come" not in talking.text("dmesg -w")
    talking.session.interactive = True
    assert "nothing can come" in talking.text("dmesg -w")


def test_clear_forgets_and_read_clear_shows_first(talking: Lab) -> None:
    assert len(texts(talking, "dmesg -c")) == 3
    assert texts(talking, "dmesg") == []
    talking.session.kernel.printk(KERN_INFO, "four")
    talking.result("dmesg -C")
    assert talking.json("dmesg") == {"records": [], "dropped": 0}


def test_dmesg_says_how_many_records_were_overwritten(lab: Lab) -> None:
    k = lab.session.kernel
    for number in range(1500):
        k.printk(KERN_INFO, f"line {number}")
    found = lab.json("dmesg")
    assert found["dropped"] == k.log.dropped > 0
    assert f"({k.log.dropped} older records were overwritten" in lab.text("dmesg")


def test_levels_and_the_wall_clock_are_shown_on_request(talking: Lab) -> None:
    assert "kern  :err   : [" in talking.text("dmesg -x")
    assert "2026]" in talking.text("dmesg -T")


def test_control_characters_in_the_log_never_reach_the_terminal(lab: Lab) -> None:
    lab.session.kernel.printk(KERN_INFO, "red \x1b[31m")
    assert lab.text("dmesg -n 1").endswith("red \\x1b[31m")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("dmesg -l loud", "unknown level"),
        ("dmesg -n x", "not a positive number"),
        ("dmesg -n 0", "not a positive number"),
        ("dmesg --grep '('", "bad pattern"),
        ("dmesg foo", "not an option"),
        ("dmesg -Q", "dmesg: invalid option -- 'Q'"),
    ],
)
def test_a_wrong_question_is_refused_with_a_way_out(shared: Lab, line: str, what: str) -> None:
    error = shared.error(line)
    assert what in error["what"]
    assert error["try"]
