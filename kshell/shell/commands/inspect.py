"""A call taken apart: from its number to its body, and what it does to the caller's descriptors."""

from __future__ import annotations

from typing import Any

from kshell.abi.syscall_rows import Row
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.inspection import descriptor_lines, descriptors, step_lines, steps
from kshell.shell.calls.int80 import ABI, I386, is_i386, target_32
from kshell.shell.calls.target import target_of
from kshell.shell.commands.calls import make_call, number_of_call
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word, plain
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, View, span

Side = tuple[Row, bool]  # a row, and whether it is of the i386 table


class Inspection(View):
    """The two sides of a call, and what became of it if it was made."""

    def __init__(self, sides: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
        self.sides = sides
        self.call: View | None = None
        self.before: list[dict[str, Any]] = []
        self.after: list[dict[str, Any]] = []

    def json(self) -> dict[str, Any]:
        keys = ("step", "text", "address")
        sides = [
            {
                "abi": abi,
                "steps": [dict(zip(keys, (step, text, at or None), strict=True)) for step, text, at in found],
            }
            for abi, found in self.sides
        ]
        found: dict[str, Any] = {"sides": sides}
        if self.call is not None:
            found |= {"call": self.call.json(), "before": self.before, "after": self.after}
        return found

    def lines(self, width: int | None = None) -> list[Line]:
        heads = {"64": "64-bit programs, by syscall", I386: "32-bit programs, by int 0x80"}
        lines: list[Line] = []
        for abi, found in self.sides:
            lines += [span(heads[abi], "heading"), *step_lines(found)]
        if self.call is not None:
            lines += [*self.call.lines(width), *descriptor_lines(self.before, self.after)]
        return lines


@command(
    "inspect",
    "inspect [--abi i386] NAME|NR [ARGS...]",
    group="System calls",
    arguments=(Argument("syscall", "NAME|NR"), Argument("value", "[ARGS...]")),
    options=(ABI,),
    examples=(
        ("inspect dup2", "row, slot, entry, wrapper and body, for both ABIs"),
        ("inspect dup2 1 5", "the call is made: the descriptors before and after"),
        ("inspect --abi i386 dup2 1 6", "the same by int 0x80"),
    ),
)
def inspect(session: Context, words: list[Word]) -> View:
    """Walk a system call from its number to its body.

    Each step is read from this kernel's memory and symbols. A call has one number for 64-bit programs and another for
    those that come by int 0x80, and both lead to the same body, or to two where the structures differ.

    With arguments the call is made, as by syscall, and the caller's descriptors are shown as they were and as they
    are; a call without any is made where a lone -- stands behind its name.
    """
    given = take_options("inspect", words, leading=True)
    is_32 = is_i386("inspect", given.get("--abi"))
    if not given.words:
        raise misuse("inspect", "which call?")
    k, made = session.kernel, given.words[1:]
    sides = _sides(session, given.words[0], is_32)
    if "--abi" in given:
        sides = [side for side in sides if side[1] == is_32]
    view = Inspection([(I386 if is_386 else "64", _steps(k, row, is_386)) for row, is_386 in sides])
    if made:
        made = [] if [word.raw for word in made] == ["--"] else made
        options = [plain("--abi"), plain(I386)] if is_32 else []
        view.before = descriptors(k.shell_task.files)
        view.call = make_call(session, [*options, given.words[0], *made], with_hops=False)
        view.after = descriptors(k.shell_task.files)
    return view


def _steps(k: Kernel, row: Row, is_32: bool) -> list[tuple[str, str, str]]:
    return steps(k, row, (target_32 if is_32 else target_of)(k, row.number), is_32)


def _sides(session: Context, word: Word, is_32: bool) -> list[Side]:
    """The rows of the call that a word names, of one table or of both.  CommandError where neither has one."""
    k = session.kernel
    wide, narrow = k.table.by_name.get(word.text), k.ia32.table.by_name.get(word.text)
    if word.text.isdigit():
        table = k.ia32.table if is_32 else k.table
        row = table.by_number.get(int(word.text))
        if row is None:
            because = (
                f"no row of {'the i386 table' if is_32 else 'the table'} of kernel {k.profile.name} has that number"
            )
            raise CommandError(f"inspect: number {word.text} is no call", because, "table --compare")
        wide, narrow = k.table.by_name.get(row.name), k.ia32.table.by_name.get(row.name)
    elif wide is None and narrow is None:
        nr = number_of_call(session, k, [word], "inspect")  # it knows other spellings, and what to say of the rest
        wide = k.table.by_number.get(nr)
        narrow = k.ia32.table.by_name.get(wide.name) if wide is not None else None
    return [(row, is_386) for row, is_386 in ((wide, False), (narrow, True)) if row is not None]
