"""What no Makefile may do to its reader: go on for ever, fill the memory, or break it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kshell.kbuild.makefile.makefile import Host, MakefileError, parse

HOST = Host(shell={"pwd": "/home/me\n"}.get)
EXPLOSIONS = {
    "doubling": "A0 = x\n" + "".join(f"A{i} = $(A{i - 1})$(A{i - 1})\n" for i in range(1, 60)) + "X := $(A59)\n",
    "doubling nothing": "".join(f"A{i} = $(A{i - 1})$(A{i - 1})\n" for i in range(1, 60)) + "X := $(A59)\n",
    "doubling at once": "A := xxxxxxxx\n" + "A := $(A)$(A)\n" * 60,
    "brackets in brackets": "X := " + "$(" * 5000 + ")" * 5000,
    "calls in calls": "X := " + "$(strip " * 5000 + ")" * 5000,
    "a long chain": "".join(f"A{i} = $(A{i + 1})\n" for i in range(3000)) + "X := $(A0)\n",
    "patterns times words": "A := " + "%a " * 40000 + "\nX := $(filter $(A),$(A))",
    "a loop in a loop": "A := " + "a " * 40000 + "\nX := $(foreach a,$(A),$(foreach b,$(A),))",
    "an include of itself": "include Makefile\n",
}


@pytest.mark.parametrize("name", EXPLOSIONS)
def test_a_makefile_that_multiplies_without_end_is_refused_soon(name: str) -> None:
    text = EXPLOSIONS[name]
    start = time.process_time()
    with pytest.raises(MakefileError):
        parse(text, "Makefile", {}, Host(read=lambda wanted: text))
    assert time.process_time() - start < 4


SIGNS = (
    "$ $( ${ ) } ( , : := += ?= = # \\ % | ; & a.o X $(X) all: $(call $(foreach $(word $(patsubst ifeq ifdef else endif"
)
DIRECTIVES = "define endef include export override undefine vpath \u00a0 \ud800 é \0 \r"
PIECES = st.sampled_from([*SIGNS.split(" "), *DIRECTIVES.split(" "), " ", "\t", "\\\n", "\n", "\n\t", "\n        "])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)))
@settings(max_examples=150)
def test_no_text_whatever_raises_anything_but_a_makefile_error(text: str) -> None:
    try:
        makefile = parse(text, "Makefile", {}, HOST)
        listed = [([e.text for e in makefile.entries(name)], makefile.words(name)) for name in ("X", "a.o", "")]
        for rule in (*makefile.targets.values(), *makefile.patterns):
            makefile.recipe(rule)
        makefile.exports()
    except MakefileError as caught:
        error = caught
        listed = [([part for part in (error.what, error.because, error.try_) if not part], [])]
    assert all(left == right for left, right in listed)
