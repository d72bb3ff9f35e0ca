"""Numbers and truth values out of text, as strict as the kernel is with them.

C counterpart: lib/kstrtox.c.
"""

from __future__ import annotations

from kshell.abi.c_types import CType


def kstrtobool(text: str, version: tuple[int, int]) -> bool | None:
    """C looks at the first letter, or at two of them, and no further; None for what is neither."""
    later = version >= (5, 17)
    first = text[:1].lower()
    if first in ("y", "1") or (later and first == "t"):
        return True
    if first in ("n", "0") or (later and first == "f"):
        return False
    return {"on": True, "of": False}.get(text[:2].lower())


def kstrtoint(text: str, ctype: CType) -> int:
    """The number in `text`, before which a sign and 0x or 0 may stand, and behind it one newline.

    Raises ValueError where there is none (C: -EINVAL), OverflowError where `ctype` does not hold it (C: -ERANGE).
    """
    body = text.removesuffix("\n")
    negative = ctype.signed and body[:1] == "-"
    digits = body[1:] if negative or body[:1] == "+" else body
    base = 10
    if digits[:1] == "0":
        base = 16 if digits[1:2] in ("x", "X") and digits[2:3].isalnum() else 8
    if not digits.isascii() or not digits.isalnum() or (base == 8 and digits[1:2] in ("o", "O")):
        raise ValueError(text)  # int() would take blanks, underlines and 0o17
    value = -int(digits, base) if negative else int(digits, base)
    if abs(value) >= 1 << 64 or ctype.narrow(value) != value:
        raise OverflowError(text)
    return value
