"""The header's prototypes: what gcc would say about them, and what it never says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.kbuild.header.prototypes import compare, parse_prototypes, same_type
from kshell.kbuild.messages import NOTE
from kshell.kbuild.tree.tree_contents import contents
from kshell.kbuild.tree.tree_paths import HEADER, VERSIONS

GUARD, END = "#ifndef _LINUX_SYSCALLS_H\n#define _LINUX_SYSCALLS_H\n", "\n#endif\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_header_of_a_new_tree_has_a_prototype_of_every_call_that_the_tree_defines(version: str) -> None:
    files = contents(version)
    found, messages = parse_prototypes(files[HEADER])
    assert not messages
    bodies = "".join(text for path, text in files.items() if path.endswith(".py"))
    defined = re.findall(r"@SYSCALL_DEFINE\d\ndef (\w+)\(", bodies)
    assert len(defined) > 40
    assert set(found) == {f"sys_{name}" for name in defined}
    assert not any(prototype.seen for prototype in found.values())  # on x86-64 the compiler skips them
    assert found["sys_write"].parameters == ("unsigned int", "const char __user *", "size_t")
    assert found["sys_getpid"].parameters == ()


def test_the_slides_prototype_is_found_at_the_end_of_the_file() -> None:
    text = contents("4.19")[HEADER]
    end = text.rindex("#endif")
    found, messages = parse_prototypes(text[:end] + "asmlinkage long sys_test_call(int);\n\n" + text[end:])
    assert not messages
    prototype = found["sys_test_call"]
    assert prototype.parameters == ("int",)
    assert prototype.text == "asmlinkage long sys_test_call(int);"
    assert prototype.seen
    assert not compare(prototype, "test_call", "test_call(int test_int)")


@pytest.mark.parametrize(
    "written",
    [
        "asmlinkage long sys_b(const char __user *name,\n\t\tsize_t, umode_t mode);",
        "asmlinkage long sys_b(const char *, unsigned long n, unsigned short);",
        "asmlinkage long /* of ours */ sys_b(char const __user *a, size_t b, // first\n umode_t c);",
        "extern asmlinkage long sys_b(const char __user *n, \\\n size_t, umode_t);",
        "#ifndef CONFIG_ARCH_HAS_SYSCALL_WRAPPER\nasmlinkage long sys_b(const char __user *, size_t, umode_t);\n#endif",
    ],
)
def test_a_prototype_is_read_however_it_is_laid_out(written: str) -> None:
    found, messages = parse_prototypes(GUARD + written + END)
    assert not messages
    assert not compare(found["sys_b"], "b", "b(const char __user *name, size_t n, umode_t mode)")


def test_a_missing_prototype_is_a_note_that_says_why_nothing_checks_it() -> None:
    (note,) = compare(None, "test_call", "test_call(int test_int)")
    assert note.kind == NOTE
    assert note.text == "no prototype of sys_test_call"
    assert "4.17" in note.because
    assert note.try_.startswith("asmlinkage long sys_test_call(int);")


@pytest.mark.parametrize(
    "written",
    [
        "asmlinkage long sys_test_call(long);",
        "asmlinkage long sys_test_call(int, int);",
        "asmlinkage long sys_test_call(void);",
        "asmlinkage long sys_test_call(int *);",
        "asmlinkage int sys_test_call(int);",
        "asmlinkage long sys_test_call(unsigned int);",
    ],
)
def test_a_prototype_that_differs_from_the_definition_is_a_note_at_its_place(written: str) -> None:
    found, _ = parse_prototypes(GUARD + written + END)
    (note,) = compare(found["sys_test_call"], "test_call", "test_call(int test_int)")
    assert (note.file, note.line, note.column) == (HEADER, 3, written.index("sys_") + 1)
    assert note.excerpt[0].endswith(written)
    assert "takes (int)" in note.because
    assert note.try_ == "asmlinkage long sys_test_call(int);"


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("unsigned", "unsigned int", True),
        ("long int", "long", True),
        ("size_t", "unsigned long", True),
        ("const clockid_t", "int", True),
        ("char __user *", "char *", True),
        ("const char *", "char *", False),
        ("int", "long", False),
        ("char **", "char *", False),
        ("struct stat __user *", "struct stat *", True),
        ("struct stat *", "struct iovec *", False),
    ],
)
def test_types_are_compared_as_x86_64_has_them(one: str, two: str, same: bool) -> None:
    assert same_type(one, two) is same


CASES = """
asmlinkage long sys_a(int)|asmlinkage long sys_a(int)~asmlinkage long sys_b(int);
asmlinkage long sys_a(integer x);|asmlinkage lng sys_a(int);|asmlinkag long sys_a(int);
asmlinkage long sys_a int);|asmlinkage long sys_a(int));|asmlinkage long sys_a(int,);
asmlinkage long sys_a(5);|GNU nano 2.9.3  include/linux/syscalls.h|335 common
asmlinkage long sys_a(int a int b);|asmlinkage long sys_a(int):|asmlinkage long sys-a(int);
long sys_a(char __usr *p);|asmlinkage long (int);|asmlinkage long sys_a(int);;
SYSCALL_DEFINE1(test_call, int, test_int);|}|foo + 3;|foo 3;|asmlinkage long sys_test_call(int)<tab>;
long sys_a(int) foo|long sys_a(int) 5;|long sys_a foo;
long sys_b(int (*)(int), char []);long (*STUB)(int);|long sys_a(foo *);|long sys_a(int, foo);
long sys_a(foo, int);|long sys_a(foo, bar);|long sys_a(int foo bar);|long sys_a((int));|"foo"
typedef int foo; foo f(foo);|@foo|#endif~#endif|#endfi|#else~#else|/* x|#ifdef~#endif
#if 0~long x y z;~#endif~int q;|#if defined(C) && 1 == 1~#endif|static inline long f(int x) { return x; }
asmlinkage sys_a(int);|asmlinkage long __x64_sys_a(int);|// long x y|#if 1~int a b;
long sys_a(void); // done~/* long x y */ long sys_b(void);|char *s = "/* no comment";
#if 0~#elif 1~int a b~#endif
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the oracle is gcc, which is not installed")
@pytest.mark.parametrize("case", [case for line in CASES.strip().split("\n") for case in line.split("|")])
def test_what_is_not_c_gets_gcc_s_words_at_gcc_s_place(case: str, tmp_path: Path) -> None:
    text = GUARD + case.replace("~", "\n") + END
    (tmp_path / "h.h").write_text(text)
    (tmp_path / "c.c").write_text('#define asmlinkage\n#define __user\n#define C\n#include "h.h"\nint tail;\n')
    command = ["gcc", "-Werror=implicit-int", "-fsyntax-only", "c.c"]
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment).stderr
    theirs = [
        re.sub(r"; did you mean.*", "", line) for line in re.findall(r"^h\.h:.*(?:error|warning): .*", said, re.M)
    ]
    ours = [re.sub(r"; did you mean.*", "", message.head()) for message in parse_prototypes(text, "h.h")[1]]
    assert bool(ours) is bool(theirs)
    assert ours[:1] == [] or ours[0] in theirs[:2]


def test_a_mistake_in_the_block_that_x86_64_skips_is_seen_by_nobody() -> None:
    text = contents("4.19")[HEADER].replace("asmlinkage long sys_getpid(void);", "asmlinkage lng sys_getpid(integer x")
    assert parse_prototypes(text)[1] == []


def test_an_endif_that_is_missing_is_said_of_the_ifndef() -> None:
    text = contents("4.19")[HEADER].rstrip().removesuffix("#endif")
    (message,) = parse_prototypes(text)[1]
    assert message.head() == f"{HEADER}:9: error: unterminated #ifndef"
    assert "last #endif" in message.because


def test_a_prototype_below_the_last_endif_is_fine_in_c() -> None:
    found, messages = parse_prototypes(contents("4.19")[HEADER] + "asmlinkage long sys_test_call(int);\n")
    assert not messages
    assert "sys_test_call" in found


WORDS = """
asmlinkage long int sys_a ( ) ; , { } [ ] * " ' # /* */ // \\ struct 5 é = <tab> #if #ifdef #endif #else
#elif #define defined ( ( ) && || ! == 1 @ ... typedef
"""
SPACES = (" ", "\n", "\t", "\r\n", "\0", "\ufeff", "sys_a(", "asmlinkage long sys_a(int);\n", "\\\n")
pieces = st.sampled_from([*WORDS.split(), *SPACES])


@given(st.lists(pieces, max_size=60).map(" ".join) | st.lists(pieces, max_size=60).map("".join) | st.text(max_size=200))
def test_no_header_makes_the_reader_fail(text: str) -> None:
    found, messages = parse_prototypes(text)
    for message in messages:
        assert message.text
        assert all(c.isprintable() or c in "\n\t" for c in "\n".join(message.excerpt))
    for name, prototype in found.items():
        assert prototype.name == name
        compare(prototype, name[4:], f"{name[4:]}(int a)")


@pytest.mark.parametrize(
    "unit", ["sys_a(", "(", "/*", '"', "#if 1\n", "a ", "long sys_a(int);\n", "#if ((((((", "\\\n", "{"]
)
def test_a_large_header_of_one_thing_is_read_to_its_end(unit: str) -> None:
    assert len(parse_prototypes(unit * ((128 << 10) // len(unit)))[1]) <= 101


@pytest.mark.parametrize("junk", ["@", "#foo\n", '"\\', "#deffine x\n", "sys_a(", "#if 1\n", "(", "/*"])
def test_a_header_of_junk_gives_not_a_thousand_messages(junk: str) -> None:
    _, messages = parse_prototypes(junk * ((128 << 10) // len(junk)))
    assert len(messages) <= 101


@pytest.mark.parametrize("text", ['long sys_a(int "foo "bar", \\"int);', 'long sys_a(\'b "int");', '"\\' * (64 << 10)])
def test_a_quote_that_does_not_end_takes_the_rest_of_its_line_as_gcc_has_it(text: str) -> None:
    found, messages = parse_prototypes(f"{text}\nlong sys_b(int);\n")
    assert [message.text[:19] for message in messages] == ["missing terminating"]
    assert set(found) == {"sys_b"}


def test_a_list_of_parameters_that_does_not_end_says_so() -> None:
    _, (message,) = parse_prototypes("asmlinkage long sys_test_call(int;\n")
    assert "its ) is missing" in message.because
    assert message.try_.startswith("asmlinkage long sys_test_call(int);")
