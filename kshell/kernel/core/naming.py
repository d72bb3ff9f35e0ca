"""How the names of one system call hang together: write, sys_write, __x64_sys_write."""


def entry_name(symbol: str) -> str:
    """``newstat`` for ``__x64_sys_newstat`` and for ``sys_newstat``."""
    return symbol.removeprefix("__x64_").removeprefix("sys_")
