"""The lines that a person has typed in this session."""

from __future__ import annotations

from typing import NamedTuple


class TypedLine(NamedTuple):
    """A line as typed.  `number` is that of its last command, 0 where none of it counts; `moves`: one of its commands
    went to another place."""

    text: str
    number: int = 0
    moves: bool = False

    def as_move(self) -> TypedLine:
        """It has gone to another place."""
        return self._replace(moves=True)

    @property
    def is_kept(self) -> bool:
        """Whether it belongs to the way to where the session stands."""
        return not self.moves or self.number > 0
