"""C sources, compiled by what the host has, against kshell's own headers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.cc import c_compiler
from kshell.cc.c_compiler import compile_c, find_compiler, version_code
from kshell.cc.c_words import INCLUDE
from kshell.cc.compiler import compile_file
from kshell.cc.source_error import SourceError

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")
needs_readelf = pytest.mark.skipif(shutil.which("readelf") is None, reason="no readelf here")

MODULE = """\
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/linkage.h>
MODULE_LICENSE("GPL");

extern long (*STUB_test_call)(int);

long my_test_call(int test) {
    printk(KERN_NOTICE "%s: Your int is %d\\n", __FUNCTION__, test);
    return test;
}

static int hello_init(void) {
    STUB_test_call = my_test_call;
    return 0;
}

module_init(hello_init);

static void hello_exit(void) {
    STUB_test_call = NULL;
}

module_exit(hello_exit);
"""
CALL = """\
#include <linux/linkage.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/syscalls.h>

long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call);

SYSCALL_DEFINE1(test_call, int, test_int) {
    printk(KERN_NOTICE "%s: Your int is %d\\n", __FUNCTION__, test_int);
    if (STUB_test_call != NULL)
        return STUB_test_call(test_int);
    else
        return -ENOSYS;
}
"""


def symbols_of(data: bytes, tmp_path: Path) -> dict[str, str]:
    """The symbols of an object by name: nm's letters, as readelf gives them."""
    file = tmp_path / "out.o"
    file.write_bytes(data)
    table = subprocess.run(["readelf", "-sW", str(file)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in table.splitlines()]
    return {row[7]: f"{row[3]} {row[4]} {row[6]}" for row in rows if len(row) == 8}


def compiled(tmp_path: Path, text: str, version: tuple[int, int] = (4, 19), name: str = "mod") -> tuple[bytes, str]:
    source = tmp_path / f"{name}.c"
    source.write_text(text)
    return compile_c(str(source), name, version)


@needs_compiler
@needs_readelf
def test_the_module_of_the_slides_compiles_without_a_warning(tmp_path: Path) -> None:
    data, said = compiled(tmp_path, MODULE)
    symbols = symbols_of(data, tmp_path)
    assert said == ""
    assert symbols["my_test_call"].startswith("FUNC GLOBAL")
    assert symbols["init_module"].startswith("FUNC GLOBAL")
    assert symbols["cleanup_module"].startswith("FUNC GLOBAL")
    assert symbols["STUB_test_call"] == symbols["printk"] == "NOTYPE GLOBAL UND"


@needs_compiler
@needs_readelf
def test_the_system_call_of_the_slides_is_three_functions_and_its_metadata(tmp_path: Path) -> None:
    data, said = compiled(tmp_path, CALL)
    symbols = symbols_of(data, tmp_path)
    assert said == ""
    assert symbols["__x64_sys_test_call"].startswith("FUNC GLOBAL")
    assert symbols["__se_sys_test_call"].startswith("FUNC LOCAL")
    assert symbols["__do_sys_test_call"].startswith("FUNC LOCAL")
    assert symbols["__syscall_meta_test_call"].startswith("OBJECT LOCAL")


@needs_compiler
@needs_readelf
def test_printk_has_the_name_that_the_release_exports(tmp_path: Path) -> None:
    assert "_printk" in symbols_of(compiled(tmp_path, MODULE, (6, 19))[0], tmp_path)
    assert "printk" in symbols_of(compiled(tmp_path, MODULE, (4, 19))[0], tmp_path)


@needs_compiler
@pytest.mark.parametrize("header", sorted(p.relative_to(INCLUDE).as_posix() for p in Path(INCLUDE).rglob("*.h")))
def test_each_header_stands_by_itself(tmp_path: Path, header: str) -> None:
    assert compiled(tmp_path, f"#include <{header}>\n#include <{header}>\nint x;\n")[1] == ""


@needs_compiler
@needs_readelf
def test_every_relocation_is_of_a_kind_that_the_loader_takes(tmp_path: Path) -> None:
    text = """
#include <linux/module.h>
#include <linux/uaccess.h>
MODULE_LICENSE("GPL");
static int level = 1;
module_param(level, int, 0644);
MODULE_PARM_DESC(level, "How much");
static char *name = "world";
module_param(name, charp, 0);
int greet(int n) { WARN_ON(n == 3); BUG_ON(n == 4); pr_info("%s %d\\n", name, n); return n; }
EXPORT_SYMBOL_GPL(greet);
static int __init begin(void) {
    int v;
    if (get_user(v, (int __user *)name) || put_user(level, (int __user *)name))
        return -EFAULT;
    return try_module_get(THIS_MODULE) ? v : -EBUSY;
}
module_init(begin);
"""
    file = tmp_path / "x.o"
    data, said = compiled(tmp_path, text)
    file.write_bytes(data)
    table = subprocess.run(["readelf", "-rW", str(file)], capture_output=True, text=True, check=True).stdout
    assert said == ""
    kinds = set(re.findall(r"R_X86_64_\w+", table))
    assert kinds <= {"R_X86_64_64", "R_X86_64_32", "R_X86_64_32S", "R_X86_64_PC32", "R_X86_64_PLT32"}
    assert "__bug_table" in subprocess.run(["readelf", "-SW", str(file)], capture_output=True, text=True).stdout


@needs_compiler
def test_an_error_is_the_compilers_own_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        compiled(tmp_path, MODULE.replace("return test;", "return tset;"))
    assert "mod.c:11" in caught.value.what
    assert "tset" in caught.value.what
    assert any("^" in line for line in caught.value.excerpt)


@needs_compiler
def test_a_header_of_the_hosts_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        compiled(tmp_path, "#include <stdio.h>\n")
    assert "stdio.h" in caught.value.what
    assert "headers" in caught.value.because


@needs_compiler
@pytest.mark.parametrize("perm", ["0666", "01000", "0046", "0022"])
def test_a_mode_that_linux_refuses_does_not_compile(tmp_path: Path, perm: str) -> None:
    text = f"#include <linux/module.h>\nstatic int n;\nmodule_param(n, int, {perm});\n"
    with pytest.raises(SourceError):
        compiled(tmp_path, text)


def test_without_a_compiler_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_compiler, "find_compiler", lambda: None)
    with pytest.raises(SourceError) as caught:
        compiled(tmp_path, MODULE)
    assert caught.value.what == "cc: no C compiler for mod.c"
    assert "kshell-os[c]" in caught.value.try_


def test_a_compiler_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_compiler, "find_compiler", lambda: [sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(c_compiler, "TIME_LIMIT", 0.01)
    with pytest.raises(SourceError) as caught:
        compiled(tmp_path, MODULE)
    assert caught.value.what.endswith("was ended after 0.01 seconds")
    assert caught.value.try_ == "is it the right file?"


@needs_compiler
@pytest.mark.skipif(os.name != "posix", reason="needs a Unix's special files, and its limits")
@pytest.mark.parametrize("text", ['#include "/dev/stdin"\nint x = y;\n', "char x[1 << 30] = {1};\n"])
def test_a_compiler_has_no_terminal_and_not_the_whole_disk(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError) as caught:
        compiled(tmp_path, text)
    assert "was ended after" not in caught.value.what


@needs_compiler
def test_an_object_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="its object has 32 MiB"):
        compiled(tmp_path, "char x[32 << 20] = {1};\n")


def test_a_source_that_is_too_large_is_given_to_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_compiler, "find_compiler", lambda: None)
    with pytest.raises(SourceError) as caught:
        compile_file("big.c", "int x;\n" * 200_000, "4.19.1", (4, 19), folder=str(tmp_path))
    assert (caught.value.what, caught.value.because) == ("big.c: error: too large", "a source may have 1024 KiB")


def test_the_version_code_is_linuxs() -> None:
    assert version_code((4, 19)) == 0x41300


@needs_compiler
def test_a_copy_whose_answer_nobody_looks_at_is_warned_of_where_it_is_made(tmp_path: Path) -> None:
    text = "#include <linux/uaccess.h>\n\nvoid f(void *to)\n{\n\tcopy_from_user(to, (void __user *)8, 4);\n}\n"
    (tmp_path / "f.c").write_text(text)
    data, said = compile_c(str(tmp_path / "f.c"), "f", (4, 19))
    assert re.search(r"f\.c:5:\d+: warning: ignoring return value", said)
    assert "[-Wunused-result]" in said
    assert b"\0_copy_from_user\0" in data
