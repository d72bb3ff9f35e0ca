"""Settings of the prompt: where they are kept, what they are, and how a mistake in them is told.

The file is optional and never written unasked; every mistake in it leaves that setting at its default.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from kshell.shell.own_files import read_whole
from kshell.shell.views.themes import DEFAULT, PALETTES

DEFAULT_TEXT = """\
# kshell's prompt. Every line is optional; these are the defaults.

keys = "emacs"     # "emacs" or "vi"
menu = true        # completions pop up while you type; else Tab shows them
suggestion = true  # an earlier line in grey; the right arrow takes it
toolbar = true     # the bottom line: the call being typed, or the kernel
theme = "auto"     # colours for your background: theme lists them
pager = true       # a result higher than the screen: by $PAGER, or less
colour = true      # false: bold and underlined only, as by NO_COLOR
history = true     # remember lines, and the last sessions (kshell --resume)
"""

LARGEST = 8 << 10  # bytes; what is longer was not meant to be this file
LONGEST_REASON = 80
_KEYS = ("emacs", "vi")
_SWITCHES = ("menu", "suggestion", "toolbar", "pager", "colour", "history")
_SYNONYMS = {"color": "colour", "suggestions": "suggestion", "completion": "menu", "mode": "keys"}


class Config:
    """The settings; `problem` is a sentence about what was wrong in the file, "" if nothing was."""

    __slots__ = ("colour", "history", "keys", "menu", "pager", "problem", "suggestion", "theme", "toolbar")

    def __init__(self) -> None:
        self.keys, self.theme = "emacs", DEFAULT
        self.menu = self.suggestion = self.toolbar = self.pager = self.colour = self.history = True
        self.problem = ""


def _home(env: Mapping[str, str]) -> str:
    return env.get("HOME") or os.path.expanduser("~")


def config_folder(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Where this platform keeps a program's settings."""
    return os.path.join(_base(env, platform, "XDG_CONFIG_HOME", ".config"), "kshell")


def state_folder(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Where this platform keeps what a program remembers by itself: the history."""
    return os.path.join(_base(env, platform, "XDG_STATE_HOME", os.path.join(".local", "state")), "kshell")


def _base(env: Mapping[str, str], platform: str, variable: str, default: str) -> str:
    if platform == "win32":
        return env.get("APPDATA") or os.path.join(_home(env), "AppData", "Roaming")
    if platform == "darwin":
        return os.path.join(_home(env), "Library", "Application Support")
    chosen = env.get(variable, "")
    return chosen if os.path.isabs(chosen) else os.path.join(_home(env), default)  # a relative one is to be ignored


def config_path() -> str:
    """The file of settings."""
    return os.path.join(config_folder(), "config.toml")


def history_path() -> str:
    """The file of lines typed in earlier sessions."""
    return os.path.join(state_folder(), "history")


def keep_theme(theme: str, path: str | None = None) -> str:
    """Note a theme in the file, in the place of the one that stands there; returns its path.  OSError."""
    path = path or config_path()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    text = ""
    if os.path.isfile(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(LARGEST)
    line = f'theme = "{theme}"'
    lines = text.split("\n")
    at = next((n for n, each in enumerate(lines) if each.split("=")[0].strip() == "theme"), None)
    if at is not None:
        comment = lines[at].partition("#")[1:]
        lines[at] = f"{line}  {''.join(comment)}".rstrip()
    else:
        lines.insert(0, line)
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write("\n".join(lines).rstrip("\n") + "\n")
    return path


def write_default(path: str | None = None) -> str:
    """Make the commented file, for somebody who asked for it; returns its path.  OSError, also where it exists."""
    path = path or config_path()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "x", encoding="utf-8") as file:
        file.write(DEFAULT_TEXT)
    return path


def shortened(path: str) -> str:
    """A path as people write it: ``~`` for their own folder."""
    home = _home(os.environ)
    return "~" + path[len(home) :] if home != os.sep and path.startswith(home + os.sep) else path


def load(path: str | None = None) -> Config:
    """The settings in the file; defaults where there is none, or where something in it is wrong."""
    path = path or config_path()
    config = Config()
    name = shortened(path)
    try:
        data = read_whole(path, LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return config
    except OSError as error:
        config.problem = f"{name}: {error.strerror}; the defaults are used"
        return config
    import tomllib

    try:
        settings = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        config.problem = f"{name}: not UTF-8 text; the defaults are used"
    except (ValueError, RecursionError) as error:  # of tomllib's own, of a number of too many digits, of deep nesting
        config.problem = f"{name}: not TOML: {_reason(error)}; the defaults are used"
    else:
        problems = [problem for key, value in settings.items() if (problem := _set(config, key, value))]
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            config.problem = f"{name}: {problems[0]}{more}; the default is used"
    return config


def _set(config: Config, key: str, value: Any) -> str:
    """Take one setting over; returns what is wrong with it, "" if nothing is."""
    name = _SYNONYMS.get(key, key)
    if name == "keys":
        if value not in _KEYS:
            return f'{key} is "emacs" or "vi", not {_shown(value)}'
        config.keys = value
    elif name == "theme":
        if value not in PALETTES:
            return f"{key} is one of {', '.join(PALETTES)}, not {_shown(value)}"
        config.theme = value
    elif name in _SWITCHES:
        if not isinstance(value, bool):
            return f"{key} is true or false, not {_shown(value)}"
        setattr(config, name, value)
    else:
        from kshell.abi.did_you_mean import did_you_mean

        close = did_you_mean(key, ("keys", "theme", *_SWITCHES))
        return f"unknown setting {ascii(key)[1:-1]}" + (f", did you mean {close[0]}?" if close else "")
    return ""


def _reason(error: Exception) -> str:
    """What an exception says, in a line."""
    text = str(error)
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 3] + "..."


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else ascii(value).replace("'", '"')
    return text if len(text) <= 40 else text[:37] + "..."
