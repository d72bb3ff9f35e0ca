"""The headers: kshell/linux, read as syntax trees, once for all sources."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from kshell.cc.front.declarations import Declarations
from kshell.cc.front.expansion import OWN_TYPE
from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.headers_index import header_in, header_within, index, own_lines, texts
from kshell.cc.front.primitives import KNOWN
from kshell.cc.front.report import Report
from kshell.cc.front.symbols import Expansion, Routine, Symbol

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
    names: dict[str, Symbol] = {}
    body = [node for node in _bodies(header) if not _is_known(node, file)]
    macros = [node for node in body if isinstance(node, ast.FunctionDef) and is_macro(node)]
    file.names.update((node.name, Expansion(node, names)) for node in macros)
    Declarations(file).read([node for node in body if node not in macros])
    assert not report.findings, f"linux/{header}: {report.findings}"
    inline = {node.name for node in body if isinstance(node, ast.FunctionDef) and has_body(node)}
    names.update((name, _known(each, name in inline, header)) for name, each in file.names.items())
    return MappingProxyType(names)


@cache
def _bodies(header: str) -> list[ast.stmt]:
    return _once(_own_imports(_shared_first(header), header))


def definition(routine: Routine) -> tuple[Mapping[str, Symbol], ast.FunctionDef]:
    """The names that the header of an inline function knows, and the function."""
    names, body = _read(routine.header), _bodies(routine.header)
    node = next(each for each in body if isinstance(each, ast.FunctionDef) and each.name == routine.symbol)
    return names, node


def has_body(node: ast.FunctionDef) -> bool:
    """Whether a header says what a function does, and not only that there is one."""
    return any(not isinstance(each, ast.Expr) or not isinstance(each.value, ast.Constant) for each in node.body)


def _known(symbol: Symbol, is_inline: bool, header: str) -> Symbol:
    """A function with the header that has its body, or under the name that the kernel exports."""
    if isinstance(symbol, Routine) and is_inline:
        return symbol._replace(header=header)
    if isinstance(symbol, Routine) and symbol.symbol in INLINE:
        return symbol._replace(symbol=INLINE[symbol.symbol])
    return symbol


def is_macro(node: ast.FunctionDef) -> bool:
    """Whether a function of a header is no code of its own, but expanded: it takes no k, or something that no function
    of C can take: an array as such, a type, whatever has a type."""
    if not has_body(node):
        return False
    hints = [ast.unparse(each.annotation) for each in node.args.args if each.annotation is not None]
    return hints[:1] != ["Kernel"] or any(each.startswith(("Array[", "type[")) or each in OWN_TYPE for each in hints)


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


def _shared_first(header: str) -> list[ast.stmt]:
    """The statements of a header, those of files that the kernel has, too, before its own."""
    end, body = own_lines(header), ast.parse(texts()[header]).body
    return [each for each in body if each.lineno > end] + [each for each in body if each.lineno <= end]


def _own_imports(body: list[ast.stmt], header: str) -> list[ast.stmt]:
    """The same; what those files import of one another comes from their headers."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            found = header_within(node.module or "")
            node.module = None if found in (None, header) else f"kshell.linux.{found}"
    return [node for node in body if not isinstance(node, ast.ImportFrom) or node.module is not None]


def _is_known(node: ast.stmt, file: FileScope) -> bool:
    """Whether a header declares what the compiler knows by itself, for the type checker; the name is the header's."""
    if isinstance(node, ast.ImportFrom):
        return False
    names: list[str] = []
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        names = [node.name]
    elif isinstance(node, ast.Assign):
        names = [each.id for each in node.targets if isinstance(each, ast.Name)]
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        names = [node.target.id]
    known = [name for name in names if name in KNOWN]
    file.names.update((name, KNOWN[name]) for name in known)
    return bool(known) or names == ["__all__"] or any(name[:1] == "_" != name[1:2] for name in names)
