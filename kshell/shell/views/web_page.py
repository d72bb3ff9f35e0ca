"""One HTML file that needs nothing else: its styles are in it, and nothing comes from the net."""

from __future__ import annotations

from html import escape

MONOSPACE = "Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"


def web_page(title: str, style: str, body: str) -> str:
    """The page: `style` is CSS and `body` HTML, the title plain text."""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
code, pre {{ font-family: {MONOSPACE}; }}
{style}</style></head>
<body>
{body}
</body>
</html>
"""
