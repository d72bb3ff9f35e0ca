"""What stands before a line that is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.kernel.core.profile import DEFAULT

if TYPE_CHECKING:
    from kshell.kernel.boot.vmlinux import Vmlinux

DEBUGGER_PROMPT = "(gdb) "


def prompt_text(image: Vmlinux | str, stopped: bool = False, place: str = "") -> str:
    """``kshell> ``; a kernel that is not the usual one is named, since its rules differ, and so is the `place` in a
    lesson: ``kshell [1: 2/9]> ``.  While a call stands still it is gdb's: the words are."""
    if stopped:
        return DEBUGGER_PROMPT
    name = image.release if not isinstance(image, str) else "" if image == DEFAULT.name else image
    parts = ["kshell", *([name] if name else []), *([f"[{place}]"] if place else [])]
    return f"{' '.join(parts)}> "
