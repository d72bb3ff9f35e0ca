"""The page of a system call."""

from __future__ import annotations

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.kernel import Kernel
from kshell.machine.encode import ARGUMENT_REGISTERS, ARGUMENT_REGISTERS_32
from kshell.shell.calls.int80 import ABI, is_i386, no_such_call, number_32, target_32
from kshell.shell.calls.target import target_of
from kshell.shell.commands.calls import number_of_call
from kshell.shell.commands.registry import command, find, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Text, View, labelled, span

REGISTERS_32 = tuple(f"e{name[1:]}" for name in ARGUMENT_REGISTERS_32)


@command(
    "man",
    group="System calls",
    arguments=(Argument("syscall", "NAME|NR"),),
    options=(ABI,),
    examples=(
        ("man write", "what write does and answers"),
        ("man 39", "the call with that number"),
        ("man --abi i386 stat64", "a call that only int 0x80 reaches"),
    ),
)
def man(session: Context, words: list[Word]) -> View:
    """Show the page of a system call, with every errno it answers here.

    The page of a shell command is shown by help.
    """
    given = take_options("man", words)
    words = given.words
    if len(words) != 1:
        raise misuse("man", "which call?" if not words else "one call at a time")
    k = session.kernel
    name = words[0].text
    if is_i386("man", given.get("--abi")):
        return _page_32(k, number_32(k, words, "man"))
    if find(name) is not None and name not in k.table.by_name:
        from kshell.shell.commands.the_shell import help_page

        return help_page(name)
    try:
        nr = number_of_call(session, k, words, "man")
    except CommandError as error:
        what = f"man: {error.what.removeprefix('man: ')}"
        raise CommandError(what, error.because, error.try_) from None
    definition = target_of(k, nr).definition
    if definition is None:
        return _missing_page(k, nr)
    return _page(k, nr, definition)


def _page_32(k: Kernel, nr: int) -> View:
    """The page of a call by `int 0x80`."""
    target = target_32(k, nr)
    if target.definition is not None:
        return _page(k, nr, target.definition, is_32=True)
    row = k.ia32.table.by_number.get(nr)
    name = None if row is None else row.name
    because, _ = no_such_call(k, target.nr, target.address)
    return Text([f"{because}: calling it answers -ENOSYS"], {"nr": nr, "name": name, "state": k.ia32.state(nr)})


def _missing_page(k: Kernel, nr: int) -> View:
    """The page of a number without a body here."""
    from kshell.shell.calls.forgotten import without_body

    row, state = k.table.by_number.get(nr), k.syscall_state(nr)
    if row is None:
        what = "is a hole in the table" if state == "hole" else "has no row in the table"
        answer = f"number {nr} {what} of kernel {k.profile.name}: calling it answers -ENOSYS"
        return Text([answer], {"nr": nr, "name": None, "state": state})
    forgotten = without_body(k, row)
    if forgotten is not None:
        raise CommandError(f"man: {row.name} has no page", *forgotten)
    says = [
        f"A call of real Linux (entry {row.entry or 'none'})"
        + (" for x32 programs" if state == "x32" else "")
        + ", but not built here: kshell has no body for it.",
        "Calling it answers -1 ENOSYS (Function not implemented).",
    ]
    if state == "built":
        says = [f"The function {row.symbol} is called for it, and no SYSCALL_DEFINE made that: it has no page."]
    lines: list[Line] = [[(row.name, "name"), (f"  system call {nr} ({nr:#x}), kernel {k.profile.name}", "dim")], []]
    return Text([*lines, *map(span, says)], {"nr": nr, "name": row.name, "state": state})


def _page(k: Kernel, nr: int, definition: SyscallDefinition, is_32: bool = False) -> View:
    from textwrap import wrap

    from kshell.abi.errno import ERRNO, strerror
    from kshell.shell.calls.call_code import code_of_call
    from kshell.shell.calls.manual import page

    is_code = definition.body is None
    found = page(definition, k.profile, code_of_call(k, definition.name) if is_code else b"")
    row = (k.ia32.table if is_32 else k.table).by_number.get(nr)
    name = row.name if row is not None else definition.name
    kind, registers = ("i386 call", REGISTERS_32) if is_32 else ("system call", ARGUMENT_REGISTERS)
    signature = (
        definition.signature if name == definition.name else definition.signature.replace(definition.name, name, 1)
    )
    lines: list[Line] = [[(name, "name"), (f"  {kind} {nr} ({nr:#x}), kernel {k.profile.name}", "dim")], []]
    lines += [[("  long ", "dim"), (signature, "name")], []]
    lines += [[("  ", ""), (text, "")] for text in wrap(found.summary, 78)]
    for paragraph in found.paragraphs:
        lines += [[], *([("  ", ""), (text, "")] for text in wrap(paragraph, 78))]
    rax = f"{nr}, and then the result" if found.returns else str(nr)
    lines += [[], span("Registers", "heading"), [("  eax  " if is_32 else "  rax  ", "address"), (rax, "")]]
    for register, parameter in zip(registers, definition.parameters, strict=False):
        lines.append([(f"  {register:<4} ", "address"), (str(parameter), "")])
    lines += [[], span("Errors", "heading")]
    numbers = {text: number for number, (text, _) in ERRNO.items()}
    for errno, reason in found.errors:
        number = numbers.get(errno)
        words = f"{strerror(number)} (-{number})" if number is not None else ""
        lines.append([(f"  {errno:<13} ", "errno"), (words, "dim")])
        lines += [[("      ", ""), (text, "")] for text in wrap(reason, 86)]
    if is_code and found.untold:
        named = ", ".join(f"-{name}" for name in found.untold)
        lines.append(span(f"  its docstring does not say it, but its code returns {named} too"))
    if not found.errors:
        lines.append(span(f"  none: {found.without_errors}" if found.knows_errors else f"  {found.without_errors}"))
    lines += [[], *labelled("declared as", definition.macro)]
    result = {
        "nr": nr,
        "name": name,
        "state": "built",
        "signature": signature,
        "summary": found.summary,
        "errors": [{"errno": errno, "because": reason} for errno, reason in found.errors],
    }
    return Text(lines, result)
