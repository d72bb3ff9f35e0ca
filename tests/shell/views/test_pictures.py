"""An exported page and picture are complete, and laid out well in a browser, on a telephone as on a large screen."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kshell.shell.views.themes import PALETTES, contrast, ground
from tests.shell.lab import screen
from tests.shell.views.browser import Layout, laid_out, needs_browser

WIDTHS = (400, 1200)
THEMES = ("dark", "light", "solarized", "auto", "plain")
LINES = (
    "trace syscall close 99",
    "lsmod; dmesg",
    "help trace",
    'syscall write 1 "<b>&amp; \\x01\\n" 12',
    "echo <script>alert(1)</script> \x1b[31m \u2028",
    f"echo {'long' * 60}",
    "nope",
)


def exported(kind: str, theme: str, *lines: str) -> str:
    """What these lines export in a theme."""
    screen(f"theme {theme}", *(lines or LINES), f"export {kind} out.{kind} --force")
    return Path(f"out.{kind}").read_text(encoding="utf-8")


def hexed(rgb: str) -> str:
    """#rrggbb of rgb(r, g, b)."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", rgb)[:3])


@pytest.mark.parametrize("kind", ["html", "svg"])
def test_nothing_is_to_be_loaded_from_anywhere(kind: str) -> None:
    text = exported(kind, "dark").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|//|url\((?!#)|@import|@font-face|<script|<link|src=", text)


def test_a_picture_is_well_formed_whatever_was_shown() -> None:
    root = ElementTree.fromstring(exported("svg", "dark"))
    text = "\n".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")).replace("\xa0", " ")
    assert "<script>alert(1)</script>" in text
    assert "\\x1b[31m \\u2028" in text
    assert "nope: command not found" in text


@pytest.mark.parametrize("theme", PALETTES)
def test_text_without_a_role_stands_out_from_the_ground_of_a_page(theme: str) -> None:
    background, text = ground(theme)
    assert contrast(background, text) >= 7


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Layout]:
    """All pages and pictures in a browser, which takes a second to start."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        pages = {f"html {theme}": exported("html", theme) for theme in THEMES}
        pages |= {f"svg {theme}": exported("svg", theme, "trace syscall close 99", "nope") for theme in THEMES}
        screen("lesson render 3 lesson.html")
        pages["lesson"] = Path("lesson.html").read_text(encoding="utf-8")
    return laid_out(pages, WIDTHS, folder)


PAGES = [*(f"html {theme}" for theme in THEMES), *(f"svg {theme}" for theme in THEMES), "lesson"]


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_no_wider_than_the_window_and_loads_nothing(
    layouts: dict[tuple[str, int], Layout], page: str, width: int
) -> None:
    found = layouts[page, width]
    assert found.overflow <= 0
    assert 0 < found.right <= width
    assert found.loaded == []


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_page_has_the_text_in_the_colours_of_the_theme_on_its_ground(
    layouts: dict[tuple[str, int], Layout], theme: str, width: int
) -> None:
    found = layouts[f"html {theme}", width]
    for text in (
        "kshell> trace syscall close 99\n",
        "because: fd is not open\n",
        "<script>alert(1)</script>",
        "long" * 20,
    ):
        assert text in found.text
    assert hexed(found.ground) == ground(theme)[0]
    assert all(contrast(hexed(colour), hexed(found.ground)) >= 4.5 for colour in found.colours)
    palette = PALETTES[theme]
    if palette is not None:
        assert {palette.red, palette.green, palette.muted} <= set(map(hexed, found.colours))


@needs_browser
@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_has_the_colours_of_the_theme(layouts: dict[tuple[str, int], Layout], theme: str) -> None:
    found = layouts[f"svg {theme}", 1200]
    palette = PALETTES[theme]
    fills = set(map(hexed, found.fills))
    assert ground(theme)[1] in fills
    assert palette is None or {palette.red, palette.green} <= fills


@needs_browser
def test_a_page_for_a_wide_window_breaks_fewer_lines(layouts: dict[tuple[str, int], Layout]) -> None:
    assert layouts["html dark", 1200].height < layouts["html dark", 400].height
    row = "wrapper    SYSCALL_DEFINE1(close, unsigned int, fd)      di 0x63 -> fd = 99\n        return"
    assert row in layouts["html dark", 1200].text


@needs_browser
def test_a_rendered_lesson_has_its_steps_and_their_answers_folded_away(layouts: dict[tuple[str, int], Layout]) -> None:
    for width in WIDTHS:
        text = layouts["lesson", width].text
        assert "1. Six arguments" in text
        assert "Remember" in text
        assert "solution" in text
