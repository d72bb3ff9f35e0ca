"""What a build says, laid out as gcc lays it out."""

from __future__ import annotations

import pytest

from kshell.abi.problem import line_excerpt
from kshell.kbuild.messages import ERROR, NOTE, BuildMessage


def test_a_message_is_laid_out_as_gcc_does_it_with_because_and_try_below() -> None:
    source = "\tlong sys_a(integer x);"
    message = BuildMessage(
        ERROR, "unknown type name 'integer'", "a.h", 3, 13, line_excerpt(source, 3, 13, 7), "that is no type", "int"
    )
    assert str(message).splitlines() == [
        "a.h:3:13: error: unknown type name 'integer'",
        "    3 |  long sys_a(integer x);",
        "      |             ^~~~~~~",
        "  because: that is no type",
        "  try: int",
    ]


@pytest.mark.parametrize(
    ("place", "head"),
    [(("a.h", 3, 0), "a.h:3: note: x"), (("a.h", 0, 9), "a.h: note: x"), (("", 3, 4), "note: x")],
)
def test_a_place_is_said_as_far_as_it_is_known(place: tuple[str, int, int], head: str) -> None:
    assert str(BuildMessage(NOTE, "x", *place)) == head


def test_the_words_of_a_tool_that_names_no_place_stand_alone() -> None:
    message = BuildMessage(ERROR, "Unknown abi X", "a.tbl", 3, 1, verbatim=True)
    assert message.head() == "Unknown abi X"
    assert message.place() == "a.tbl:3:1"


def test_a_kind_that_gcc_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind of message"):
        BuildMessage("fatal", "x")
