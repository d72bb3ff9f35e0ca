"""A browser without a window: pages are laid out as a reader would see them, at several widths, and measured."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here, to open a page with")
SECONDS = 120
# Each page is laid out in a frame of its width; what the reader's browser would know of it is written into the title.
MEASURE = """
addEventListener("load", () => {
  const found = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, root = page.documentElement, inner = frame.contentWindow;
    const texts = [...page.querySelectorAll("body *")].filter(e => e.textContent.trim() && e.getClientRects().length);
    const blocks = texts.filter(e => e.tagName !== "SPAN" || e.parentElement.tagName === "PRE");  // blanks may hang out
    found[frame.id] = {
      overflow: root.scrollWidth - root.clientWidth,
      right: Math.max(...blocks.map(e => e.getBoundingClientRect().right)),
      height: root.scrollHeight,
      text: page.body.innerText ?? "",
      ground: inner.getComputedStyle(page.body).backgroundColor,
      loaded: inner.performance.getEntriesByType("resource").map(e => e.name),
      colours: [...new Set(texts.map(e => inner.getComputedStyle(e).color))],
      fills: [...new Set([...page.querySelectorAll("text")].map(e => inner.getComputedStyle(e).fill))],
    };
  }
  document.title = JSON.stringify(found);
});
"""


class Layout(NamedTuple):
    """What a page came to at one width, in CSS pixels; colours are ``rgb(r, g, b)``."""

    overflow: int
    right: float
    height: int
    text: str
    ground: str
    loaded: list[str]
    colours: list[str]
    fills: list[str]


def laid_out(pages: Mapping[str, str], widths: tuple[int, ...], folder: Path) -> dict[tuple[str, int], Layout]:
    """Each page (HTML, or SVG, which becomes the body of one) at each width."""
    frames = "".join(
        f'<iframe id="{name} {width}" width="{width}" height="900" style="border: 0" srcdoc="{escape(_page(text))}">'
        "</iframe>"
        for name, text in pages.items()
        for width in widths
    )
    wrapper = folder / "wrapper.html"
    wrapper.write_text(f"<!DOCTYPE html><meta charset='utf-8'><script>{MEASURE}</script>{frames}", encoding="utf-8")
    assert CHROMIUM is not None
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom")
    done = subprocess.run([CHROMIUM, *options, wrapper.as_uri()], capture_output=True, text=True, timeout=SECONDS)
    title = re.search(r"<title>(.*?)</title>\s*(?:<script|</head)", done.stdout, re.DOTALL)
    assert title is not None, done.stderr[-2000:]
    found: dict[str, dict[str, Any]] = json.loads(unescape(title[1]))
    return {(name, width): Layout(**found[f"{name} {width}"]) for name in pages for width in widths}


def _page(text: str) -> str:
    return text if text.startswith("<!DOCTYPE") else f"<!DOCTYPE html><body style='margin: 0'>{text}</body>"
