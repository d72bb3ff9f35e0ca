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

Fragments = list[tuple[str, str]]

PLAIN, CURRENT, DIM = "", "class:toolbar.current", "class:toolbar.dim"
SEPARATOR = " │ "


def toolbar(session: Session, before: str, after: str, width: int) -> Fragments:
    """The line for a text with the cursor between `before` and `after`."""
    fragments: Fragments = []
    if not (before + after).strip(BLANKS) and session.guide is not None:
        fragments = [(PLAIN, session.guide.bar)]
    elif not (before + after).strip(BLANKS) or len(before) + len(after) > LONGEST:
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
    from kshell.kernel.report.taint import FLAGS

    k = session.kernel
    names = [module.name for module in k.modules.values()]
    letters = sorted(k.taint.letters)
    release = f"Linux {k.release}" + (f" #{k.image.build}" if k.image.tree else "")
    modules = f"{len(names)} module{'' if len(names) == 1 else 's'}" if names else "no modules"
    taint = f"tainted {' '.join(letters)}" if letters else "not tainted"
    listed = f"{modules}: {' '.join(names)}" if names else modules
    reasons = f"{taint} ({'; '.join(FLAGS[letter][1] for letter in letters)})" if letters else taint
    keys = ("Tab completes", "Ctrl-R searches", "F1 explains", "Ctrl-D ends")
    tree = None
    if session.tree:
        from kshell.shell.trees.tree_state import tree_state

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
    if wanted.kind in ("syscall", "row", "line") and word:
        named = _named(session.kernel, word)
        if named is not None:
            return named
    command = wanted.command
    if command is None:
        return _unfinished(word) if wanted.kind == "command" else [(DIM, "no such command: F1 or help lists them")]
    if wanted.kind == "value of an option" and wanted.option is not None:
        option = wanted.option
        form = [(PLAIN, f"{command.name} {option.spellings[0]} "), (CURRENT, f"[{option.value}]")]
        return _first_that_fits([[*form, (DIM, f"  {option.meaning}")], form], width)
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
        return _signature(_shown(definition, k, name), definition)
    row = k.table.by_name.get(name)
    return _not_built(name, row.number) if row is not None else None


def _not_built(name: str, number: int) -> Fragments:
    return [(PLAIN, f"{name} ({number}): "), (DIM, "a call of real Linux, not built here: it answers -ENOSYS")]


def _call(k: Kernel, wanted: Expected, name: str, begun: bool, width: int) -> Fragments:
    """The signature, the argument under the cursor in brackets, its register, and what may stand there."""
    definition = definition_named(k, name)
    position = wanted.position - 1
    if definition is None:
        row = k.table.by_name.get(name)
        if row is not None:
            return _not_built(name, row.number)
        register = ARGUMENT_REGISTERS[position] if position < len(ARGUMENT_REGISTERS) else "no register is left"
        return [(PLAIN, f"{name}: not a call of this kernel"), (DIM, f"{SEPARATOR}argument {position + 1}: {register}")]
    shown = _shown(definition, k, name)
    if position >= len(definition.parameters):
        return _behind(shown, definition, position if begun else None, width)
    where = (PLAIN, f" in {ARGUMENT_REGISTERS[position]}")
    hint = HINTS.get(definition.parameters[position].ctype.show, "")
    hints: list[Fragments] = [[(DIM, SEPARATOR + hint)], []] if hint else [[]]
    forms = [
        [*_signature(shown, definition, position, with_types), where, *behind]
        for behind in hints
        for with_types in (True, False)
    ]
    return _first_that_fits(forms, width)


def _behind(shown: str, definition: SyscallDefinition, position: int | None, width: int) -> Fragments:
    """Behind the last argument: complete, or one too many."""
    count = len(definition.parameters)
    takes = "complete: Enter makes the call"
    if position is not None:
        takes = f"takes {count or 'no'} argument{'' if count == 1 else 's'}, this is number {position + 1}"
    end = (CURRENT, f"{SEPARATOR}{takes}")
    return _first_that_fits([[*_signature(shown, definition, None, types), end] for types in (True, False)], width)


def _shown(definition: SyscallDefinition, k: Kernel, name: str) -> str:
    """The call's name in the table, or the declared one where it was typed as a number."""
    return name if name in k.table.by_name else definition.name


def _signature(
    shown: str, definition: SyscallDefinition, position: int | None = None, with_types: bool = True
) -> Fragments:
    """The signature, the parameter at `position` marked and between brackets; without types all but that one."""
    out = [(PLAIN, f"{shown}(")]
    for at, parameter in enumerate(definition.parameters):
        text = str(parameter).replace(" __user ", " ") if with_types or at == position else parameter.name
        out += [(PLAIN, ", " if at else ""), (CURRENT, f"[{text}]") if at == position else (PLAIN, text)]
    return [*out, (PLAIN, ")" if definition.parameters else "void)")]
