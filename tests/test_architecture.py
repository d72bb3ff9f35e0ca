"""The house's walls: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "kshell"
# Each room may import only from rooms before it, and from itself.
ORDER = (
    "abi",
    "assembler",
    "machine",
    "kernel",
    "strace",
    "linux",
    "cc",
    "modules",
    "kbuild",
    "shell",
    "lesson",
    "__main__",
)
# Walls that are not up yet: the kernel still compiles text, and the entry still decodes for strace.
STILL_OPEN = {
    "kernel/boot/vmlinux.py",
    "kernel/entry/entry.py",
    "kernel/module/load.py",
    "kernel/module/struct_module.py",
    "kernel/module/unload.py",
}
FILES = sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> list[tuple[str, int]]:
    """Every module that a file imports, at the top or inside a function, with the line."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: say the whole name, no dots"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def room(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "kshell" else None


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_from_rooms_to_its_left(path: Path) -> None:
    here = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if here not in ORDER:
        assert here == "__init__"
        return
    if str(path.relative_to(ROOT)) in STILL_OPEN:
        return
    for name, line in imports(path):
        there = room(name)
        if there in ORDER:
            assert ORDER.index(there) <= ORDER.index(here), f"{path}:{line}: {here} must not import {name}"


def test_only_one_file_imports_the_console_of_rich() -> None:
    found = {p.name for p in FILES for name, _ in imports(p) if name.startswith("rich")}
    assert found <= {"render.py"}


def test_only_the_prompt_imports_prompt_toolkit() -> None:
    found = {p.parent for p in FILES for name, _ in imports(p) if name.split(".")[0] == "prompt_toolkit"}
    assert found == {ROOT / "shell" / "prompt"}


def test_only_the_machine_imports_the_emulator_and_its_companions() -> None:
    found = {
        p.relative_to(ROOT).parts[0]
        for p in FILES
        for name, _ in imports(p)
        if name.split(".")[0] in ("unicorn", "keystone", "capstone")
    }
    assert found == {"machine", "assembler"}


def test_every_public_thing_of_the_kernel_says_what_it_promises() -> None:
    missing = []
    for path in FILES:
        if path.relative_to(ROOT).parts[0] not in ("abi", "machine", "kernel", "linux.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                name = getattr(node, "name", path.name)
                nested = isinstance(node, ast.FunctionDef) and not _is_top(path, node)
                if not name.startswith("_") and not nested and ast.get_docstring(node) is None:
                    missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert not missing, "\n".join(missing)


def _is_top(path: Path, function: ast.FunctionDef) -> bool:
    """Whether a function stands at the top level of a file or of a class, and is no visit_ method of a tree walker."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))
    homes = [tree.body, *(node.body for node in classes)]
    found = any(
        isinstance(child, ast.FunctionDef) and (child.name, child.lineno) == (function.name, function.lineno)
        for home in homes
        for child in home
    )
    return found and not function.name.startswith("visit_")
