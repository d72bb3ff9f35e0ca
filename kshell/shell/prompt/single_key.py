"""Single keys, read while nothing runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding.key_processor import KeyPress

from kshell.machine.sigint import at_prompt
from kshell.shell.prompt.raw_input import keyboard

LOOK_SECONDS = 0.2  # between two looks whether the terminal has another size, and until Esc is a key by itself
CTRL_C, GONE = "c-c", "gone"  # what is read at Ctrl-C, and when the terminal is no more


class SingleKeys:
    """The keys of a terminal, by prompt_toolkit's names; what was typed ahead comes first."""

    def __init__(self, given: Input | None) -> None:
        self._input = given or keyboard() or create_input()
        self._typed: list[KeyPress] = []

    def next(self, show: Callable[[], None], idle: Callable[[], None] = lambda: None) -> str:
        """Show what there is to see, and wait for a key; `idle` is called from time to time."""
        self._typed += get_typeahead(self._input)
        with suppress(KeyboardInterrupt):
            asyncio.run(self._wait(show, idle))
        if not self._typed:
            return GONE if self._input.closed else CTRL_C
        key = self._typed.pop(0).key
        return str(getattr(key, "value", key))

    def give_back(self) -> None:
        """What was typed ahead is for the prompt."""
        store_typeahead(self._input, self._typed)
        self._typed = []

    async def _wait(self, show: Callable[[], None], idle: Callable[[], None]) -> None:
        """Until keys have come, Ctrl-C was pressed, or the terminal is gone; before, a terminal would edit lines."""
        over, loop = asyncio.Event(), asyncio.get_running_loop()

        def ready() -> None:
            self._typed += self._input.read_keys()
            if self._typed or self._input.closed:
                over.set()

        def pressed() -> None:
            loop.call_soon_threadsafe(over.set)

        with at_prompt(pressed):  # noqa: SIM117  the handler goes last
            with self._input.raw_mode(), self._input.attach(ready):
                show()
                while not self._typed and not over.is_set():
                    with suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(over.wait(), LOOK_SECONDS)
                    if not over.is_set():
                        self._typed += self._input.flush_keys()
                        idle()
