"""The promise that nothing of a student's source is executed by Python: there is no way to it in the whole product."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kshell.api import boot

KSHELL = Path(__file__).parent.parent / "kshell"
WAYS = ("exec", "eval", "compile", "__import__", "import_module", "exec_module", "run_path", "run_module", "execfile")
# kshell's own files, found by their names: a command's, and those of the system calls, by either way in.
OWN = ("shell/commands/registry.py", "kernel/syscalls/__init__.py", "kernel/ia32/placement.py")
# Each says something where Python would run it: at the top, in a default, in an annotation, above a function.
SPIES = (
    "open({path!r}, 'w')\n",
    "def f(k: Kernel, n: int = open({path!r}, 'w')) -> int:\n    return n\n",
    "def f(k: Kernel, n: open({path!r}, 'w')) -> int:\n    return n\n",
    "@open({path!r}, 'w')\ndef f(k: Kernel) -> int:\n    return 0\n",
    "x: open({path!r}, 'w') = 1\n",
    "class c(open({path!r}, 'w')):\n    pass\n",
    "class c(Struct):\n    x: Int = open({path!r}, 'w')\n",
    "import antigravity\n",
    "MODULE_LICENSE(open({path!r}, 'w'))\n",
    "def f(k: Kernel) -> int:\n    return Int(open({path!r}, 'w'))\nmodule_init(f)\n",
)


def calls(path: Path) -> list[str]:
    """The calls in a file that could execute a text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [each.func for each in ast.walk(tree) if isinstance(each, ast.Call)]
    return [each.id for each in named if isinstance(each, ast.Name) and each.id in WAYS] + [
        each.attr
        for each in named
        if isinstance(each, ast.Attribute)
        and each.attr in WAYS
        and ast.unparse(each.value) in ("builtins", "importlib")
    ]


def test_no_file_of_kshell_can_execute_a_text() -> None:
    found = {path.relative_to(KSHELL).as_posix(): calls(path) for path in KSHELL.rglob("*.py")}
    assert {name for name, ways in found.items() if ways} == set(OWN)
    assert {way for name in OWN for way in found[name]} == {"import_module"}


@pytest.mark.parametrize("command", ["insmod m.py", "cc m.py", "cc m.py -o m.ko", "modinfo m.py"])
@pytest.mark.parametrize("spy", SPIES)
def test_a_source_that_would_write_a_file_writes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spy: str, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "from kshell.linux import *\n" + spy.format(path="written")
    (tmp_path / "m.py").write_text(text, encoding="utf-8")
    assert boot().execute(command)["status"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["m.py"]
