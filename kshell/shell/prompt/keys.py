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

from kshell.shell.lines.words import pasted
from kshell.shell.prompt.complete import choices, finish, take

TYPING = has_focus(DEFAULT_BUFFER)


def _help_keys(explain: Callable[[str, int], None]) -> KeyBindings:
    """The keys that explain the word under the cursor."""
    keys = KeyBindings()

    @keys.add("f1", filter=TYPING)
    @keys.add("c-x", "h", filter=TYPING)  # some terminals keep F1 for themselves
    def help_(event: KeyPressEvent) -> None:
        document = event.current_buffer.document
        run_in_terminal(lambda: explain(document.current_line, document.cursor_position_col))

    return keys


def line_keys(explain: Callable[[str, int], None]) -> KeyBindings:
    """The keys of the command line; `explain(line, column)` shows what is known about a word."""
    keys = _help_keys(explain)

    @keys.add("<bracketed-paste>", filter=TYPING)
    def paste(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(pasted(event.data))

    @keys.add("tab", filter=TYPING)
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

    @keys.add("enter", filter=TYPING & completion_is_selected)
    def accept_choice(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            finish(buffer, state.current_completion)

    @keys.add("escape", filter=TYPING & has_completions & emacs_mode)
    def close_list(event: KeyPressEvent) -> None:
        event.current_buffer.cancel_completion()

    @keys.add("c-d", filter=TYPING & vi_navigation_mode & Condition(_nothing_is_typed))
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError, style="class:exiting")

    return keys


def _nothing_is_typed() -> bool:
    return not get_app().current_buffer.text


def editor_keys(
    is_finished: Callable[[str, int], bool],
    without_end: Callable[[str], str],
    explain: Callable[[str, int], None],
    last: Callable[[], str],
) -> KeyBindings:
    """The keys of the program editor: Enter ends it where `is_finished(text, cursor)`; F5 and Esc Enter always do.  The
    up arrow, while nothing is typed, brings the `last` program.

    The line that ended a program is taken away if the program is refused.
    """
    keys = _help_keys(explain)

    @keys.add("enter", filter=TYPING)
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

    @keys.add("f5", filter=TYPING)
    @keys.add("escape", "enter", filter=TYPING)
    def run(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("up", filter=TYPING & Condition(_nothing_is_typed))
    def again(event: KeyPressEvent) -> None:
        event.current_buffer.document = Document(last(), 0)

    @keys.add("tab", filter=TYPING)
    def indent(event: KeyPressEvent) -> None:
        column = event.current_buffer.document.cursor_position_col
        event.current_buffer.insert_text(" " * (4 - column % 4))

    return keys
