"""Names that nothing declares, and C's own spellings: why they mean nothing here, and what to write."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.front.headers_index import header_of
from kshell.cc.front.report import Report

# What C or Python says and this language says in another way.
SPELLINGS = {
    "printk": 'k.printk(KERN_INFO, f"...")',
    "printf": 'k.printk(KERN_INFO, f"...")',
    "print": 'k.printk(KERN_INFO, f"...")',
    "sprintf": 'snprintf(k, buf, sizeof(buf), f"...")',
    "true": "True",
    "false": "False",
    "unsigned": "UInt",
    "long": "Long",
    "short": "Short",
    "char": "Char",
    "size_t": "SizeT",
    "void": "None, or Ptr[Void] for a pointer",
    "float": "Long  (the kernel calculates with integers)",
    "double": "Long  (the kernel calculates with integers)",
    "list": "Array(Int, 16)",
    "dict": "a struct, and list_head",
    "open": "a kernel opens no file of its own accord; give it a parameter (module_param)",
    "input": "a module has no keyboard; give it a parameter (module_param)",
    "exit": "return -EINVAL  (an init function refuses the load like that)",
    "chr": "the number itself: a Char is one",
    "abs": "-n if n < 0 else n",
    "min": "a if a < b else b",
    "max": "a if a > b else b",
    "mdelay": "msleep(k, ms)",
    "ssleep": "msleep(k, 1000 * seconds)",
}


def explain(name: str, own: Iterable[str]) -> tuple[str, str]:
    """Why a name has no meaning, and what to write; `own` are the names that the file has."""
    if name in SPELLINGS:
        return f"{name} is spelled in another way here  (help c-to-kshell)", SPELLINGS[name]
    header = header_of(name)
    if header:
        because = f"{name} is declared in linux/{header}.h, and this file does not include it"
        return because, f"from kshell.linux import {name}"
    close = "".join(did_you_mean(name, own, slip=True))
    if close:
        return f"nothing declares {name}", f"{close}  (did you mean that?)"
    return f"neither this file nor a header has anything called {name}", "declare it, or correct its name"


def report_name(report: Report, node: ast.Name, own: Iterable[str], inside: bool) -> None:
    """``'x' undeclared``: once a function, as gcc says it."""
    because, try_ = explain(node.id, own)
    where = "first use in this function" if inside else "not in a function"
    text = f"'{node.id}' undeclared {'' if inside else 'here '}({where})"
    report.error(node, text, because, try_, len(node.id))


def report_call(report: Report, node: ast.Name, own: Iterable[str]) -> None:
    """``implicit declaration of function 'f'``."""
    because, try_ = explain(node.id, own)
    text = f"implicit declaration of function '{node.id}'"
    report.warn("implicit-function-declaration", node, text, because, try_, len(node.id))
