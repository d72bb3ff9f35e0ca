"""What things cost."""

from __future__ import annotations

from kshell.shell.commands.registry import command, misuse
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import View, show


@command(
    "cost",
    "cost uaccess",
    group="Memory and registers",
    arguments=(Argument("word", "uaccess"),),
    examples=(
        ("cost uaccess", "checking a user pointer against using it and handling the fault"),
        ("boot 6.19; cost uaccess", "the same on another kernel"),
    ),
    aside=False,
)
def cost(session: Context, words: list[Word]) -> View:
    """Measure what it costs to find out whether a user pointer is good.

    There are two ways. A kernel may check the pointer first: it searches the task's areas for the address each time. Or
    it just uses the pointer, and handles the page fault if it was bad: then the areas are searched, and the exception
    table says where to go on; a good pointer costs nothing.

    Both are done in a machine of their own, of the release that runs, with 1 to 10,000 areas mapped. What is shown
    was counted while it happened: comparisons of addresses in the search among the areas, page faults, rows of the
    exception table that were looked at, nanoseconds on the machine's clock.
    """
    if [word.text for word in words] != ["uaccess"]:
        raise misuse("cost", f"{show(words[0].text)} cannot be measured" if words else "of what?")
    from kshell.shell.costs.cost_view import CostView
    from kshell.shell.costs.user_access import measure

    other = session.aside()
    k = other.boot(other.image)
    return CostView(k.release, measure(k))
