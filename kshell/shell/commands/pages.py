"""Where the documentation and the lessons are: beside the package in a checkout, inside it in an installed kshell."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent.parent.parent


def documentation(name: str) -> str:
    """The path of a page of docs/, as it can be typed in the folder that kshell was started in."""
    return _typed(_folder("docs") / name)


def lesson_folder() -> Path:
    """Where kshell's own lessons are."""
    return _folder("lessons")


def _folder(name: str) -> Path:
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def _typed(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
