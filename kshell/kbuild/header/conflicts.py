"""Two declarations of one name that do not agree, in gcc's words.

C counterpart: diagnose_mismatched_decls() in gcc's c-decl.c.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.problem import excerpt
from kshell.kbuild.header.prototypes import Prototype, all_prototypes, plain_type, read_header, same_type
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.tree.tree_paths import HEADER

PT_REGS = "const struct pt_regs *"


def check_header(text: str, filename: str = HEADER) -> tuple[dict[str, Prototype], list[BuildMessage]]:
    """The prototypes of a header by name, and all that gcc says about it."""
    header = read_header(text, filename)
    found: dict[str, Prototype] = {}
    messages = list(header.messages)
    for each in all_prototypes(header):
        before = found.get(each.name)
        if each.seen and before is not None and before.seen and not agree(before, each.result, each.parameters):
            place, shown = (each.file, each.line, each.column), excerpt(text, each.line, each.column, len(each.name))
            messages.append(conflicting(before, each.result, each.parameters, place, shown))
        found[each.name] = each
    return found, messages


def agree(one: Prototype, result: str, parameters: Sequence[str]) -> bool:
    """Whether a prototype says what another declaration says; one with () says nothing of its parameters."""
    if one.text.replace(" ", "").endswith("();"):
        return same_type(one.result, result)
    pairs = [(one.result, result), *zip(one.parameters, parameters, strict=False)]
    return len(one.parameters) == len(parameters) and all(same_type(*pair) for pair in pairs)


def conflicting(
    before: Prototype, result: str, parameters: Sequence[str], place: tuple[str, int, int], shown: Sequence[str] = ()
) -> BuildMessage:
    """gcc's error on a declaration at `place` (file, line, column) that does not agree with the prototype `before`."""
    name, there = before.name, f"line {before.line} of {before.file}"
    text = f"conflicting types for '{name}'; have {function_type(result, parameters)}"
    because = f"{there} declares it with other types, and a name can have one type only"
    try_ = f"take {there} out, or write it: asmlinkage {result} {name}({', '.join(parameters) or 'void'});"
    if name.startswith("__x64_sys_") and parameters == [PT_REGS]:
        because = f"SYSCALL_DEFINE declares {name} itself, with pt_regs, and {there} does otherwise"
        try_ = f"asmlinkage long {name.removeprefix('__x64_')}(...);  (the slides' prototype has no __x64_)"
    words = f"previous declaration of '{name}' with type {function_type(before.result, before.parameters)}"
    under = excerpt(before.source, before.line, before.column, len(name))
    note = f"{before.file}:{before.line}:{before.column}: note: {words}"
    return BuildMessage(ERROR, text, *place, (*shown, note, *under), because, try_)


def function_type(result: str, parameters: Sequence[str]) -> str:
    """``'long int(int)'``, as gcc spells the type of a function."""
    kinds = [(result, *parameters), (plain_type(result), *map(plain_type, parameters))]
    spelled, plain = (f"'{_spelled(first)}({_listed([*map(_spelled, rest)])})'" for first, *rest in kinds)
    return spelled if spelled == plain else f"{spelled} {{aka {plain}}}"


def _listed(kinds: list[str]) -> str:
    """The types of parameters; behind one that is no pointer gcc writes two blanks."""
    behind = ["", *("" if each.endswith("*") else " " for each in kinds)]
    return ", ".join(map("".join, zip(behind, kinds, strict=False))) or "void"


def _spelled(text: str) -> str:
    """``long unsigned int`` for ``unsigned long``."""
    words, stars, rest = text.replace("__user", "").partition("*")
    names = [word for word in words.split() if word not in ("asmlinkage", "extern")]
    marks = [word for word in names if word in ("const", "volatile")]
    base = [word for word in names if word not in marks]
    if base and set(base) <= {"long", "short", "unsigned", "signed", "int", "char"}:
        order = ["long"] * base.count("long") + ["short"] * base.count("short") + ["unsigned"] * ("unsigned" in base)
        base = [*(["signed"] if base == ["signed", "char"] else order), "char" if "char" in base else "int"]
    return " ".join([*marks, *base]) + (f" {stars}{rest.replace(' ', '')}" if stars else "")
