"""The bottom line: the call or command that is being typed, with the argument under the cursor marked; on an empty
line the state of the kernel.

Pure functions: they answer fragments, pairs of a style class and a text, that fit into the width.  The mark is never
colour alone: brackets stand around the argument.
"""

from __future__ import annotations

import re

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.kernel import Kernel
from kshell.machine.encode import ARGUMENT_REGISTERS
from kshell.shell.commands.registry import find
from kshell.shell.lines.words import BLANKS
from kshell.shell.prompt.line import LONGEST, Expected, at_cursor, expected, lenient, literals_of
from kshell.shell.prompt.values import HINTS, definition_named
from kshell.shell.session import Session
from kshell.shell.trees.tree_state import tree_state

Fragments = list[tuple[str, str]]

PLAIN, CURRENT, DIM = "", "class:toolbar.current", "class:toolbar.dim"
SEPARATOR = " │ "


def toolbar(session: Session, before: str, after: str, width: int) -> Fragments:
    """The line for a text with the cursor between `before` and `after`."""
    fragments: Fragments = []
    if not (before + after).strip(BLANKS) or len(before) + len(after) > LONGEST:
        fragments = kernel_state(session, width - 2)
    else:
        cursor = at_cursor(before)
        quote = lenient(before + after)[1]
        if cursor is None:
            fragments = [(DIM, "a comment: nothing in it is run")]
        elif quote and not after.strip(BLANKS) and not cursor.quote:
            fragments = [(PLAIN, f"the quote {quote} is not closed")]
        else:
            fragments = _command(session, expected(cursor.words), cursor.word.raw, width - 2)
    return fit([(PLAIN, " "), *fragments], width)


def fit(fragments: Fragments, width: int) -> Fragments:
    """The fragments, cut with an ellipsis where they are wider than the screen."""
    if _length(fragments) <= width:
        return fragments
    out: Fragments = []
    room = max(width - 1, 0)
    for style, text in fragments:
        out.append((style, text[:room]))
        room -= len(text)
        if room <= 0:
            break
    return [*out, (PLAIN, "…")]


def _length(fragments: Fragments) -> int:
    return sum(len(text) for _, text in fragments)


def _first_that_fits(forms: list[Fragments], width: int) -> Fragments:
    return next((form for form in forms if _length(form) <= width), forms[-1])


# The kernel's state.


def kernel_state(session: Session, width: int) -> Fragments:
    """Release, the tree that is worked on, modules, taint, and the keys to know first; the keys go first where it is
    narrow, and the tree last."""
    from kshell.kernel.core.taint import FLAGS

    k = session.kernel
    names = [module.name for module in k.modules.values()]
    letters = sorted(k.taint.letters)
    release = f"Linux {k.release}" + (f" #{k.image.build}" if k.image.tree else "")
    modules = f"{len(names)} module{'' if len(names) == 1 else 's'}" if names else "no modules"
    taint = f"tainted {' '.join(letters)}" if letters else "not tainted"
    listed = f"{modules}: {' '.join(names)}" if names else modules
    reasons = f"{taint} ({'; '.join(FLAGS[letter][2] for letter in letters)})" if letters else taint
    keys = ("Tab completes", "Ctrl-R searches", "F1 explains", "Ctrl-D ends")
    tree = tree_state(session)
    first = (release, str(tree)) if tree is not None else (release,)
    forms: list[tuple[str, ...]] = [
        (*first, listed, reasons, *keys),
        (*first, listed, reasons, *keys[2:]),
        (*first, listed, taint, *keys[2:]),
        (*first, modules, taint, *keys[2:]),
        (*first, modules, taint),
        (*first, taint),
        *([first] if tree is not None else []),
    ]
    return _first_that_fits([[(PLAIN, SEPARATOR.join(form))] for form in forms], width)


# Commands.


def _command(session: Session, wanted: Expected, word: str, width: int) -> Fragments:
    if wanted.kind == "value" and wanted.call is not None:
        return _call(session.kernel, wanted, wanted.call, bool(word), width)
    if wanted.kind in ("syscall", "line") and word:
        named = _named(session.kernel, word)
        if named is not None:
            return named
    command = wanted.command
    if command is None:
        return _unfinished(word) if wanted.kind == "command" else [(DIM, "no such command: F1 or help lists them")]
    if wanted.kind == "value of an option" and wanted.option is not None:
        option = wanted.option
        forms: list[Fragments] = []
        name = f"{command.name} {option.spellings[0]} "
        forms.append([(PLAIN, name), (CURRENT, f"[{option.value}]"), (DIM, f"  {option.meaning}")])
        forms.append([(PLAIN, name), (CURRENT, f"[{option.value}]")])
        return _first_that_fits(forms, width)
    usage = _usage(wanted)
    return _first_that_fits([[(PLAIN, usage), (DIM, SEPARATOR + command.summary)], [(PLAIN, usage)]], width)


def _unfinished(word: str) -> Fragments:
    """The command's own name is being typed: what it does, as soon as it is one."""
    command = find(word)
    if command is None:
        return [(DIM, "Tab completes, F1 explains")]
    return [(PLAIN, command.usage[0]), (DIM, SEPARATOR + command.summary)]


def _usage(wanted: Expected) -> str:
    """The form of the command's usage that is being typed."""
    command = wanted.command
    assert command is not None
    literals = literals_of(command)
    if wanted.arguments and wanted.arguments[0].text in literals:
        return literals[wanted.arguments[0].text]
    flags = [word.text for word in wanted.words if word.text.startswith("-")]
    for usage in command.usage:
        if flags and re.search(rf"(?<![\w-]){re.escape(flags[0])}(?![\w-])", usage):
            return usage
    return command.usage[0]


# System calls.


def _named(k: Kernel, name: str) -> Fragments | None:
    """The call whose name stands under the cursor, nothing marked yet."""
    definition = definition_named(k, name)
    if definition is not None:
        return [(PLAIN, _signature(definition, k, name, None, with_types=True))]
    row = k.table.by_name.get(name)
    return _not_built(k, name, row.number) if row is not None else None


def _not_built(k: Kernel, name: str, number: int) -> Fragments:
    return [(PLAIN, f"{name} ({number}): "), (DIM, "a call of real Linux, not built here: it answers -ENOSYS")]


def _call(k: Kernel, wanted: Expected, name: str, begun: bool, width: int) -> Fragments:
    """The signature, the argument under the cursor in brackets, its register, and what may stand there."""
    definition = definition_named(k, name)
    position = wanted.position - 1
    if definition is None:
        row = k.table.by_name.get(name)
        if row is not None:
            return _not_built(k, name, row.number)
        register = ARGUMENT_REGISTERS[position] if position < len(ARGUMENT_REGISTERS) else "no register is left"
        return [(PLAIN, f"{name}: not a call of this kernel"), (DIM, f"{SEPARATOR}argument {position + 1}: {register}")]
    count = len(definition.parameters)
    if position >= count:
        return _behind(definition, k, name, position if begun else None, width)
    where = f" in {ARGUMENT_REGISTERS[position]}"
    hint = HINTS.get(definition.parameters[position].ctype.show, "")
    forms: list[Fragments] = []
    for with_types, with_hint in ((True, True), (False, True), (True, False), (False, False)):
        form = _marked(definition, k, name, position, with_types)
        form.append((PLAIN, where))
        if with_hint and hint:
            form.append((DIM, SEPARATOR + hint))
        forms.append(form)
    return _first_that_fits(forms, width)


def _behind(definition: SyscallDefinition, k: Kernel, name: str, position: int | None, width: int) -> Fragments:
    """Behind the last argument: complete, or one too many."""
    count = len(definition.parameters)
    takes = "complete: Enter makes the call"
    if position is not None:
        takes = f"takes {count or 'no'} argument{'' if count == 1 else 's'}, this is number {position + 1}"
    forms: list[Fragments] = []
    for with_types in (True, False):
        forms.append([(PLAIN, _signature(definition, k, name, None, with_types)), (CURRENT, f"{SEPARATOR}{takes}")])
    return _first_that_fits(forms, width)


def _marked(definition: SyscallDefinition, k: Kernel, name: str, position: int, with_types: bool) -> Fragments:
    text = _signature(definition, k, name, position, with_types)
    head, _, rest = text.partition("[")
    inside, _, tail = rest.partition("]")
    return [(PLAIN, head), (CURRENT, f"[{inside}]"), (PLAIN, tail)]


def _signature(definition: SyscallDefinition, k: Kernel, name: str, position: int | None, with_types: bool) -> str:
    """The signature under the table's name, the marked parameter between brackets; without types all but that one."""
    shown = name
    if name not in k.table.by_name:  # it was typed as a number
        shown = definition.name
    parts = []
    for at, parameter in enumerate(definition.parameters):
        text = str(parameter).replace(" __user ", " ") if with_types or at == position else parameter.name
        parts.append(f"[{text}]" if at == position else text)
    return f"{shown}({', '.join(parts) or 'void'})"
