"""Every function that a header declares is there when a module that calls it is loaded."""

from __future__ import annotations

import ast

import pytest

from kshell.cc.back.generate import generate
from kshell.cc.front.headers import is_macro
from kshell.cc.front.headers_index import FOLDER
from kshell.cc.front.primitives import MACROS
from kshell.cc.front.unit import compile_source
from kshell.cc.object import make_object
from kshell.kernel.boot.start import boot

GONE = {
    ("kallsyms_lookup_name", "6.19"),  # not exported since 5.7
    ("strlcpy", "6.19"),  # gone in 6.8
    *((name, release) for name in ("__list_add_valid", "__list_del_entry_valid") for release in ("4.19", "6.19")),
}


def declared() -> list[tuple[str, str]]:
    """Each function of a header that takes k: the header and its name."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and [each.arg for each in node.args.args][:1] == ["k"]:
                if is_macro(node):
                    continue
                found.append((path.stem, node.name))
    return found


def undefined(text: str, release: str) -> set[str]:
    unit, _ = compile_source(text, "m.py", release)
    return {each.name for each in make_object(unit, generate(unit)).symbols if each.section is None and each.name}


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_what_the_headers_declare_the_kernel_exports(release: str) -> None:
    k = boot(release)
    assert len(declared()) > 30
    for header, name in declared():
        if (name, release) in GONE or name in MACROS:
            continue
        text = f"from kshell.linux import *\n\n\ndef f(k: Kernel) -> ULong:\n    return ULong({name})\n"
        missing = {each for each in undefined(text, release) if k.symbols.lookup_exported(each) is None}
        assert not missing, (header, name)


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_the_macros_of_the_headers_call_what_the_kernel_exports(release: str) -> None:
    k = boot(release)
    text = """
from kshell.linux import *


def f(k: Kernel, p: User[Int]) -> Int:
    n: Int = 0
    if get_user(k, addr(n), p) or put_user(k, n, p):
        return -EFAULT
    pr_info(k, f"{n}")
    pr_err(k, f"{n}")
    k.printk(KERN_DEBUG, "x")
    return n
"""
    names = undefined(text, release)
    assert names
    assert not {each for each in names if k.symbols.lookup_exported(each) is None}
