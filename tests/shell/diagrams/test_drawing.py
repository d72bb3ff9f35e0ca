"""The diagram as text, at every width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.diagrams.canvas import Row
from kshell.shell.diagrams.drawing import draw
from kshell.shell.diagrams.glyphs import ASCII, BOXES
from kshell.shell.diagrams.sequence import CALL, CROSS, NOTE, RETURN, Message, sequence_of
from kshell.shell.views.view import plain
from kshell.shell.views.wrapping import columns
from tests.shell.lab import Lab

LANES = ("task", "user", "cpu", "entry", "table", "switch", "wrapper", "stub", "module a", "module b", "kernel", "log")


def lines(lab: Lab, line: str, width: int) -> list[str]:
    return lab.result(f"trace --diagram {line}").view.text(width).split("\n")


def test_on_80_columns_the_labels_stand_beside_the_lanes(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    shown = lines(lab, "syscall test_call 42", 80)
    assert shown[:5] == [
        "ring 3   ────────────── ring 0 ─────────────",
        "user CPU entry table wrapper stub module log",
        "  ●   ║    │     │      │      │     │    │   mov edi, 0x2a; mov eax, 0x14f",
        "  │──▶║    │     │      │      │     │    │   syscall",
        "  │   ║───▶│     │      │      │     │    │   LSTAR: entry_SYSCALL_64",
    ]
    assert "  │   ║    │     │      │      │────▶│    │   my_test_call(test = 42)" in shown
    assert "  │   ║    │     │      │◀╌╌╌╌╌╌╌╌╌╌╌│    │   my_test_call = 42" in shown
    assert shown[-2:] == [
        "  │◀╌╌╌╌╌╌╌│     │      │      │     │    │   rax = 42",
        "test_call(42)                           = 42",
    ]
    assert len(shown) <= 22


def test_on_160_columns_the_labels_stand_over_their_arrows(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    shown = lines(lab, "syscall test_call 42", 160)
    assert "│ module │" in shown[2]
    at = next(number for number, text in enumerate(shown) if "my_test_call(test = 42) [syscallModule]" in text)
    arrow = shown[at + 1]
    assert arrow.index("▶") == arrow.index("▶│") > shown[at].index("my_test_call(")
    assert shown[at].index("my_test_call(") == arrow.index("│──") + 2
    assert len(shown) <= 50


def test_a_plain_theme_and_another_encoding_have_ascii(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.result("theme plain")
    shown = lines(lab, "syscall getpid", 80)
    assert "  |---->#      |       |        |     syscall" in shown
    assert "  |<...........|       |        |     rax = 77" in shown
    assert "\n".join(shown).isascii()
    lab.result("theme auto")
    assert not "\n".join(lines(lab, "syscall getpid", 80)).isascii()
    monkeypatch.setenv("LC_ALL", "C")
    assert "\n".join(lines(lab, "syscall getpid", 80)).isascii()
    monkeypatch.setenv("LC_ALL", "de_DE.utf8")
    assert not "\n".join(lines(lab, "syscall getpid", 80)).isascii()


def test_where_the_lanes_have_no_room_the_messages_are_listed(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    shown = lines(lab, "syscall test_call 42", 40)
    assert shown[:4] == [
        "ring 3: user",
        "ring 0: entry, table, wrapper, stub,",
        "module, log",
        "user: mov edi, 0x2a; mov eax, 0x14f",
    ]
    assert "wrapper -> stub: STUB_test_call" in shown
    assert "module --> wrapper: my_test_call = 42" in shown
    assert "entry --> user: rax = 42" in shown


def test_an_oops_is_a_cross(lab: Lab) -> None:
    lab.result("modprobe crash")
    shown = lab.result("trace --diagram syscall test_call 2").view.text(80)
    assert "✗" in shown
    assert "oops: Killed (SIGKILL)" in shown
    assert "explain  (the report" in shown


def messages() -> st.SearchStrategy[list[Message]]:
    letters = st.characters(min_codepoint=32, max_codepoint=0x2FF) | st.sampled_from("世界한국ｗ😀🐧\u0301\u3099")
    label = st.text(letters, max_size=90)
    between = st.builds(Message, st.sampled_from([CALL, RETURN]), st.sampled_from(LANES), st.sampled_from(LANES), label)
    lane = st.sampled_from(LANES)
    within = st.builds(
        lambda kind, at, text, failed: Message(kind, at, at, text, failed),
        *(st.sampled_from([NOTE, CROSS]), lane, label, st.booleans()),
    )
    return st.lists(between | within, max_size=12)


@given(messages(), st.integers(20, 200), st.sampled_from([BOXES, ASCII]))
def test_no_line_is_wider_than_the_screen_and_no_label_is_lost(
    given_messages: list[Message], width: int, glyphs: object
) -> None:
    shown = [plain(line) for line in draw(sequence_of(given_messages, 500), width, glyphs)]  # type: ignore[arg-type]
    assert all(columns(text) <= width for text in shown)
    whole = "".join("".join(shown).split())
    letters = {c for message in given_messages for c in message.label if c.isalnum()}
    assert letters <= set(whole)


@given(st.integers(20, 200))
def test_a_whole_label_is_read_in_order_at_every_width(width: int) -> None:
    label = "a_function_with_a_name(that = takes, some = room, and = more) [in_a_module]"
    sequence = sequence_of([Message(CALL, "stub", "module x", label), Message(NOTE, "log", "log", label)], 9)
    shown = "".join(plain(line) for line in draw(sequence, width, BOXES))
    words = "".join(c for c in shown if c not in "│●─▶║" and not c.isspace())
    assert words.count("".join(label.split())) == 2


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("世e\u0301x", " 世e\u0301x |"),
        ("世界", " 世界 |"),
        ("世界ab", " 世界ab"),
        ("世界世界", " 世界世"),
        ("ab世界世", " ab世界"),
        ("\u0301a", " \u0301a    |"),
    ],
)
def test_a_wide_character_takes_two_columns_and_a_combining_one_none(text: str, row: str) -> None:
    paper = Row(7)
    paper.put(6, "|")
    paper.put(1, text, "name")
    assert plain(paper.line()) == row


def test_the_line_of_a_lane_is_straight_behind_wide_labels() -> None:
    labels = ["plain", "世界", "e\u0301e\u0301", "😀 한국"]
    said = [Message(CALL, "user", "log", "call"), *(Message(NOTE, "user", "user", label) for label in labels)]
    shown = [plain(line) for line in draw(sequence_of(said, 9), 80, BOXES)]
    rows = [text for label in labels for text in shown if label in text]
    assert len(rows) == len(labels)
    assert {columns(text[: text.rindex("│")]) for text in rows} == {shown[3].rindex("┬")}


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=60), st.integers(20, 99))
def test_wide_labels_are_read_in_order_at_every_width(label: str, width: int) -> None:
    shown = "".join(plain(line) for line in draw(sequence_of([Message(NOTE, "log", "log", label)], 9), width, BOXES))
    assert "".join(label.split()) in "".join(c for c in shown if c not in "│●" and not c.isspace())


def test_nothing_is_drawn_where_nothing_happened(shared: Lab) -> None:
    assert draw(sequence_of([], 9), 80, BOXES) == []
