"""The line of a system call: which call a name or number means, what its arguments are, and how to put it right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kshell.abi.did_you_mean import did_you_mean
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.entry.exec import Buffer
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.arguments import ALL_SYMBOLS, BadValue, argument, register_value
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.abi.debug_types import DebugType

MOST_ARGUMENTS = 6
OPTIONAL = {"open": 1, "openat": 1, "fcntl": 1}  # the last argument is "..." in C's prototype of these
CURLY = str.maketrans("\u201c\u201d\u201e\u2018\u2019\u201a", "\"\"\"'''")


def call_number(k: Kernel, word: Word, rest: Sequence[Word] = (), command: str = "syscall") -> int:
    """The number of the call that a word names: a number, or a name of the kernel's table.  CommandError otherwise;
    `command` and `rest` are what was typed around it."""
    text = word.text
    known = k.table.by_name.get(text)
    if known is not None:
        return known.number
    try:
        value = register_value(text)
    except BadValue as bad:
        raise CommandError(f"{command}: {bad.what}", bad.because, f"{command} {bad.try_}") from None
    if value is not None:
        return value
    row = _row(k, text)
    if row is None:
        raise unknown_call(k, [word, *rest], command)
    return row


def _row(k: Kernel, text: str) -> int | None:
    name = _bare(text)
    row = k.table.by_name.get(name)
    if row is None:
        row = next((r for r in k.table.rows if r.symbol and _bare(r.symbol) == name and r.abi != "x32"), None)
    return None if row is None else row.number


def _bare(text: str) -> str:
    """``write`` for write, __NR_write, SYS_write, sys_write and __x64_sys_write."""
    for prefix in ("__NR_", "SYS_", "__x64_", "__do_", "__se_"):
        text = text.removeprefix(prefix)
    return text.removeprefix("sys_")


def unknown_call(k: Kernel, words: Sequence[Word], command: str = "syscall") -> CommandError:
    """What to answer where the table has no call of the name that the first word is."""
    text = words[0].text
    what = f"no system call is named {show(text)}"
    name, *values = _without_marks(words)
    known = _row(k, name) is not None or (bool(name) and name[0].isdigit())
    if known and name != text:
        because = "arguments stand after the name and are parted by blanks, without parentheses and commas"
        return CommandError(what, because, _line(command, [name, *(values if command != "man" else [])]))
    because = f"the table of kernel {k.profile.name} has no such row"
    if name == "test_call":
        because += "; it is compiled into the course kernel only"
        return CommandError(what, because, "boot course  (a kernel that has it)")
    of_x32 = k.table.x32_by_name.get(name)
    if of_x32 is not None:
        because = f"row {of_x32.number} is of x32 programs alone: 64-bit programs cannot call it"
        return CommandError(what, because, "table --abi x32  (the rows of x32)")
    from kshell.shell.calls.forgotten import without_row

    forgotten = without_row(k, _bare(name))
    if forgotten is not None:
        return CommandError(what, *forgotten)
    close = did_you_mean(_bare(name), k.table.by_name, 3)
    if not close:
        return CommandError(what, because, "table  (lists them all)")
    others = f"  (or {' or '.join(close[1:])})" if close[1:] and close[0].lower() != name.lower() else ""
    return CommandError(what, because, _line(command, [close[0], *values]) + others)


def _line(command: str, words: Sequence[str]) -> str:
    return " ".join([command, *(show(word) for word in words)])


def _without_marks(words: Sequence[Word]) -> list[str]:
    """The words as they are without the parentheses and commas of C, quoted text apart."""
    from kshell.shell.lines.foreign import MARK
    from kshell.shell.lines.words import split

    bare = MARK.sub(lambda match: match[1] or " ", " ".join(word.raw for word in words))
    return [word.raw for line in split(bare) for word in line.words] or [""]


# The arguments.


def call_arguments(
    k: Kernel, name: str, words: list[Word], definition: SyscallDefinition | None, raw: bool
) -> list[int | bytes | Buffer]:
    """The arguments of the call typed as `name`.  CommandError, with its signature, if one is wrong."""
    _check_spelling(name, words)
    values: list[int | bytes | Buffer] = []
    for position, word in enumerate(words):
        try:
            kind = _pointed(k, definition, position) if word.text.startswith("struct:") else None
            values.append(argument(k, word, kind))
        except BadValue as bad:
            if position >= _wanted(definition) and not raw:
                _check_count(name, words, [0] * len(words), definition, raw)
            raise _wrong(name, words, position, definition, bad, values) from None
    _check_count(name, words, values, definition, raw)
    return values


def _pointed(k: Kernel, definition: SyscallDefinition | None, position: int) -> DebugType | None:
    """What the parameter at a position points to, where the call is machine code and says it."""
    if definition is None or definition.body is not None or position >= len(definition.parameters):
        return None
    from kshell.kernel.debug.pointed import pointed_type

    return pointed_type(k, definition, position)


def _check_spelling(name: str, words: list[Word]) -> None:
    """CommandError for what is no matter of a single argument: curly quotes, blanks around |, commas."""
    raws = [word.raw for word in words]
    bare = [word.raw for word in words if not word.quote]
    if any(raw.translate(CURLY) != raw for raw in bare):
        because = "an editor or a web page made them; C, and kshell, know the straight ones only"
        raise CommandError(
            "syscall: curly quotes", because, _line("syscall", [name, *(r.translate(CURLY) for r in raws)])
        )
    if (
        any(raw[0] == "|" or raw[-1] == "|" for raw in bare)
        and len(raws) > 1
        and not (raws[-1] == "|" and words[-2].quote)
    ):
        joined = ""
        for word in words:
            glued = not joined or (joined[-1] == "|" and not joined.endswith('"')) or (word.raw[0] == "|")
            joined += word.raw if glued else " " + word.raw
        because = "blanks part the arguments, so flags are joined without blanks (and kshell has no pipes)"
        raise CommandError("syscall: blanks around |", because, _line("syscall", [name, joined.rstrip("|")]))
    if any(raw[-1] in ",)" for raw in bare):
        because = "arguments are parted by blanks, without parentheses and commas"
        raise CommandError("syscall: a comma or parenthesis", because, _line("syscall", [name, *_without_marks(words)]))


def _wrong(
    name: str,
    words: list[Word],
    position: int,
    definition: SyscallDefinition | None,
    bad: BadValue,
    before: Sequence[int | bytes | Buffer],
) -> CommandError:
    """What to say of an argument that makes no sense: the whole command with a better word in its place."""
    parameters = definition.parameters if definition is not None else ()
    parameter = parameters[position] if position < len(parameters) else None
    place = f"argument {position + 1}" + (f" ({parameter})" if parameter is not None else "")
    because = bad.because
    better, remark = _parted(bad.try_ if bad.try_ != ALL_SYMBOLS else "")
    if parameter is not None and definition is not None:
        from kshell.shell.calls.call_examples import example

        if better.startswith('"') and not parameter.ctype.c.endswith("*"):
            because, better = "a number, a character or the name of a constant belongs there", ""
        better, remark = (better, remark) if better else (example(definition, position, before), "")
    because += f"\nthe call is {definition.signature}" if definition is not None else ""
    typed = [word.raw for word in words]
    typed[position] = better or "0"
    try_ = _line("syscall", [name, *typed]) + remark
    return CommandError(f"syscall: {place}: {bad.what}", because, try_)


def _parted(try_: str) -> tuple[str, str]:
    """A better word, and the remark behind it."""
    match = re.search(r"  \(.*\)\Z", try_, re.DOTALL)
    return (try_[: match.start()], match[0]) if match else (try_, "")


def _check_count(
    name: str,
    words: list[Word],
    values: list[int | bytes | Buffer],
    definition: SyscallDefinition | None,
    raw: bool,
) -> None:
    given, typed = len(values), [word.raw for word in words]
    if given > MOST_ARGUMENTS:
        because = f"a system call has six registers for arguments, and {given} were given"
        raise CommandError(
            "syscall: too many arguments", because, _line("syscall", [name, *typed[: _wanted(definition)]])
        )
    if definition is None or raw:
        return
    wanted = _wanted(definition)
    least = wanted - OPTIONAL.get(definition.name, 0)
    if least <= given <= wanted:
        return
    takes = f"{least} or {wanted}" if least < wanted else str(wanted or "none")
    because = f"the call is {definition.signature}: it takes {takes}, and {given or 'none'} "
    because += "was given" if given == 1 else "were given"
    if given < least:
        from kshell.shell.calls.call_examples import fill

        typed = fill(definition, typed, values, least)
    try_ = _line("syscall", [name, *typed[:wanted]])
    word = "few" if given < wanted else "many"
    raise CommandError(f"syscall: too {word} arguments", because, f"{try_}  (--raw makes the call all the same)")


def _wanted(definition: SyscallDefinition | None) -> int:
    return MOST_ARGUMENTS if definition is None else len(definition.parameters)
