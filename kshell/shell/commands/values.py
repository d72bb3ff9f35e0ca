"""What is in the kernel's memory, as C writes it: print, ptype, whatis."""

from __future__ import annotations

from kshell.abi.debug_types import DebugType
from kshell.abi.debug_value import WriteNumber
from kshell.kernel.debug.values import Value, fields_of, shown
from kshell.kernel.kernel import Kernel
from kshell.shell.commands.examine import unit
from kshell.shell.commands.expression_words import joined, type_of, value_of
from kshell.shell.commands.registry import STOPPED_AT, command
from kshell.shell.debugger.frame_words import value_json
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Text, View, show

LINE = 76  # characters beyond which a struct has a line for each field
FORMATS = "xduotca"
EXPRESSION = (Argument("expression", "EXPRESSION..."),)


@command(
    "print",
    "print[/FORMAT] EXPRESSION",
    group="Memory and registers",
    arguments=EXPRESSION,
    examples=(
        ("print current->pid", "the task that runs"),
        ("print current->cred->uid", "whose it is"),
        ("print/x sys_call_table[39]", "a slot of the table"),
        ("print *(struct list_head *)&init_task.tasks", "a cast, followed"),
        ("print sizeof(struct task_struct)", "how large it is"),
        (STOPPED_AT + "print test; print $rsp; print &test; continue", "where a call stands still: its own names"),
    ),
    aliases=("p",),
)
def print_(session: Context, words: list[Word]) -> View:
    """Show the value of an expression of C.

    Names are the kernel's variables, those of modules, current, and where a call stands still its locals, parameters
    and registers ($rax). C's operators, casts, sizeof, ->, . and [] are there; there are no calls and no assignments.
    Values are shown by their types: ptype says what a struct has.

    A format after a slash shows numbers otherwise: x hexadecimal, d signed, u unsigned, o octal, t binary, c character,
    a address.
    """
    write, words = _format(words)
    k, text = session.kernel, joined("print", words)
    value = value_of(session, "print", text)
    if value.type.kind == "untyped":
        because = "no declaration and no debugging information says it"
        raise CommandError(
            f"'{show(text)}' has unknown type; cast it to its declared type", because, f"p *(long *)&{text}"
        )
    found = shown(k, value, write=write)
    lines = _lines(k, value, found["text"], write)
    if session.debugging is not None and session.debugging.stopped is not None:
        session.debugging.values += 1
        lines[0] = [(f"${session.debugging.values} = ", "dim"), *lines[0]]
    return Text(lines, value_json(found) | {"name": text})


def _format(words: list[Word]) -> tuple[WriteNumber | None, list[Word]]:
    """What ``/x`` before an expression says of numbers, and the expression."""
    if not words or not words[0].text.startswith("/"):
        return None, words
    letter = words[0].text[1:]
    if letter not in FORMATS or len(letter) != 1:
        because = f"the formats are {', '.join(FORMATS)}"
        raise CommandError(f'print: Undefined output format "{show(letter)}".', because, "print/x current->pid")

    def write(kind: DebugType, value: int) -> str:
        if letter == "x":
            return f"{value & (1 << 8 * kind.size) - 1:#x}"
        return unit((value & (1 << 8 * kind.size) - 1).to_bytes(kind.size, "little"), letter)

    return write, words[1:]


def _lines(k: Kernel, value: Value, text: str, write: WriteNumber | None) -> list[Line]:
    """A value on a line, or a large struct with a line for each field."""
    if value.type.kind not in ("struct", "union") or len(text) <= LINE:
        return [[(show(text), "")]]
    fields: list[Line] = [
        [(f"  {name}", "name"), (" = ", "dim"), (show(found), ""), (",", "dim")]
        for name, found in fields_of(k, value, write)
    ]
    return [[("{", "dim")], *fields, [("}", "dim")]]


@command(
    "ptype",
    group="Memory and registers",
    arguments=(Argument("expression", "TYPE|EXPRESSION..."),),
    examples=(("ptype struct task_struct", "its fields"), ("ptype current->cred", "what that pointer leads to")),
)
def ptype(session: Context, words: list[Word]) -> View:
    """Show what a type is made of: a struct's fields and offsets.

    It is a type's name, or an expression whose type is meant.
    """
    kind = type_of(session, "ptype", joined("ptype", words))
    stars, inner = "", kind
    while inner.kind == "pointer" and inner.target is not None:
        stars, inner = stars + "*", inner.target
    if inner.kind not in ("struct", "union"):
        return Text([[("type = ", "dim"), (show(kind.text), "")]], {"type": kind.text, "size": kind.size, "fields": []})
    fields = [{"name": name, "type": each.text, "offset": at, "size": each.size} for name, at, each in inner.fields]
    lines: list[Line] = [[("type = ", "dim"), (f"{inner.text} {{", "")]]
    for name, at, each in inner.fields:
        lines.append([(f"/* {at:4d} */", "dim"), (f"    {_declared(each, name)};", "")])
    if not fields:
        lines.append([("    <incomplete type>", "dim")])
    lines.append([(f"}} {stars}".rstrip(), "")])
    return Text(lines, {"type": kind.text, "size": kind.size, "fields": fields})


def _declared(kind: DebugType, name: str) -> str:
    if kind.text.endswith("]"):
        element, _, length = kind.text.partition(" [")
        return f"{element} {name}[{length}"
    if "(*" in kind.text:
        return kind.text.replace("(*", f"(*{name}", 1)
    return f"{kind.text}{'' if kind.text.endswith('*') else ' '}{name}"


@command(
    "whatis",
    group="Memory and registers",
    arguments=EXPRESSION,
    examples=(("whatis current->cred", "struct cred *"), ("whatis sys_call_table[0]", "what a slot is")),
)
def whatis(session: Context, words: list[Word]) -> View:
    """Show the type of an expression."""
    kind = type_of(session, "whatis", joined("whatis", words))
    return Text([[("type = ", "dim"), (show(kind.text), "")]], {"type": kind.text, "size": kind.size})
