"""The flags of finit_module().

C counterpart: include/uapi/linux/module.h.
"""

from __future__ import annotations

MODULE_INIT_IGNORE_MODVERSIONS = 0x1
MODULE_INIT_IGNORE_VERMAGIC = 0x2
MODULE_INIT_COMPRESSED_FILE = 0x4  # since 5.17
