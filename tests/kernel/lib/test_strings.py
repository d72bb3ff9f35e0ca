"""Strings and numbers out of them, called by machine code: against the C library where that has the same function."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from kshell.abi.errno import EINVAL, ERANGE
from kshell.kernel.boot.start import boot
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib import kstrtox, string, string_find
from tests.cc.front.cures import findings

LIBC = ctypes.CDLL(None)
TEXTS = [b"", b"a", b"abc", b"ABC", b"aXbXc", b"  in it ", b"/usr/bin/env", b"\xe4\xf6", b"init\n"]


@pytest.fixture(scope="module")
def k() -> Kernel:
    return boot("course")


def put(k: Kernel, data: bytes, size: int = 64) -> int:
    """A text in `size` bytes of kernel memory."""
    at = k.memory.static(size)
    k.memory.write(at, data.ljust(size, b"\0"))
    return at


@pytest.mark.parametrize("name", ["strchr", "strrchr"])
def test_a_byte_is_found_where_the_c_library_finds_it(k: Kernel, name: str) -> None:
    function = getattr(LIBC, name)
    function.restype = ctypes.c_void_p
    for text in TEXTS:
        here, there = put(k, text), ctypes.create_string_buffer(text)
        for byte in (0, ord("a"), ord("X"), ord("/"), 0x161):
            right = function(there, byte)
            wanted = right and here + right - ctypes.addressof(there)
            assert getattr(string_find, name)(k, here, byte) == (wanted or 0)


@pytest.mark.parametrize("name", ["strstr", "strpbrk"])
def test_a_string_is_found_where_the_c_library_finds_it(k: Kernel, name: str) -> None:
    function = getattr(LIBC, name)
    function.restype = ctypes.c_void_p
    for text in TEXTS:
        here, there = put(k, text), ctypes.create_string_buffer(text)
        for other in TEXTS:
            right = function(there, ctypes.create_string_buffer(other))
            wanted = right and here + right - ctypes.addressof(there)
            assert getattr(string_find, name)(k, here, put(k, other)) == (wanted or 0), (text, other)


@pytest.mark.parametrize("name", ["strspn", "strcspn", "strcasecmp"])
def test_two_strings_compare_as_in_the_c_library(k: Kernel, name: str) -> None:
    function = getattr(LIBC, name)
    for text in TEXTS:
        for other in TEXTS:
            right = function(ctypes.create_string_buffer(text), ctypes.create_string_buffer(other))
            assert getattr(string_find, name)(k, put(k, text), put(k, other)) == right, (text, other)


@pytest.mark.parametrize("name", ["strncpy", "strncat"])
def test_a_bounded_copy_leaves_what_the_c_library_leaves(k: Kernel, name: str) -> None:
    for text in TEXTS:
        for count in (0, 1, 3, 20):
            there = ctypes.create_string_buffer(b"abc".ljust(64, b"."), 64)
            there[3 if name == "strncat" else 60] = b"\0"
            here = put(k, bytes(there))
            getattr(LIBC, name)(there, ctypes.create_string_buffer(text), count)
            assert getattr(string, name)(k, here, put(k, text), count) == here
            assert k.memory.read(here, 64) == bytes(there)


def test_strlcpy_and_strlcat_always_leave_a_string_and_say_what_there_was(k: Kernel) -> None:
    here = put(k, b"x" * 16)
    assert string.strlcpy(k, here, put(k, b"kernel"), 4) == 6
    assert k.memory.read(here, 5) == b"ker\0x"
    assert string.strlcpy(k, here, put(k, b"kernel"), 0) == 6
    assert string.strlcat(k, here, put(k, b"nels"), 6) == 7
    assert k.memory.read(here, 7) == b"kerne\0x"
    assert string.strcat(k, here, put(k, b"l")) == here
    assert k.memory.read_string(here) == b"kernel"
    with pytest.raises(KernelBug):
        string.strlcat(k, here, put(k, b"x"), 6)


def test_strsep_cuts_a_string_up(k: Kernel) -> None:
    text, rest = put(k, b"a b,,c"), put(k, b"")
    k.memory.store(rest, text)
    parts = []
    while part := string_find.strsep(k, rest, put(k, b" ,")):
        parts.append(k.memory.read_string(part))
    assert parts == [b"a", b"b", b"", b"c"]
    assert k.memory.load(rest) == 0


@pytest.mark.parametrize(
    ("text", "left"), [(b"  x y \n", b"x y"), (b"", b""), (b" \t", b""), (b"x", b"x"), (b"\xa0x\xa0", b"x")]
)
def test_strim_takes_white_space_away_at_both_ends(k: Kernel, text: bytes, left: bytes) -> None:
    assert k.memory.read_string(string_find.strim(k, put(k, text))) == left


NUMBERS = [
    ("kstrtoint", b"42", 10, 42),
    ("kstrtoint", b"-42\n", 10, -42),
    ("kstrtoint", b"+7", 10, 7),
    ("kstrtoint", b"0x1f", 0, 31),
    ("kstrtoint", b"0x1f", 16, 31),
    ("kstrtoint", b"0XF", 0, 15),
    ("kstrtoint", b"1F", 16, 31),
    ("kstrtoint", b"017", 0, 15),
    ("kstrtoint", b"101", 2, 5),
    ("kstrtoint", b"2147483647", 10, 2147483647),
    ("kstrtoint", b"2147483648", 10, -ERANGE),
    ("kstrtouint", b"4294967295", 10, 4294967295),
    ("kstrtouint", b"-1", 10, -EINVAL),
    ("kstrtou8", b"256", 10, -ERANGE),
    ("kstrtos8", b"-128", 10, -128),
    ("kstrtoull", b"18446744073709551615", 10, (1 << 64) - 1),
    ("kstrtoull", b"18446744073709551616", 10, -ERANGE),
    ("kstrtol", b"-9223372036854775808", 10, -(1 << 63)),
    *(("kstrtoint", text, 10, -EINVAL) for text in (b"", b"-", b"1 ", b" 1", b"1\n\n", b"1_0", b"0x1", b"x")),
    *(("kstrtoint", text, 0, -EINVAL) for text in (b"0x", b"08", b"0b1", b"0o7")),
]


@pytest.mark.parametrize(("name", "text", "base", "wanted"), NUMBERS)
def test_a_number_is_read_as_strictly_as_the_kernel_does(
    k: Kernel, name: str, text: bytes, base: int, wanted: int
) -> None:
    result = put(k, b"\xaa" * 8)
    answer = getattr(kstrtox, name)(k, put(k, text), base, result)
    if wanted in (-EINVAL, -ERANGE):
        assert (answer, k.memory.read(result, 8)) == (wanted, b"\xaa" * 8)
    else:
        size = {"8": 1, "t": 4}.get(name[-1], 8)
        assert answer == 0
        assert int.from_bytes(k.memory.read(result, size), "little", signed=wanted < 0) == wanted
        assert k.memory.read(result + size, 8 - size) == b"\xaa" * (8 - size)


@pytest.mark.parametrize(
    ("text", "base", "value", "used"), [(b"12ab", 10, 12, 2), (b"-8x", 10, -8, 2), (b"x", 10, 0, 0), (b"0x1g", 0, 1, 3)]
)
def test_simple_strtol_takes_what_a_text_begins_with(k: Kernel, text: bytes, base: int, value: int, used: int) -> None:
    here, end = put(k, text), put(k, b"")
    assert kstrtox.simple_strtol(k, here, end, base) == value
    assert k.memory.load(end) - here == used


def test_strlcpy_is_gone_in_6_8_and_the_compiler_names_what_took_its_place() -> None:
    text = 'from kshell.linux import *\ndef f(k: Kernel, to: Ptr[Char]) -> SizeT:\n    return strlcpy(k, to, "x", 2)\n'
    assert findings(text, "4.19") == []
    (found,) = findings(text, "6.19")
    assert found.text.startswith("implicit declaration of function 'strlcpy'")
    assert found.try_ == 'return strscpy(k, to, "x", 2)'


def test_a_module_uses_them(tmp_path: Path) -> None:
    from tests.kernel.lib.script_lab import LANGUAGES, ScriptLab

    py = """
def op(k: Kernel, what: Int, a: Long, b: Long) -> Long:
    buf: Array[Char] = Array(Char, 32, "12 mice")
    number: Int = 0
    rest: Ptr[Char] = buf
    word = strsep(k, addr(rest), " ")
    if kstrtoint(k, word, 10, addr(number)) or strcmp(k, rest, "mice") != 0:
        return -1
    return number * 100 + Long(strchr(k, rest, ord("c")) - rest)
"""
    c = """
#include <linux/string.h>
static long op(int what, long a, long b)
{
	char buf[32] = "12 mice", *rest = buf, *word = strsep(&rest, " ");
	int number;
	if (kstrtoint(word, 10, &number) || strcmp(rest, "mice"))
		return -1;
	return number * 100 + (strchr(rest, 'c') - rest);
}
"""
    for language in LANGUAGES:
        assert ScriptLab(tmp_path, language, {"py": py, "c": c}[language]).run([(0, 0, 0)]) == [1202]
