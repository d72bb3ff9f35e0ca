"""Reading a source from the disk: its bytes, its name, and what is no source at all."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kshell.abi.errno import ENOENT, ENOEXEC
from kshell.abi.problem import excerpt
from kshell.cc.compiler import module_name
from kshell.cc.front.unit import compile_source
from kshell.cc.source_error import SourceError
from kshell.cc.source_file import read_source


def refusal(path: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        compile_source(read_source(str(path)), str(path))
    assert caught.value.because
    assert caught.value.try_
    return caught.value


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"x = 1\n# \xff\n", ":2: error: byte 0xff is not UTF-8"),
        (b"x = 1\0\n", "null byte"),
        (b"#" * ((1 << 20) + 1), "error: too large"),
    ],
)
def test_odd_bytes_are_refused_with_a_reason(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(data)
    error = refusal(path)
    assert error.errno == ENOEXEC
    assert what in error.what


def test_a_byte_order_mark_is_no_part_of_a_source(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(b"\xef\xbb\xbfN = 1\n")
    assert read_source(str(path)) == "N = 1\n"


def test_what_is_no_source_or_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "two words.py").write_text("")
    assert "a source that ends in .py or .c" in refusal(tmp_path / "notes.txt").because
    assert "no module can be called" in refusal(tmp_path / "two words.py").because
    for name in ("m'n", "é", "漢", "a" * 56):
        (tmp_path / f"{name}.py").write_text("")
        error = refusal(tmp_path / f"{name}.py")
        assert error.because == f"a module is called as its file is, and no module can be called {name!r}"
        assert error.try_ == "call the file my_module.py  (letters, digits and _, at most 55)"
    assert refusal(tmp_path / "nobody.py").errno == ENOENT


def test_compiling_writes_no_warning_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text('X = "\\d"\n')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_source(read_source(str(path)), str(path))


def test_a_module_is_called_as_its_file() -> None:
    assert module_name("/a/b/my-first-module.py") == "my_first_module"


def test_an_excerpt_shows_a_tab_as_one_blank_so_that_the_caret_fits() -> None:
    assert excerpt("a\n\tbc\n", 2, 3) == ("    2 |  bc", "      |   ^")
    assert excerpt("a\n", 7, 1) == ()


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_any_bytes_compile_or_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.py"
    path.write_bytes(data)
    try:
        compiled = compile_source(read_source(str(path)), str(path))[0].path == str(path)
    except SourceError as error:
        compiled = error.errno == ENOEXEC
    assert compiled
