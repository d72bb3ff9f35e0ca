"""The words for what the kernel refuses: none is missing, and none is for nothing."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

from kshell.kernel.module import refusal
from kshell.kernel.module.refusal import Reason
from kshell.shell.modules.refusals import WORDS

ADDED = {"module", "insmod", "rmmod", "rebuild", "names", "last"}  # by the shell, to the facts of the kernel


def facts_of() -> dict[str, set[str]]:
    """The facts of each reason, as the comments of the list name them."""
    found = {}
    for line in Path(refusal.__file__).read_text(encoding="utf-8").splitlines():
        name, _, comment = line.strip().partition(" = auto()")
        if name in Reason.__members__:
            parts = comment.strip().removeprefix("# ").split(", ")
            found[name] = {part.partition(":")[0] for part in parts}
    return found


def raised() -> set[str]:
    """The reasons that some file of the kernel names."""
    folder = Path(refusal.__file__).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "Reason"}


def test_every_reason_has_words_and_is_given_somewhere() -> None:
    assert {*WORDS, Reason.UNKNOWN_SYMBOL} == set(Reason)
    assert raised() == set(Reason.__members__)


@pytest.mark.parametrize("reason", WORDS)
def test_words_speak_of_facts_that_the_reason_has(reason: Reason) -> None:
    fields = {field for text in WORDS[reason] for _, field, _, _ in Formatter().parse(text) if field}
    assert fields <= facts_of()[reason.name] | ADDED
