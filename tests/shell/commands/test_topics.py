"""Help from C to kshell: the table of lines, what `k` offers, a page for each name, and sources to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kshell.cc.compiler import compile_file
from kshell.cc.front.headers_index import index
from kshell.kbuild.steps.compile import compile_source
from kshell.shell.modules.samples import BUILTIN, sample_names, sample_path
from tests.shell.lab import Lab, screen

DECLARING = """from kshell.abi.c_types import Int, Long
from kshell.abi.errno import ENOSYS
from kshell.kernel.core.declare import SYSCALL_DEFINE0, SYSCALL_DEFINE1
from kshell.kernel.kernel import Kernel
"""


def test_the_table_from_C_to_kshell_fits_a_screen(shared: Lab) -> None:
    lines = shared.text("help c-to-kshell").split("\n")
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for word in ("printk", "Stub(", "extern", "is not None", "kmalloc", "SYSCALL_DEFINE1", "module_param"):
        assert word in text


def test_the_lines_of_the_table_compile() -> None:
    text = """from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_x: Stub[[int]] = extern("STUB_x")
level = Param("level", 1)
module_param(level, "int", 0o644)
count: Int = 0
class e(Struct): n: Int
def allocated(k: Kernel) -> ULong:
    x: ULong = 0
    p = kmalloc(k, e, GFP_KERNEL)
    sum = p.n + p[1].n + p[0].n + Ptr[Long](p)[0] + x // 2 + sizeof(e) + ULong(addr(x))
    kfree(k, p)
    return sum
def my_x(k: Kernel, n: int) -> Long:
    global count
    v = e()
    p = User[Void](ULong(n))
    buf: Array[Char] = Array(Char, 64)
    if copy_from_user(k, addr(v), p, sizeof(v)):
        return -EFAULT
    q = User[Int](ULong(n))
    if get_user(k, addr(n), q) or put_user(k, n, q):
        return -EFAULT
    for i in range(n):
        count += i
    allocated(k)
    strscpy(k, buf, "a", sizeof(buf))
    k.printk(KERN_INFO, f"n: {n}")
    if (stub := k[STUB_x]) is not None:
        return stub(k, n)
    return -ENOSYS
def hello_init(k: Kernel) -> int:
    k[STUB_x] = my_x
    k.write(level, k.read(level) + 1)
    return 0
module_init(hello_init)
"""
    assert not compile_file("m.py", text, "4.19.1-course", (4, 19)).warnings
    table = Lab().json("help c-to-kshell")["lines"]
    elsewhere = (
        "STUB_x: Stub[[int]] = Stub",
        "from",
        "@",
        "def x",
        "x: ULong",
        "p: Ptr[e]",
        "addr(x)",
        "count: Int",
        "get_user(",
    )
    missing = [row["kshell"].strip() for row in table if row["kshell"].strip() not in text]
    assert [line for line in missing if not line.startswith(elsewhere)] == []


def test_help_modules_says_what_k_offers(shared: Lab) -> None:
    text = shared.text("help modules")
    for use in ("k.printk(", "k[STUB]", "k.read(", "k.write("):
        assert use in text


def test_help_modules_has_every_name_of_the_headers_at_80_columns(shared: Lab) -> None:
    assert set(shared.json("help modules")["names"]) == set(index())
    text = shared.text("help modules")
    assert max(map(len, text.split("\n"))) <= 80
    words = set(text.split())
    assert [name for name, header in index().items() if header != "errno" and name not in words] == []


@pytest.mark.parametrize("name", sorted(set(index()) - {"module"}))  # that one is a command
def test_every_name_of_a_header_has_a_page(shared: Lab, name: str) -> None:
    page = shared.json(f"help {name}")
    assert page["summary"]
    assert name in page["example"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EXPORT_SYMBOL", "EXPORT_SYMBOL("),
        ("Stub", 'STUB_x: Stub[[int]] = Stub("STUB_x")'),
        ("printk", 'k.printk(KERN_INFO, f"n: {n}")'),
        ("k.read", "k.read(level)"),
        ("SYSCALL_DEFINE2", "def x(k: Kernel, a: Int, b: Int) -> Long:"),
        ("ENOSYS", "return -ENOSYS"),
    ],
)
def test_a_page_has_a_line_to_type(shared: Lab, name: str, words: str) -> None:
    assert words in shared.text(f"help {name}")


def test_a_built_in_source_is_listed_and_copied_and_compiles(lab: Lab) -> None:
    assert "a built-in source: for a kernel tree, not for insmod" in lab.text("module list")
    assert lab.json("module list")["builtin"] == ["test_call"]
    copied = lab.text("module copy test_call SystemCalls")
    assert "obj-y := test_call.o" in copied
    text = Path("SystemCalls/test_call.py").read_text(encoding="utf-8")
    compiled = compile_source(text, "SystemCalls/test_call.py", "4.19.1-test", (4, 19), builtin=True)
    assert compiled.object is not None
    assert not compiled.messages


def test_every_built_in_source_compiles() -> None:
    for name in sample_names(BUILTIN):
        text = Path(sample_path(name, BUILTIN)).read_text(encoding="utf-8")
        assert compile_source(text, f"{name}.py", "4.19.1-test", (4, 19), builtin=True).object is not None


@pytest.mark.parametrize("profile", ["4.19", "course", "6.19"])
def test_insmod_of_a_built_in_source_says_where_it_goes(lab: Lab, profile: str) -> None:
    lab.result("module copy test_call")
    out, err, _ = screen("insmod test_call.py", profile=profile)
    assert "it goes into a tree as SystemCalls/test_call.py, with obj-y := test_call.o" in " ".join((out + err).split())


def test_a_page_may_leave_the_other_errnos_to_a_call_further_up() -> None:
    from kshell.kernel.core.profile import V4_19
    from kshell.shell.calls.manual import page

    text = DECLARING + "".join(
        f'@SYSCALL_DEFINE0\ndef {name}(k: Kernel) -> Long:\n    """Do.\n\n    {errors}\n    """\n    return 0\n'
        for name, errors in (
            ("first", "EPERM  never\n    Otherwise as second."),
            ("second", "EIO  once\n    Otherwise as first."),
            ("third", "EPERM  always\n    Otherwise as second.\n    Otherwise as fourth."),
        )
    )
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    assert page(namespace["first"], V4_19).errors == [("EPERM", "never")]
    assert page(namespace["second"], V4_19).errors == [("EIO", "once"), ("EPERM", "never")]
    assert page(namespace["third"], V4_19).errors == [("EPERM", "always"), ("EIO", "once")]


def test_a_call_whose_docstring_is_silent_does_not_always_succeed() -> None:
    from kshell.kernel.core.declare import SyscallDefinition
    from kshell.kernel.core.profile import PROFILES
    from kshell.shell.calls.manual import page

    namespace: dict[str, object] = {}
    text = DECLARING + "@SYSCALL_DEFINE1\ndef mine(k: Kernel, n: Int) -> Long:\n    return {0}\n"
    for value, words in (("-ENOSYS", "its source names -ENOSYS"), ("n", "neither does its source")):
        exec(text.format(value), namespace)
        definition = namespace["mine"]
        assert isinstance(definition, SyscallDefinition)
        found = page(definition, PROFILES["4.19"])
        assert words in found.without_errors
        assert not found.knows_errors
