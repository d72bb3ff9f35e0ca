"""Themes: what each role looks like, by a palette and by weight.  Nothing here knows how a style is put on a screen.

Every colour of a palette stands out from its background by a contrast of at least 4.5 to 1 (7 for a projector), as
WCAG 2 measures it.  Where nobody knows the background, "auto" has colours that do so on black and on white.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Palette(NamedTuple):
    """Seven colours for backgrounds like those named; `about` says for whom.  A page has the first of these."""

    about: str
    backgrounds: tuple[str, ...]
    muted: str
    red: str
    green: str
    yellow: str
    blue: str
    magenta: str
    cyan: str


DEFAULT, PLAIN = "auto", "plain"
LIGHT, DARK = ("#ffffff", "#1a1a1a"), ("#000000", "#e8e8e8")  # a page by daylight and in the dark: ground and text
PALETTES: dict[str, Palette | None] = {
    "auto": Palette(
        "for any background: readable on black and on white",
        ("#ffffff", "#000000"),
        *("#767676", "#ec0000", "#008900", "#8a7400", "#5f5fff", "#d700af", "#00838f"),
    ),
    "dark": Palette(
        "for a dark background",
        ("#000000", "#1e1e1e"),
        *("#a0a0a0", "#ff6b68", "#7ec97e", "#e5c07b", "#7aa8ff", "#e08ae0", "#56c8d8"),
    ),
    "light": Palette(
        "for a light background",
        ("#ffffff", "#f5f5f5"),
        *("#5f5f5f", "#b80000", "#00660a", "#735300", "#0038c7", "#8a0089", "#006272"),
    ),
    "projector": Palette(
        "light, with the highest contrast, for a room that is not dark",
        ("#ffffff",),
        *("#3d3d3d", "#8f0000", "#004d07", "#553d00", "#001f8f", "#660066", "#004552"),
    ),
    "solarized": Palette(
        "for Solarized Dark",
        ("#002b36", "#073642"),
        *("#a3b3b3", "#ff7b72", "#a5b800", "#dcae2d", "#6cb6f5", "#f28cc0", "#4fc4b8"),
    ),
    "colour-blind": Palette(
        "for a dark background, in colours that differ for everybody",
        ("#000000", "#1e1e1e"),
        *("#b0b0b0", "#ff8040", "#35c9a0", "#f0e442", "#56b4e9", "#e39ac4", "#9ad0f5"),
    ),
    PLAIN: None,  # bold and underlined alone: for screen readers, and for any terminal
}
ABOUT_PLAIN = "no colours: bold and underlined alone, also for screen readers"
_BOLD, _LINE, _SLANT = "bold", "underline", "italic"
# What each role is made of: weights, and the name of a colour.
ROLES: dict[str, tuple[str, ...]] = {
    "address": ("cyan",),
    "bytes": ("muted",),
    "caret": (_BOLD, "red"),
    "comment": (_SLANT, "muted"),
    "dim": ("muted",),
    "errno": (_BOLD, "red"),
    "error": (_BOLD, "red"),
    "good": (_BOLD, "green"),
    "heading": (_BOLD, _LINE),
    "hint": ("green",),
    "instruction": ("yellow",),
    "level0": (_BOLD, "reverse", "red"),
    "level1": (_BOLD, "red"),
    "level2": (_BOLD, "red"),
    "level3": ("red",),
    "level4": ("yellow",),
    "level5": (),
    "level6": (),
    "level7": ("muted",),
    "module": ("magenta",),
    "name": (_BOLD,),
    "note": ("yellow",),
    "number": ("blue",),
    "ring0": (_BOLD, "magenta"),
    "ring3": (_BOLD, "green"),
    "string": ("green",),
    "symbol": ("cyan",),
}


@cache
def styles(theme: str) -> dict[str, str]:
    """How each role looks: weights and a colour, with blanks between them, as rich and prompt_toolkit read them."""
    palette = PALETTES[theme]
    colours = palette._asdict() if palette is not None else {}
    return {
        role: " ".join(colours.get(part, "") if part in Palette._fields else part for part in parts).strip()
        for role, parts in ROLES.items()
    }


def colours(theme: str) -> tuple[str, ...]:
    """The six colours of a terminal, red to cyan, as a theme for a known background has them; else none."""
    palette = PALETTES[theme]
    if palette is None or theme == DEFAULT:
        return ()
    return palette.red, palette.green, palette.yellow, palette.blue, palette.magenta, palette.cyan


def is_for_any(theme: str) -> bool:
    """Whether a theme is for a background that nobody knows."""
    return theme == DEFAULT or PALETTES[theme] is None


def ground(theme: str) -> tuple[str, str]:
    """The background of a page in a theme, and the colour of text that has no role (#rrggbb)."""
    palette = PALETTES[theme]
    background = palette.backgrounds[0] if palette is not None else LIGHT[0]
    text = max((LIGHT[1], DARK[1]), key=lambda colour: contrast(background, colour))
    return background, text


def about(theme: str) -> str:
    """For whom a theme is."""
    palette = PALETTES[theme]
    return ABOUT_PLAIN if palette is None else palette.about


def contrast(one: str, other: str) -> float:
    """How much two colours (#rrggbb) differ in brightness: from 1, not at all, to 21 (WCAG 2's contrast ratio)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
