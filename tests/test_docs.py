"""What the documentation says of the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.kbuild.tree.new_tree import new_tree
from tests.test_architecture import EVENING

ROOT = Path(__file__).parent.parent
SUFFIXES = ("py", "s", "c", "h", "o")  # of files, which are no names in a module
PAGES = sorted((ROOT / "docs").glob("*.md"))


def test_the_reading_order_names_every_file_of_the_evening() -> None:
    text = (ROOT / "docs" / "reading-order.md").read_text(encoding="utf-8")
    files = [path.relative_to(ROOT / "kshell").as_posix() for path in (ROOT / "kshell" / "kernel").rglob("*.py")]
    evening = [name for name in files if name.split("/")[1] in (*EVENING, "kernel.py")]
    assert [name for name in evening if "__init__" not in name and f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_path_that_a_page_names_is_there(page: Path, tmp_path: Path) -> None:
    named = re.findall(r"`((?:[a-z_]+/)+[\w.]*)`", page.read_text(encoding="utf-8"))
    new_tree(str(tmp_path / "test_kernel"))
    tops = (ROOT, ROOT / "kshell", ROOT / "kshell" / "kernel", tmp_path, tmp_path / "test_kernel")
    assert [path for path in named if not any((top / path).exists() for top in tops)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_name_of_a_module_that_a_page_gives_is_defined_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for module, name in re.findall(r"`(\w+)\.(\w+)`", text):
        for path in (ROOT / "kshell" / "kernel").rglob(f"{module}.py") if name not in SUFFIXES else ():
            assert re.search(rf"^\s*(?:def|class) {name}\b|^{name}\b", path.read_text(encoding="utf-8"), re.M), name
