"""The keyboard while a line is typed: Ctrl-C stays a signal.

Prompt_toolkit would have it as a byte.  One that is pressed between Enter and the command would then be a byte that
nobody reads.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import clear_typeahead

from kshell.machine.sigint import at_prompt, note


def keyboard() -> Input | None:
    """The terminal's input; None: prompt_toolkit's own."""
    if os.name != "posix" or not sys.stdin.isatty():
        return None
    import termios

    from prompt_toolkit.input.vt100 import Vt100Input, raw_mode

    class Raw(raw_mode):
        """Raw, but for Ctrl-C, which drops what was typed before it."""

        def __enter__(self) -> None:
            super().__enter__()
            if self.attrs_before is None:
                return
            now = termios.tcgetattr(self.fileno)
            now[3] |= termios.ISIG
            off = bytes([os.fpathconf(self.fileno, "PC_VDISABLE") & 0xFF])
            now[6][termios.VSUSP] = now[6][termios.VQUIT] = off
            termios.tcsetattr(self.fileno, termios.TCSANOW, now)

    class Keyboard(Vt100Input):
        """The terminal's input, with that raw mode."""

        def raw_mode(self) -> AbstractContextManager[None]:
            return Raw(self.stdin.fileno())

    return Keyboard(sys.stdin)


def typed(prompt: PromptSession[str], begin: Callable[[], None] = lambda: None, **how: Any) -> str:
    """What a person types; `begin` is called when they may.  KeyboardInterrupt at Ctrl-C, EOFError at Ctrl-D."""
    app, begun = prompt.app, False

    def begins() -> None:
        nonlocal begun
        begun = True
        begin()

    def interrupt() -> None:
        app.key_processor.empty_queue()  # as the terminal drops what was typed before Ctrl-C
        parser = getattr(app.input, "vt100_parser", None)
        if parser is not None:
            parser.reset()  # the end of a paste may have been dropped, too
        if not app.is_done:
            app.key_processor.send_sigint()

    def press() -> None:
        clear_typeahead(app.input)
        if app.is_running and app.loop is not None:
            app.loop.call_soon_threadsafe(interrupt)
        done = begun and (app.future is None or (app.future.done() and app.future.exception() is None))
        if done:  # Enter was pressed: that is for the command
            note()

    with at_prompt(press):
        return prompt.prompt(handle_sigint=False, pre_run=begins, **how)
