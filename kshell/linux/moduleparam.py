"""The parameters of a module (C: <linux/moduleparam.h>)."""

from __future__ import annotations

from kshell.kernel.core.module_macros import MODULE_PARM_DESC, Param, module_param

__all__ = ["MODULE_PARM_DESC", "Param", "module_param"]
