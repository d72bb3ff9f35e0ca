"""What the first commands will need, imported and booted step by step while nobody has typed anything yet."""

from __future__ import annotations

from collections.abc import Iterator

from kshell.shell.prompt.guard import Guard
from kshell.shell.prompt.screen import Screen
from kshell.shell.session import Session


def warm_up(session: Session, screen: Screen, guard: Guard) -> Iterator[None]:
    """The steps; each takes a moment, so that the first key is not slow."""
    try:
        yield
        assert session.kernel is not None  # boots
        yield
        from kshell.shell.commands.registry import everything

        everything()
        yield
        import kshell.kbuild.make  # noqa: F401  it is large

        yield
        assert screen.rich is not None  # imports
        yield
    except Exception as bug:  # the command that needs the broken part will fail by itself, with its own words
        guard.report(bug)
