"""What is higher than the screen is leafed through: by $PAGER, by less, or, where there is none, by the pager here.

less is told to keep colours, to leave the text on the screen, to end behind the last line and at Ctrl-C, and to say how
it is left.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from shutil import which

from kshell.machine.sigint import at_prompt, interruptible

LOWEST = 6  # rows: on a lower screen there is too little to leaf through
LESS = r"-RXKe -Ps?eEnter or q:Enter, Space\: on   /\: search   q.\: to the prompt $"
MORE = "-- Enter: on   q and Enter: to the prompt -- "
NOT_STARTED = (126, 127)  # what a shell answers where it cannot start a command


def page(text: str, rows: int) -> None:
    """Show a text on a screen of so many rows, and come back when the person leaves it."""
    pager = os.environ.get("PAGER") or which("less")
    sys.stdout.flush()
    if not pager:
        _leaf_through(text, rows)
    elif not _paged(pager, text):
        sys.stdout.write(text)


def _paged(command: str, text: str) -> bool:
    """Whether there is such a pager: then it has shown the text."""
    less = f"{LESS} {os.environ.get('LESS', '')}"
    environment = {"LESSCHARSET": "utf-8", "LV": "-c", **os.environ, "LESS": less}
    with at_prompt(lambda: None), _terminal_given_back():  # a Ctrl-C is for the pager
        pager = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environment)
        with suppress(BrokenPipeError, OSError):  # it was left before it had read all
            pager.communicate(text.encode("utf-8", "backslashreplace"))
        return pager.wait() not in NOT_STARTED


@contextmanager
def _terminal_given_back() -> Iterator[None]:
    """A pager that was killed leaves the terminal as it needed it."""
    if os.name != "posix":
        yield
        return
    import termios

    before = termios.tcgetattr(sys.stdout)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdout, termios.TCSADRAIN, before)


def _leaf_through(text: str, rows: int) -> None:
    """A screen of it at a time."""
    lines = text.splitlines(keepends=True)
    with suppress(KeyboardInterrupt):
        while lines:
            sys.stdout.write("".join(lines[: rows - 1]))
            del lines[: rows - 1]
            if lines:
                sys.stdout.write(MORE)
                sys.stdout.flush()
                with interruptible():
                    answer = sys.stdin.readline()
                if not answer or answer.strip().lower().startswith("q"):
                    return
