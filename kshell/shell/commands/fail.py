"""Letting an allocation of the kernel's fail, to see what a module makes of it."""

from __future__ import annotations

from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import command, misuse
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.replay.deeds import FailAllocation
from kshell.shell.state.context import Context
from kshell.shell.views.view import Text, View


@command(
    "fail",
    "fail kmalloc N",
    "fail kmalloc 0",
    "fail",
    group="Modules",
    arguments=(Argument("word", "kmalloc"), Argument("word", "[N]")),
    examples=(
        ("fail kmalloc 3", "of those to come, the third answers NULL"),
        ("fail kmalloc 4; modprobe forgetful; fail", "a module that takes three"),
        ("fail", "which one it will be"),
    ),
)
def fail(session: Context, words: list[Word]) -> View:
    """Let an allocation of kernel memory fail.

    The Nth call of kmalloc or a relative from now on answers NULL, once, as where there is no memory left; 0 takes that
    back. vmalloc is none of them. Linux has the same: CONFIG_FAILSLAB, and /proc/self/fail-nth.
    """
    if words and (words[0].text != "kmalloc" or len(words) > 2):
        raise misuse("fail", "what is to fail? kmalloc is what can")
    if len(words) == 2:
        session.do(FailAllocation(0 if words[1].text == "0" else count("fail", words[1])))
    elif words:
        raise misuse("fail", "which one, counted from now?")
    slab = session.kernel.slab
    left = slab.fail_in if slab is not None else 0
    said = f"allocation {left} from now will fail" if left else "no allocation is to fail"
    return Text([said], {"kmalloc": left})
