"""lesson.toml becomes a lesson, or an error with file and line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.lesson.read import LessonError, Reader, read_lesson
from kshell.lesson.shelf import Folder
from tests.lesson.school import ASK, CHOOSE, HEAD, LOAD, ORDER, READ, lesson_of, write

STEP = '\n[[step]]\nid = "s"\nkind = "command"\nsolution = ["x"]\n'


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(LessonError) as caught:
        lesson_of(tmp_path, text)
    return caught.value.what.partition("lesson.toml")[2]


def test_a_lesson_is_read_whole(tmp_path: Path) -> None:
    lesson = lesson_of(tmp_path, HEAD + READ + ASK + LOAD + CHOOSE + ORDER)
    assert (lesson.number, lesson.slug, lesson.kernel) == (7, "tried", "course")
    assert [step.id for step in lesson.steps] == ["read", "ask", "load", "choose", "order"]
    assert lesson.steps[1].wrong[0].misconception == "m"
    assert lesson.steps[2].check[1] == {"call": "test_call", "ret": 42}
    assert lesson.steps[4].also == ((2, 1, 3, 4),)
    assert (lesson.index_of("load"), lesson.index_of("3"), lesson.index_of("9")) == (2, 2, None)


def test_anything_that_changes_in_the_folder_changes_the_hash(tmp_path: Path) -> None:
    hashes = {
        lesson_of(tmp_path / "a", HEAD + READ).hash,
        lesson_of(tmp_path / "b", HEAD + READ, x__py="1").hash,
        lesson_of(tmp_path / "c", HEAD + READ, x__py="2").hash,
        lesson_of(tmp_path / "d", HEAD + READ.replace("this", "that")).hash,
    }
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = [", ":1: not TOML"),
        (READ, ":1: a lesson needs format_version"),
        (HEAD, ":1: a lesson needs step"),
        (HEAD.replace("= 1", "= 2") + READ, ":1: format_version 2 is not known"),
        (HEAD + "titel = 3\n" + READ, ":5: a lesson has no key titel"),
        (HEAD + "minutes = '5'\n" + READ, ":5: minutes of a lesson is a number, not '5'"),
        (HEAD + 'kernel = "5.0"\n' + READ, ":5: kernel is none of course, 4.19, 6.19: '5.0'"),
        (HEAD + '\n[[step]]\nid = "s"\n', ":6: step 1 has no kind"),
        (HEAD + READ + '\n[[step]]\nid = "s"\nkind = "quiz"\n', ":11: there is no kind of step 'quiz'"),
        (HEAD + READ + READ, ":11: two steps have the id read"),
        (HEAD + READ.replace('"read"', '"R d"'), ":6: the id 'R d' is not made of small letters, digits and -"),
        (HEAD + READ + "hint = []\n", ":10: a text step has no key hint"),
        (HEAD + STEP, ":6: a command step needs check"),
        (HEAD + STEP + 'check = ["x"]', ":10: check of a command step is a list of tables, not ['x']"),
        (HEAD + STEP + "check = [{ cal = 1 }]", ":10: no check has the keys cal"),
        (HEAD + STEP + "check = [{ call = 1 }]", ":10: call of the check call is a text, not 1"),
        (HEAD + STEP + 'check = [{ call = "x", rte = 1 }]', ":10: the check call has no rte"),
        (HEAD + STEP + 'check = [{ pointer = "x" }]', ":10: the check pointer needs to"),
        (HEAD + STEP + 'check = [{ dmesg = "(" }]', ":10: dmesg of the check dmesg is a pattern, not '('"),
        (HEAD + STEP + 'check = [{ any = [{ call = "x", rte = 1 }] }]', ":10: the check call has no rte"),
        (HEAD + CHOOSE.replace('right = "b"', 'right = "c"'), ":6: step choose: right is no letter of its choices"),
        (HEAD + CHOOSE.replace('answer = "a"', 'answer = "b"'), ":6: step choose: no wrong choice is 'b'"),
        (HEAD + ASK.replace('compare = "ret"\n', ""), ":6: step ask predicts a value, and compares it with nothing"),
        (HEAD + ASK.replace('answer = "-1"\n', ""), ":14: a wrong answer has an answer or a check"),
        (HEAD + ASK.replace('"m"', '"n"'), ":6: step ask: the lesson does not name the misconception n"),
        (HEAD + LOAD.replace('solution = ["syscall test_call 42"]\n', ""), ":13: a wrong state needs the commands"),
        (HEAD + LOAD, ":6: step load: goto leads to no step"),
        (HEAD + READ.replace("say", 'hints = ["1", "2", "3", "4"]\nsay'), ":6: step read has 4 hints"),
        (HEAD + READ + 'files = ["x.py"]\n', ":6: step read names the file x.py, which is not in the folder"),
        (
            HEAD + STEP + 'check = [{ oops = 0 }]\n[[step.edit]]\nfile = "../x"',
            ":6: '../x' is not inside of the student's",
        ),
        (
            HEAD + STEP + 'check = [{ oops = 0 }]\n[[step.edit]]\nfile = "C:x"',
            ":6: 'C:x' is not inside of the student's",
        ),
        (HEAD + STEP + 'check = [{ oops = 0 }]\n[[step.edit]]\nfile = "/x"', ":6: '/x' is not inside of the student's"),
        (HEAD + STEP + 'check = [{ oops = 0 }]\n[[step.edit]]\nfle = "x"', ":12: an edit has no key fle"),
        (HEAD + ORDER.replace("[[2, 1, 3, 4]]", "[[2, 1, 3]]"), ":6: step order: [2, 1, 3] is no order of its 4 lines"),
        (HEAD + ORDER.replace('["five"]', '["two"]'), ":6: step order has the line 'two' twice"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_a_line_inside_of_a_text_over_several_lines_is_no_key(tmp_path: Path) -> None:
    text = HEAD + '\n[[step]]\nid = "s"\nkind = "text"\nsay = """\nkind = "x"\n[[step]]\n"""\nhint = 3\n'
    assert refused(tmp_path, text).startswith(":13: a text step has no key hint")


def test_a_folder_must_be_called_as_lessons_are(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="names no lesson"):
        read_lesson(Folder(write(tmp_path / "My Lesson", HEAD + READ)))


def test_a_folder_is_read_with_a_bound(tmp_path: Path) -> None:
    folder = write(tmp_path / "01-big", HEAD + READ, x__py="x" * (1 << 20) + "y")
    with pytest.raises(LessonError, match="too large"):
        read_lesson(Folder(folder))
    (folder / "x.py").unlink()
    for at in range(64):
        (folder / f"{at}.py").write_text("")
    with pytest.raises(LessonError, match="more than 64 files"):
        read_lesson(Folder(folder))


class Held(Folder):
    """A folder that is only text."""

    def __init__(self, text: str) -> None:
        super().__init__(Path("07-tried"))
        self._text = text

    def files(self, largest: int, most: int) -> dict[str, bytes]:
        return {"lesson.toml": self._text.encode("utf-8", "surrogateescape")}


VALUES = st.recursive(
    st.integers() | st.text(max_size=5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("call", "any", "ret", "to")), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(("id", "kind", "say", "check", "wrong", "choices", "also", "lines", "right", "compare", "run"))


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {toml(each)}' for key, each in value.items())} }}"
    return str(value)


@given(st.lists(st.dictionaries(KEYS, VALUES), min_size=1, max_size=3), st.sampled_from(("text", "command", "parsons")))
def test_any_values_come_to_a_lesson_or_to_one_error(steps: list[dict[str, object]], kind: str) -> None:
    text = HEAD
    for at, step in enumerate(steps):
        pairs = {"id": f"s{at}", "kind": kind, **step}
        text += "\n[[step]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in pairs.items())
    with suppress(LessonError):
        Reader(Held(text)).lesson()


def test_what_is_no_toml_is_told_with_its_line_and_how_quotes_are_written(tmp_path: Path) -> None:
    with pytest.raises(LessonError) as caught:
        lesson_of(tmp_path, HEAD + 'say = "a "b" c"\n')
    assert ":5: not TOML: " in caught.value.what
    assert caught.value.try_ == """a text with quotes in it: 'say "hello"'"""
