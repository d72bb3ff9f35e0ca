"""Names that nothing declares: what a C compiler checks and Python does not.

The words are gcc's; what to write instead is kshell's, and for the names of C's own kernel it is known.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.finding import Finding, finding
from kshell.cc.modinfo import is_include

ALWAYS_THERE = {*dir(builtins), "__name__", "__file__", "__doc__", "__annotations__"}
MACRO = re.compile(r"SYSCALL_DEFINE(\d+)")
VARIABLE = (ast.Assign, ast.AnnAssign, ast.AugAssign)
NO_HEAP = 'counter = Param("counter", 0)  (8 bytes of memory; a Python list or dict holds more)'
ONE_CPU = "take it out: one function at a time runs in this kernel, and none is interrupted"
# What a kernel source in C may say, and how the same is said here; {f} is the function it stands in.
C_NAMES = {
    "printk": 'k.printk(KERN_INFO, "...")',
    "printf": 'k.printk(KERN_INFO, "...")',
    "pr_info": 'k.printk(KERN_INFO, "...")',
    "pr_notice": 'k.printk(KERN_NOTICE, "...")',
    "pr_warn": 'k.printk(KERN_WARNING, "...")',
    "pr_err": 'k.printk(KERN_ERR, "...")',
    "pr_debug": 'k.printk(KERN_DEBUG, "...")',
    "NULL": "None",
    "__FUNCTION__": 'the function\'s name in the text: f"{f}: Your int is {{test}}"',
    "__func__": 'the function\'s name in the text: f"{f}: Your int is {{test}}"',
    "true": "True",
    "false": "False",
    "sprintf": 'text = f"Your int is {{test}}"',
    "snprintf": 'text = f"Your int is {{test}}"',
    "strlen": "len(text)",
    "strcmp": "one == other",
    "kmalloc": NO_HEAP,
    "kzalloc": NO_HEAP,
    "vmalloc": NO_HEAP,
    "GFP_KERNEL": NO_HEAP,
    "kfree": "take it out: Python frees what nobody uses",
    "vfree": "take it out: Python frees what nobody uses",
    "get_user": "copy_from_user(k, ...)",
    "put_user": "copy_to_user(k, ...)",
    "current": "k.current",
    "mdelay": "msleep(k, ms)",
    "ssleep": "msleep(k, 1000 * seconds)",
    "sizeof": "the number itself: an int has 4 bytes, a long and a pointer 8",
    "mutex_lock": ONE_CPU,
    "mutex_unlock": ONE_CPU,
    "spin_lock": ONE_CPU,
    "spin_unlock": ONE_CPU,
}


def offered(header: str = "") -> list[str]:
    """The names that a source may import from kshell.linux, or from one header of it; none where there is no such."""
    from kshell import linux  # it brings the whole kernel with it, and most sources need none of it said

    return linux.HEADERS.get(header, []) if header not in ("", linux.__name__) else linux.NAMES


def close_name(name: str, known: Iterable[str]) -> str:
    """The known name that `name` is probably meant to be, "" if none is near."""
    return "".join(did_you_mean(name, known, slip=True))


def undeclared(name: str, own: Iterable[str], function: str = "") -> tuple[str, str]:
    """Why a name has no meaning, and what to write; `own` are the names that the file has."""
    names = offered()
    if name in C_NAMES:
        return f"{name} is C's; kshell's sources are Python  (help c-to-kshell)", C_NAMES[name].format(
            f=function or "my_function"
        )
    if name in names:
        return f"{name} is in kshell.linux, but this file does not import it", f"from kshell.linux import {name}"
    close = close_name(name, [*names, *own])
    try_ = f"{close}  (did you mean that?)" if close else "declare it, or correct its name"
    return f"neither this file nor kshell.linux has anything called {name}", try_


def no_pointer(name: str, pointers: Iterable[str]) -> tuple[str, str]:
    """The same for a name that must be a pointer to a function: used as k[NAME], or called STUB_."""
    close = close_name(name, [each for each in pointers if abs(len(each) - len(name)) <= 1])
    if close:
        return f"nothing in this file declares {name}", f"{close}  (did you mean that?)"
    because = f"nothing in this file declares {name}, and k[...] follows a declared pointer"
    return because, f'{name} = extern("{name}")  (in a module), or Stub("{name}")  (where it is defined)'


def check_names(tree: ast.Module, pointers: Iterable[str]) -> Iterator[Finding]:
    """Imports that there are not, and names that nothing declares, once for each function; `pointers` are declared."""
    own = set(bound(tree.body))
    yield from _imports(tree, own)
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from _in_function(node, own, pointers)
            yield from _at_the_top([*node.decorator_list, *([] if future else _hints(node))], own)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr):
            parts = [each for each in (node.value, getattr(node, "annotation", None)) if each is not None]
            yield from _at_the_top(parts[:1] if future else parts, own)


def _hints(function: ast.FunctionDef) -> list[ast.expr]:
    hints = [*(argument.annotation for argument in function.args.args), function.returns]
    return [hint for hint in hints if hint is not None]


def _imports(tree: ast.Module, own: set[str]) -> Iterator[Finding]:
    for node in ast.walk(ast.Module([top for top in tree.body if not isinstance(top, VARIABLE)], [])):
        if not isinstance(node, ast.ImportFrom) or not is_include(node):
            continue
        names = offered(node.module or "")
        if not names:
            yield _no_header(node)
            continue
        for alias in node.names:
            macro = MACRO.fullmatch(alias.name)
            if (
                alias.name in names or alias.name == "*" or (macro and int(macro[1]) > 6)
            ):  # that is told where it is used
                continue
            because, try_ = undeclared(alias.name, own - {alias.name})
            text = f"'{alias.name}' undeclared here (not in a function)"
            yield finding(alias, text, because, try_, len(alias.name))


def _no_header(node: ast.ImportFrom) -> Finding:
    from kshell import linux

    header = (node.module or "").removeprefix(f"{linux.__name__}.").replace(".", "/")
    because = f"kshell.linux has {', '.join(name.rpartition('.')[2] for name in linux.HEADERS)}"
    close = close_name(node.module or "", linux.HEADERS)
    names = ", ".join(alias.name for alias in node.names)
    try_ = f"from {close or linux.__name__} import {names}"
    return finding(node, f"linux/{header}.h: No such file or directory", because, try_)


def _in_function(function: ast.FunctionDef, own: set[str], pointers: Iterable[str]) -> Iterator[Finding]:
    local = local_names(function)
    calls = {id(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    arguments = [*function.args.posonlyargs, *function.args.args]
    k = arguments[0].arg if arguments else "k"
    subscripts = {
        id(node.slice)
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == k
    }
    told = set()
    for node in ast.walk(ast.Module(function.body, [])):
        if not isinstance(node, ast.Name) or node.id in told:
            continue
        if node.id in local or node.id in own or node.id in ALWAYS_THERE:
            continue
        told.add(node.id)
        because, try_ = undeclared(node.id, own, function.name)
        if (id(node) in subscripts or node.id.startswith("STUB_")) and node.id not in (*offered(), *C_NAMES):
            because, try_ = no_pointer(node.id, pointers)
        text = f"'{node.id}' undeclared (first use in this function)"
        if id(node) in calls:
            text = f"implicit declaration of function '{node.id}' [-Werror=implicit-function-declaration]"
        yield finding(node, text, because, try_, len(node.id))


def _at_the_top(parts: Iterable[ast.expr], own: set[str]) -> Iterator[Finding]:
    """Names outside the functions; a macro that is called there and is none is told by its scope."""
    for part in parts:
        for node in ast.walk(part):
            if not isinstance(node, ast.Name) or node.id in own or node.id in ALWAYS_THERE:
                continue
            called = any(isinstance(each, ast.Call) and each.func is node for each in ast.walk(part))
            if called or MACRO.fullmatch(node.id) or node.id in local_names(part):
                continue
            because, try_ = no_pointer(node.id, ()) if node.id.startswith("STUB_") else undeclared(node.id, own)
            yield finding(node, f"'{node.id}' undeclared here (not in a function)", because, try_, len(node.id))


def bound(body: list[ast.stmt]) -> Iterator[str]:
    """The names that statements of the top level bind."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    yield from offered(getattr(node, "module", None) or "")
                else:
                    yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, VARIABLE):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        else:
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    yield each.id
                elif isinstance(each, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
                    yield from bound([each])


def local_names(function: ast.stmt | ast.expr) -> set[str]:
    """Every name that is bound anywhere in a function; which scope of it has which is Python's business."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found
