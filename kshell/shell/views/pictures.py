"""A session as a page (HTML) and as a picture (SVG), in the colours of a theme on its ground."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from kshell.shell.views.record import Shown
from kshell.shell.views.render import drawn, terminal_theme
from kshell.shell.views.themes import DARK, ground, is_for_any
from kshell.shell.views.view import Line
from kshell.shell.views.web_page import MONOSPACE, web_page

TITLE = "kshell session"
SPARE = 6  # columns beside the text
STYLE = """\
body {{ margin: 0; background: {background}; color: {foreground}; print-color-adjust: exact; }}
pre {{ font-size: 14px; line-height: 1.45; max-width: {width}ch; margin: 0 auto; padding: 1.5rem 1rem;
      white-space: pre-wrap; overflow-wrap: anywhere; }}
pre > span {{ display: inline-block; width: 100%; box-sizing: border-box; padding-left: 4ch; text-indent: -4ch; }}
"""
IN_THE_DARK = """\
@media (prefers-color-scheme: dark) {{ body {{ background: {background}; color: {foreground}; }} }}
"""
# What stands between braces is filled in by rich, which places each piece of text; FONTS and GROUND are by us.
PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
text {{ font-family: FONTS; font-size: {char_height}px; }}
{styles}
</style>
<defs>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="GROUND"/>
<g transform="translate(21, 36)">
{backgrounds}
{matrix}
</g>
</svg>
"""


def parted(commands: Sequence[Shown]) -> list[Line]:
    """The lines of all, with an empty one between two commands."""
    return list(chain.from_iterable([[], *command.all_lines] for command in commands))[1:]


def html(commands: Sequence[Shown], width: int, theme: str) -> str:
    """A page that fits a telephone, too; where a theme is for any background the reader's settings choose it."""
    background, foreground = ground(theme)
    style = STYLE.format(background=background, foreground=foreground, width=width + SPARE)
    if is_for_any(theme):
        style += IN_THE_DARK.format(background=DARK[0], foreground=DARK[1])
    console = drawn(parted(commands), width, theme)
    code = console.export_html(theme=terminal_theme(theme), code_format="{code}", inline_styles=True)
    lines = "\n".join(f"<span>{line}</span>" for line in code.rstrip("\n").split("\n"))  # no style goes beyond one
    return web_page(TITLE, style, f"<pre>{lines}</pre>")


def svg(commands: Sequence[Shown], width: int, theme: str) -> str:
    """A picture for slides, by the fonts of whoever looks at it; its letters stand in columns whatever these are."""
    template = PICTURE.replace("FONTS", MONOSPACE).replace("GROUND", ground(theme)[0])
    console = drawn([*parted(commands), []], width + 2, theme)
    return console.export_svg(theme=terminal_theme(theme), code_format=template, unique_id="kshell")
