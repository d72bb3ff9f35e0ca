"""In which line of a TOML text a key stands; the library that reads TOML does not tell."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(?:#.*)?\Z")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_QUOTES = re.compile(r'"""|\'\'\'')


class TomlLines:
    """The lines of a text.  A path is what leads to a key: ("step", 2, "wrong", 0, "say")."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        here: Path = ()
        counts: dict[Path, int] = {}
        inside = ""  # the quotes of the text over several lines that we are in
        for number, line in enumerate(text.split("\n"), 1):
            if not inside:
                header, key = _HEADER.match(line), _KEY.match(line)
                if header is not None:
                    here = self._entered(header[2].split("."), header[1] == "[[", counts)
                    self._lines.setdefault(here, number)
                elif key is not None:
                    self._lines.setdefault((*here, key[1]), number)
            for quotes in _QUOTES.findall(line):
                inside = "" if inside == quotes else inside or quotes

    def _entered(self, names: list[str], is_array: bool, counts: dict[Path, int]) -> Path:
        """Where a header leads: into the last table of each array on the way, or into a new one."""
        here: Path = ()
        for at, name in enumerate(names):
            here = (*here, name)
            if is_array and at == len(names) - 1:
                counts[here] = counts.get(here, -1) + 1
            if here in counts:
                here = (*here, counts[here])
        return here

    def of(self, path: Path, otherwise: int = 1) -> int:
        """The line of a key or table; `otherwise` where that is not known."""
        return self._lines.get(path, otherwise)
