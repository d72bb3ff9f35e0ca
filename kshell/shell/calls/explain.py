"""Why a system call answered what it answered, in this machine's present state, and what to try next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.c_types import U64
from kshell.abi.errno import errno_name, is_error
from kshell.shell.calls.forgotten import without_body

if TYPE_CHECKING:
    from kshell.kernel.core.declare import SyscallDefinition
    from kshell.kernel.core.trace import Call
    from kshell.kernel.kernel import Kernel
    from kshell.shell.calls.target import Target

X32_BIT = 1 << 30

_TRY = {
    "EBADF": 'syscall open "/etc/hostname" O_RDONLY  (answers a descriptor that is open)',
    "EFAULT": 'syscall write 1 "text" 4  ("text", or buf:64, puts bytes into user memory and gives their address)',
    "ENOENT": "ls /  (looks inside the machine)",
    "EEXIST": "ls  (shows what is there)",
    "EISDIR": "ls  (shows what is a directory)",
    "ENOTDIR": "ls  (shows what is a directory)",
    "ERANGE": "syscall getcwd buf:64 64  (a larger buffer)",
    "EMFILE": "syscall close FD  (gives a descriptor back)",
}


class Explanation(NamedTuple):
    """Why, and what to try; either may be empty."""

    because: str
    try_: str = ""


def explain(k: Kernel, call: Call, target: Target) -> Explanation | None:
    """Why `call` answered an error; None if it did not.  `target` is where its number led when it was made."""
    if call.ret is None or not is_error(call.ret):
        return None
    errno = errno_name(-call.ret)
    name = call.name or str(target.nr)
    if target.address is not None and target.definition is not None:
        moved = _moved_slot(k, target.nr, target.address, target.definition)
        if moved is not None:
            return Explanation(f"{moved}, and that function answered {call.ret}", f"table {target.nr}")
        return _from_call(k, call, errno, name, target.definition, target.stub)
    if errno == "ENOSYS":
        return _no_such_call(k, call, target.nr, target.address)
    return Explanation(f"the function behind slot {target.nr} answered {call.ret}", f"table {target.nr}")


def _moved_slot(k: Kernel, nr: int, address: int, definition: SyscallDefinition) -> str | None:
    own = k.symbols.lookup("__x64_sys_" + definition.name)
    if own is None or own.address == address:
        return None
    return f"sys_call_table[{nr}] does not point to {own.name} any more but to {k.symbols.describe(address)}"


def _from_call(
    k: Kernel, call: Call, errno: str, name: str, definition: SyscallDefinition, stub_before: int | None
) -> Explanation:
    stub = f"STUB_{definition.name}"
    if stub_before == 0 and errno == "ENOSYS":
        because = f"{stub} is NULL: no module has filled it, so {name} has nobody to hand its argument to"
        built = built_module_that_uses(k, stub)
        if built is not None:
            return Explanation(because, f"insmod {built}  (the module that make built for it)")
        source = source_that_uses(k, stub)
        if source is not None:
            tree, path = source
            return Explanation(because, f"make -C {tree} modules; insmod {path}")
        filler = module_that_fills(stub)
        if filler is None:
            return Explanation(because, f"insmod FILE.py  (a module that sets k[{stub}])")
        return Explanation(because, f"modprobe {filler}  (the module that fills it)")
    if stub_before:
        return Explanation(
            f"{stub} points to {k.symbols.describe(stub_before)}, and that function answered {call.ret}",
            "dmesg  (what the module says about it)",
        )
    from kshell.shell.calls.facts import fact
    from kshell.shell.calls.manual import page

    reasons = page(definition, k.profile).reasons(errno)
    because = "; or ".join(reasons) or f"{name} hands on what it was told, and {errno} is not on its page"
    found = fact(k, call, definition, errno)
    because += f"\n{found}" if found else ""
    return Explanation(because, _TRY.get(errno, f"man {name}  (all that it can answer)"))


def module_that_fills(stub: str) -> str | None:
    """The plainest sample module that stores a handler in this pointer: one that also clears it again, and the
    shortest of those."""
    import re

    from kshell.shell.modules.samples import sample_names, sample_path

    found = []
    for name in sample_names():
        with open(sample_path(name), encoding="utf-8") as file:
            text = file.read()
        stores = re.findall(rf"^ +k\[{stub}\] = (\w+)", text, re.MULTILINE)
        if set(stores) - {"None"}:
            found.append(("None" not in stores, len(text), name))
    return min(found)[2] if found else None


def built_module_that_uses(k: Kernel, stub: str) -> str | None:
    """A module in the tree of the kernel that runs which was built to use this pointer: its path from here."""
    if not k.image.tree:
        return None
    from os.path import join, relpath

    from kshell.abi.object_file import ObjectError, read_object
    from kshell.kbuild.tree.sources import Sources

    sources = Sources(k.image.tree)
    for path in sources.walk(".ko", 100):
        try:
            _, payload = read_object(sources.read_bytes(path) or b"", path)
        except ObjectError:
            continue
        if stub in payload.get("undefined", ()) and payload.get("vermagic") == k.vermagic:
            return relpath(join(k.image.tree, path))
    return None


def source_that_uses(k: Kernel, stub: str) -> tuple[str, str] | None:
    """The tree of the kernel that runs, and the .ko that its Makefile would make of a source that uses this pointer."""
    if not k.image.tree:
        return None
    from os.path import join, relpath

    from kshell.kbuild.tree.sources import Sources
    from kshell.shell.host_files import named
    from kshell.shell.trees.tree_changes import module_of

    sources = Sources(k.image.tree)
    for path in sources.walk(".py", 500):
        if f'extern("{stub}")'.encode() in (sources.read_bytes(path) or b""):
            module = module_of(sources, path)
            if module:
                return named(relpath(k.image.tree)), named(relpath(join(k.image.tree, module)))
    return None


def _no_such_call(k: Kernel, call: Call, nr: int, address: int | None) -> Explanation:
    if address is None:
        if nr == -1 and not k.dispatches_by_table:
            why = "-1 is the number that means no call at all (a tracer sets it to skip one)"
        elif nr & X32_BIT and 0 < nr < 1 << 31:
            why = "bit 30 marks a call of an x32 program, and this kernel is built without x32"
        else:
            why = f"{call.nr & U64:#x} is not below NR_syscalls = {k.nr_syscalls}"
            row = k.table.by_number.get(nr)
            if row is not None and row.abi == "x32":
                why += f" (row {nr} is {row.name} of x32 programs, and this kernel is built without x32)"
        return Explanation(f"{why}: no function was called, and ax kept the -ENOSYS it is preset to", "table")
    if nr & X32_BIT and nr > 0:
        because = "bit 30 marks a call of an x32 program, and this kernel is built without x32"
        return Explanation(because, f"syscall {nr & ~X32_BIT}  (the number without that bit)")
    state = k.syscall_state(nr)
    ni = k.symbols.describe(address).partition("+")[0]
    leads = f"its slot points to {ni}" if k.dispatches_by_table else f"x64_sys_call answers it with {ni}"
    if state == "not built":
        row = k.table.by_number[nr]
        forgotten = without_body(k, row)
        if forgotten is not None:
            return Explanation(*forgotten)
        because = f"{row.name} is call {nr} of real Linux, but kshell has no body for it: {leads}"
        return Explanation(because, "table --state built  (the calls that work here)")
    if state == "hole":
        because = f"number {nr} is a hole: no row of the table has it, so {leads}"
        return Explanation(because, "table --state hole  (the numbers that are free)")
    if state == "x32":
        row = k.table.by_number[nr]
        because = f"number {nr} is {row.name} of x32 programs, and this kernel is built without x32"
        return Explanation(because, f"table {row.name}  (the numbers that 64-bit programs use)")
    return Explanation(f"no row of the table has number {nr}: {ni} answers for it", "table  (lists the calls)")
