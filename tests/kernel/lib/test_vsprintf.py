"""Formats: against the host's own C library where the two agree, and by hand where the kernel has its own way."""

from __future__ import annotations

import ctypes
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.kernel.boot.start import boot
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.vsprintf import scnprintf, snprintf, vsnprintf
from tests.kernel.lib.values import Values

KINDS = {"hh": ctypes.c_int, "h": ctypes.c_int, "": ctypes.c_int, "l": ctypes.c_long, "ll": ctypes.c_longlong}


@pytest.fixture(scope="module", params=["4.19", "6.19"])
def k(request: pytest.FixtureRequest) -> Kernel:
    return boot(request.param)


COURSE = boot("course")


def text(k: Kernel, fmt: str, *values: int) -> str:
    room = vsnprintf(k, 1 << 16, fmt.encode(), Values(values))
    assert room.length == len(room.data)
    return room.data.decode()


def host(fmt: str, *values: object) -> str:
    buffer = ctypes.create_string_buffer(1 << 12)
    ctypes.CDLL(None).snprintf(buffer, len(buffer), fmt.encode(), *values)
    return buffer.value.decode()


def put(k: Kernel, data: bytes) -> int:
    at = k.memory.static(len(data) + 1)
    k.memory.write(at, data + b"\0")
    return at


NUMBERS = [0, 1, -1, 42, 127, 128, -129, 1 << 31, (1 << 63) - 1, -(1 << 63)]


@pytest.mark.parametrize("flags", ["", "-", "0", "+", " ", "-+", "+0"])
@pytest.mark.parametrize("width", ["", "1", "9", "24"])
def test_integers_are_those_of_c(flags: str, width: str) -> None:
    for length, kind, value in itertools.product(KINDS, "diuxXo", NUMBERS):
        fmt = f"<%{flags}{width}{length}{kind}>"
        assert text(COURSE, fmt, value) == host(fmt, KINDS[length](value)), (fmt, value)


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from("diuxXo"), st.integers(-(1 << 31), (1 << 31) - 1))
def test_a_precision_gives_digits_as_in_c(width: int, precision: int, kind: str, value: int) -> None:
    for fmt in (f"%{width}.{precision}{kind}", f"%-{width}.{precision}{kind}|", f"%.{precision}{kind}"):
        assert text(COURSE, fmt, value) == host(fmt, ctypes.c_int(value))
    assert text(COURSE, f"%*.*{kind}", -width, precision, value) == host(
        f"%*.*{kind}", ctypes.c_int(-width), ctypes.c_int(precision), ctypes.c_int(value)
    )


@given(st.binary(max_size=12).filter(lambda data: 0 not in data), st.integers(-20, 20), st.integers(0, 20))
def test_strings_and_characters_are_those_of_c(data: bytes, width: int, precision: int) -> None:
    at = put(COURSE, data)
    for fmt in (f"%{width}s|" if width else "%s|", f"%.{precision}s"):
        mine = bytes(vsnprintf(COURSE, 99, fmt.encode(), Values([at])).data)
        buffer = ctypes.create_string_buffer(99)
        ctypes.CDLL(None).snprintf(buffer, 99, fmt.encode(), data)
        assert mine == buffer.value
    assert text(COURSE, "%c%5c%-3c|%%", 65, 66, 67) == "A    BC  |%"


def test_a_size_takes_its_own_width_of_argument(k: Kernel) -> None:
    assert text(k, "%zu %zd %ld %lu", 1 << 63, -5 & (1 << 64) - 1, -1 & (1 << 64) - 1, -1 & (1 << 64) - 1) == (
        f"{1 << 63} -5 -1 {(1 << 64) - 1}"
    )


def test_where_the_kernel_differs_from_c(k: Kernel) -> None:
    assert text(k, "%#x %#X %#o %#o %.0d", 0, 255, 0, 8, 0) == "0x0 0XFF 0 010 0"


def test_a_pointer_is_hashed_and_the_same_each_time(k: Kernel) -> None:
    address = 0xFFFF_8880_0000_1000
    once = text(k, "%p", address)
    assert once == text(k, "%p", address)
    assert once != text(k, "%p", address + 8)
    assert len(once) == 16
    assert once.startswith("00000000")
    assert text(k, "%px", address) == "ffff888000001000"
    assert text(k, "%p", 0) == ("          (null)" if k.profile.version < (5, 0) else "0" * 16)


def test_a_symbol_is_printed_by_its_name(k: Kernel) -> None:
    symbol = k.symbols.lookup("strlen")
    assert symbol is not None
    assert text(k, "%pS %ps %pSR", symbol.address + 4, symbol.address, 0x1000) == "strlen+0x4/0x10 strlen 0x1000"


def test_a_bad_string_is_a_word_or_a_fault(k: Kernel) -> None:
    assert text(k, "%s|%.3s|%8s", 0, 0, 0) == "(null)|(nu|  (null)"
    old = k.profile.version < (5, 0)
    assert text(k, "%s", 5) == ("(null)" if old else "(efault)")
    with pytest.raises(KernelFault):
        text(k, "%s", 0xFFFF_8880_DEAD_0000)


def test_an_unknown_conversion_ends_the_text(k: Kernel) -> None:
    assert text(k, "a%d %y b", 1) == "a1 "
    assert text(k, "a%") == "a"


def test_what_does_not_fit_is_counted(k: Kernel) -> None:
    fmt, buffer = put(k, b"%d and %s"), put(k, b"........")
    assert snprintf(k, buffer, 6, fmt, Values([12345, put(k, b"more")])) == 14
    assert k.memory.read(buffer, 8) == b"12345\0.."
    assert scnprintf(k, buffer, 6, fmt, Values([12345, put(k, b"more")])) == 5
    assert snprintf(k, 0, 0, fmt, Values([1, put(k, b"more")])) == 10


def test_widths_without_sense_cost_nothing(k: Kernel) -> None:
    room = vsnprintf(k, 10, b"%8388607d" * 1000 + b"%2147483647s" * 1000, Values([]))
    assert (len(room.data), room.length) == (10, 8388607 * 2000)
