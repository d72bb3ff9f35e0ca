"""The door of the front end: a source becomes a Unit, or is refused in gcc's words."""

from __future__ import annotations

import ast
import os

from kshell.cc.finding import Finding
from kshell.cc.front.declarations import Beginning, Declarations
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.functions import read_function
from kshell.cc.front.headers import include
from kshell.cc.front.initial import static_value
from kshell.cc.front.inline import inline_functions
from kshell.cc.front.module_macros import HOOKS
from kshell.cc.front.no_include import say_once
from kshell.cc.front.parameters import check_ranges
from kshell.cc.front.parse import parse
from kshell.cc.front.report import Report, WrongError
from kshell.cc.front.struct_order import in_order, structs_of
from kshell.cc.front.symbols import Routine, TypeName
from kshell.cc.front.syscall_define import define_call
from kshell.cc.front.unused import check_init
from kshell.cc.source_error import of_findings
from kshell.cc.tree_unit import Function, Pointed, Unit
from kshell.cc.types import INT, StructType, size_of

DATA_MAX = 1 << 24  # bytes
CALL = "__x64_sys_"  # how the entry of a system call begins, which others see


def compile_source(text: str, path: str, release: str = "4.19") -> tuple[Unit, list[Finding]]:
    """The unit that a source is, and the warnings about it.  Raises SourceError, with all findings, where it has an
    error; `release` says which warnings are errors, and how the kernel's functions are called."""
    tree = parse(text, path)
    report = Report(path, text, release)
    file = FileScope(report, include, frozenset(_pointers(tree)), _results(tree))
    declarations = Declarations(file)
    declarations.read(tree.body)
    exported = {symbol for symbol, _ in declarations.macros.exports}
    for beginning in declarations.beginnings:
        _datum(declarations, beginning, exported)
    check_ranges(report, declarations.macros.ranges, file.data)
    functions = [each for node in declarations.functions for each in _functions(file, node, exported)]
    functions += declarations.macros.functions()
    functions += inline_functions(file)
    _check_symbols(report, functions, file)
    if not report.is_wrong:
        check_init(report, declarations.functions, declarations.macros.aliases)
    report.findings.sort(key=lambda each: (each.line, each.column))
    say_once(report, tree)
    if report.is_wrong:
        raise of_findings(path, text, report.findings)
    macros = declarations.macros
    name = os.path.splitext(os.path.basename(path))[0].replace("-", "_")
    structs = in_order([*file.structs, *_named(file), *_of_functions(functions)])
    modinfo = [*macros.modinfo, *_documented(declarations.functions)]
    weak = frozenset(macros.weak)
    unit = Unit(
        *(name, path, text, functions, file.data, modinfo, macros.exports, macros.aliases, structs, weak),
        report.version,
    )
    return unit, report.findings


def _documented(functions: list[ast.FunctionDef]) -> list[tuple[str, str]]:
    """The docstring of each system call: its manual page."""
    calls = ((each.name, ast.get_docstring(each, clean=False)) for each in functions if each.decorator_list)
    return [("kshell_doc", f"{name}:{doc}") for name, doc in calls if doc]


def _check_symbols(report: Report, functions: list[Function], file: FileScope) -> None:
    """Two things of a file with one symbol, under whatever names."""
    seen: dict[str, int] = {}
    symbols = [(each.name, each.line) for each in functions] + [(each.name, each.line) for each in file.data]
    for name, line in symbols:
        if name in seen:
            at = ast.Pass(lineno=max(line, 1), col_offset=0)
            because = f"line {seen[name]} of this file has {name} already"
            report.error(at, f"redefinition of '{name}'", because, "another name for one of the two")
        seen[name] = line


def _pointers(tree: ast.Module) -> set[str]:
    """The names that a source follows as k[NAME], or assigns: those are pointers in memory."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name):
            found.add(node.slice.id)
        elif isinstance(node, ast.Global):
            found.update(node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func)[-5:] in (".read", "write"):
            found |= {each.id for each in node.args[:1] if isinstance(each, ast.Name)}
    return found


def _results(tree: ast.Module) -> dict[str, str]:
    """What the kernel expects of the functions that a source hands to it: init, exit, and those in its pointers."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            found[ast.unparse(node.value)[:100]] = "Long"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HOOKS:
            result = "int" if HOOKS[node.func.id][1].result == INT else "None"
            found.update({ast.unparse(each)[:100]: result for each in node.args})
    return found


def _named(file: FileScope) -> list[StructType]:
    """The structs of headers that the file names."""
    found = (file.names.get(name) for name in sorted(file.used))
    return [each.type for each in found if isinstance(each, TypeName) and isinstance(each.type, StructType)]


def _of_functions(functions: list[Function]) -> list[StructType]:
    """The structs that variables and results have, or point to."""
    kinds = [kind for each in functions for kind in (each.type, *(variable.type for variable in each.variables))]
    return [struct for kind in kinds for struct in structs_of(kind)]


def _datum(declarations: Declarations, beginning: Beginning, exported: set[str]) -> None:
    """A variable with its first value."""
    file, found = declarations.file, beginning.object
    file.size += size_of(found.type)
    if file.size > DATA_MAX:
        because = f"the variables of a file have {DATA_MAX >> 20} MiB at the most"
        file.report.error(beginning.node, f"section .bss is too large: {file.size} bytes", because, "kmalloc")
        return
    data, pointers = b"", list[Pointed]()
    try:
        if beginning.value is not None:
            data, pointers = static_value(declarations.scope, beginning.value, found.type)
    except WrongError:
        return
    static = beginning.static and found.symbol not in exported
    file.datum(found.symbol, found.type, data, pointers, ".data", beginning.node.lineno, static)


def _functions(file: FileScope, node: ast.FunctionDef, exported: set[str]) -> list[Function]:
    """What a def makes; a function whose name begins with an underscore is the file's own, but for a call's entry."""
    routine = file.names.get(node.name)
    if not isinstance(routine, Routine) or file.lines.get(node.name) != node.lineno:
        return []  # it stands twice
    if routine.is_call:
        if file.report.is_wrong and len(node.args.args) - 1 != len(routine.names):
            return []
        return define_call(file, node, routine)
    static = node.name.startswith("_") and not node.name.startswith(CALL) and node.name not in exported
    return [read_function(file, node, routine, node.name, static)]
