"""What the first commands will need, imported and booted step by step while nobody has typed anything yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kshell.shell.prompt.guard import Guard
    from kshell.shell.prompt.screen import Screen
    from kshell.shell.session import Session


class Warming:
    """The steps; each takes a moment, so that the first key is not slow."""

    def __init__(self, session: Session, screen: Screen, guard: Guard) -> None:
        self._session, self._screen, self._guard = session, screen, guard
        self._steps = self._all()

    def one_step(self) -> bool:
        """Do the next part; False when all is done."""
        try:
            next(self._steps)
        except StopIteration:
            return False
        except Exception as bug:  # the command that needs the broken part will fail by itself, with its own words
            self._guard.report(bug)
            return False
        return True

    def _all(self) -> Iterator[None]:
        yield
        assert self._session.kernel is not None  # boots
        yield
        from kshell.shell.commands.registry import everything

        everything()
        yield
        import kshell.kbuild.make  # noqa: F401  it is large

        yield
        assert self._screen.rich is not None  # imports
        yield
