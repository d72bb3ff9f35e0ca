"""From a source file to code that can be loaded: the part that a compiler plays on Linux.

A module may import kshell.linux, typing and __future__ and nothing else; a file that is built into the kernel may
import what the kernel's own files do.  That is looked up in its syntax tree and is no sandbox: a source is Python, and
runs with the rights of whoever started kshell.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple, NoReturn

from kshell.abi.errno import EACCES, EINVAL, EISDIR, ENOENT, ENOEXEC
from kshell.abi.problem import Problem
from kshell.cc.c_text import HELP, in_python, is_c
from kshell.cc.callbacks import check_callbacks, roles
from kshell.cc.definitions import check_definitions
from kshell.cc.finding import ERROR, Finding
from kshell.cc.kernel_use import check_kernel_use
from kshell.cc.modinfo import HEADERS, headers, modinfo, symbols
from kshell.cc.names import check_names
from kshell.cc.returns import check_returns
from kshell.cc.scope import check_scope
from kshell.cc.source_error import SourceError, at_place, error_at, of_findings
from kshell.cc.stubs import check_stubs, declared
from kshell.cc.ticks import add_ticks
from kshell.kernel.core.object import ObjectFile

ALLOWED_IMPORTS = (HEADERS, "typing", "__future__")  # and each header in it
BUILTIN_IMPORTS = (*ALLOWED_IMPORTS, "kshell", "struct", "builtins", "collections.abc")  # and what is inside kshell
SIZE_MAX = 1 << 20
MOST_FINDINGS = 50  # of each check: what comes after so many is found when these are gone
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


class Source(NamedTuple):
    """A compiled source: the `object`, and what a compiler lets pass and a person should look at."""

    object: ObjectFile
    warnings: list[Finding]


def module_name(path: str) -> str:
    """The name a file loads as: its stem, with - as _ (C: KBUILD_MODNAME)."""
    return os.path.splitext(os.path.basename(path))[0].replace("-", "_")


def read_file(path: str) -> bytes:
    """The bytes of a source or of a module file, at most SIZE_MAX + 1 of them.  Raises SourceError."""
    try:
        with open(path, "rb") as file:
            return file.read(SIZE_MAX + 1)
    except (OSError, ValueError) as error:
        _cannot_read(path, error)


def read_source(path: str) -> str:
    """The text of a module's source.  Raises SourceError."""
    data = read_file(path)
    if not path.endswith(".py"):
        because = "kshell loads a source that ends in .py, and a .ko that its own make has built"
        try_ = "module copy syscallModule  (gives you one to start from)"
        raise SourceError(ENOEXEC, Problem(f"{os.path.basename(path)} is not a module", because, try_))
    name = module_name(path)
    if not name.isprintable() or " " in name:
        because = f"a module is called as its file is, and no module can be called {name!r}"
        problem = Problem(f"{os.path.basename(path)} is not a module", because, "call the file my_module.py")
        raise SourceError(ENOEXEC, problem)
    return decode(data, path)


def decode(data: bytes, path: str) -> str:
    """The text of a source file; a byte order mark is no part of it.  Raises SourceError."""
    if len(data) > SIZE_MAX:
        problem = Problem(f"{path}: error: too large", "a source may have 1 MiB", "is it the right file?")
        raise SourceError(ENOEXEC, problem)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what, try_ = f"byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8 in your editor"
        raise at_place(path, "", line, 0, what, "Python source is UTF-8", try_) from None


def _cannot_read(path: str, error: OSError | ValueError) -> NoReturn:
    number = error.errno if isinstance(error, OSError) and error.errno is not None else EINVAL
    why = error.strerror if isinstance(error, OSError) and error.strerror else "Invalid argument"
    folder = os.path.abspath(os.path.dirname(path) or ".") if number != EINVAL else ""
    because, try_ = {
        ENOENT: (f"no such file in {folder}", "check the name; or: module copy syscallModule"),
        EISDIR: ("that is a folder, and a module is one file", f"insmod {os.path.join(path, 'NAME.py')}"),
        EACCES: ("the file may not be read by you", "change its permissions"),
    }.get(number, ("the file cannot be read", "check its name"))
    raise SourceError(number, Problem(why, because, try_)) from None


def compile_module(path: str) -> Source:
    """Compile the module at `path`.  Raises SourceError."""
    return compile_text(read_source(path), path)


@contextmanager
def _compiling(text: str, path: str, tool: str) -> Iterator[None]:
    """What Python says while it compiles is a SourceError; `tool` is what the person runs again then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python writes them to the terminal by itself
        try:
            yield
        except SyntaxError as error:  # the compiler finds some: return outside a function, ...
            raise _syntax_error(path, text, error, tool) from None
        except (ValueError, RecursionError, MemoryError) as error:
            what = f"{path}: error: {str(error) or 'too deeply nested'}"
            problem = Problem(what, "Python cannot compile such a file", "look at it in an editor")
            raise SourceError(ENOEXEC, problem) from None


def parse_text(text: str, path: str, tool: str = "insmod") -> ast.Module:
    """The syntax tree of a source.  Raises SourceError."""
    with _compiling(text, path, tool):
        return ast.parse(text, path)


def compile_text(
    text: str,
    path: str,
    *,
    builtin: bool = False,
    checked: bool = False,
    tool: str = "insmod",
    tree: ast.Module | None = None,
) -> Source:
    """Compile the text of a source; messages call it `path`.  Raises SourceError; nothing of it runs.

    `builtin`: it is linked into the kernel itself, and may import the kernel's own files.  `checked`: it has been
    compiled before, when it was built, and is not looked through for mistakes of every kind again.  `tool` is what the
    person runs again after an error.  `tree` is what `parse_text` gave, for whoever has it; it is changed.
    """
    tree = tree or parse_text(text, path, tool)
    with _compiling(text, path, tool):
        _check_imports(path, text, tree, builtin)
        functions = _functions(path, text, tree)
        if checked:
            check_scope(path, text, tree, builtin)
        found = [] if checked else _findings(path, text, tree, builtin)
        said, used, needed = modinfo(tree), headers(tree), symbols(tree).undefined
        code = compile(add_ticks(tree), path, "exec", dont_inherit=True)
    obj = ObjectFile(module_name(path), path, path, text, code, functions, said, used, needed)
    return Source(obj, found)


def _findings(path: str, text: str, tree: ast.Module, builtin: bool) -> list[Finding]:
    """The warnings of a source; SourceError, with every error and warning, where it has an error.

    Where two checks complain about one line, the first of them knows more; a name that nothing declares comes last.
    """
    entries, names = roles(tree), declared(tree)
    checks = (
        check_stubs(tree, text, names),
        check_callbacks(tree, entries),
        check_definitions(tree),
        check_kernel_use(tree, text, entries, names),
        check_returns(tree, entries, builtin),
    )
    known = [each for check in checks for each in islice(check, MOST_FINDINGS)]
    try:
        check_scope(path, text, tree, builtin)
    except SourceError as error:
        if error.line not in {each.line for each in known if each.kind == ERROR}:
            place = (error.line, error.column)
            known.append(Finding(ERROR, error.text, *place, 1, error.because, error.try_))
    lines = {each.line for each in known if each.kind == ERROR}
    known += islice((each for each in check_names(tree, names) if each.line not in lines), MOST_FINDINGS)
    found: dict[tuple[int, int], Finding] = {}
    for each in sorted(known, key=lambda each: each.kind != ERROR):  # an error hides a warning of its place
        found.setdefault((each.line, each.column), each)
    ordered = [found[place] for place in sorted(found)]
    if any(each.kind == ERROR for each in ordered):
        raise of_findings(path, text, ordered)
    return ordered


def read_modinfo(path: str) -> list[tuple[str, str]]:
    """modinfo of a source file, loaded or not.  Raises SourceError."""
    return compile_text(read_source(path), path, checked=True).object.info


def _syntax_error(path: str, text: str, error: SyntaxError, tool: str) -> SourceError:
    first = is_c(text)
    if first:
        because = "it is written in C, and kshell's sources are Python  (#include is a comment there)"
        return at_place(path, text, first, 1, "this is C, not Python", because, f"{HELP}  (each line of C in Python)")
    line, column = error.lineno or 1, max(error.offset or 1, 1)
    source = (error.text or "").rstrip("\n").replace("\t", " ")
    shown = (f"{line:5d} | {source}", "      | " + " " * (column - 1) + "^") if source else ()
    because = "Python cannot parse the module, as a C compiler could not"
    try_ = f"correct line {line}, save, and {tool} again"
    lines = text.splitlines()
    c = in_python(lines[line - 1]) if 0 < line <= len(lines) else None
    if c is not None:
        because, try_ = f"that is C: {c[0]}  ({HELP})", c[1]
    return at_place(path, "", line, column, error.msg, because, try_, shown)


def _check_imports(path: str, text: str, tree: ast.Module, builtin: bool) -> None:
    """Refuse imports of anything but the kernel, and built-in functions that a kernel has not."""
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            _check_import(path, text, node, [alias.name for alias in node.names], builtin)
        elif isinstance(node, ast.ImportFrom):
            _check_import(path, text, node, ["." * node.level + (node.module or "")], builtin)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name in NOT_IN_A_KERNEL and name not in own:
                because = f"there is no library in the kernel, and so no {name}()"
                what = f"implicit declaration of function '{name}'"
                raise error_at(path, text, node, what, because, NOT_IN_A_KERNEL[name])


def _check_import(path: str, text: str, node: ast.stmt, names: list[str], builtin: bool) -> None:
    for name in names:
        room = "kshell." if builtin else f"{HEADERS}."
        if name in (BUILTIN_IMPORTS if builtin else ALLOWED_IMPORTS) or name.startswith(room):
            continue
        because = "there is no library in the kernel: a module has what the kernel exports"
        try_ = "from kshell.linux import KERN_INFO, Kernel, module_init, ..."
        kind = "kernel source" if builtin else "kernel module"
        raise error_at(path, text, node, f"a {kind} cannot import {name}", because, try_)


def _functions(path: str, text: str, tree: ast.Module) -> list[str]:
    """The names of the top-level functions; each has one address, so each name may stand once."""
    found: dict[str, int] = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        if node.name in found:
            because = f"it stands in line {found[node.name]} already, and one name has one address"
            raise error_at(path, text, node, f"redefinition of '{node.name}'", because, "rename one of the two")
        found[node.name] = node.lineno
    return list(found)
