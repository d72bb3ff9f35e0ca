"""The house's walls: who may import whom, and how long a function or a file may be.

Every import counts: late ones, those under TYPE_CHECKING, and import_module("...").
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent / "kshell"
# Each room may import only from rooms before it, and from itself.
ROOMS = (
    *(
        "abi",
        "assembler",
        "machine",
        "kernel",
        "strace",
        "linux",
        "include",
        "cc",
        "modules",
        "kbuild",
        "shell",
        "lesson",
    ),
    *("api", "__main__"),
)
# The same inside the kernel.
FLOORS = (
    *("core", "trace", "sched", "mm", "fs", "task", "report", "vdso", "mappings", "signal", "time", "process"),
    *("syscalls", "files", "entry", "ia32", "lib", "elf", "module", "init_module", "link", "debug", "proc", "boot"),
)
# What is read in an evening, and how many lines that may be; the other floors are appendices.
EVENING = ("core", "mm", "fs", "task", "syscalls", "entry", "module", "boot")
EVENING_LINES = 8000
# And inside the shell, where some are files; its __init__ says what each is.
SHELL = (
    *("errors", "limits", "command_line", "views", "host_files", "host_trouble", "own_files", "machine_files", "lines"),
    *("settings", "streams", "replay", "state", "trees", "modules", "calls", "programs", "diagrams", "debugger"),
    *("oopses", "costs", "present", "commands", "engine", "session", "prompt"),
)
# What changes a kernel from outside, and so must be noted before it is done.
DOORS = (
    *("boot.start.boot", "entry.exec.run_stub", "entry.exec.load_program", "entry.exec.revive_shell_task"),
    *("entry.run.run_program", "entry.run.run_task", "module.load.load_module", "module.unload.delete_module"),
    *("task.task.Task", "task.task.do_exit", "task.task.release_task", "mm.fault.handle_mm_fault"),
    *("mm.uaccess.copy_from_user", "mm.uaccess.copy_to_user", "mm.uaccess.strncpy_from_user"),
)
# The one file that declares names forward: what it imports under TYPE_CHECKING goes upwards, and is not counted.
FORWARD = "kshell.kernel.kernel"
LARGEST_CIRCLE = 3


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {dotted(path): path for path in sorted(ROOT.rglob("*.py")) if "template" not in path.parts}


@cache
def tree_of(name: str) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


@cache
def imports(name: str, forward: bool = True) -> list[tuple[str, int]]:
    """Every name that a file imports, with the line; of import_module the text as far as it is known."""
    found = []
    for node in ast.walk(tree_of(name) if forward else _without_forward()):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: say the whole name, no dots"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith("import_module"):
            first = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            if isinstance(first, ast.Constant):
                found.append((str(first.value).rstrip("."), node.lineno))
    return found


def file_of(name: str) -> str | None:
    """The file that an imported name is in: the name itself, or what it was taken from."""
    return name if name in FILES else name.rpartition(".")[0] if name.rpartition(".")[0] in FILES else None


def position(order: tuple[str, ...], name: str, depth: int) -> int | None:
    """Where a dotted name stands in an order of rooms; `depth` is which of its parts is the room's name."""
    parts = name.split(".")
    return order.index(parts[depth]) if len(parts) > depth and parts[depth] in order else None


def wrong_ways(order: tuple[str, ...], room: str) -> list[str]:
    """What the files of a room import from what stands behind them in `order`, or that they have no place there."""
    depth, found = room.count(".") + 1, []
    for name in FILES:
        if not name.startswith(f"{room}.") or (name == FORWARD and order is FLOORS):
            continue
        here = position(order, name, depth)
        if here is None:
            found.append(f"{name}: where does that stand?")
            continue
        for other, line in imports(name):
            there = position(order, other, depth) if other.startswith(f"{room}.") else None
            if there is not None and there > here:
                found.append(f"{name}:{line}: must not import {other}")
    return found


def test_a_file_imports_only_from_rooms_to_its_left() -> None:
    assert not wrong_ways(ROOMS, "kshell")


def test_a_file_of_the_kernel_imports_only_from_floors_below() -> None:
    assert not wrong_ways(FLOORS, "kshell.kernel")


def test_a_file_of_the_shell_imports_only_from_what_stands_before_it() -> None:
    assert not wrong_ways(SHELL, "kshell.shell")


def test_the_shell_changes_a_kernel_by_deeds_alone() -> None:
    doors = {f"kshell.kernel.{door}" for door in DOORS}
    shell = [name for name in FILES if name.startswith(("kshell.shell.", "kshell.strace."))]
    found = {(name, other) for name in shell for other, _ in imports(name) if other in doors}
    others = {(name, other) for name, other in found if not name.startswith("kshell.shell.replay.")}
    assert others == {("kshell.shell.state.context", "kshell.kernel.boot.start.boot")}
    assert {other for _, other in found} >= {f"kshell.kernel.{door}" for door in DOORS[:4]}


def test_what_is_declared_forward_is_never_imported() -> None:
    floors = {name.split(".")[2] for name, _ in imports(FORWARD, forward=False) if name.startswith("kshell.kernel.")}
    assert floors == {"core"}


def _without_forward() -> ast.Module:
    """kernel.py without what it declares forward."""
    body = tree_of(FORWARD).body
    forward = [node for node in body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    assert len(forward) == 1
    return ast.Module([node for node in body if node not in forward], [])


def circles() -> list[list[str]]:
    """The groups of files that import each other (strongly connected components, by Tarjan's algorithm)."""
    graph = {
        name: {file for other, _ in imports(name, name != FORWARD) if (file := file_of(other)) and file != name}
        for name in FILES
    }
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in number:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == number[name]:
            at = stack.index(name)
            found.append(stack[at:])
            del stack[at:]

    for name in graph:
        if name not in number:
            visit(name)
    return [sorted(part) for part in found if len(part) > 1]


def test_no_circle_of_imports_is_large() -> None:
    too_large = [part for part in circles() if len(part) > LARGEST_CIRCLE]
    assert not too_large, "\n".join(f"{len(part)}: {' '.join(part)}" for part in too_large)


def importers(package: str) -> set[str]:
    """The files that import a package or something of it."""
    return {name for name in FILES for other, _ in imports(name) if other.split(".")[0] == package}


def test_only_one_file_imports_rich() -> None:
    assert importers("rich") == {"kshell.shell.views.render"}


def test_only_the_prompt_imports_prompt_toolkit() -> None:
    found = importers("prompt_toolkit")
    assert found
    assert all(name.startswith("kshell.shell.prompt.") for name in found), found


def test_only_the_machine_and_the_assembler_import_the_emulator_and_its_companions() -> None:
    found = {name.split(".")[1] for package in ("unicorn", "keystone", "capstone") for name in importers(package)}
    assert found == {"machine", "assembler"}


def test_no_part_of_the_machine_needs_the_assembler_and_only_the_machine_knows_the_quirks() -> None:
    found = [(name, other) for name in FILES for other, _ in imports(name)]
    assert not [name for name, other in found if name.startswith("kshell.machine") and "kshell.assembler" in other]
    knowing = {name for name, other in found if other.startswith("kshell.machine.quirks")}
    assert all(name.startswith("kshell.machine.") for name in knowing), knowing


def test_every_public_thing_of_the_kernel_says_what_it_promises() -> None:
    missing = []
    for name in FILES:
        tree = tree_of(name)
        if position(("abi", "assembler", "machine", "kernel", "strace", "linux", "include", "cc"), name, 1) is None:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                what = getattr(node, "name", name)
                nested = isinstance(node, ast.FunctionDef) and not _is_top(tree, node)
                if not what.startswith("_") and not nested and ast.get_docstring(node) is None:
                    missing.append(f"{name}: {what}")
    assert not missing, "\n".join(missing)


def _is_top(tree: ast.Module, function: ast.FunctionDef) -> bool:
    """Whether a function stands at the top level of a file or of a class, and is no visit_ method of a tree walker."""
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))
    homes = [tree.body, *(node.body for node in classes)]
    found = any(function is child for home in homes for child in home)
    return found and not function.name.startswith("visit_")


def test_no_function_is_longer_than_fifty_lines_and_no_file_than_three_hundred() -> None:
    functions = [
        (name, node) for name in FILES for node in ast.walk(tree_of(name)) if isinstance(node, ast.FunctionDef)
    ]
    long = [f"{name}: {node.name}" for name, node in functions if (node.end_lineno or 0) - node.lineno >= 50]
    long += [name for name, path in FILES.items() if path.read_text(encoding="utf-8").count("\n") > 300]
    assert not long


def test_the_evening_is_no_longer_than_an_evening() -> None:
    rooms = (FORWARD, *(f"kshell.kernel.{floor}" for floor in EVENING))
    files = [path for name, path in FILES.items() if any(f"{name}.".startswith(f"{room}.") for room in rooms)]
    assert sum(path.read_text(encoding="utf-8").count("\n") for path in files) <= EVENING_LINES
