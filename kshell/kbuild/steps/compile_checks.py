"""What a C compiler says where the declarations of a file cannot be made, in gcc's words."""

from __future__ import annotations

from kshell.abi.problem import excerpt
from kshell.cc.finding import Finding
from kshell.cc.names import undeclared
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kernel.core.sections import DeclarationError


def finding_message(found: Finding, text: str, path: str) -> BuildMessage:
    """What the front end found, with the line and a caret under it."""
    shown = excerpt(text, found.line, found.column, found.width) if found.column > 0 else ()
    return BuildMessage(found.kind, found.text, path, found.line, found.column, shown, found.because, found.try_)


def top_level_error(text: str, path: str, names: list[str], line: int, cause: BaseException) -> BuildMessage:
    """What to say where the declarations of the file could not be made; `names` are those of its functions."""
    because, try_ = (
        "a file declares at its top level, and does nothing there",
        f"correct line {line}, and make again",
    )
    if isinstance(cause, DeclarationError):
        what, because = str(cause), "a declaration does not fit what it declares"
    elif isinstance(cause, NameError) and cause.name:
        what = f"'{cause.name}' undeclared here (not in a function)"
        because, try_ = undeclared(cause.name, names)
    else:
        what = f"{type(cause).__name__}: {cause}"
    return BuildMessage(ERROR, what, path, line, 1, excerpt(text, line), because, try_)
