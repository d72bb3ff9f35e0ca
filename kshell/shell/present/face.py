"""What a presentation is shown by: a terminal, or in tests somebody who answers."""

from __future__ import annotations

from typing import Protocol

from kshell.shell.present.presentation import Presentation
from kshell.shell.views.output import Output

FORWARD, BACK, AGAIN, LEAVE = "forward", "back", "again", "leave"


class Face(Protocol):
    """Shows a presentation, and hears what its speaker wants."""

    def begin(self) -> None:
        """It begins, or goes on."""

    def end(self) -> None:
        """The prompt comes back."""

    def move(self, presentation: Presentation) -> str:
        """Show where it is, and wait: FORWARD, BACK, AGAIN or LEAVE.  Before a question is left forward, hands are
        counted."""

    def results(self, presentation: Presentation) -> Output:
        """A command begins: where its results go."""
