"""Every colour of every theme can be read on its background."""

from __future__ import annotations

import pytest

from kshell.shell.views.themes import DEFAULT, PALETTES, ROLES, Palette, about, contrast, styles

LEAST, LEAST_ON_A_PROJECTOR = 4.5, 7.0


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("theme", [name for name, palette in PALETTES.items() if palette is not None])
@pytest.mark.parametrize("colour", Palette._fields[2:])
def test_a_colour_stands_out_from_each_background(theme: str, colour: str) -> None:
    palette = PALETTES[theme]
    assert palette is not None
    least = LEAST_ON_A_PROJECTOR if theme == "projector" else LEAST
    assert all(contrast(getattr(palette, colour), background) >= least for background in palette.backgrounds)


def test_where_the_background_is_not_known_both_are_thought_of() -> None:
    palette = PALETTES[DEFAULT]
    assert palette is not None
    assert set(palette.backgrounds) == {"#000000", "#ffffff"}


@pytest.mark.parametrize("theme", PALETTES)
def test_every_role_has_a_look_and_no_meaning_is_in_a_colour_that_is_not_there(theme: str) -> None:
    looks = styles(theme)
    assert looks.keys() == ROLES.keys()
    assert about(theme)
    if theme == "plain":
        assert not any("#" in look for look in looks.values())
        assert looks["error"] == "bold"
    else:
        assert looks["error"].startswith("bold #")
