"""C's own types by the names that sources use, and the names that the compiler itself gives a meaning."""

from __future__ import annotations

from kshell.cc import types as c
from kshell.cc.front.symbols import Macro, Symbol, TypeName

TYPES: dict[str, TypeName] = {
    "Void": TypeName(c.VOID),
    "Bool": TypeName(c.BOOL),
    "Char": TypeName(c.CHAR),
    "SChar": TypeName(c.SCHAR),
    "UChar": TypeName(c.UCHAR),
    "Short": TypeName(c.SHORT),
    "UShort": TypeName(c.USHORT),
    "Int": TypeName(c.INT),
    "UInt": TypeName(c.UINT),
    "Long": TypeName(c.LONG),
    "ULong": TypeName(c.ULONG),
    "LongLong": TypeName(c.LONGLONG),
    "ULongLong": TypeName(c.ULONGLONG),
    "S8": TypeName(c.SCHAR, "s8"),
    "U8": TypeName(c.UCHAR, "u8"),
    "S16": TypeName(c.SHORT, "s16"),
    "U16": TypeName(c.USHORT, "u16"),
    "S32": TypeName(c.INT, "s32"),
    "U32": TypeName(c.UINT, "u32"),
    "S64": TypeName(c.LONGLONG, "s64"),
    "U64": TypeName(c.ULONGLONG, "u64"),
    "SizeT": TypeName(c.ULONG, "size_t"),
    "SSizeT": TypeName(c.LONG, "ssize_t"),
    "OffT": TypeName(c.LONG, "off_t"),
    "LoffT": TypeName(c.LONGLONG, "loff_t"),
    "PidT": TypeName(c.INT, "pid_t"),
    "ModeT": TypeName(c.USHORT, "umode_t"),
    "ClockId": TypeName(c.INT, "const clockid_t"),
    "GfpT": TypeName(c.UINT, "gfp_t"),
    "Text": TypeName(c.CONST_CHAR_POINTER),
    "Format": TypeName(c.CONST_CHAR_POINTER),
}
# Python's own names that mean something in a source, without an import.
BUILTINS: dict[str, Symbol] = {
    "int": TypeName(c.INT),
    "bool": TypeName(c.BOOL),
    "str": TypeName(c.CONST_CHAR_POINTER),
    **{name: Macro(name) for name in ("len", "range", "ord", "__func__", "__FUNCTION__")},
}
MODINFO = {
    "MODULE_LICENSE": "license",
    "MODULE_AUTHOR": "author",
    "MODULE_DESCRIPTION": "description",
    "MODULE_VERSION": "version",
    "MODULE_ALIAS": "alias",
}
TOP_LEVEL = (
    *MODINFO,
    *("MODULE_PARM_DESC", "module_param", "module_init", "module_exit"),
    *("EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL", "COND_SYSCALL"),
)
# What walks over lists in a `for`, and what needs the type of what it is told.
LIST_MACROS = (
    *(f"list_for_each{way}" for way in ("", "_prev", "_safe")),
    *(f"list_for_each_entry{way}" for way in ("", "_reverse", "_safe", "_safe_reverse")),
    *(f"hlist_for_each_entry{safe}" for safe in ("", "_safe")),
    *(f"hash_for_each{which}{safe}" for which in ("", "_possible") for safe in ("", "_safe")),
    *("list_next_entry", "list_prev_entry", "LIST_HEAD", "LIST_HEAD_INIT", "HLIST_HEAD", "DEFINE_HASHTABLE"),
    *("DECLARE_BITMAP", "RB_ROOT", "ATOMIC_INIT", "ATOMIC64_INIT", "REFCOUNT_INIT"),
)
# One instruction each.
BITS = ("set_bit", "clear_bit", "change_bit", "__ffs", "__fls", "hweight32", "hweight64")
INTRINSICS = (
    *("xchg", "xadd", "cmpxchg", "__lock_add", "__lock_and", "__lock_or", "__lock_xor"),
    *(*BITS, "test_and_set_bit", "test_and_clear_bit", "test_and_change_bit"),
    *("barrier", "mb", "rmb", "wmb", "smp_mb", "smp_rmb", "smp_wmb"),
)
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
MACROS: dict[str, Symbol] = {
    name: Macro(name)
    for name in (
        *TOP_LEVEL,
        *("Kernel", "Ptr", "Const", "User", "Stub", "Fn", "Array", "Struct", "Union", "Param", "extern"),
        *("addr", "sizeof", "offsetof", "container_of", "NULL", "THIS_MODULE"),
        *("BUG", "BUG_ON", "WARN_ON", "IS_ERR", "ERR_PTR", "PTR_ERR", "READ_ONCE", "WRITE_ONCE"),
        *("IS_ENABLED", "LINUX_VERSION_CODE"),
        *("get_user", "put_user", "__get_user", "__put_user", "access_ok", "get_fs", "set_fs"),
        *LIST_MACROS,
        *("current", "from_kuid", "from_kgid", "for_each_process"),
        *INTRINSICS,
        *("min", "max", "clamp", "min_t", "max_t", "clamp_t", "swap", "ilog2"),
        *(f"SYSCALL_DEFINE{digit}" for digit in range(7)),
        *(f"pr_{level}" for level in LEVELS),
    )
}
KNOWN: dict[str, Symbol] = {**TYPES, **MACROS, **{name: BUILTINS[name] for name in ("__func__", "__FUNCTION__")}}
