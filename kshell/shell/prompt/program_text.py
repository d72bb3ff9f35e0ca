"""A program being typed: its colours, what its line means, where it ends, whether it assembles.  Pure functions."""

from __future__ import annotations

import re

from kshell.kernel.kernel import Kernel
from kshell.shell.lines.words import END
from kshell.shell.views.view import show

Fragments = list[tuple[str, str]]

_TOKENS = re.compile(
    r"""(?P<comment>(?:\#|;|//).*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<unbalanced>["'].*)
    |(?P<label>^[ \t]*[\w.$]+:)
    |(?P<option>\.\w+)
    |(?P<number>\b(?:0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9][0-9a-fA-F]*[hH]?)\b)
    |(?P<register>\b(?:[re]?(?:ax|bx|cx|dx|si|di|bp|sp|ip)|[abcd][lh]|[sd]il|[sb]pl|r(?:8|9|1[0-5])[dwb]?|xmm\d+)\b)
    |(?P<other>\w+|\s+|.)""",
    re.VERBOSE,
)
_NUMBER_INTO_RAX = re.compile(r"\s*mov\s+[re]ax\s*,\s*(0[xX][0-9a-fA-F]+|[0-9]+)\s*(?:[#;/].*)?\Z", re.IGNORECASE)


def paint(line: str) -> Fragments:
    """A line of assembly in its colours; a `;` begins a comment, or the next instruction, which has none then."""
    out: Fragments = []
    first = True
    for token in _TOKENS.finditer(line):
        kind, text = token.lastgroup or "other", token[0]
        if kind == "comment" and text.startswith(";") and text[1:].strip():
            out.append(("", text))
            continue
        if kind == "other":
            style = "class:command" if first and text.strip() else ""
            first = first and not text.strip()
        else:
            style = f"class:{kind}"
            first = first and kind == "label"
        out.append((style, text))
    return out


def is_finished(text: str, cursor: int) -> bool:
    """Whether Enter ends the program: the cursor stands behind a last line that says `end`."""
    return not text[cursor:].strip() and text[:cursor].rpartition("\n")[2].strip() == END


def without_end(text: str) -> str:
    """The program without the line that ended it."""
    head, _, last = text.rstrip().rpartition("\n")
    return (head + "\n" if head else "") if last.strip() == END else text


def meaning(k: Kernel, line: str) -> str:
    """What a line that puts a number into rax chooses: ``39 is getpid(void)``; "" for any other line."""
    match = _NUMBER_INTO_RAX.match(line)
    if match is None:
        return ""
    number = int(match[1], 0) if match[1].lower().startswith("0x") else int(match[1])
    row = k.table.by_number.get(number)
    definition = k.define_of(number)
    if row is None:
        return f"no system call has number {number}"
    if definition is None:
        return f"{number} is {row.name}, not built here"
    return f"{number} is {definition.signature.replace(' __user ', ' ')}"


def first_mistake(text: str) -> tuple[int, str, str] | None:
    """(offset, what it is, what to try) of the first mistake; None if all assembles, or nobody can say."""
    from kshell.assembler import assemble
    from kshell.assembler.problems import AsmError, KeystoneMissing

    try:
        assemble(text, filename="line")
    except KeystoneMissing:  # `asm` itself will say so
        return None
    except AsmError as error:
        problem = error.problems[0]
        lines = text.split("\n")
        line = min(max(problem.line, 1), len(lines))
        offset = sum(len(before) + 1 for before in lines[: line - 1])
        offset += min(max(problem.column - 1, 0), len(lines[line - 1]))
        more = f"  (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        what = show(f"line {problem.line}: {problem.what}".replace("\n", " "))
        return offset, what, show(f"try: {problem.try_}{more}".replace("\n", " "))
    return None
