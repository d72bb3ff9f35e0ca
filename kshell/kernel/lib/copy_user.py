"""The copies from and to user memory, and clear_user, in machine code: how many bytes were NOT moved is the result.

4.19 copies short areas by words and goes back to the byte behind a fault: copy_user_handle_tail tries again, byte by
byte.  6.19 has one `rep movsb`, which stops at the byte that faults, and rcx says how many are left.

C counterpart: arch/x86/lib/copy_user_64.S and usercopy_64.c, lib/usercopy.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.kernel.lib.getuser import CLAC, ENDBR64, RET, STAC, USER_PTR_MAX
from kshell.machine.listing import Item, Label, Line, MayFault, items

SHORT = 64  # bytes, from which on 4.19 uses rep movsb
FAST_STRING = "copy_user_enhanced_fast_string"
_REP_MOVSB: Line = ("rep movsb", "f3 a4")
_REP_STOSB: Line = ("rep stosb", "f3 aa")
_ENTER: tuple[Line, ...] = (("push %rbp", "55"), ("mov %rsp, %rbp", "48 89 e5"))
_LEAVE: tuple[Line, ...] = (("pop %rbp", "5d"), RET)
_NOTHING_MOVED: tuple[Line, ...] = (("mov %rdx, %rax", "48 89 d0"), RET)
_ZERO_THE_REST: tuple[Line, ...] = (  # rax bytes before r9
    ("mov %r9, %rdi", "4c 89 cf"),
    ("sub %rax, %rdi", "48 29 c7"),
    ("mov %rax, %rcx", "48 89 c1"),
    ("mov %rax, %rdx", "48 89 c2"),
    ("xor %eax, %eax", "31 c0"),
    _REP_STOSB,
    ("mov %rdx, %rax", "48 89 d0"),
)


def lines(modern: bool) -> Iterator[Item]:
    """The text, line by line; `modern` is 6.19's."""
    yield from _modern() if modern else (*_fast_string(), *_handle_tail(), *_with_addr_limit())


def _fast_string() -> Iterator[Item]:
    """rdi: to, rsi: from, edx: how many."""
    yield Label(FAST_STRING, is_function=True)
    yield from (STAC, ("cmp $64, %edx", "83 fa 40"), ("jb .Lshort", "0f 82 .Lshort"), ("mov %edx, %ecx", "89 d1"))
    yield from (MayFault(".Lleft_in_ecx"), Label(".Lrep_movsb"), _REP_MOVSB)
    yield from (("xor %eax, %eax", "31 c0"), CLAC, RET)
    yield Label(".Lshort")
    yield from (("mov %edx, %ecx", "89 d1"), ("and $7, %edx", "83 e2 07"), ("shr $3, %ecx", "c1 e9 03"))
    yield "je .Lbytes", "0f 84 .Lbytes"
    yield Label(".Lwords")
    yield from (MayFault(".Lleft_in_words"), Label(".Lload_word"), ("mov (%rsi), %r8", "4c 8b 06"))
    yield from (MayFault(".Lleft_in_words"), Label(".Lstore_word"), ("mov %r8, (%rdi)", "4c 89 07"))
    yield from (("lea 8(%rsi), %rsi", "48 8d 76 08"), ("lea 8(%rdi), %rdi", "48 8d 7f 08"))
    yield from (("dec %ecx", "ff c9"), ("jne .Lwords", "0f 85 .Lwords"))
    yield Label(".Lbytes")
    yield from (("and %edx, %edx", "21 d2"), ("je .Ldone", "0f 84 .Ldone"), ("mov %edx, %ecx", "89 d1"))
    yield Label(".Lnext_byte")
    yield from (MayFault(".Lleft_in_ecx"), Label(".Lload_byte"), ("mov (%rsi), %al", "8a 06"))
    yield from (MayFault(".Lleft_in_ecx"), Label(".Lstore_byte"), ("mov %al, (%rdi)", "88 07"))
    yield from (("inc %rsi", "48 ff c6"), ("inc %rdi", "48 ff c7"))
    yield from (("dec %ecx", "ff c9"), ("jne .Lnext_byte", "0f 85 .Lnext_byte"))
    yield from (Label(".Ldone"), ("xor %eax, %eax", "31 c0"), CLAC, RET)
    yield from (Label(".Lleft_in_words"), ("lea (%rdx,%rcx,8), %edx", "8d 14 ca"))
    yield "jmp copy_user_handle_tail", "e9 copy_user_handle_tail"
    yield from (Label(".Lleft_in_ecx"), ("mov %ecx, %edx", "89 ca"))
    yield "jmp copy_user_handle_tail", "e9 copy_user_handle_tail"


def _handle_tail() -> Iterator[Item]:
    """The same registers, byte by byte to the one that cannot be moved."""
    yield Label("copy_user_handle_tail", is_function=True)
    yield from (("test %edx, %edx", "85 d2"), ("je .Ltail_done", "0f 84 .Ltail_done"), STAC)
    yield from (MayFault(".Ltail_done"), Label(".Ltail_load"), ("mov (%rsi), %al", "8a 06"), CLAC)
    yield from (("inc %rsi", "48 ff c6"), STAC)
    yield from (MayFault(".Ltail_done"), Label(".Ltail_store"), ("mov %al, (%rdi)", "88 07"), CLAC)
    yield from (("inc %rdi", "48 ff c7"), ("dec %edx", "ff ca"))
    yield "jmp copy_user_handle_tail", "e9 copy_user_handle_tail"
    yield from (Label(".Ltail_done"), CLAC, ("mov %edx, %eax", "89 d0"), RET)


def _range_check(pointer: str, copy: str, refused: str) -> Iterator[Line]:
    """access_ok(pointer, rdx)."""
    yield f"mov %{pointer}, %rax", copy
    yield from (("add %rdx, %rax", "48 01 d0"), (f"jc {refused}", f"0f 82 {refused}"))
    yield "mov %gs:current_task, %rcx", "65 48 8b 0c 25 current_task"
    yield "cmp TASK_addr_limit(%rcx), %rax", "48 3b 81 TASK_addr_limit"
    yield f"ja {refused}", f"0f 87 {refused}"


def _with_addr_limit() -> Iterator[Item]:
    yield Label("copy_from_user", is_function=True)
    yield Label("_copy_from_user", is_function=True)
    yield from (*_ENTER, ("lea (%rdi,%rdx), %r9", "4c 8d 0c 17"))
    yield from _range_check("rsi", "48 89 f0", ".Lfrom_refused")
    yield f"call {FAST_STRING}", f"e8 {FAST_STRING}"
    yield from (Label(".Lfrom_left"), ("test %rax, %rax", "48 85 c0"), ("je .Lfrom_done", "0f 84 .Lfrom_done"))
    yield from items(*_ZERO_THE_REST, Label(".Lfrom_done"), *_LEAVE)
    yield from (Label(".Lfrom_refused"), ("mov %rdx, %rax", "48 89 d0"), ("jmp .Lfrom_left", "e9 .Lfrom_left"))
    yield Label("copy_to_user", is_function=True)
    yield Label("_copy_to_user", is_function=True)
    yield from _range_check("rdi", "48 89 f8", ".Lto_refused")
    yield f"jmp {FAST_STRING}", f"e9 {FAST_STRING}"
    yield from items(Label(".Lto_refused"), *_NOTHING_MOVED)
    yield from _clear_user()


def _clear_user() -> Iterator[Item]:
    """rdi: to, rsi: how many; a word that faults is not tried again byte by byte."""
    yield Label("clear_user", is_function=True)
    yield "mov %rsi, %rdx", "48 89 f2"
    yield from _range_check("rdi", "48 89 f8", ".Lclear_refused")
    yield from (STAC, ("mov %rdx, %rcx", "48 89 d1"), ("and $7, %edx", "83 e2 07"), ("shr $3, %rcx", "48 c1 e9 03"))
    yield "je .Lclear_bytes", "0f 84 .Lclear_bytes"
    yield Label(".Lclear_word")
    yield from (MayFault(".Lclear_words_left"), ("movq $0, (%rdi)", "48 c7 07 00 00 00 00"))
    yield from (("add $8, %rdi", "48 83 c7 08"), ("dec %rcx", "48 ff c9"), ("jne .Lclear_word", "0f 85 .Lclear_word"))
    yield from (Label(".Lclear_bytes"), ("mov %rdx, %rcx", "48 89 d1"), ("test %ecx, %ecx", "85 c9"))
    yield "je .Lclear_done", "0f 84 .Lclear_done"
    yield Label(".Lclear_byte")
    yield from (MayFault(".Lclear_done"), ("movb $0, (%rdi)", "c6 07 00"), ("inc %rdi", "48 ff c7"))
    yield from (("dec %ecx", "ff c9"), ("jne .Lclear_byte", "0f 85 .Lclear_byte"))
    yield from (Label(".Lclear_done"), CLAC, ("mov %rcx, %rax", "48 89 c8"), RET)
    yield from (Label(".Lclear_words_left"), ("lea (%rdx,%rcx,8), %rcx", "48 8d 0c ca"))
    yield "jmp .Lclear_done", "e9 .Lclear_done"
    yield from items(Label(".Lclear_refused"), *_NOTHING_MOVED)


def _is_the_users(refused: str) -> Iterator[Line]:
    """access_ok(rdi, rdx)."""
    yield from (("mov %rdi, %rax", "48 89 f8"), ("add %rdx, %rax", "48 01 d0"), (f"jc {refused}", f"0f 82 {refused}"))
    yield from (("movabs $USER_PTR_MAX, %rcx", f"48 b9 {USER_PTR_MAX}"), ("cmp %rcx, %rax", "48 39 c8"))
    yield f"ja {refused}", f"0f 87 {refused}"


def _modern() -> Iterator[Item]:
    yield Label("copy_from_user", is_function=True)
    yield Label("_copy_from_user", is_function=True)
    yield from (ENDBR64, ("lea (%rdi,%rdx), %r9", "4c 8d 0c 17"))
    yield from (("movabs $USER_PTR_MAX, %rax", f"48 b8 {USER_PTR_MAX}"), ("cmp %rax, %rsi", "48 39 c6"))
    yield from (("cmova %rax, %rsi", "48 0f 47 f0"), ("mov %rdx, %rcx", "48 89 d1"), STAC)
    yield from (MayFault(".Lfrom_left"), Label(".Lfrom_rep_movsb"), _REP_MOVSB, Label(".Lfrom_left"), CLAC)
    yield from (("mov %rcx, %rax", "48 89 c8"), ("test %rax, %rax", "48 85 c0"))
    yield from items(("je .Lfrom_done", "0f 84 .Lfrom_done"), *_ZERO_THE_REST, Label(".Lfrom_done"), RET)
    yield Label("copy_to_user", is_function=True)
    yield Label("_copy_to_user", is_function=True)
    yield from (ENDBR64, *_is_the_users(".Lto_refused"), ("mov %rdx, %rcx", "48 89 d1"), STAC)
    yield from (MayFault(".Lto_left"), Label(".Lto_rep_movsb"), _REP_MOVSB, Label(".Lto_left"), CLAC)
    yield from items(("mov %rcx, %rax", "48 89 c8"), RET, Label(".Lto_refused"), *_NOTHING_MOVED)
    yield Label("clear_user", is_function=True)
    yield from (ENDBR64, ("mov %rsi, %rdx", "48 89 f2"), *_is_the_users(".Lclear_refused"))
    yield from (("mov %rdx, %rcx", "48 89 d1"), ("xor %eax, %eax", "31 c0"), STAC)
    yield from (MayFault(".Lclear_left"), _REP_STOSB, Label(".Lclear_left"), CLAC)
    yield from items(("mov %rcx, %rax", "48 89 c8"), RET, Label(".Lclear_refused"), *_NOTHING_MOVED)
