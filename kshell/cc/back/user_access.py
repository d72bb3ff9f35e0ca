"""get_user and put_user: a call of the kernel's __get_user_N or __put_user_N, which have a convention of their own, or
the one instruction itself.

__get_user_N takes the address in rax, and leaves the number in rdx; __put_user_N takes the number in rax and the
address in rcx, and uses rbx.  Both answer 0 or -EFAULT.

C counterpart: arch/x86/include/asm/uaccess.h, do_get_user_call, do_put_user_call, __get_user_asm, __put_user_goto.
"""

from __future__ import annotations

from kshell.cc.back.emitter import Emitter, is_signed
from kshell.cc.back.registers import RAX, RBX, RCX, RDX, Memory
from kshell.cc.back.values import convert, is_easy, memory_of
from kshell.cc.code import MayFault
from kshell.cc.tree import GetUser, PutUser
from kshell.cc.types import Pointer, Type, size_of

IN_RCX_SINCE = (5, 10)  # where __put_user_N leaves its answer: before, in rax


def get_user(e: Emitter, node: GetUser, register: int) -> None:
    """The number into its place; 0 or -EFAULT in rax.  The place is computed behind the call, as for an assignment."""
    assert register == RAX
    kind = target_of(node.pointer.type)
    e.value(node.pointer)
    if node.checked:
        e.code.call(f"__get_user_{size_of(kind)}")
        if size_of(kind) < 8:
            e.code.load(RDX, RDX, size_of(kind), is_signed(kind))
    else:
        _load(e, kind)
    convert(e, RDX, kind, node.place.type)
    size = size_of(node.place.type)
    if is_easy(node.place):
        e.code.store(memory_of(e, node.place, RCX), RDX, size)
        return
    e.push()
    e.code.move(RAX, RDX)
    e.push()
    memory = memory_of(e, node.place, RAX)
    e.code.move(RCX, RAX)
    e.pop(RDX)
    e.pop(RAX)
    e.code.store(memory._replace(base=RCX), RDX, size)


def _load(e: Emitter, kind: Type) -> None:
    """The number at [rax] in rdx, 0 where it cannot be read; 0 or -EFAULT in rax."""
    e.code.arithmetic("xor", RCX, RCX, 4)
    e.code.arithmetic("xor", RDX, RDX, 4)
    e.code.stac()
    start = len(e.code.text)
    e.code.load(RDX, Memory(RAX, 0), size_of(kind), is_signed(kind))
    e.faults.append(MayFault(start, len(e.code.text), RCX))
    e.code.clac()
    e.code.move(RAX, RCX, 4)


def put_user(e: Emitter, node: PutUser, register: int) -> None:
    """A number to the user; 0 or -EFAULT in rax."""
    assert register == RAX
    e.value(node.value)
    if is_easy(node.pointer):
        e.value(node.pointer, RCX)
    else:
        e.push()
        e.value(node.pointer)
        e.code.move(RCX, RAX)
        e.pop(RAX)
    size = size_of(target_of(node.pointer.type))
    if not node.checked:
        _store(e, size)
        return
    e.code.push(RBX)
    e.code.call(f"__put_user_{size}")
    e.code.pop(RBX)
    if e.version >= IN_RCX_SINCE:
        e.code.move(RAX, RCX, 4)


def _store(e: Emitter, size: int) -> None:
    """rax to [rcx]; 0 or -EFAULT in rax."""
    e.code.arithmetic("xor", RDX, RDX, 4)
    e.code.stac()
    start = len(e.code.text)
    e.code.store(Memory(RCX, 0), RAX, size)
    e.faults.append(MayFault(start, len(e.code.text), RDX))
    e.code.clac()
    e.code.move(RAX, RDX, 4)


def target_of(kind: Type) -> Type:
    """What a pointer points to."""
    assert isinstance(kind, Pointer)
    return kind.target
