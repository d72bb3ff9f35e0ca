"""What the commands that take expressions of C have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from kshell.abi.debug_types import DebugType
from kshell.abi.did_you_mean import did_you_mean
from kshell.kernel.debug.bad_expression import BadExpression
from kshell.kernel.debug.expressions import evaluate, type_or_value
from kshell.kernel.debug.values import Value
from kshell.shell.commands.registry import misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import show

_T = TypeVar("_T")
EXAMPLES = {
    "print": "print current->comm",
    "ptype": "ptype struct task_struct",
    "whatis": "whatis current->cred",
    "walk": "walk init_task.tasks task_struct.tasks",
}


def joined(name: str, words: Sequence[Word]) -> str:
    """The expression that was typed.  CommandError where there is none."""
    if not words:
        raise misuse(name, "what?")
    return " ".join(word.raw for word in words)


def value_of(session: Context, name: str, text: str) -> Value:
    """The value of an expression.  CommandError where it has none."""
    return _asked(name, text, partial(evaluate, session.kernel, session.selected_frame))


def type_of(session: Context, name: str, text: str) -> DebugType:
    """The type that is named, or that an expression has.  CommandError where there is none."""
    return _asked(name, text, partial(type_or_value, session.kernel, session.selected_frame))


def _asked(name: str, text: str, answer: Callable[[str], _T]) -> _T:
    try:
        return answer(text)
    except BadExpression as bad:
        because = f"there are {', '.join(bad.known[:8])}" if bad.known else f"help {name} says what it understands"
        better = _better(text, bad, answer)
        raise CommandError(show(bad.what), because, f"{name} {better}" if better else EXAMPLES[name]) from None


def _better(text: str, bad: BadExpression, answer: Callable[[str], object]) -> str:
    """The expression with the name that was meant, if that has a value."""
    close = did_you_mean(bad.wrong, bad.known) if bad.wrong and bad.known else []
    for right in close[:1]:
        better = re.sub(rf"(?<!\w){re.escape(bad.wrong)}(?!\w)", right, text)
        with suppress(BadExpression):
            answer(better)
            return better
    return ""
