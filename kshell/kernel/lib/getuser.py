"""get_user and put_user: one number from or to the user's memory, in machine code that nothing else of the kernel has.

rax is the user's pointer for __get_user_N, which leaves the number in rdx, zero-extended, and 0 or -EFAULT in rax.
__put_user_N has the number in rax and the pointer in rcx; 4.19 answers in eax, 6.19 in ecx.  No other register changes
but rbx.

C counterpart: arch/x86/lib/getuser.S and putuser.S.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.machine.listing import Item, Label, Line, MayFault, items

STAC: Line = ("stac", "0f 01 cb")  # user memory may be touched from here on ...
CLAC: Line = ("clac", "0f 01 ca")  # ... to here, where SMAP is on
RET: Line = ("ret", "c3")
ENDBR64: Line = ("endbr64", "f3 0f 1e fa")
SIZES = (1, 2, 4, 8)
USER_PTR_MAX = " ".join(f"{byte:02x}" for byte in TASK_SIZE_MAX.to_bytes(8, "little"))

# 4.19 looks at the last byte, so that the pointer is `size - 1` too high when it loads.
_LOADS_4_19 = ("0f b6 10", "0f b7 50 ff", "8b 50 fd", "48 8b 50 f9")
_LOADS = ("0f b6 10", "0f b7 10", "8b 10", "48 8b 10")
_LOAD_NAMES = ("movzbl {}(%rax), %edx", "movzwl {}(%rax), %edx", "mov {}(%rax), %edx", "mov {}(%rax), %rdx")
_STORES = (
    ("mov %al, (%rcx)", "88 01"),
    ("mov %ax, (%rcx)", "66 89 01"),
    ("mov %eax, (%rcx)", "89 01"),
    ("mov %rax, (%rcx)", "48 89 01"),
)
_GET_DONE: tuple[Line, ...] = (("xor %eax, %eax", "31 c0"), CLAC, RET)
_BAD_GET: tuple[Line, ...] = (("xor %edx, %edx", "31 d2"), ("mov $-EFAULT, %rax", "48 c7 c0 f2 ff ff ff"))
_MASK: tuple[Line, ...] = (("sbb %rdx, %rdx", "48 19 d2"), ("and %rdx, %rax", "48 21 d0"))  # for speculation's sake
_CLAMP: tuple[Line, ...] = (
    ("movabs $USER_PTR_MAX, %rdx", f"48 ba {USER_PTR_MAX}"),
    ("cmp %rdx, %rax", "48 39 d0"),
    ("cmova %rdx, %rax", "48 0f 47 c2"),
)
_ALL_ONES: tuple[Line, ...] = (  # where the kernel's half was pointed to: no address at all
    ("mov %rcx, %rbx", "48 89 cb"),
    ("sar $63, %rbx", "48 c1 fb 3f"),
    ("or %rbx, %rcx", "48 09 d9"),
)


def lines(modern: bool) -> Iterator[Item]:
    """The text, line by line; `modern` is 6.19's."""
    yield from _modern() if modern else _with_addr_limit()


def _with_addr_limit() -> Iterator[Item]:
    for at, size in enumerate(SIZES):
        last = size - 1
        yield Label(f"__get_user_{size}", is_function=True)
        if last:
            yield f"add ${last}, %rax", f"48 83 c0 {last:02x}"
            yield "jc bad_get_user", "0f 82 bad_get_user"
        yield "mov %gs:current_task, %rdx", "65 48 8b 14 25 current_task"
        yield "cmp TASK_addr_limit(%rdx), %rax", "48 3b 82 TASK_addr_limit"
        yield "jae bad_get_user", "0f 83 bad_get_user"
        yield from items(*_MASK, STAC, MayFault("bad_get_user"))
        yield _LOAD_NAMES[at].format(f"-{last}" if last else ""), _LOADS_4_19[at]
        yield from _GET_DONE
    yield Label("bad_get_user", "t", is_function=True)
    yield from (*_BAD_GET, CLAC, RET)
    for at, size in enumerate(SIZES):
        last = size - 1
        yield Label(f"__put_user_{size}", is_function=True)
        yield "mov %gs:current_task, %rbx", "65 48 8b 1c 25 current_task"
        if last:
            yield "mov TASK_addr_limit(%rbx), %rbx", "48 8b 9b TASK_addr_limit"
            yield f"sub ${last}, %rbx", f"48 83 eb {last:02x}"
            yield "cmp %rbx, %rcx", "48 39 d9"
        else:
            yield "cmp TASK_addr_limit(%rbx), %rcx", "48 3b 8b TASK_addr_limit"
        yield "jae bad_put_user", "0f 83 bad_put_user"
        yield from items(STAC, MayFault("bad_put_user"), _STORES[at], *_GET_DONE)
    yield Label("bad_put_user", "t", is_function=True)
    yield from (("mov $-EFAULT, %eax", "b8 f2 ff ff ff"), CLAC, RET)


def _modern() -> Iterator[Item]:
    for check, name in ((_CLAMP, "__get_user_"), ((), "__get_user_nocheck_")):
        for at, size in enumerate(SIZES):
            yield Label(f"{name}{size}", is_function=True)
            yield from items(ENDBR64, *check, STAC, MayFault("__get_user_handle_exception"))
            yield _LOAD_NAMES[at].format(""), _LOADS[at]
            yield from _GET_DONE
    yield Label("__get_user_handle_exception", "t", is_function=True)
    yield from (CLAC, *_BAD_GET, RET)
    for check, name in ((_ALL_ONES, "__put_user_"), ((), "__put_user_nocheck_")):
        for at, size in enumerate(SIZES):
            yield Label(f"{name}{size}", is_function=True)
            yield from items(ENDBR64, *check, STAC, MayFault("__put_user_handle_exception"), _STORES[at])
            yield from (("xor %ecx, %ecx", "31 c9"), CLAC, RET)
    yield Label("__put_user_handle_exception", "t", is_function=True)
    yield from (CLAC, ("mov $-EFAULT, %ecx", "b9 f2 ff ff ff"), RET)
