"""The keyboard while a line is typed: Ctrl-C stays a signal.

Prompt_toolkit would have it as a byte.  One that is pressed between Enter and the command would then be a byte that
nobody reads.
"""

from __future__ import annotations

import os
import sys
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable
from contextlib import AbstractContextManager
from traceback import walk_tb
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
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


def typed(
    prompt: PromptSession[str],
    report: Callable[[BaseException], None],
    begin: Callable[[], None] = lambda: None,
    **how: Any,
) -> str:
    """What a person types; `begin` is called when they may.  KeyboardInterrupt at Ctrl-C, EOFError at Ctrl-D.

    A key whose handler raises does nothing; if the handler is ours, `report` is told.
    """
    ctrl_c = _CtrlC(prompt.app)

    def fails(_loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        bug = context.get("exception")
        if bug is not None and _is_ours(bug):
            report(bug)

    def begins() -> None:
        get_running_loop().set_exception_handler(fails)
        prompt.search_buffer.reset()  # the last prompt may have ended in a search
        prompt.layout.focus(prompt.default_buffer)
        begin()
        ctrl_c.begins()

    with at_prompt(ctrl_c.press):
        return prompt.prompt(handle_sigint=False, set_exception_handler=False, pre_run=begins, **how)


def _is_ours(bug: BaseException) -> bool:
    """Whether code of kshell's had a part in it; odd keys meet faults of prompt_toolkit's own."""
    return any(frame.f_globals["__name__"].startswith("kshell.") for frame, _ in walk_tb(bug.__traceback__))


class _CtrlC:
    """What a press is for while a prompt starts, waits and ends: what is typed there, or the command that was entered.

    The loop decides, in the order of what happens there: keys that were read before a press may be taken after it.
    """

    def __init__(self, app: Application[str]) -> None:
        self._app = app
        self._begun = self._early = False

    def begins(self) -> None:
        """The prompt takes keys from now on."""
        self._begun = True
        if self._early:
            self._soon()

    def press(self) -> None:
        """Ctrl-C, at any moment: this is the handler of a signal."""
        clear_typeahead(self._app.input)
        self._early = not self._begun
        if self._is_entered():
            note()
        elif self._begun:
            self._soon()

    def _soon(self) -> None:
        if self._app.loop is not None:
            self._app.loop.call_soon_threadsafe(self._interrupt)

    def _interrupt(self) -> None:
        """Drop what was typed, as the terminal does; of a paste the end may have been dropped, too."""
        clear_typeahead(self._app.input)
        self._app.key_processor.empty_queue()
        parser = getattr(self._app.input, "vt100_parser", None)
        if parser is not None:
            parser.reset()
        if not self._app.is_done:
            self._app.key_processor.send_sigint()
        elif self._is_entered():
            note()

    def _is_entered(self) -> bool:
        """Whether Enter was taken: the next is the command's."""
        future = self._app.future
        return self._begun and (future is None or (future.done() and future.exception() is None))
