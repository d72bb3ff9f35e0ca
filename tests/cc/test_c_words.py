"""What kshell adds to the words of a C compiler."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc import c_words
from kshell.cc.c_compiler import find_compiler
from kshell.cc.c_words import reason
from tests.shell.lab import Lab

HEAD = '#include <linux/module.h>\nMODULE_LICENSE("GPL");\n'
TAIL = "static int __init start(void) { return 0; }\nstatic void __exit stop(void) { }\n"
TAIL += "module_init(start);\nmodule_exit(stop);\n"
# A message, the source it is about, its line, and a part of because and try.
WORDS = [
    (
        "expected \u2018,\u2019 or \u2018;\u2019 before \u2018static\u2019",
        "int x = 5\n\nstatic int y;",
        3,
        "line 1 has no ;",
        "int x = 5;",
    ),
    ("expected \u2018;\u2019 before \u2018return\u2019", "x = 5\nreturn x;", 1, "line 1 has no ;", "x = 5;"),
    ("'kmalloc' undeclared (first use)", "p = kmalloc;", 1, "declared in linux/slab.h", "#include <linux/slab.h>"),
    ("implicit declaration of function 'msleep'", "msleep(5);", 1, "in linux/delay.h", "#include <linux/delay.h>"),
    ("implicit declaration of function 'printf'", 'printf("x");', 1, "no C library", "printk(KERN_INFO"),
    ("call to undeclared function 'malloc'", "malloc(5);", 1, "no C library", "kmalloc(size, GFP_KERNEL)"),
    ("unknown type name 'u99'", "u99 x;", 1, "has anything called u99", "declare it above"),
    ("'coutn' undeclared", "int count;\ncoutn = 3;", 2, "has anything called coutn", "count  (did you mean that?)"),
    (
        "too few arguments to function 'g'",
        "int g(int a)\n{ }\nint f() { g(); }",
        3,
        "line 1 declares it: int g(int a)",
        "in line 1",
    ),
    (
        "linux/slub.h: No such file or directory",
        "#include <linux/slub.h>",
        1,
        "headers are few",
        "#include <linux/slab.h>",
    ),
    ("'linux/slub.h' file not found", "#include <linux/slub.h>", 1, "headers are few", "#include <linux/slab.h>"),
    ("too many arguments for format", 'printk(KERN_INFO, "x");', 1, "part of the text", 'printk(KERN_INFO "x");'),
    ("too many arguments for format", 'printk(KERN_INFO "x", 5);', 1, "has no %", "a % for each value"),
    (
        "format '%d' expects argument of type 'int', but argument 2 has type 'long int'",
        'printk("%d", n);',
        1,
        "the value is a long int",
        'printk("%ld", n);',
    ),
    (
        "initialization of 'int' from 'char *' makes integer from pointer without a cast",
        "int i = p;",
        1,
        "64 bits",
        "* before",
    ),
    ("control reaches end of non-void function", "}", 1, "one way through it", "return 0;"),
]


@pytest.mark.parametrize(("text", "source", "line", "because", "try_"), WORDS, ids=[row[0][:40] for row in WORDS])
def test_a_message_of_a_compiler_has_its_reason_and_a_way_out(
    text: str, source: str, line: int, because: str, try_: str
) -> None:
    found = reason(text, source.split("\n"), line)
    assert found is not None
    assert because in found[0]
    assert try_ in found[1]


def test_words_that_say_it_all_are_left_alone() -> None:
    assert reason("conflicting types for 'f'", ["int f;"], 1) is None


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler")
@pytest.mark.parametrize(
    ("line", "wrong", "right"),
    [
        ("static int x = 5", "expected", "static int x = 5;"),
        (
            "static long f(void) { return (long)kmalloc(5, GFP_KERNEL); }",
            "implicit declaration",
            "#include <linux/slab.h>",
        ),
        ('static void f(void) { printk(KERN_INFO, "x"); }', "", 'static void f(void) { printk(KERN_INFO "x"); }'),
    ],
)
def test_a_mistake_in_c_is_told_by_cc_insmod_and_make_alike_and_cured_by_what_they_advise(
    lab: Lab, line: str, wrong: str, right: str
) -> None:
    path, makefile = Path("m.c"), Path("Makefile")
    path.write_text(HEAD + line + "\n" + TAIL)
    makefile.write_text("obj-m := m.o\n")
    build = f"make -C /lib/modules/4.19.1-course/build M={Path.cwd()} modules"
    if wrong:
        errors = [lab.error(each) for each in ("cc m.c -o m.ko", "insmod m.c", build)]
        assert len({error["because"] for error in errors}) == 1
        assert {error["try"] for error in errors} == {right}
        assert wrong in errors[0]["what"]
        assert lab.text("cc m.c").count(errors[0]["what"]) == 1
    else:
        assert f"  try: {right}" in lab.text("cc m.c -o m.ko").split("\n")
        assert any(note.endswith(f"; try: {right}") for note in lab.result("insmod m.c").notes)
        lab.json("rmmod m")
    changed = f"{line}\n{right}" if right.startswith("#") else right
    path.write_text((HEAD + changed + "\n" if not right.startswith("#") else f"{right}\n{HEAD}{line}\n") + TAIL)
    assert lab.result("cc m.c -o m.ko").error is None
    assert "warning: too many" not in lab.text("cc m.c -o m.ko")
    assert lab.result("insmod m.ko").error is None


def test_what_is_no_header_is_not_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "linux" / "__pycache__").mkdir(parents=True)
    (tmp_path / "linux" / "own.h").write_text("int own_call(int x);\n", encoding="utf-8")
    monkeypatch.setattr(c_words, "INCLUDE", str(tmp_path))
    assert c_words.headers.__wrapped__() == {"own_call": "linux/own.h"}
