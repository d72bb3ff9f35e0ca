"""Names that nothing declares, and C's own spellings: why they mean nothing here, and what to write."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.c_declarations import kshell_type
from kshell.cc.front.headers_index import header_of
from kshell.cc.front.report import Report
from kshell.cc.linux_names import because as because_linux_has
from kshell.cc.linux_names import linux_name

STUB = "STUB_"  # what the names of pointers to functions begin with
ONE_CPU = "take it out: one function at a time runs in this kernel, and none is interrupted"
# What C or Python says and this language says in another way.
SPELLINGS = {
    "printk": 'k.printk(KERN_INFO, f"...")',
    "printf": 'k.printk(KERN_INFO, f"...")',
    "print": 'k.printk(KERN_INFO, f"...")',
    "sprintf": 'snprintf(k, buf, sizeof(buf), f"...")',
    "true": "True",
    "false": "False",
    "void": "None, or Ptr[Void] for a pointer",
    "list": "Array(Int, 16)",
    "dict": "a struct, and list_head",
    "open": "a kernel opens no file of its own accord; give it a parameter (module_param)",
    "input": "a module has no keyboard; give it a parameter (module_param)",
    "exit": "return -EINVAL  (an init function refuses the load like that)",
    "chr": "the number itself: a Char is one",
    **{f"{lock}_{way}": ONE_CPU for lock in ("mutex", "spin") for way in ("lock", "unlock")},
}


def explain(name: str, own: Iterable[str]) -> tuple[str, str]:
    """Why a name has no meaning, and what to write; `own` are the names that the file has."""
    header, spelling = header_of(name), SPELLINGS.get(name) or kshell_type(name)
    if header:
        because = f"{name} is declared in linux/{header}.h, and this file does not include it"
        return because, f"from kshell.linux import {name}"
    if hasattr(builtins, name):
        return f"there is no library in the kernel, and so no {name} of Python's", spelling or "help c-to-kshell"
    known = linux_name(name)
    if known is not None:
        return because_linux_has(name, known), spelling or known.use
    if spelling:
        return f"{name} is spelled in another way here  (help c-to-kshell)", spelling
    if name.startswith(STUB):
        return no_pointer(name, own)
    close = "".join(did_you_mean(name, own, slip=True))
    if close:
        return f"nothing declares {name}", f"{close}  (did you mean that?)"
    return f"neither this file nor a header has anything called {name}", "declare it, or correct its name"


def no_pointer(name: str, pointers: Iterable[str]) -> tuple[str, str]:
    """The same for a name that must be a pointer to a function: used as k[NAME], or called STUB_."""
    close = "".join(did_you_mean(name, [each for each in pointers if abs(len(each) - len(name)) <= 1], slip=True))
    if close:
        return f"nothing declares {name}", f"{close}  (did you mean that?)"
    because = f"nothing in this file declares {name}, and k[...] follows a declared pointer"
    return because, f'{name}: Stub[[int]] = extern("{name}")  (in a module), or Stub("{name}")  (where it is defined)'


def report_name(report: Report, node: ast.Name, own: Iterable[str], inside: bool) -> None:
    """``'x' undeclared``: once a function, as gcc says it."""
    because, try_ = explain(node.id, own)
    where = "first use in this function" if inside else "not in a function"
    text = f"'{node.id}' undeclared {'' if inside else 'here '}({where})"
    report.error(node, text, because, try_, len(node.id))


def report_call(report: Report, node: ast.Call, name: ast.Name, own: Iterable[str]) -> None:
    """``implicit declaration of function 'f'``."""
    because, try_ = explain(name.id, own)
    text = f"implicit declaration of function '{name.id}'"
    report.warn("implicit-function-declaration", name, text, because, try_, len(name.id))
