"""How the prompt looks.  Colours are the terminal's own, so that they are readable on light and on dark backgrounds;
the second sheet, for NO_COLOR, says the same by weight, underline and reverse alone."""

from __future__ import annotations

from prompt_toolkit.styles import Style

COLOURED = Style.from_dict(
    {
        "prompt": "bold",
        "prompt.profile": "ansimagenta bold",
        "continuation": "ansicyan",
        "command": "bold",
        "unknown": "ansired underline",
        "call": "ansicyan bold",
        "number": "ansimagenta",
        "constant": "ansimagenta",
        "string": "ansigreen",
        "buffer": "ansigreen bold",
        "symbol": "ansicyan",
        "module": "ansimagenta",
        "option": "ansicyan",
        "separator": "bold",
        "comment": "italic",
        "unbalanced": "ansired bold reverse",
        "label": "bold underline",
        "register": "ansicyan",
        "auto-suggestion": "#808080",
        "bottom-toolbar": "noreverse bg:#303030 #e4e4e4",
        "toolbar.current": "bold underline #ffffff",
        "toolbar.dim": "#bcbcbc",
        "completion-menu": "bg:#e4e4e4 #000000",
        "completion-menu.completion": "bg:#e4e4e4 #000000",
        "completion-menu.completion.current": "noreverse bg:#005f87 #ffffff bold",
        "completion-menu.meta.completion": "bg:#d0d0d0 #000000",
        "completion-menu.meta.completion.current": "bg:#005f87 #ffffff",
        "match": "bold underline",
        "scrollbar.background": "bg:#bcbcbc",
        "scrollbar.button": "bg:#626262",
    }
)

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
