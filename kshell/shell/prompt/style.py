"""How the prompt looks: in the colours of a theme, or, for NO_COLOR, by weight, underline and reverse alone."""

from __future__ import annotations

from functools import cache

from prompt_toolkit.styles import Style

from kshell.shell.views.themes import styles

# What stands on a ground of its own, whatever the terminal's is.
_ON_GROUND = {
    "bottom-toolbar": "noreverse bg:#303030 #e4e4e4",
    "toolbar.current": "bold underline #ffffff",
    "toolbar.dim": "#bcbcbc",
    "completion-menu": "bg:#e4e4e4 #000000",
    "completion-menu.completion": "bg:#e4e4e4 #000000",
    "completion-menu.completion.current": "noreverse bg:#005f87 #ffffff bold",
    "completion-menu.meta.completion": "bg:#d0d0d0 #000000",
    "completion-menu.meta.completion.current": "bg:#005f87 #ffffff",
    "scrollbar.background": "bg:#bcbcbc",
    "scrollbar.button": "bg:#626262",
}
# The rest looks as a role of the views does; behind a blank, with more weight.
_LIKE = {
    "prompt.profile": "module bold",
    "continuation": "symbol",
    "unknown": "error underline",
    "call": "symbol bold",
    "number": "module",
    "constant": "module",
    "string": "string",
    "buffer": "string bold",
    "symbol": "symbol",
    "module": "module",
    "option": "symbol",
    "unbalanced": "error reverse",
    "register": "symbol",
    "auto-suggestion": "dim",
}
_WEIGHT = {
    "prompt": "bold",
    "command": "bold",
    "separator": "bold",
    "comment": "italic",
    "label": "bold underline",
    "match": "bold underline",
}


@cache
def coloured(theme: str) -> Style:
    """How the prompt looks in a theme."""
    looks = styles(theme)
    like = {name: " ".join([looks[role], *more]) for name, (role, *more) in ((n, t.split()) for n, t in _LIKE.items())}
    return Style.from_dict({**_WEIGHT, **like, **_ON_GROUND})


PLAIN = Style.from_dict(
    {
        "prompt": "bold",
        "prompt.profile": "bold",
        "command": "bold",
        "unknown": "underline",
        "call": "bold",
        "unbalanced": "reverse",
        "label": "underline",
        "comment": "italic",
        "auto-suggestion": "italic",
        "bottom-toolbar": "reverse",
        "toolbar.current": "bold underline",
        "completion-menu.completion.current": "noreverse bold underline",
        "completion-menu.completion": "reverse",
        "completion-menu.meta.completion": "reverse",
        "completion-menu.meta.completion.current": "noreverse bold underline",
        "match": "bold",
    }
)
