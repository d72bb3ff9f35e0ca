"""From a module's source file to code that can be loaded: the part that a compiler and modpost play on Linux.

A module may import kshell.linux, typing and __future__ and nothing else.  That is looked up in its syntax tree and is
no sandbox: a module is Python, and runs with the rights of whoever started kshell.

Loops get a *tick* at each turn and functions one at their start, so that a handler that never ends can be ended.
"""

from __future__ import annotations

import ast
import os
from types import CodeType
from typing import NamedTuple

from kshell.abi.errno import EINVAL, ENOENT, ENOEXEC, strerror

ALLOWED_IMPORTS = ("kshell.linux", "typing", "__future__")
TICK = "__kshell_tick__"
MODINFO_MACROS = {
    "MODULE_LICENSE": "license",
    "MODULE_AUTHOR": "author",
    "MODULE_DESCRIPTION": "description",
    "MODULE_VERSION": "version",
}


class SourceError(Exception):
    """A module that cannot be compiled.  `what` is worded as a compiler does (file:line:column: error: ...);
    `excerpt` is the line and a caret under the place."""

    def __init__(self, errno: int, what: str, because: str, try_: str, excerpt: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.errno, self.what, self.because, self.try_, self.excerpt = errno, what, because, try_, excerpt


class Source(NamedTuple):
    """A compiled module: its `path`, the `code`, and the names of its top-level functions in source order."""

    path: str
    code: CodeType
    functions: list[str]
    info: list[tuple[str, str]]  # what the MODULE_ macros say, as modinfo shows it


def module_name(path: str) -> str:
    """The name a file loads as: its stem, with - as _ (C: KBUILD_MODNAME)."""
    return os.path.splitext(os.path.basename(path))[0].replace("-", "_")


def read_source(path: str) -> str:
    """The text of a module file.  Raises SourceError."""
    try:
        with open(path, "rb") as file:
            data = file.read(1 << 20)
    except OSError as error:
        number = error.errno if error.errno == ENOENT else EINVAL
        why = error.strerror or str(error)
        raise SourceError(number, why, f"{path} cannot be read", "check the name with your file manager") from None
    if not path.endswith(".py"):
        because = "kshell loads modules written in Python: files that end in .py"
        try_ = "module copy syscallModule gives you one to start from"
        raise SourceError(ENOEXEC, f"{os.path.basename(path)} is not a module", because, try_)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"{path}:{line}: error: byte 0x{data[error.start]:02x} is not UTF-8"
        raise SourceError(ENOEXEC, what, "Python source is UTF-8 text", "save the file as UTF-8 in your editor") from None


def compile_module(path: str) -> Source:
    """Compile the module at `path`.  Raises SourceError."""
    text = read_source(path)
    try:
        tree = ast.parse(text, path)
        code = None
    except SyntaxError as error:
        raise _syntax_error(path, error) from None
    except (ValueError, RecursionError, MemoryError) as error:
        because = "the file holds something that no Python source can hold"
        raise SourceError(ENOEXEC, f"{path}: error: {error}", because, "look at it in an editor") from None
    _check_imports(path, text, tree)
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    info = modinfo(tree)
    tree = ast.fix_missing_locations(_Ticker().visit(tree))
    try:
        code = compile(tree, path, "exec", dont_inherit=True)
    except SyntaxError as error:  # what only the compiler finds: return outside a function, ...
        raise _syntax_error(path, error) from None
    except (ValueError, RecursionError) as error:
        raise SourceError(ENOEXEC, f"{path}: error: {error}", "Python cannot compile it", "simplify it") from None
    return Source(path, code, functions, info)


def modinfo(tree: ast.Module) -> list[tuple[str, str]]:
    """What the MODULE_ macros of a file say, without running it."""
    found = []
    for node in tree.body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        call = node.value
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        arguments = [a.value if isinstance(a, ast.Constant) else ast.unparse(a) for a in call.args]
        if name in MODINFO_MACROS and arguments:
            found.append((MODINFO_MACROS[name], str(arguments[0])))
        elif name == "module_param" and len(arguments) > 1:
            found.append(("parm", f"{arguments[0]}:{arguments[1]}"))
    return found


def read_modinfo(path: str) -> list[tuple[str, str]]:
    """modinfo of a file, loaded or not.  Raises SourceError."""
    return compile_module(path).info


def excerpt(path: str, text: str, line: int, column: int) -> tuple[str, ...]:
    """The source line and a caret under `column` (both counted from 1)."""
    lines = text.splitlines()
    if not 0 < line <= len(lines):
        return ()
    shown = lines[line - 1].replace("\t", " ")
    return (f"{line:5d} | {shown}", "      | " + " " * (column - 1) + "^")


def _syntax_error(path: str, error: SyntaxError) -> SourceError:
    line, column = error.lineno or 1, max(error.offset or 1, 1)
    what = f"{path}:{line}:{column}: error: {error.msg}"
    source = (error.text or "").rstrip("\n").replace("\t", " ")
    shown = (f"{line:5d} | {source}", "      | " + " " * (column - 1) + "^") if source else ()
    because = "Python cannot parse the module, as a C compiler could not"
    return SourceError(ENOEXEC, what, because, f"correct line {line}, save, and insmod again", shown)


def _check_imports(path: str, text: str, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            continue
        for name in names:
            if name not in ALLOWED_IMPORTS:
                what = f"{path}:{node.lineno}:{node.col_offset + 1}: error: a kernel module cannot import {name}"
                because = "there is no library in the kernel: a module has what the kernel exports"
                try_ = "from kshell.linux import printk's levels, Stub, extern, module_init, ... (help modules)"
                shown = excerpt(path, text, node.lineno, node.col_offset + 1)
                raise SourceError(ENOEXEC, what, because, try_, shown)


class _Ticker(ast.NodeTransformer):
    """Puts a tick at each turn of a loop and at the start of each function."""

    def _tick(self, near: ast.AST) -> ast.Call:
        return ast.copy_location(ast.Call(ast.Name(TICK, ast.Load()), [], []), near)

    def _ticked(self, body: list[ast.stmt]) -> list[ast.stmt]:
        first = 0
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            first = 1  # a docstring stays where it is
        return [*body[:first], ast.copy_location(ast.Expr(self._tick(body[0])), body[0]), *body[first:]]

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body = self._ticked(node.body)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body = self._ticked(node.body)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = self._ticked(node.body)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        test = ast.Compare(self._tick(node.iter), [ast.Is()], [ast.Constant(None)])
        node.ifs.insert(0, ast.copy_location(test, node.iter))
        return node


def strerror_of(error: SourceError) -> str:
    """What insmod says after the colon."""
    return "Invalid module format" if error.errno == ENOEXEC else strerror(error.errno)
