"""The flags of EFLAGS, by their names.

C counterpart: arch/x86/include/uapi/asm/processor-flags.h.
"""

from __future__ import annotations

_BITS = ((0, "CF"), (2, "PF"), (4, "AF"), (6, "ZF"), (7, "SF"), (8, "TF"), (9, "IF"), (10, "DF"), (11, "OF"))
_SYSTEM = ((16, "RF"), (18, "AC"))


def flag_names(value: int, system: bool = False) -> list[str]:
    """The names of those that are set; of the `system`'s own only where it is asked for."""
    return [name for bit, name in (*_BITS, *(_SYSTEM if system else ())) if value >> bit & 1]
