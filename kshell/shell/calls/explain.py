"""Why a system call answered what it answered, in this machine's present state, and what to try next."""

from __future__ import annotations

from kshell.abi.c_types import U64
from kshell.abi.errno import errno_name, is_error
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.shell.calls.facts import fact
from kshell.shell.calls.forgotten import without_body
from kshell.shell.calls.handlers import accident, why_error
from kshell.shell.calls.manual import page
from kshell.shell.calls.target import Target, target_of_call
from kshell.shell.state.context import Context
from kshell.shell.views.view import show

Explanation = tuple[str, str]  # because, and what to try; either may be empty
X32_BIT = 1 << 30
BIT_30 = "bit 30 marks a call of an x32 program, and this kernel is built without x32"
RESTARTED = (
    "a signal ended the wait, and this answer is for the kernel alone: a handler makes EINTR of it, and without one "
    "the call is made again, which a program does not notice. `syscall` makes one call, and stops here"
)
NO_X32 = "of x32 programs, and this kernel is built without x32"

_TRY = {
    "EBADF": 'syscall open "/etc/hostname" O_RDONLY  (answers a descriptor that is open)',
    "EFAULT": 'syscall write 1 "text" 4  ("text", or buf:64, puts bytes into user memory and gives their address)',
    "ENOENT": "ls /  (looks inside the machine)",
    "EEXIST": "ls  (shows what is there)",
    "EISDIR": "ls  (shows what is a directory)",
    "ENOTDIR": "ls  (shows what is a directory)",
    "ERANGE": "syscall getcwd buf:64 64  (a larger buffer)",
    "EMFILE": "syscall close 3  (gives a descriptor back)",
}


_LOADED = "lsmod  (which modules are loaded)"
_LOG = dict.fromkeys(("ENOENT", "ENOEXEC", "EINVAL"), "dmesg  (what the kernel says)")
_WHERE = {
    "init_module": _LOG | {"EEXIST": _LOADED},
    "finit_module": _LOG | {"EEXIST": _LOADED},
    "delete_module": {"ENOENT": _LOADED, "EAGAIN": _LOADED},
}


def why(session: Context, call: Call, target: Target, told: bool = False) -> Explanation | None:
    """Why `call` answered an error, with what a tree has to do with a call that is not there; None if it did not.

    `target` is where its number led when it was made.  With `told`, that another kernel runs than the tree's was said
    already.
    """
    if call.ret is None or not is_error(call.ret):
        return None
    explanation = _explain(session.kernel, call, target, session.running)
    bad = session.kernel.bad_access
    if errno_name(-call.ret) == "EFAULT" and bad is not None and "access_ok" not in explanation[0]:
        from kshell.shell.calls.uaccess_words import bad_access

        explanation = f"{explanation[0]}\n{bad_access(session.kernel, bad)}", explanation[1]
    if errno_name(-call.ret) != "ENOSYS" or call.is_32 or not (session.tree or session.kernel.image.tree):
        return explanation
    from kshell.shell.calls.in_tree import further

    because, try_ = further(session, call, *explanation)
    return explanation[0] if told else because, try_


def failure_note(session: Context, call: Call) -> None:
    """Say of a program's last failed call why there was nothing behind it, as `syscall` does, or that its result is an
    error by accident; of another, nothing."""
    if call.ret is not None and errno_name(-call.ret) != "ENOSYS" and call.definition is not None:
        by_accident = accident(call) if call.definition.body is None else ""
        if by_accident:
            session.kernel.note(f"{call.name} answered {call.ret}{by_accident}")
    if call.ret is None or errno_name(-call.ret) != "ENOSYS":
        return
    told = False
    if session.tree:
        from kshell.shell.trees.tree_running import unbooted

        found = unbooted(session)
        told = found is not None and session.tree_memory.reminded == found[0]
    explanation = why(session, call, target_of_call(session.kernel, call), told)
    if explanation is not None:
        because = explanation[0].replace("\n", "; ")
        try_ = explanation[1].partition("  (")[0]  # a note is short
        session.kernel.note(f"{show(call.name or str(call.nr))} answered ENOSYS: {because}: {try_}")


def _explain(k: Kernel, call: Call, target: Target, typed: str) -> Explanation:
    assert call.ret is not None
    ret, nr, address = call.ret, target.nr, target.address
    errno = errno_name(-ret)
    if call.is_32:
        from kshell.shell.calls.int80 import why_32

        return why_32(k, call, target) or _from_32(k, call, errno, target, typed)
    if address is not None and target.definition is not None:
        own = k.symbols.lookup("__x64_sys_" + target.definition.name)
        if own is None or own.address == address:
            name = call.name or str(nr)
            found = why_error(k, call, target.definition.name, target.handlers, typed)
            return found or _from_call(k, call, errno, name, target.definition)
        moved = f"sys_call_table[{nr}] does not point to {own.name} any more but to {k.symbols.describe(address)}"
        return f"{moved}, and that function answered {ret}", f"table {nr}"
    if errno == "ENOSYS":
        return _no_such_call(k, call, nr, address)
    return f"the function behind slot {nr} answered {ret}", f"table {nr}"


def _from_32(k: Kernel, call: Call, errno: str, target: Target, typed: str) -> Explanation:
    """The same of a call by `int 0x80`, with what is left of its arguments."""
    from kshell.shell.calls.int80 import cuts

    assert target.definition is not None
    name = call.name or str(target.nr)
    because, try_ = why_error(k, call, target.definition.name, target.handlers, typed) or _from_call(
        k, call, errno, name, target.definition
    )
    if try_.startswith("syscall "):
        try_ = try_.replace("syscall ", "syscall --abi i386 ", 1)
    return "\n".join((because, *cuts(call))), try_


def _from_call(k: Kernel, call: Call, errno: str, name: str, definition: SyscallDefinition) -> Explanation:
    if errno.startswith("ERESTART"):
        return RESTARTED, "help signals"
    reasons = page(definition, k.profile).reasons(errno)
    because = "; or ".join(reasons) or f"{name} hands on what it was told, and {errno} is not on its page"
    because += accident(call) if definition.body is None else ""
    found = fact(k, call, definition, errno)
    because += f"\n{found}" if found else ""
    if errno == "EFAULT" and any(each.ctype.show.startswith("pointed") for each in definition.parameters):
        return because, _with_memory(call, name, definition)
    where = _WHERE.get(definition.name, _TRY) if errno not in ("EBADF", "EFAULT") else _TRY
    page_line = f"man {'--abi i386 ' if call.is_32 else ''}{name}"
    return because, where.get(errno, f"{page_line}  (all that it can answer)")


def _with_memory(call: Call, name: str, definition: SyscallDefinition) -> str:
    """The same call, with memory for what its pointers lead to."""
    from kshell.shell.calls.typed_memory import example_word

    words = (
        example_word(each.ctype.c) if each.ctype.show.startswith("pointed") else str(value)
        for each, value in zip(definition.parameters, call.values, strict=False)
    )
    return f"syscall {name} {' '.join(words)}  (memory for what is pointed to, shown afterwards)"


def _no_such_call(k: Kernel, call: Call, nr: int, address: int | None) -> Explanation:
    if address is None:
        if nr == -1 and not k.dispatches_by_table:
            because = "-1 is the number that means no call at all (a tracer sets it to skip one)"
        elif nr & X32_BIT and 0 < nr < 1 << 31:
            because = BIT_30
        else:
            because = f"{call.nr & U64:#x} is not below NR_syscalls = {k.nr_syscalls}"
            row = k.table.by_number.get(nr)
            if row is not None and row.abi == "x32":
                because += f" (row {nr} is {row.name} {NO_X32})"
        return f"{because}: no function was called, and ax kept the -ENOSYS it is preset to", "table"
    if nr & X32_BIT and nr > 0:
        return BIT_30, f"syscall {nr & ~X32_BIT}  (the number without that bit)"
    state = k.syscall_state(nr)
    ni = k.symbols.describe(address).partition("+")[0]
    leads = f"its slot points to {ni}" if k.dispatches_by_table else f"x64_sys_call answers it with {ni}"
    if state == "not built":
        row = k.table.by_number[nr]
        forgotten = without_body(k, row)
        if forgotten is not None:
            return forgotten
        because = f"{row.name} is call {nr} of real Linux, but kshell has no body for it: {leads}"
        return because, "table --state built  (the calls that work here)"
    if state == "hole":
        because = f"number {nr} is a hole: no row of the table has it, so {leads}"
        return because, "table --state hole  (the numbers that are free)"
    if state == "x32":
        row = k.table.by_number[nr]
        because = f"number {nr} is {row.name} {NO_X32}"
        return because, f"table {row.name}  (the numbers that 64-bit programs use)"
    return f"no row of the table has number {nr}: {ni} answers for it", "table  (lists the calls)"
