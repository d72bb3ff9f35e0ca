"""What a module leaves behind of the memory that it has allocated: nobody can free it any more.

Linux does not tell; kmemleak (CONFIG_DEBUG_KMEMLEAK) would.
"""

from __future__ import annotations

import os

from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.slab import Given


def note_memory(k: Kernel, module: str, space: range) -> None:
    """Before a module is freed: a note on what its code has allocated and not given back."""
    left = k.slab.left_by(space) if k.slab is not None else {}
    if not left:
        return
    total = sum(given.size * len(found) for given, found in left.items())
    pieces = ", ".join(_piece(k, given, len(found)) for given, found in left.items())
    k.note(
        f"{module} is unloaded and leaves {total} bytes of memory that it has allocated: {pieces}. "
        "Nobody can free that any more; Linux would not tell"
    )


def _piece(k: Kernel, given: Given, times: int) -> str:
    place = k.place_of(given.caller - 1)  # in the call, and not behind it
    where = f" in {os.path.basename(place[0])}:{place[1]}" if place is not None else ""
    return f"{given.size} bytes{where}" + (f" ({times} times)" if times > 1 else "")
