"""What a compiler has found in a source, as the errors of a command: the first, and below it the others."""

from __future__ import annotations

from kshell.cc.source_error import SourceError
from kshell.kbuild.steps.compile import finding_message
from kshell.shell.errors import CommandError
from kshell.shell.trees.build_views import as_error
from kshell.shell.views.view import show, show_lines


def others(error: SourceError, path: str) -> list[CommandError]:
    """All that was found in the source at `path` beside its first error."""
    return [as_error(finding_message(each, error.source, path)) for each in error.others]


def as_errors(error: SourceError, path: str) -> CommandError:
    """The errors of the source at `path` in a compiler's words."""
    what, details = "\n".join(show_lines(error.what)), [show(line) for line in error.excerpt if line != error.what]
    return CommandError(what, show(error.because), show(error.try_), details=details, more=others(error, path))
