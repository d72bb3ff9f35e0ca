"""docs/diagrams.md shows what kshell shows."""

from __future__ import annotations

from pathlib import Path

from tests.shell.lab import Lab

PAGE = Path(__file__).parents[3] / "docs" / "diagrams.md"
PROMPT = "    kshell> "


def test_what_the_page_shows_on_80_columns_is_what_is_shown() -> None:
    shown: dict[str, list[str]] = {}
    line = ""
    for text in PAGE.read_text(encoding="utf-8").split("\n"):
        if text.startswith(PROMPT):
            line = text.removeprefix(PROMPT)
            shown[line] = []
        elif line and text.startswith("    "):
            shown[line].append(text.removeprefix("    "))
        else:
            line = ""
    lab = Lab()
    lab.result("modprobe syscallModule")
    diagram = "trace --diagram syscall test_call 42"
    assert shown[diagram] == lab.result(diagram).view.text(80).split("\n")
    compared = "trace --compare --with 'modprobe syscallModule' syscall test_call 42"
    assert shown[compared] == Lab().result(compared).view.text(80).split("\n")
