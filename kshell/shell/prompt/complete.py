"""Completion, suggestion and colouring as prompt_toolkit wants them: faces over the pure functions beside this file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from kshell.shell.prompt.match import Match


class Choice(Completion):
    """A completion with what follows it when it is taken."""

    def __init__(self, found: Match, start: int) -> None:
        candidate = found.candidate
        marked = set(found.places)
        shown: StyleAndTextTuples = [("class:match" if at in marked else "", c) for at, c in enumerate(candidate.shown)]
        super().__init__(candidate.text, start, display=shown, display_meta=candidate.meaning)
        self.tail = candidate.tail


class LineCompleter(Completer):
    """Completes with `find`, which is given the text of the line before the cursor."""

    def __init__(self, find: Callable[[str], tuple[int, list[Match]]]) -> None:
        self._find = find

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Choice]:
        """The choices at the cursor, the likeliest first."""
        before = document.current_line_before_cursor
        if not complete_event.completion_requested and not before.strip():
            return []
        start, found = self._find(before)
        return [Choice(match, start - len(before)) for match in found]


class FragmentLexer(Lexer):
    """Colours each line with `paint`."""

    def __init__(self, paint: Callable[[str], list[tuple[str, str]]]) -> None:
        self._paint = paint

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The fragments of each line, made when the line is drawn."""
        lines = document.lines

        def line(number: int) -> StyleAndTextTuples:
            return [*self._paint(lines[number])] if number < len(lines) else []

        return line


def choices(buffer: Buffer) -> list[Completion]:
    """What the completer has for the buffer as it stands."""
    if buffer.completer is None:
        return []
    return list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))


def take(buffer: Buffer, choice: Completion) -> None:
    """Insert a choice and what follows it."""
    buffer.apply_completion(choice)
    finish(buffer, choice)


def finish(buffer: Buffer, choice: Completion) -> None:
    """Close the list; what follows the choice is inserted, unless it stands there already."""
    buffer.complete_state = None
    tail = choice.tail if isinstance(choice, Choice) else ""
    after = buffer.document.current_line_after_cursor
    if tail and not after.startswith(tail):
        buffer.insert_text(tail)
