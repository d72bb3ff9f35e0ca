"""get_fs and set_fs: the limit of the current task's user memory, read and moved; there is none since 5.10.

C counterpart: arch/x86/include/asm/uaccess.h.
"""

from __future__ import annotations

import ast

from kshell.cc.front.convert import Want, convert
from kshell.cc.front.scope import Scope
from kshell.cc.front.user_access import LIMIT_UNTIL
from kshell.cc.tree import AddressLimit, Assign, Value
from kshell.cc.types import ULONG


def get_fs(scope: Scope, node: ast.Call) -> Value:
    """``get_fs(k)``: the limit."""
    _check_release(scope, node, "get_fs")
    return AddressLimit(ULONG)


def set_fs(scope: Scope, node: ast.Call) -> Value:
    """``set_fs(k, KERNEL_DS)``: the limit becomes another one."""
    _check_release(scope, node, "set_fs")
    value = convert(scope.report, node.args[1], scope.value(node.args[1]), ULONG, Want("argument", "set_fs", 1))
    return Assign(AddressLimit(ULONG), value)


def _check_release(scope: Scope, node: ast.Call, name: str) -> None:
    if scope.report.version >= LIMIT_UNTIL:
        because = "since 5.10 no task has an address limit: get_fs, set_fs and KERNEL_DS are gone"
        text = f"implicit declaration of function '{name}' [-Werror=implicit-function-declaration]"
        scope.report.fail(node, text, because, "memcpy(k, to, p, n)  (memory of the kernel's own)", len(name))
