"""Lessons are found with kshell, in folders and zips of one's own, and in packages whose code is never imported."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from kshell.lesson.read import LessonError
from kshell.lesson.shelf import Shelf
from tests.lesson.school import HEAD, READ, write


def test_those_of_ones_own_stand_behind_kshells(tmp_path: Path) -> None:
    write(tmp_path / "90-mine", HEAD + READ)
    write(tmp_path / "nameless", HEAD + READ)
    ordered = [each.slug for each in Shelf([str(tmp_path)]).ordered()]
    assert ordered[0] == "what-a-call-is"
    assert ordered[-2:] == ["mine", "nameless"]


def test_a_folder_may_be_one_lesson_and_a_zip_is_read_where_it_lies(tmp_path: Path) -> None:
    folder = write(tmp_path / "90-mine", HEAD + READ + 'files = ["x.py"]\n', x__py="1")
    assert "mine" in Shelf([str(folder)]).lessons
    with zipfile.ZipFile(tmp_path / "course.zip", "w") as packed:
        for file in folder.iterdir():
            packed.write(file, f"course/90-mine/{file.name}")
    lesson = Shelf([str(tmp_path / "course.zip")]).find("90")
    assert (lesson.slug, lesson.files) == ("mine", {"x.py": b"1"})


@pytest.mark.parametrize("name", ["what-a-call-is", "1", "01", "01-what-a-call-is"])
def test_a_lesson_is_found_by_number_and_by_name(name: str) -> None:
    assert Shelf().find(name).slug == "what-a-call-is"


def test_a_name_that_is_nearly_one_is_told() -> None:
    with pytest.raises(LessonError) as caught:
        Shelf().find("what-a-call")
    assert caught.value.try_.startswith("lesson start what-a-call-is")


def test_a_lesson_that_cannot_be_read_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    write(tmp_path / "90-bad", HEAD)
    shelf = Shelf([str(tmp_path)])
    assert [problem.what.rpartition("/")[2] for problem in shelf.problems] == ["lesson.toml:1: a lesson needs step"]
    assert "what-a-call-is" in shelf.lessons


@pytest.mark.parametrize("path", ["nowhere", "file.txt"])
def test_what_is_no_folder_and_no_zip_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "file.txt").write_text("hello")
    with pytest.raises(LessonError, match="--lessons"):
        Shelf([str(tmp_path / path)])


def test_a_place_without_a_lesson_is_told(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="no lesson there"):
        Shelf([str(tmp_path)])


@pytest.mark.parametrize("inside", ["", "course/first"])
def test_the_code_of_a_package_of_lessons_is_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    write(tmp_path / "ourlessons" / inside / "91-packed", HEAD + READ)
    (tmp_path / "ourlessons" / "__init__.py").write_text("raise SystemExit('imported')")
    info = tmp_path / "ourlessons-1.0.dist-info"
    name = f"ourlessons/{inside}".strip("/").replace("/", ".")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ourlessons\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[kshell.lessons]\nours = {name}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "packed" in Shelf().lessons
    assert "ourlessons" not in sys.modules


def test_one_that_cannot_be_read_is_told_by_its_name_and_does_not_hide_another(tmp_path: Path) -> None:
    write(tmp_path / "90-bad", HEAD)
    shelf = Shelf([str(tmp_path)])
    with pytest.raises(LessonError, match=r"90-bad/lesson\.toml:1: a lesson needs step"):
        shelf.find("bad")
    assert shelf.find("2").slug == "the-table"
    assert not shelf.knows("0")


def test_of_two_lessons_with_one_name_the_later_place_wins(tmp_path: Path) -> None:
    write(tmp_path / "one" / "90-mine", HEAD + READ)
    write(tmp_path / "two" / "91-mine", HEAD + READ)
    shelf = Shelf([str(tmp_path / "one"), str(tmp_path / "two")])
    assert shelf.find("mine").number == shelf.lessons["mine"].number == 91
