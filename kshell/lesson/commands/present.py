"""The command `present`: a script or a lesson for a class."""

from __future__ import annotations

import os

from kshell.abi.problem import ProblemError
from kshell.lesson.shelf import lesson_named
from kshell.lesson.slides import lesson_deck
from kshell.shell.commands.pages import lesson_folder
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, own_path
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.present.deck import Deck
from kshell.shell.present.giving import Giving
from kshell.shell.present.notes import Notes
from kshell.shell.present.script import script_deck
from kshell.shell.session import Session
from kshell.shell.state.context import Context
from kshell.shell.views.failure import retold
from kshell.shell.views.view import Line, Text, View, marked, show, span


@command(
    "present",
    "present FILE|LESSON|N [--notes FILE] [--step]",
    "present",
    group="The shell",
    arguments=(Argument("show", "[FILE|LESSON|N]"),),
    options=(
        Option("--notes FILE", "write the speaker's notes into a file, or onto a second terminal"),
        Option("--step", "no slides: commands follow each other as at the prompt, a key each"),
    ),
    examples=(
        ("present 1", "the first lesson, for a class: hands are counted"),
        ("present demo", "the demonstration that comes with kshell"),
        ("present 6 --notes notes.txt", "with the speaker's notes in a file"),
    ),
)
def present(session: Context, words: list[Word]) -> View:
    """Show a script or a lesson to a class, a key for each command.

    Space goes on: it runs the command that is shown, counts hands, goes to the next slide. Backspace goes back, and the
    machine with it; r runs the last command again, from the state before it. q leaves to the live shell, with the
    machine as it stands: present alone comes back to the very slide and its machine. ? shows the keys.

    In a script a comment is prose, ## begins a heading, #: a note for the speaker, and #? asks the class: the question,
    then its answers, each behind a |, the right one with a * before it.

    It begins on a fresh machine. The files of a lesson are in a folder of their own, which is new each time.
    """
    assert isinstance(session, Session)
    options = take_options("present", words)
    if len(options.words) > 1:
        raise misuse("present", "one file or lesson at a time")
    if session.giving is not None and session.giving.is_given:
        raise CommandError("present: one presentation at a time", "this one is not over", "help present")
    on_slides = "--step" not in options
    if not options.words:
        return _given(session, _begun(session))
    name = options.words[0].text
    try:
        deck = _deck(session, name, on_slides)
    except ProblemError as error:
        raise error if isinstance(error, CommandError) else retold(error) from None
    _needs_terminal(session, deck, name)
    notes = Notes(options.get("--notes") or "")
    if session.giving is not None:
        session.giving.close()
    session.giving = Giving(session, deck, notes, on_slides)
    return _given(session, session.giving)


def _begun(session: Session) -> Giving:
    """The presentation to go on with.  CommandError if none was begun."""
    if session.giving is None:
        raise CommandError("present: what?", "nothing was presented so far", "present 1")
    return session.giving


def _needs_terminal(session: Session, deck: Deck, name: str) -> None:
    """CommandError where nobody could press a key."""
    if session.make_face is None:
        try_ = f"lesson run {named(name)} --solutions" if deck.has_files else f"source {named(deck.path)} --echo"
        because = "it shows slides and waits for keys, and this is no terminal that can"
        raise CommandError("present: it needs a terminal", because, f"{try_}  (the same as text)")


def _deck(session: Session, name: str, on_slides: bool) -> Deck:
    """What is meant: a script, one that comes with kshell, or a lesson."""
    path, shipped = own_path(name), str(lesson_folder() / f"{name}.ksh")
    session.lesson_places = [os.path.abspath(place) for place in session.lesson_places]  # for a folder of its own
    if os.path.isfile(path) or not on_slides:
        deck = script_deck("present", name, path, "boot" if on_slides else "")
    elif os.path.isfile(shipped):
        deck = script_deck("present", name, shipped, "boot")
    elif name.endswith(".ksh"):
        deck = script_deck("present", name, path, "")  # which says why it cannot be read
    else:
        deck = lesson_deck(lesson_named(name, session.lesson_places))
    if not deck.slides:
        what = f"present: {show(name)}: there is nothing in it"
        raise CommandError(what, "a script has commands, a line each", "help present")
    return deck


def _given(session: Session, giving: Giving) -> View:
    """Give it, and say where it was left."""
    _needs_terminal(session, giving.presentation.deck, giving.presentation.deck.name)
    assert session.make_face is not None
    giving.go_on(session.make_face(giving.on_slides))
    name = show(giving.presentation.deck.name)
    lines: list[Line] = [marked(f"{name}: {_where(giving)}.  To come back there: `present`")]
    if giving.folder is not None and giving.folder.path:
        lines.append(span(f"its files are in {giving.folder.path}: your folder, until another one is presented"))
    if giving.notes.problem:
        lines.append(span(giving.notes.problem, "note"))
    return Text(lines, _result(giving))


def _where(giving: Giving) -> str:
    """The place, in words."""
    presentation, deck = giving.presentation, giving.presentation.deck
    if presentation.is_at_end:
        return "the end"
    if giving.on_slides:
        return f"slide {presentation.at + 1} of {len(deck.slides)}"
    return f"{presentation.command_number()} of {deck.commands} commands done"


def _result(giving: Giving) -> dict[str, object]:
    """The object of --json."""
    presentation = giving.presentation
    hands = [{"slide": at + 1, "hands": list(found)} for (at, _), found in sorted(presentation.hands.items())]
    found = {"name": presentation.deck.name, "slide": presentation.at + 1, "slides": len(presentation.deck.slides)}
    return {**found, "commands": presentation.command_number(), "ended": presentation.is_at_end, "hands": hands}
