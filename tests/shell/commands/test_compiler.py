"""cc: a source is shown as machine code, or written to an object or a module."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.elf_reader import read_elf
from kshell.cc.c_compiler import find_compiler
from tests.kernel.module.elf_lab import needs_compiler
from tests.shell.lab import Lab

C_SOURCE = """\
#include <linux/module.h>
MODULE_LICENSE("GPL");
static int n = 3;
module_param(n, int, 0444);
static int hello_init(void)
{
    printk(KERN_INFO "n is %d\\n", n);
    return 0;
}
module_init(hello_init);
"""


SOURCE = """\
from kshell.linux import *

MODULE_LICENSE("GPL")


def twice(k: Kernel, n: int) -> Long:
    k.printk(KERN_INFO, f"n is {n}")
    return 2 * n


def hello_init(k: Kernel) -> int:
    return 0 if twice(k, 21) == 42 else -EINVAL


module_init(hello_init)
"""


@pytest.fixture
def in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.py").write_text(SOURCE)
    return "hello.py"


def test_each_line_of_a_source_is_shown_with_its_instructions(lab: Lab, in_python: str) -> None:
    shown = lab.text("cc hello.py").splitlines()
    assert shown[:3] == [
        "twice:",
        "   6 | def twice(k: Kernel, n: int) -> Long:",
        "       0:  55                          push rbp",
    ]
    at = shown.index('   7 |     k.printk(KERN_INFO, f"n is {n}")')
    under = shown[at + 1 : shown.index("   8 |     return 2 * n")]
    assert any(line.endswith('mov rdi, "\\0016n is %d\\n"') for line in under)
    assert under[-1].endswith("call printk")
    assert "hello_init:" in shown
    rows = lab.json("cc hello.py")["rows"]
    assert {row["function"] for row in rows} == {"twice", "hello_init"}
    assert [row["text"] for row in rows if row["symbol"] == "twice"] == ["call twice"]
    assert all(row["line"] for row in rows)


def test_a_module_in_python_is_written_for_the_kernel_that_runs(lab: Lab, in_python: str) -> None:
    assert lab.text("cc hello.py -o hello.ko") == ""
    module = read_elf(Path("hello.ko").read_bytes(), "hello.ko")
    info = module.section(".modinfo")
    assert info is not None
    magic = lab.session.kernel.vermagic.encode()
    assert info.data == b"license=GPL\0depends=\0retpoline=Y\0name=hello\0vermagic=" + magic + b"\0"
    assert {each.name for each in module.symbols} >= {"init_module", "__this_module", "twice", "printk"}


def test_the_mistakes_of_a_source_are_told_with_their_places(lab: Lab, in_python: str) -> None:
    Path("wrong.py").write_text(SOURCE.replace("2 * n", "nothing * n"))
    error = lab.error("cc wrong.py")
    assert error["what"].startswith("wrong.py:8:12: error: 'nothing' undeclared")
    assert "    return nothing * n" in lab.text("cc wrong.py")


def test_a_module_of_6_19_asks_for_the_functions_of_6_19(in_python: str) -> None:
    new = Lab("6.19")
    assert {row["symbol"] for row in new.json("cc hello.py")["rows"]} >= {"_printk"}


@pytest.fixture
def in_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if find_compiler() is None:
        pytest.skip("no C compiler")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-hello.c").write_text(C_SOURCE)
    return "my-hello.c"


def test_a_source_in_c_is_shown_with_the_instructions_of_each_line(lab: Lab, in_c: str) -> None:
    shown = lab.text(f"cc {in_c}").splitlines()
    assert shown[0] == "hello_init:"
    at = shown.index('   7 |     printk(KERN_INFO "n is %d\\n", n);')
    under = "\n".join(shown[at + 1 :])
    assert 'mov rdi, "\\0016n is %d\\n"' in under
    assert "call printk" in under
    rows = lab.json(f"cc {in_c}")["rows"]
    call = next(row for row in rows if row["symbol"] == "printk")
    assert (call["function"], call["section"], call["text"], call["line"]) == ("hello_init", ".text", "call printk", 7)
    assert (call["file"], call["bytes"]) == ("my-hello.c", "e800000000")
    assert rows[0]["offset"] == "0x0"
    assert rows[0]["symbol"] is None


def test_o_writes_an_object_or_a_module_and_says_nothing(lab: Lab, in_c: str) -> None:
    assert lab.text(f"cc {in_c} -o out.o") == ""
    assert lab.json(f"cc {in_c} -o my-hello.ko") == {"file": "my-hello.ko", "messages": []}
    plain = read_elf(Path("out.o").read_bytes(), "out.o")
    module = read_elf(Path("my-hello.ko").read_bytes(), "my-hello.ko")
    assert plain.section(".gnu.linkonce.this_module") is None
    info = module.section(".modinfo")
    assert info is not None
    said = info.data.split(b"\0")
    assert b"name=my_hello" in said
    assert b"depends=" in said
    assert f"vermagic={lab.session.kernel.vermagic}".encode() in said
    assert Path("out.o").read_bytes()[:4] == b"\x7fELF"


def test_a_warning_of_the_compiler_stands_before_the_code(lab: Lab, in_c: str) -> None:
    Path("warned.c").write_text("int warned(void)\n{\n    int unused;\n    return 1;\n}\n")
    shown = lab.text("cc warned.c")
    assert "warned.c:3:9: warning: unused variable" in shown
    assert shown.index("unused variable") < shown.index("warned:\n")
    assert lab.json("cc warned.c")["messages"]


def test_an_error_of_the_compiler_is_the_commands(lab: Lab, in_c: str) -> None:
    Path("wrong.c").write_text("int wrong(void)\n{\n    return nothing;\n}\n")
    assert "wrong.c:3:12: error: " in lab.error("cc wrong.c")["what"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("cc", "cc: no input files"),
        ("cc a.c b.c", "cc: one file at a time"),
        ("cc a.txt", "cc: a.txt: file format not recognized"),
        ("cc a.c -o a.c", "cc: a.c: what should that be?"),
        ("cc a.c -o", "cc: option -o needs a file"),
        ("cc nothing.c", "cc: nothing.c: No such file or directory"),
    ],
)
def test_what_cc_does_not_take(lab: Lab, line: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lab.error(line)["what"] == what


def test_a_place_that_cannot_be_written_to_is_said(lab: Lab, in_c: str) -> None:
    error = lab.error(f"cc {in_c} -o no/such/folder/a.o")
    assert error["what"] == "cc: no/such/folder/a.o: No such file or directory"
    assert error["because"] == "it cannot be written there"


PRINTS = """\
#include <linux/module.h>
MODULE_LICENSE("GPL");
static int __init prints_init(void)
{
    printk("plain %d\\n", 3);
    printk(KERN_ERR "err %s %c %%\\n", "x", 'c');
    pr_info("info %lu %5d|%-5d|%05x\\n", 7UL, 1, 2, 0xab);
    printk("no newline");
    printk(KERN_CONT " and more %lld\\n", 1LL << 40);
    return 0;
}
module_init(prints_init);
"""


@needs_compiler
def test_printk_of_c_says_what_it_says_on_linux(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prints.c").write_text(PRINTS)
    lab.result("insmod prints.c")
    assert [(record.level, record.text) for record in list(lab.session.kernel.log.since(0))[-4:]] == [
        (4, "plain 3"),
        (3, "err x c %"),
        (6, "info 7     1|2    |000ab"),
        (4, "no newline and more 1099511627776"),
    ]


@needs_compiler
def test_an_object_of_c_is_no_module_yet(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prints.c").write_text(PRINTS)
    lab.result("cc prints.c -o prints.o")
    error = lab.error("insmod prints.o")
    assert error["what"] == "insmod: ERROR: could not insert module prints.o: Invalid module format"
    assert "prints" not in lab.session.kernel.modules
    lab.result("cc prints.c -o prints.ko")
    lab.result("insmod prints.ko")
    assert "prints" in lab.session.kernel.modules
