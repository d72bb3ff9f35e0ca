"""The text of a step, written in Markdown, as lines of a screen."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kshell.shell.views.view import Line, Span
from kshell.shell.views.wrapping import wrapped

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

WIDEST = 88  # columns: longer lines are hard to read
NARROWEST = 30
ROLES = {"code_inline": "hint", "strong": "name", "em": "comment"}


@cache
def reader() -> MarkdownIt:
    """What reads Markdown: no HTML in it, no links that lead to the net by themselves."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False})


def prose(text: str, width: int | None = None, lead: Span | None = None) -> list[Line]:
    """The lines of a Markdown text for a screen of `width` columns (80 where nobody says); `lead` stands before it."""
    room = max(min(width or 80, WIDEST), NARROWEST)
    lines: list[Line] = []
    indents: list[str] = []
    marker = ""
    for token in reader().parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
            indents.append("   " if token.type == "ordered_list_open" else "  ")
        elif token.type in ("bullet_list_close", "ordered_list_close", "blockquote_close"):
            indents.pop()
        elif token.type == "list_item_open":
            marker = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "inline":
            if lines and not marker and not token.hidden and lines[-1]:
                lines.append([])
            spans = _spans(token) if lead is None else [lead, (" ", ""), *_spans(token)]
            lines += wrapped(spans, room, "".join(indents), marker)
            marker, lead = "", None
        elif token.type in ("fence", "code_block"):
            code = [[("    ", ""), (line, "hint")] for line in token.content.rstrip("\n").split("\n")]
            lines += [[], *code, []]
        elif token.type in ("paragraph_close", "heading_close", "bullet_list_close", "ordered_list_close"):
            continue
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _spans(inline: Token) -> list[Span]:
    """The pieces of a paragraph, each with its role."""
    found: list[Span] = []
    role = ""
    for token in inline.children or ():
        if token.type in ("strong_open", "em_open"):
            role = ROLES[token.type.removesuffix("_open")]
        elif token.type in ("strong_close", "em_close"):
            role = ""
        elif token.type in ("softbreak", "hardbreak"):
            found.append((" ", role))
        elif token.content:
            code = token.type == "code_inline"  # its marks stay: colour is not everywhere
            found.append((f"`{token.content}`" if code else token.content, ROLES.get(token.type, role)))
    return found
