"""The editor behind `asm`: a program typed over several lines, ended clearly, kept when it is refused or left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.validation import ValidationError, Validator

from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.prompt.complete import FragmentLexer
from kshell.shell.prompt.keys import editor_keys
from kshell.shell.prompt.program_text import first_mistake, is_finished, meaning, paint, without_end
from kshell.shell.prompt.raw_input import typed
from kshell.shell.prompt.toolbar import SEPARATOR, fit
from kshell.shell.session import Session

PLACEHOLDER = "mov eax, 39    an instruction a line; a line that says end runs them"
AGAIN = "an instruction a line, end runs them; the up arrow brings the last program back"


class _Assembles(Validator):
    """Lets a program go only if it assembles; the cursor goes to the first mistake.

    The mistake stands in one line, and `hint`, what to try, in the line under it.
    """

    def __init__(self) -> None:
        self.hint = ""

    def validate(self, document: Document) -> None:
        text = without_end(document.text)
        found = first_mistake(text) if text.strip() else None
        if found is not None:
            offset, what, self.hint = found
            raise ValidationError(offset, what)


class ProgramEditor:
    """Edits a program: a new one, for the up arrow brings back the one before.  What was typed is kept until a program
    is run, so nothing is lost by leaving.

    `face` is how it looks and takes keys: what PromptSession is told of style, colours, editing mode, input and output;
    `report` hears of bugs.
    """

    def __init__(self, session: Session, face: dict[str, Any], report: Callable[[BaseException], None]) -> None:
        self._session, self._report = session, report
        self._draft: str | None = None
        self._last = ""  # the program before this one
        self._assembles = _Assembles()
        self._prompt: PromptSession[str] = PromptSession(
            message=[("class:continuation", "  1 │ ")],
            prompt_continuation=lambda width, line, wrapped: [("class:continuation", self._margin(line, wrapped))],
            multiline=True,
            lexer=FragmentLexer(paint),
            validator=self._assembles,
            validate_while_typing=False,
            key_bindings=editor_keys(is_finished, without_end, self._explain, lambda: self._last),
            bottom_toolbar=self._toolbar,
            placeholder=lambda: [("class:auto-suggestion", AGAIN if self._last else PLACEHOLDER)],
            **face,
        )

    def edit(self, last: str) -> str | None:
        """The program as it was ended, or None if there was none; `last` is the one before it.  CommandError if it was
        called off with Ctrl-C."""
        self._last = last.rstrip("\n")
        try:
            text = typed(self._prompt, self._report, default=self._draft or "")
        except (KeyboardInterrupt, EOFError):
            self._draft = self._prompt.default_buffer.text
            if not self._draft.strip():
                return None
            kept = "what was typed is kept"
            raise CommandError("asm: left", kept, "asm  (goes on with it)", status=INTERRUPTED) from None
        self._draft = None
        return without_end(text)

    def _explain(self, line: str, column: int) -> None:
        from kshell.shell.prompt.instructions import explain_assembly
        from kshell.shell.views.output import Result

        self._session.output.show(Result("", 0, explain_assembly(self._session.kernel, line, column)))

    @staticmethod
    def _margin(line: int, wrapped: int) -> str:
        return "    │ " if wrapped else f"{line + 1:3d} │ "

    def _toolbar(self) -> AnyFormattedText:
        app = get_app()
        width = app.output.get_size().columns
        if app.current_buffer.validation_error is not None:
            return [*fit([("", f" {self._assembles.hint}")], width)]
        line = app.current_buffer.document.current_line
        said = meaning(self._session.kernel, line)
        keys = "end or F5 runs it, Ctrl-C keeps it, F1 helps"
        text = f" asm: {keys}" + (f"{SEPARATOR}{said}" if said else f"{SEPARATOR}Intel syntax, # comments")
        if said and len(text) > width:
            text = f" asm: {said}"
        return [*fit([("", text)], width)]
