"""From a module's source file to code that can be loaded: the part that a compiler and modpost play on Linux.

A module may import kshell.linux, typing and __future__ and nothing else.  That is looked up in its syntax tree and is
no sandbox: a module is Python, and runs with the rights of whoever started kshell.
"""

from __future__ import annotations

import ast
import os
import warnings
from types import CodeType
from typing import NamedTuple, NoReturn

from kshell.abi.errno import EACCES, EINVAL, EISDIR, ENOENT, ENOEXEC
from kshell.kernel.module_ticks import add_ticks

ALLOWED_IMPORTS = ("kshell.linux", "typing", "__future__")
SIZE_MAX = 1 << 20
MODINFO_MACROS = {
    "MODULE_LICENSE": "license",
    "MODULE_AUTHOR": "author",
    "MODULE_DESCRIPTION": "description",
    "MODULE_VERSION": "version",
}
# Built-in functions of Python that have no meaning in a kernel, and what to write instead.
NOT_IN_A_KERNEL = {
    "print": 'k.printk(KERN_INFO, "...")',
    "input": "a module has no keyboard; give it a parameter (module_param)",
    "open": "a kernel opens no file of its own accord; give it a parameter (module_param)",
    "exit": "return -EINVAL  (an init function refuses the load like that)",
    "quit": "return -EINVAL  (an init function refuses the load like that)",
    "breakpoint": "k.printk, and dmesg",
    "__import__": "from kshell.linux import ...",
}


class SourceError(Exception):
    """A module that cannot be read or compiled.  `what` is worded as a compiler does (file:line:column: error: ...);
    `excerpt` is the line and a caret under the place."""

    def __init__(self, errno: int, what: str, because: str, try_: str, excerpt: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.errno, self.what, self.because, self.try_, self.excerpt = errno, what, because, try_, excerpt


class Source(NamedTuple):
    """A compiled module: its `path`, its `text` when it was compiled, the `code`, and the names of its top-level
    functions in source order."""

    path: str
    text: str
    code: CodeType
    functions: list[str]
    info: list[tuple[str, str]]  # what the MODULE_ macros say, as modinfo shows it
    references: frozenset[str]  # what it uses of kshell.linux: in C, its undefined symbols


def module_name(path: str) -> str:
    """The name a file loads as: its stem, with - as _ (C: KBUILD_MODNAME)."""
    return os.path.splitext(os.path.basename(path))[0].replace("-", "_")


def read_source(path: str) -> str:
    """The text of a module file.  Raises SourceError."""
    try:
        with open(path, "rb") as file:
            data = file.read(SIZE_MAX + 1)
    except (OSError, ValueError) as error:
        _cannot_read(path, error)
    if not path.endswith(".py"):
        because = "kshell loads modules written in Python: files that end in .py"
        if path.endswith(".ko"):
            because = "a .ko holds machine code for a real kernel; " + because
        try_ = "module copy syscallModule  (gives you one to start from)"
        raise SourceError(ENOEXEC, f"{os.path.basename(path)} is not a module", because, try_)
    if len(data) > SIZE_MAX:
        raise SourceError(ENOEXEC, f"{path}: error: too large", "a module file may have 1 MiB", "is it the right file?")
    name = module_name(path)
    if not name.isprintable() or " " in name:
        because = f"a module is called as its file is, and no module can be called {name!r}"
        raise SourceError(ENOEXEC, f"{os.path.basename(path)} is not a module", because, "call the file my_module.py")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"{path}:{line}: error: byte 0x{data[error.start]:02x} is not UTF-8"
        raise SourceError(ENOEXEC, what, "Python source is UTF-8", "save the file as UTF-8 in your editor") from None


def _cannot_read(path: str, error: OSError | ValueError) -> NoReturn:
    number = error.errno if isinstance(error, OSError) and error.errno is not None else EINVAL
    why = error.strerror if isinstance(error, OSError) and error.strerror else "Invalid argument"
    folder = os.path.abspath(os.path.dirname(path) or ".") if number != EINVAL else ""
    because, try_ = {
        ENOENT: (f"no such file in {folder}", "check the name; or: module copy syscallModule"),
        EISDIR: ("that is a folder, and a module is one file", f"insmod {os.path.join(path, 'NAME.py')}"),
        EACCES: ("the file may not be read by you", "change its permissions"),
    }.get(number, ("the file cannot be read", "check its name"))
    raise SourceError(number, why, because, try_) from None


def compile_module(path: str) -> Source:
    """Compile the module at `path`.  Raises SourceError."""
    text = read_source(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python writes them to the terminal by itself
        try:
            tree = ast.parse(text, path)
            _check_names(path, text, tree)
            functions, info = _functions(path, text, tree), modinfo(tree)
            code = compile(add_ticks(tree), path, "exec", dont_inherit=True)
        except SyntaxError as error:  # the compiler finds some: return outside a function, ...
            raise _syntax_error(path, error) from None
        except (ValueError, RecursionError, MemoryError) as error:
            what = f"{path}: error: {error or 'too deeply nested'}"
            raise SourceError(ENOEXEC, what, "Python cannot compile such a file", "look at it in an editor") from None
    return Source(path, text, code, functions, info, references(tree))


def references(tree: ast.Module) -> frozenset[str]:
    """The names that a module takes from kshell.linux; where it takes all of them, every name in the file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "kshell.linux":
            found |= {alias.name for alias in node.names}
    if "*" in found:
        found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(found | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)})


def modinfo(tree: ast.Module) -> list[tuple[str, str]]:
    """What the MODULE_ macros of a file say, without running it."""
    found = []
    for node in tree.body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        call = node.value
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        arguments = [_text_of(argument) for argument in call.args]
        if name in MODINFO_MACROS and arguments:
            found.append((MODINFO_MACROS[name], arguments[0]))
        elif name == "module_param" and len(arguments) > 1:
            found.append(("parm", f"{arguments[0]}:{arguments[1]}"))
    return found


def _text_of(argument: ast.expr) -> str:
    """A string as it is, anything else as its source."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return ast.unparse(argument)


def read_modinfo(path: str) -> list[tuple[str, str]]:
    """modinfo of a file, loaded or not.  Raises SourceError."""
    return compile_module(path).info


def excerpt(text: str, line: int, column: int = 0) -> tuple[str, ...]:
    """Line `line` of a text, and a caret under `column` (both counted from 1; no caret for column 0)."""
    lines = text.splitlines()
    if not 0 < line <= len(lines):
        return ()
    shown = f"{line:5d} | {lines[line - 1].replace(chr(9), ' ')}"
    return (shown, "      | " + " " * (column - 1) + "^") if column else (shown,)


def _syntax_error(path: str, error: SyntaxError) -> SourceError:
    line, column = error.lineno or 1, max(error.offset or 1, 1)
    what = f"{path}:{line}:{column}: error: {error.msg}"
    source = (error.text or "").rstrip("\n").replace("\t", " ")
    shown = (f"{line:5d} | {source}", "      | " + " " * (column - 1) + "^") if source else ()
    because = "Python cannot parse the module, as a C compiler could not"
    return SourceError(ENOEXEC, what, because, f"correct line {line}, save, and insmod again", shown)


def _error_at(path: str, text: str, node: ast.stmt | ast.expr, what: str, because: str, try_: str) -> SourceError:
    line, column = node.lineno, node.col_offset + 1
    return SourceError(ENOEXEC, f"{path}:{line}:{column}: error: {what}", because, try_, excerpt(text, line, column))


def _check_names(path: str, text: str, tree: ast.Module) -> None:
    """Refuse imports of anything but the kernel, and built-in functions that a kernel has not."""
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            _check_import(path, text, node, [alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom):
            _check_import(path, text, node, ["." * node.level + (node.module or "")])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name in NOT_IN_A_KERNEL and name not in own:
                because = f"there is no library in the kernel, and so no {name}()"
                what = f"implicit declaration of function '{name}'"
                raise _error_at(path, text, node, what, because, NOT_IN_A_KERNEL[name])


def _check_import(path: str, text: str, node: ast.stmt, names: list[str]) -> None:
    for name in names:
        if name not in ALLOWED_IMPORTS:
            because = "there is no library in the kernel: a module has what the kernel exports"
            try_ = "from kshell.linux import KERN_INFO, Kernel, module_init, ..."
            raise _error_at(path, text, node, f"a kernel module cannot import {name}", because, try_)


def _functions(path: str, text: str, tree: ast.Module) -> list[str]:
    """The names of the top-level functions; each has one address, so each name may stand once."""
    found: dict[str, int] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        if node.name in found:
            because = f"it stands in line {found[node.name]} already, and one name has one address"
            raise _error_at(path, text, node, f"redefinition of '{node.name}'", because, "rename one of the two")
        found[node.name] = node.lineno
    return list(found)
