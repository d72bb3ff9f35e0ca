"""What the keys of the prompt do beyond prompt_toolkit's own emacs and vi keys.  None of them runs the CPU."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    emacs_mode,
    has_completions,
    has_focus,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from kshell.shell.prompt.complete import choices, finish, take
from kshell.shell.prompt.line import without_prompt


def _help_keys(explain: Callable[[str, int], None]) -> KeyBindings:
    """The keys that explain the word under the cursor."""
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("f1", filter=typing)
    @keys.add("c-x", "h", filter=typing)  # some terminals keep F1 for themselves
    def help_(event: KeyPressEvent) -> None:
        document = event.current_buffer.document
        run_in_terminal(lambda: explain(document.current_line, document.cursor_position_col))

    return keys


def line_keys(explain: Callable[[str, int], None]) -> KeyBindings:
    """The keys of the command line; `explain(line, column)` shows what is known about a word."""
    keys = _help_keys(explain)
    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("<bracketed-paste>", filter=typing)
    def paste(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(pasted(event.data))

    @keys.add("tab", filter=typing)
    def complete(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and len(state.completions) > 1:
            buffer.complete_next()
            return
        found = choices(buffer)
        if len(found) == 1:
            take(buffer, found[0])
        elif found:
            buffer.start_completion(select_first=False)

    @keys.add("enter", filter=typing & completion_is_selected)
    def accept_choice(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            finish(buffer, state.current_completion)

    @keys.add("escape", filter=typing & has_completions & emacs_mode)
    def close_list(event: KeyPressEvent) -> None:
        event.current_buffer.cancel_completion()

    @keys.add("c-d", filter=typing & vi_navigation_mode & Condition(_nothing_is_typed))
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError, style="class:exiting")

    return keys


def pasted(text: str) -> str:
    """A pasted text as it is to be edited: its lines, without a last newline and without kshell's own prompt."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    return "\n".join(map(without_prompt, lines))


def _nothing_is_typed() -> bool:
    return not get_app().current_buffer.text


def editor_keys(
    is_finished: Callable[[str, int], bool], without_end: Callable[[str], str], explain: Callable[[str, int], None]
) -> KeyBindings:
    """The keys of the program editor: Enter ends it where `is_finished(text, cursor)`; F5 and Esc Enter always do.

    The line that ended a program is taken away if the program is refused.
    """
    keys = _help_keys(explain)

    @keys.add("enter", filter=has_focus(DEFAULT_BUFFER))
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_finished(buffer.text, buffer.cursor_position):
            ended = buffer.document
            buffer.document = Document(without_end(ended.text))
            if buffer.validate(set_cursor=True):
                buffer.document = ended
                buffer.validate_and_handle()
        else:
            buffer.newline(copy_margin=True)

    @keys.add("f5", filter=has_focus(DEFAULT_BUFFER))
    @keys.add("escape", "enter", filter=has_focus(DEFAULT_BUFFER))
    def run(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("tab", filter=has_focus(DEFAULT_BUFFER))
    def indent(event: KeyPressEvent) -> None:
        column = event.current_buffer.document.cursor_position_col
        event.current_buffer.insert_text(" " * (4 - column % 4))

    return keys
