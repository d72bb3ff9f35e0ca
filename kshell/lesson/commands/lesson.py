"""The command `lesson`: the list, beginning and going on, the words of a lesson, and what an author does."""

from __future__ import annotations

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import ProblemError
from kshell.lesson.guide import LessonGuide
from kshell.lesson.lesson import Lesson
from kshell.lesson.progress import Progress
from kshell.lesson.shelf import Shelf
from kshell.lesson.views import EndView, InfoView, ListView
from kshell.lesson.words import WORDS, Lead
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import TypedCommand, Word, plain
from kshell.shell.session import Session
from kshell.shell.state.context import Context
from kshell.shell.views.failure import retold
from kshell.shell.views.view import View, show

LOOKING = ("hint", "check", "review", "info", "step")  # words that leave a call that stands still as it is
AUTHOR = ("run", "new", "lint", "test", "preview", "render")


@command(
    "lesson",
    "lesson",
    "lesson start|resume|info N|SLUG",
    "lesson next|hint|check|skip|play|resume|back|goto N|undo|redo|review|reset step|lesson|all|info|step|bye",
    "lesson run N|SLUG [--solutions]",
    "lesson new|lint|test|preview|render DIR",
    group="The shell",
    arguments=(Argument("word", "[VERB]"), Argument("lesson", "[LESSON]")),
    options=(Option("--solutions", "with run: do each step as whoever wrote the lesson does"),),
    examples=(
        ("lesson", "the lessons, and how far you have come"),
        ("lesson start 1", "begin the first one"),
        ("lesson run 1 --solutions", "watch it being done"),
    ),
    aliases=("learn", "tutorial", "demo", "lessons"),
)
def lesson(session: Context, words: list[Word]) -> View:
    """Learn by guided lessons: predict, run, compare.

    In a lesson its words are commands: next, hint, check, skip (shows the solution), play (a sandbox) and resume, back
    and goto N (to another step, and the machine goes with you), undo and redo (a command of this step), review, reset
    step|lesson|all, info, step (shows it again), bye.

    At (gdb) they stand behind `lesson`: lesson back gives up the call. A lesson judges the state of the machine, never
    what was typed. Your place is kept from day to day.
    """
    assert isinstance(session, Session)
    texts = [word.text for word in words]
    try:
        return _lesson(session, texts)
    except CommandError:
        raise
    except ProblemError as error:
        raise retold(error) from None


def _lesson(session: Session, texts: list[str]) -> View:
    verb, rest = (texts[0], texts[1:]) if texts else ("", [])
    guide = session.guide
    if session.stands_still and verb in AUTHOR:
        because = "the CPU stands in the middle of a call"
        raise CommandError(f"lesson {verb}: not while a call stands still", because, f"continue; lesson {verb}")
    if not verb or verb in ("list", "ls"):
        shelf = Shelf(session.lesson_places)
        return ListView(shelf.ordered(), Progress(), [problem.what for problem in shelf.problems])
    if verb in AUTHOR:
        from kshell.lesson.authoring import author

        return author(session, verb, rest)
    if verb == "start" or (verb in ("resume", "info") and (rest or not isinstance(guide, LessonGuide))):
        return _begin(session, verb, rest)
    if verb in WORDS:
        if not isinstance(guide, LessonGuide):
            raise CommandError(f"lesson {verb}: you are in no lesson", "its words work inside of one", "lesson start 1")
        return _while_standing(session, guide, texts) if session.stands_still else WORDS[verb](guide, rest)
    if len(texts) == 1 and (verb.isdecimal() or Shelf(session.lesson_places).knows(verb)):
        return _begin(session, "start", texts)
    close = did_you_mean(verb, [*WORDS, *AUTHOR, "start"])
    raise misuse("lesson", f"no verb {show(verb)}", f"lesson {close[0]}" if close else "lesson start 1")


def _while_standing(session: Session, guide: LessonGuide, texts: list[str]) -> View:
    verb, rest = texts[0], texts[1:]
    try:
        if verb in LOOKING:
            return WORDS[verb](guide, rest)
        guide.ask_before(verb, rest)
    except CommandError as error:
        error.reword(error.because, f"lesson {error.try_}")
        raise
    return _after_call(session, texts)


def _after_call(session: Session, texts: list[str]) -> View:
    """A lesson that moves takes its machine along: the call that stands still is given up before."""
    return session.give_up_call(TypedCommand(session.running, [plain("lesson"), *map(plain, texts)]))


def _begin(session: Session, verb: str, rest: list[str]) -> View:
    shelf, progress = Shelf(session.lesson_places), Progress()
    if len(rest) > 1:
        raise misuse("lesson", "one lesson at a time")
    if not rest and verb == "start":
        todo = [each for each in shelf.ordered() if not progress.state(each).ended]
        chosen = (todo or shelf.ordered())[0]
    elif not rest and not shelf.knows(progress.latest):
        raise CommandError(f"lesson {verb}: which one?", "you have begun none yet", "lesson start 1")
    else:
        chosen = shelf.find(rest[0] if rest else progress.latest)
    if verb == "info":
        return InfoView(chosen, "")
    if session.stands_still:
        return _after_call(session, [verb, *rest])
    return start(session, chosen, progress, anew=verb == "start", shelf=shelf)


def start(session: Session, chosen: Lesson, progress: Progress, anew: bool, shelf: Shelf) -> View:
    """Begin a lesson, or go on where it was left."""

    def end(guide: Lead) -> View:
        ordered = shelf.ordered()
        slugs = [each.slug for each in ordered]
        at = slugs.index(chosen.slug) + 1 if chosen.slug in slugs else len(ordered)
        return EndView(chosen, guide.world.answers, ordered[at] if at < len(ordered) else None)

    guide = LessonGuide(session, chosen, progress, end)
    session.guide = None
    view = guide.begin() if anew or not progress.state(chosen).is_open else guide.take_up()
    session.guide = guide
    return view
