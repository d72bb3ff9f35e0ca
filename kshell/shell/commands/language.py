"""Help on the language of modules: C's lines and kshell's beside each other, and each name of a header."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import zip_longest
from textwrap import wrap
from typing import NamedTuple

from kshell.abi.errno import strerror
from kshell.cc.front.headers_index import index, texts
from kshell.cc.linux_names import because, linux_name
from kshell.shell.commands.function_page import FunctionPage, function_page, page_of
from kshell.shell.modules.samples import BUILTIN, sample_names, sample_path
from kshell.shell.views.view import Line, Text, View, marked, span

WIDTH, NAME_COLUMN = 80, 20

# What a module's functions do with the kernel that they are handed.
KERNEL = (
    ('k.printk(KERN_INFO, f"n: {n}")', "write a line to the log; dmesg shows it"),
    ("k[STUB]", "the pointer behind a Stub: a function, or None"),
    ("k[STUB] = function", "store its address there; None is NULL"),
    ("k.read(level)", "the value of a Param or an extern"),
    ("k.write(level, 5)", "give it another value"),
)
C_LINES = (
    ("#include <linux/slab.h>", "from kshell.linux.slab import kmalloc"),
    ("long my_x(int n) {", "def my_x(k: Kernel, n: int) -> Long:"),
    ("SYSCALL_DEFINE1(x, int, n) {", "@SYSCALL_DEFINE1"),
    ("", "def x(k: Kernel, n: Int) -> Long:"),
    ("long (*STUB_x)(int) = NULL;", 'STUB_x: Stub[[int]] = Stub("STUB_x")'),
    ("extern long (*STUB_x)(int);", 'STUB_x: Stub[[int]] = extern("STUB_x")'),
    ("STUB_x = my_x;", "k[STUB_x] = my_x"),
    ("if (STUB_x != NULL)", "if (stub := k[STUB_x]) is not None:"),
    ("    return STUB_x(n);", "    return stub(k, n)"),
    ('printk(KERN_INFO "n: %d\\n", n);', 'k.printk(KERN_INFO, f"n: {n}")'),
    ("unsigned long x = 0;   a / b", "x: ULong = 0              a // b"),
    ("struct e { int n; };", "class e(Struct): n: Int"),
    ("struct e *p;  p->n  p[1]  *p", "p: Ptr[e]        p.n  p[1]  p[0]"),
    ("&x  (long *)p  sizeof(struct e)", "addr(x)  Ptr[Long](p)  sizeof(e)"),
    ("char buf[64];", "buf: Array[Char] = Array(Char, 64)"),
    ("for (i = 0; i < n; i++)", "for i in range(n):"),
    ("p = kmalloc(sizeof *p, GFP_KERNEL);", "p = kmalloc(k, e, GFP_KERNEL)"),
    ("copy_from_user(&v, p, sizeof(v))", "copy_from_user(k, addr(v), p, sizeof(v))"),
    ("get_user(n, p)  put_user(n, p)", "get_user(k, addr(n), p)  put_user(k, n, p)"),
    ("static int count; static int level;", 'count: Int = 0   level = Param("level", 1)'),
    ("module_param(level, int, 0644);", 'module_param(level, "int", 0o644)'),
)
BESIDE = "/ // % << >> truncate, as C's. No try, lists, dicts. `help get_user`: a function."


class Declared(NamedTuple):
    """A name of a header: its kind is "function", "class", "type" or "constant"; `value` is what it is set to there,
    and `page` what is said of a function."""

    header: str
    kind: str
    sentence: str
    value: str = ""
    page: FunctionPage | None = None


@cache
def declared() -> dict[str, Declared]:
    """All that the headers declare, by name."""
    found: dict[str, Declared] = {}
    for header, text in texts().items():
        body = ast.parse(text).body
        for node, behind in zip_longest(body, body[1:]):
            name, it = _declared(header, node)
            if isinstance(behind, ast.Expr) and isinstance(node, ast.Assign | ast.AnnAssign):
                it = it._replace(sentence=_sentence(ast.literal_eval(behind.value)), value="")
            if index().get(name) == header:
                page = page_of(name, body) if it.kind == "function" else None
                found[name] = it._replace(page=page)  # the last of those that are overloaded has them all
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def _declared(header: str, node: ast.stmt) -> tuple[str, Declared]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        kind = "class" if isinstance(node, ast.ClassDef) else "function"
        return node.name, Declared(header, kind, _sentence(ast.get_docstring(node) or ""))
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return "", Declared(header, "constant", "")
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    name, written = target.id if isinstance(target, ast.Name) else "", ast.unparse(node.value) if node.value else ""
    kind = "type" if header == "types" and name != "NULL" else "constant"
    said = strerror(int(written)) if header == "errno" and written else "A type of C." if kind == "type" else ""
    return name, Declared(header, kind, said or f"A constant: {written}", written)


def _sentence(doc: str) -> str:
    """The first sentence about a thing; quoted lines of C, which end with a semicolon, are marked as such."""
    parts = doc.split("\n\n")[0].replace("\n", " ").split("``")
    return "".join(f"C: {part}" if index % 2 and part.endswith(";") else part for index, part in enumerate(parts))


def language() -> View:
    """Each line of C with the line that does the same here."""
    lines: list[Line] = [[(f"{'in C':<36}", "heading"), ("in kshell", "heading")]]
    lines += [[(f"{c:<36}", "dim"), (python, "name")] for c, python in C_LINES]
    lines.append(marked(BESIDE))
    return Text(lines, {"lines": [{"c": c, "kshell": python} for c, python in C_LINES]})


def modules() -> View:
    """What a module is, and all that it can include."""
    lines: list[Line] = [
        span("A module is C, in Python's spelling: it is compiled to machine code, and the CPU"),
        marked("runs it in ring 0. `module copy syscallModule` gives you one to edit, `insmod"),
        marked("FILE.py` loads it, `cc FILE.py` shows its code. `help c-to-kshell` has the language."),
        [],
        span("An import is an #include; from kshell.linux import * has all of these:", "heading"),
    ]
    headers: dict[str, list[str]] = {}
    for name, it in declared().items():
        headers.setdefault(it.header, []).append(name)
    headers["errno"] = ["every errno by its name: -ENOSYS, -EINVAL, ..."]
    for header, names in sorted(headers.items()):
        first, *rest = wrap(" ".join(names), WIDTH - NAME_COLUMN, break_long_words=False)
        lines.append([(f"  {header:<{NAME_COLUMN - 2}}", "name"), (first, "")])
        lines += [span(" " * NAME_COLUMN + part) for part in rest]
    lines += [[], span("What its functions are handed as k offers:", "heading")]
    lines += [[(f"  {use:<32}", "name"), (meaning, "")] for use, meaning in KERNEL]
    lines += [[], marked("`help kmalloc` has a name of this list.")]
    return Text(lines, {"names": list(declared())})


def name_page(name: str) -> View | None:
    """The page of a name of a header, or of what `k` offers; None for any other name."""
    plain = name.removeprefix("k.")
    uses = [(use, text) for use, text in KERNEL if plain in (use, use.removeprefix("k.").partition("(")[0])]
    if name == "k":
        uses = [("k", "the kernel: first parameter of every function, first argument of every call"), *KERNEL]
    if uses and (name != plain or plain not in ("read", "write")):  # those two are system calls as well
        lines: list[Line] = [[(f"{use:<32}", "name"), (f"  {text}", "")] for use, text in uses]
        return Text(lines, {"name": name, "summary": uses[0][1], "example": uses[0][0]})
    it = declared().get(plain)
    if it is None:
        return _of_linux(plain)
    if it.page is not None:
        return function_page(plain, it.header, it.sentence, it.page)
    example = _example(plain, it)
    lines = [[(plain, "name"), (f"  {it.sentence}", "")], [], [("  ", ""), (example, "hint")]]
    lines.append([("  ", ""), (f"from kshell.linux.{it.header} import {plain}", "dim")])
    return Text(lines, {"name": plain, "summary": it.sentence, "example": example})


def _of_linux(name: str) -> View | None:
    """What is said of a name that Linux has and kshell has not."""
    found = linux_name(name)
    if found is None:
        return None
    said = because(name, found)
    lines: list[Line] = [[(name, "name"), (f"  {said}.", "")], [], [("  use: ", "dim"), (found.use, "hint")]]
    return Text(lines, {"name": name, "summary": f"{said}.", "example": found.use})


def _example(name: str, it: Declared) -> str:
    """A line that uses a name: from the table above, or from a module that comes with kshell."""
    if it.header in ("errno", "kern_levels"):
        return f"return -{name}" if it.header == "errno" else f'k.printk({name}, "...")'
    found = [python for _, python in C_LINES if re.search(rf"\b{name}\b", python)]
    if found:
        return next((line for line in found if f"{name}(" in line), found[-1])
    for path in [sample_path(name, kind) for kind in ("", BUILTIN) for name in sample_names(kind)]:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if re.search(rf"(?<![\w.\"']){name}\(|@{name}\b", line) and not line.lstrip().startswith("#"):
                    return line.partition("  #")[0].strip()
    shown = {"type": f"x: {name} = 0", "constant": name, "class": f"p: Ptr[{name}]"}
    return shown.get(it.kind) or (f"{name}(k, ...)" if name.islower() else f"{name}(...)")
