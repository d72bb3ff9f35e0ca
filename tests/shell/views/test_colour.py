"""Who decides whether there are colours: --color, then NO_COLOR, FORCE_COLOR, the setting, the terminal."""

from __future__ import annotations

import pytest

from kshell.shell.command_line import UsageError, colour_asked, read_arguments
from kshell.shell.views.colour import wants_colour

# NO_COLOR, FORCE_COLOR, --color, the setting, a screen: are there colours?
CASES = [
    (None, None, "auto", True, True, True),
    (None, None, "auto", True, False, False),
    (None, None, "auto", False, True, False),
    ("1", None, "auto", True, True, False),
    ("0", None, "auto", True, True, False),  # any value counts
    ("", None, "auto", True, True, True),  # but the empty one
    (None, "1", "auto", True, False, True),
    (None, "0", "auto", True, False, True),
    (None, "", "auto", True, False, False),
    (None, "1", "auto", False, False, True),
    ("1", "1", "auto", True, True, False),
    ("1", None, "always", False, False, True),
    (None, "1", "never", True, True, False),
]


@pytest.mark.parametrize(("no", "force", "asked", "setting", "screen", "coloured"), CASES)
def test_the_nearest_to_the_command_line_decides(
    monkeypatch: pytest.MonkeyPatch,
    no: str | None,
    force: str | None,
    asked: str,
    setting: bool,
    screen: bool,
    coloured: bool,
) -> None:
    for name, value in (("NO_COLOR", no), ("FORCE_COLOR", force)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert wants_colour(asked, setting, screen) is coloured


def test_color_takes_one_of_three_words() -> None:
    assert read_arguments(["--color", "always", "-c", "lsmod"]).color == "always"
    assert read_arguments(["--color=never"]).color == "never"
    assert read_arguments([]).color == "auto"
    with pytest.raises(UsageError, match="--color takes auto, always, never, and not 'sometimes'"):
        read_arguments(["--color", "sometimes"])


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (["--nonsense", "--color", "never"], "never"),
        (["--color=always", "--color", "never"], "never"),
        (["--color"], "auto"),
        (["--color", "x"], "auto"),
        (["-c", "lsmod"], "auto"),
    ],
)
def test_what_color_says_is_known_of_a_line_that_makes_no_sense(argv: list[str], asked: str) -> None:
    assert colour_asked(argv) == asked
