"""The headers: kshell/linux, read as syntax trees, once for all sources."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from kshell.cc.front.declarations import Declarations
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.headers_index import header_in, index, texts
from kshell.cc.front.primitives import KNOWN
from kshell.cc.front.report import Report
from kshell.cc.front.symbols import Routine, Symbol

# Functions that are inline in Linux's headers, around the one that is exported.
INLINE = {"read_cr0": "native_read_cr0", "write_cr0": "native_write_cr0"}


def include(module: str) -> Mapping[str, Symbol] | None:
    """The names of the header that an import names; None where there is none."""
    header = header_in(module)
    if header is None:
        return None
    return _everything() if header == "" else _header(header)


@lru_cache(maxsize=1)
def _everything() -> Mapping[str, Symbol]:
    return MappingProxyType({name: each[name] for name, header in index().items() if name in (each := _read(header))})


@cache
def _header(header: str) -> Mapping[str, Symbol] | None:
    return _read(header) if header in texts() else None


@cache
def _read(header: str) -> Mapping[str, Symbol]:
    text = texts()[header]
    report = Report(f"linux/{header}.h", text, "6.19")
    file = FileScope(report, include)
    body = [node for node in _once(ast.parse(text).body) if not _is_known(node, file)]
    Declarations(file).read(body)
    assert not report.findings, f"linux/{header}: {report.findings}"
    return MappingProxyType({name: _exported(each) for name, each in file.names.items()})


def _exported(symbol: Symbol) -> Symbol:
    """A function under the name that the kernel exports."""
    if isinstance(symbol, Routine) and symbol.symbol in INLINE:
        return symbol._replace(symbol=INLINE[symbol.symbol])
    return symbol


def _once(body: list[ast.stmt]) -> list[ast.stmt]:
    """Of a function with overloads the first one, which is C's."""
    seen: set[str] = set()
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef):
            if node.name in seen:
                continue
            if any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list):
                node.decorator_list = []
            seen.add(node.name)
        found.append(node)
    return found


def _is_known(node: ast.stmt, file: FileScope) -> bool:
    """Whether a header declares what the compiler knows by itself, for the type checker; the name is the header's."""
    if isinstance(node, ast.ImportFrom):
        return header_in(node.module or "") is None
    names: list[str] = []
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        names = [node.name]
    elif isinstance(node, ast.Assign):
        names = [each.id for each in node.targets if isinstance(each, ast.Name)]
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        names = [node.target.id]
    known = [name for name in names if name in KNOWN]
    file.names.update((name, KNOWN[name]) for name in known)
    return bool(known) or any(name[:1] == "_" != name[1:2] for name in names)
