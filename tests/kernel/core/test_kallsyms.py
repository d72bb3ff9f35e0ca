"""Symbols by name and by address."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kshell.kernel.core.kallsyms import Kallsyms, Symbol


def table(*symbols: Symbol) -> Kallsyms:
    found = Kallsyms()
    for symbol in symbols:
        found.add(symbol)
    return found


def test_a_symbol_is_found_by_name_address_and_inside() -> None:
    f = Symbol("f", 0x1000, "T", 16)
    symbols = table(f, Symbol("g", 0x1010, "t", 16, module="m"))
    assert symbols.lookup("f") is f
    assert symbols.lookup("h") is None
    assert symbols.at(0x1000) is f
    assert symbols.at(0x1001) is None
    assert symbols.around(0x100F) is f
    assert symbols.around(0xFFF) is None
    assert symbols.around(0x1020) is None
    assert symbols.describe(0x1013) == "g+0x3/0x10 [m]"
    assert symbols.describe(0x9000) == "0x9000"
    assert repr(symbols.at(0x1010)) == "0000000000001010 t g\t[m]"


def test_a_module_takes_only_its_own_symbols_along() -> None:
    ours, theirs = Symbol("f", 0x1000, "T", 16), Symbol("f", 0x2000, "t", 16, module="m")
    symbols = table(ours, theirs, Symbol("g", 0x2010, "t", 16, module="m"))
    assert symbols.lookup("f") is ours
    symbols.remove_module("m")
    assert list(symbols) == [ours]
    assert symbols.lookup("g") is None
    assert symbols.around(0x2000) is None


def test_a_private_namesake_is_not_what_modules_get() -> None:
    private = Symbol("f", 0x1000, "t", 16)
    public = Symbol("f", 0x2000, "T", 16, exported="EXPORT_SYMBOL")
    symbols = table(private, public)
    assert symbols.lookup_exported("f") is public
    assert symbols.lookup("f") is private
    assert symbols.lookup_exported("g") is None


@given(st.lists(st.integers(0, 1 << 20), unique=True), st.integers(0, 1 << 24))
def test_around_agrees_with_looking_at_every_symbol(places: list[int], address: int) -> None:
    symbols = table(*(Symbol(f"s{p}", 16 * p, "T", 16) for p in places))
    expected = [p for p in places if 16 * p <= address < 16 * p + 16]
    found = symbols.around(address)
    assert (found is None) == (not expected)
    assert found is None or found.address == 16 * expected[0]
    assert [s.address for s in symbols] == sorted(16 * p for p in places)
