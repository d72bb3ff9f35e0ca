"""MODPOST: each release's own words, and what a module depends on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.kbuild.messages import ERROR, WARNING
from kshell.kbuild.steps.modpost import Export, ModuleObject, Posted, modpost, parse_symvers, symvers
from kshell.kbuild.steps.object_facts import ObjectFacts, Wanted
from kshell.kernel.core.profile import PROFILES, V4_19, V6_19

KNOWN = [Export("STUB_x", "vmlinux", False), Export("STUB_gpl", "vmlinux", True)]


def module(name: str, needs: tuple[str, ...] = (), gives: tuple[str, ...] = (), **info: str) -> ModuleObject:
    """A module that needs and exports these symbols."""
    said = {"license": "GPL", "description": "x"} | info
    wanted = [Wanted(symbol, 3) for symbol in needs]
    exports = [(symbol, False) for symbol in gives]
    pairs = [(tag, text) for tag, text in said.items() if text]
    return ModuleObject(name, ObjectFacts(f"{name}.py", [], wanted, [], exports, pairs, True))


def post(version: str, *modules: ModuleObject, external: bool = False, known: list[Export] | None = None) -> Posted:
    return modpost(
        modules, KNOWN if known is None else known, PROFILES[version], external=external, has_symvers=known != []
    )


def said(posted: Posted) -> list[tuple[str, str]]:
    return [(message.kind, message.text) for message in posted.messages]


BOTH = pytest.mark.parametrize("version", ["4.19", "6.19"])


@BOTH
def test_nothing_is_said_of_a_module_without_fault(version: str) -> None:
    posted = post(version, module("d/m", ("STUB_x", "STUB_gpl"), ("mine",)))
    assert said(posted) == []
    assert posted.exports == [Export("mine", "d/m", False)]
    assert posted.depends == {"d/m": []}


@BOTH
def test_a_module_depends_on_those_that_export_what_it_needs_whatever_their_order(version: str) -> None:
    one, two = module("d/one", ("b", "c", "b2")), module("e/two", gives=("b", "b2"))
    three = Export("c", "f/three", False)
    posted = post(version, one, two, known=[*KNOWN, three])
    assert said(posted) == []
    assert posted.depends == {"d/one": ["two", "three"], "e/two": []}


@pytest.mark.parametrize(
    ("version", "external", "expected"),
    [
        ("4.19", False, (ERROR, 'ERROR: "gone" [m.ko] undefined!')),
        ("4.19", True, (WARNING, 'WARNING: "gone" [m.ko] undefined!')),
        ("6.19", False, (ERROR, 'ERROR: modpost: "gone" [m.ko] undefined!')),
        ("6.19", True, (ERROR, 'ERROR: modpost: "gone" [m.ko] undefined!')),
    ],
)
def test_what_nobody_exports_is_undefined(version: str, external: bool, expected: tuple[str, str]) -> None:
    assert said(post(version, module("m", ("gone",)), external=external)) == [expected]


def test_without_Module_symvers_4_19_says_nothing_and_6_19_still_refuses() -> None:
    assert said(post("4.19", module("m", ("gone",)), external=True, known=[])) == []
    assert said(post("6.19", module("m", ("gone",)), external=True, known=[]))[0][0] == ERROR


@pytest.mark.parametrize(
    ("version", "word", "kind"), [("4.19", "WARNING:", WARNING), ("6.19", "ERROR: modpost:", ERROR)]
)
def test_an_export_of_the_kernel_s_is_exported_twice(version: str, word: str, kind: str) -> None:
    text = f"{word} m: 'STUB_x' exported twice. Previous export was in vmlinux"
    assert said(post(version, module("m", gives=("STUB_x",)))) == [(kind, text)]


@BOTH
def test_a_module_outside_the_tree_may_export_what_Module_symvers_has_on_4_19_only(version: str) -> None:
    kinds = [kind for kind, _ in said(post(version, module("m", gives=("STUB_x",)), external=True))]
    assert kinds == ([] if version == "4.19" else [ERROR])


@BOTH
def test_two_modules_outside_the_tree_that_export_one_name_are_told(version: str) -> None:
    posted = post(version, module("a/one", gives=("b",)), module("a/two", gives=("b",)), external=True)
    assert said(posted)[0][1].endswith("a/two: 'b' exported twice. Previous export was in a/one.ko")


@BOTH
def test_a_module_that_is_built_again_does_not_clash_with_its_own_line(version: str) -> None:
    known = [*KNOWN, Export("mine", "d/m", False)]
    assert said(post(version, module("d/m", gives=("mine",)), known=known)) == []


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("4.19", (WARNING, "WARNING: modpost: missing MODULE_LICENSE() in d/m.o")),
        ("6.19", (ERROR, "ERROR: modpost: missing MODULE_LICENSE() in d/m.o")),
    ],
)
def test_a_missing_licence_is_told(version: str, expected: tuple[str, str]) -> None:
    assert said(post(version, module("d/m", license=""))) == [expected]


def test_a_missing_description_is_told_by_newer_kernels_only() -> None:
    assert said(post("4.19", module("m", description=""))) == []
    assert said(post("6.19", module("m", description=""))) == [
        (WARNING, "WARNING: modpost: missing MODULE_DESCRIPTION() in m.o")
    ]


@pytest.mark.parametrize(("version", "word"), [("4.19", "FATAL:"), ("6.19", "ERROR:")])
def test_a_proprietary_module_gets_no_GPL_only_symbol(version: str, word: str) -> None:
    text = f"{word} modpost: GPL-incompatible module m.ko uses GPL-only symbol 'STUB_gpl'"
    assert said(post(version, module("d/m", ("STUB_gpl",), license="Proprietary"))) == [(ERROR, text)]


@BOTH
def test_each_module_is_read_before_any_name_is_looked_for(version: str) -> None:
    found = said(post(version, module("a", ("gone",), license=""), module("b", ("lost",), ("STUB_x",), license="")))
    words = ["missing MODULE_LICENSE() in a.o", "missing MODULE_LICENSE() in b.o", "'STUB_x' exported twice"]
    words += ['"gone" [a.ko] undefined!', '"lost" [b.ko] undefined!']
    assert [next(word for word in words if word in text) for _, text in found] == words


def test_4_19_gives_up_at_a_GPL_only_symbol_before_it_looks_for_names() -> None:
    found = said(post("4.19", module("a", ("gone",)), module("b", ("STUB_gpl",), license="Proprietary")))
    assert [text.split(":")[0] for _, text in found] == ["FATAL"]
    found = said(post("6.19", module("a", ("gone",)), module("b", ("STUB_gpl",), license="Proprietary")))
    assert [text.split(" ")[2] for _, text in found] == ['"gone"', "GPL-incompatible"]


def test_6_19_lists_ten_undefined_names_and_counts_the_rest() -> None:
    many = tuple(f"gone{i}" for i in range(13))
    found = said(post("6.19", module("a", many[:7]), module("b", many[7:])))
    assert sum(text.endswith("undefined!") for _, text in found) == 10
    last = "WARNING: modpost: suppressed 3 unresolved symbol warnings because there were too many)"
    assert found[-1] == (WARNING, last)
    assert len(said(post("4.19", module("a", many)))) == 13


exports = st.lists(
    st.builds(
        Export,
        st.from_regex(r"[A-Za-z_]\w{0,10}", fullmatch=True),
        st.from_regex(r"[a-z]+(/[a-z]+)?", fullmatch=True),
        st.booleans(),
    )
)


@given(exports)
def test_Module_symvers_is_read_as_it_was_written(found: list[Export]) -> None:
    for profile in (V4_19, V6_19):
        assert parse_symvers(symvers(found, profile)) == found


@given(st.text())
def test_any_Module_symvers_can_be_read(text: str) -> None:
    assert all(len(export) == 3 for export in parse_symvers(text))


def test_what_a_release_no_longer_exports_is_named_as_that() -> None:
    symbol = "kallsyms_lookup_name"
    assert said(post("4.19", module("d/m", (symbol,)), known=[Export(symbol, "vmlinux", True)])) == []
    (message,) = post("6.19", module("d/m", (symbol,))).messages
    assert (message.kind, message.text) == (ERROR, f'ERROR: modpost: "{symbol}" [d/m.ko] undefined!')
    assert message.because == f"{symbol} is in the kernel, but since 5.7 it is not exported to modules"
