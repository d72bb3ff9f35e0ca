"""The prompt on a real terminal, by prompt_toolkit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import vi_navigation_mode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import DynamicStyle
from prompt_toolkit.utils import is_windows

from kshell.kernel.core.profile import PROFILES
from kshell.shell.prompt.complete import FragmentLexer, LineCompleter
from kshell.shell.prompt.editor import ProgramEditor
from kshell.shell.prompt.guard import Guard
from kshell.shell.prompt.history import LineHistory
from kshell.shell.prompt.keys import line_keys
from kshell.shell.prompt.match import Match
from kshell.shell.prompt.raw_input import keyboard, typed
from kshell.shell.prompt.style import PLAIN, coloured
from kshell.shell.session import Session
from kshell.shell.settings import Config, history_path
from kshell.shell.state.context import DEBUGGER_PROMPT
from kshell.shell.trees.tree_state import State

MENU_ROWS = 8
WATCH_SECONDS = 1.0  # between two looks at the files of the tree; one takes a millisecond
WARM_UP_DELAY = 0.02  # seconds after a prompt: the terminal has answered where its cursor is, and the line is drawn


class RoomyPrompt(PromptSession[str]):
    """Keeps rows free for the list of completions only once something is typed.

    On an empty line they would push the last command's output off a small screen.
    """

    @property
    def reserve_space_for_menu(self) -> int:
        """Rows under the line."""
        if not self.default_buffer.text:
            return 0
        return min(MENU_ROWS, get_app().output.get_size().rows // 3)

    @reserve_space_for_menu.setter
    def reserve_space_for_menu(self, value: int) -> None:
        """Decided above."""


class Terminal:
    """Reads lines and programs with all the help there is."""

    def __init__(
        self,
        session: Session,
        config: Config,
        guard: Guard,
        warming: Iterator[None],
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._session, self._config, self._warming = session, config, warming
        colour = config.colour
        self.mode = EditingMode.VI if config.keys == "vi" else EditingMode.EMACS
        self._face: dict[str, Any] = {
            "style": DynamicStyle(lambda: coloured(session.output.theme)) if colour else PLAIN,
            "color_depth": None if colour else ColorDepth.DEPTH_1_BIT,
            "include_default_pygments_style": False,
            "editing_mode": self.mode,
            "input": input if input is not None or output is not None else keyboard(),
            "output": output,
        }
        self.input: Input | None = self._face["input"]
        self.history: History = LineHistory(history_path()) if config.history else InMemoryHistory()
        self._editor: ProgramEditor | None = None
        self._report = guard.report
        self._told = ""  # of the history's problem
        self._warm = False
        self._explain = guard.guard(self._show_explanation, None)
        self._state_of_tree: Callable[[], State | None] = guard.guard(self._tree_state, None)
        unpainted: list[tuple[str, str]] = []
        self._painted = guard.guard(self._highlight, unpainted)
        self.prompt = RoomyPrompt(
            message=self._message,
            prompt_continuation="",
            completer=LineCompleter(guard.guard(self._complete, (0, []))),
            complete_while_typing=config.menu,
            lexer=FragmentLexer(self._paint),
            history=self.history,
            search_ignore_case=True,
            auto_suggest=AutoSuggestFromHistory() if config.suggestion else None,
            bottom_toolbar=guard.guard(self._toolbar, []) if config.toolbar else None,
            key_bindings=line_keys(self._explain),
            enable_suspend=not is_windows(),
            **self._face,
        )
        self.prompt.app.timeoutlen = 0.5  # seconds that Esc waits for a second key

    def read(self) -> str:
        """The next line, or lines if a text was pasted.  KeyboardInterrupt at Ctrl-C, EOFError at Ctrl-D."""
        return typed(self.prompt, self._report, self._schedule_warm_up)

    def news(self) -> str:
        """What has gone wrong with the history since this was asked last; "" if nothing has."""
        problem = getattr(self.history, "problem", "")
        told, self._told = self._told, problem
        return problem if problem != told else ""

    def edit(self, text: str) -> str | None:
        """A program, typed or edited by the person; None if it was called off."""
        if self._editor is None:
            from kshell.shell.prompt.editor import ProgramEditor

            self._editor = ProgramEditor(self._session, self._face, self._report)
        return self._editor.edit(text)

    def _schedule_warm_up(self) -> None:
        loop = asyncio.get_running_loop()

        def step() -> None:
            self._warm = next(self._warming, True) is True
            if not self._warm:
                loop.call_later(0.001, step)
            else:
                self.prompt.app.invalidate()

        loop.call_later(WARM_UP_DELAY, step)
        if self._session.tree and self._config.toolbar:
            self._watch(loop, None)

    def _watch(self, loop: asyncio.AbstractEventLoop, before: State | None) -> None:
        """Look at the tree from time to time while nobody types, and draw the bottom line anew if it has changed."""
        state = self._state_of_tree()
        if state is None:
            return
        if before is not None and state != before:
            self.prompt.app.invalidate()
        loop.call_later(WATCH_SECONDS, self._watch, loop, state)

    # What prompt_toolkit asks for.

    def _message(self) -> StyleAndTextTuples:
        text = self._session.prompt
        if text == DEBUGGER_PROMPT:
            return [("class:prompt", text)]
        name, _, profile = text.removesuffix("> ").partition(" ")
        middle = ("class:prompt.profile", f" {profile}" if profile else "")
        return [("class:prompt", name), middle, ("class:prompt", "> ")]

    def _complete(self, before: str) -> tuple[int, list[Match]]:
        from kshell.shell.prompt.candidates import complete

        return complete(self._session, before)

    def _paint(self, line: str) -> list[tuple[str, str]]:
        """The line in its colours; without them where that fails, so that what is typed is always shown."""
        return self._painted(line) or [("", line)]

    def _highlight(self, line: str) -> list[tuple[str, str]]:
        from kshell.shell.prompt.highlight import highlight

        return highlight(self._session, line)

    def _toolbar(self) -> StyleAndTextTuples:
        from kshell.shell.prompt.toolbar import toolbar

        if not self._warm:  # the machine is not booted yet: this would boot it before the first prompt is there
            return [("", f" Linux {PROFILES[self._session.profile].release}")]
        app = get_app()
        width = app.output.get_size().columns
        mode: StyleAndTextTuples = []
        if self.mode == EditingMode.VI:
            mode = [("class:toolbar.current", " NORMAL " if vi_navigation_mode() else " INSERT ")]
            width -= len(mode[0][1])
        document = self.prompt.default_buffer.document
        before, after = document.current_line_before_cursor, document.current_line_after_cursor
        return [*mode, *toolbar(self._session, before, after, width)]

    def _tree_state(self) -> State | None:
        from kshell.shell.trees.tree_state import tree_state

        return tree_state(self._session)

    def _show_explanation(self, line: str, column: int) -> None:
        from kshell.shell.prompt.f1 import explain

        self._session.output.show(explain(self._session, line, column))
