"""Why the kernel will not have a module, or not let it go: a reason and its facts.

The words are found by the room that speaks to a person; what stands in the log is the kernel's own.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any


class Reason(Enum):
    """Behind each reason are the names of its facts; `module` is one of each."""

    # load_module
    BAD_OBJECT = auto()  # why
    BAD_RELOCATION = auto()  # kind, symbol
    RELOCATION_OVERFLOW = auto()  # kind, value
    OTHER_RELEASE = auto()  # built_for, release
    OTHER_CONFIGURATION = auto()  # built_for, release, vermagic
    NO_LICENSE = auto()
    ALREADY_LOADED = auto()  # path: what the module of that name was loaded from
    DIED_BEFORE = auto()  # state, function: a module of that name died in it and stays
    EXPORTED_ALREADY = auto()  # symbol, owner
    OWNER_NOT_LIVE = auto()  # symbol, owner, state
    NOT_EXPORTED_SINCE = auto()  # symbol, since, release
    GPL_ONLY = auto()  # symbol
    GPL_ONLY_AND_PROPRIETARY = auto()  # owner
    NOT_EXPORTED = auto()  # symbol
    UNKNOWN_SYMBOL = auto()  # symbol
    NO_MODULE_SPACE = auto()
    NO_MEMORY = auto()
    BAD_PARAMETER = auto()  # parameter, why, example: a value that fits
    INIT_FAILED = auto()  # result
    # delete_module
    NOT_LOADED = auto()  # loaded: the names of those that are
    USED = auto()  # users: the modules that use its symbols
    HELD = auto()
    HELD_BY_INIT = auto()
    PUT_TOO_OFTEN = auto()
    NOT_LIVE = auto()  # state, function
    PERMANENT = auto()
    # either
    DIED = auto()  # state, function, signal: as a shell says it, why


class Refusal(Exception):
    """`errno` is what the system call answers, `facts` belong to the `reason`."""

    def __init__(self, errno: int, reason: Reason, **facts: Any) -> None:
        super().__init__(reason.name)
        self.errno, self.reason, self.facts = errno, reason, facts
