"""Which header declares a name: read from the texts of the headers, which are never executed."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / "linux"
ROOMS = ("kshell.linux",)  # `from kshell.linux.slab import kmalloc`
SHARED = re.compile(r"^from kshell\.abi\.(\w+) import \*$", re.MULTILINE)  # which the kernel has, too
SPELLED = {"c_types": "types", "struct": "types"}  # what such a file calls C's types, and the header that has them
DECLARED = re.compile(r"^(?:def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = |^(\w+): ", re.MULTILINE)


def header_in(module: str) -> str | None:
    """The header that an import names ("" for all of them), None where it is no header at all."""
    for room in ROOMS:
        if module == room:
            return ""
        if module.startswith(f"{room}."):
            return module.removeprefix(f"{room}.")
    return None


@lru_cache(maxsize=1)
def texts() -> dict[str, str]:
    """The text of each header, by its name."""
    files = sorted(FOLDER.glob("*.py"))
    return {file.stem: _with_shared(file.read_text(encoding="utf-8")) for file in files if file.stem != "__init__"}


def path_of(header: str) -> str:
    """The file of a header."""
    return str(FOLDER / f"{header}.py")


def _with_shared(text: str) -> str:
    files = (FOLDER.parent / "abi" / f"{name}.py" for name in SHARED.findall(text))
    return text + "".join(file.read_text(encoding="utf-8") for file in files)


def own_lines(header: str) -> int:
    """How many lines of its text are its own."""
    return (FOLDER / f"{header}.py").read_text(encoding="utf-8").count("\n")


@lru_cache(maxsize=1)
def _headers_of_shared() -> dict[str, str]:
    """The header that has what a shared file declares."""
    files = sorted(FOLDER.glob("*.py"))
    return SPELLED | {name: file.stem for file in files for name in SHARED.findall(file.read_text(encoding="utf-8"))}


def header_within(module: str) -> str | None:
    """The header that an import in a header means; shared files, too, name one another."""
    room, _, name = module.rpartition(".")
    return _headers_of_shared().get(name) if room == "kshell.abi" else header_in(module)


@lru_cache(maxsize=1)
def index() -> dict[str, str]:
    """The header of each name."""
    found: dict[str, str] = {}
    for header, text in texts().items():
        for match in DECLARED.finditer(text):
            name = match[1] or match[2] or match[3]
            if not name.startswith("_") or name.startswith("__"):
                found.setdefault(name, header)
    return found


def header_of(name: str) -> str:
    """The header that declares a name, "" if none does."""
    return index().get(name, "")
