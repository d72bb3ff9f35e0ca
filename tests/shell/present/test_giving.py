"""A presentation given on a machine: forth, back, again, left and come back to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kshell.lesson.listener import Listener
from kshell.shell.commands.pages import lesson_folder
from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.lines.words import Word
from kshell.shell.present.face import AGAIN, BACK, FORWARD, LEAVE
from kshell.shell.present.script import script_deck
from kshell.shell.session import Session
from kshell.shell.views.view import View, plain
from tests.shell.present.speaker import Speaker, interactive

LOADING = """\
# Nobody is there.
syscall test_call 42
# Somebody comes.
modprobe syscallModule
syscall test_call 42
rmmod syscallModule
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "load.ksh").write_text(LOADING, encoding="utf-8")
    return interactive()


@pytest.fixture
def speaker(session: Session) -> Speaker:
    return Speaker(session)


def modules(session: Session) -> list[str]:
    return list(session.kernel.modules)


def log(session: Session) -> list[str]:
    return [record.text for record in session.kernel.log.since(0) if "my_test_call" in record.text]


def test_forward_runs_what_was_shown_and_back_takes_the_machine_along(session: Session, speaker: Speaker) -> None:
    last = speaker.presents("present load.ksh", *[FORWARD] * 4)
    assert speaker.seen[0].count("test_call") == 1
    assert "ENOSYS" in speaker.seen[1]
    assert "Somebody comes." in speaker.seen[2]
    assert "test_call(42)                           = 42" in last
    assert "kshell> rmmod syscallModule" in last
    assert modules(session) == ["syscallModule"]
    speaker.presents("present", BACK)
    assert len(log(session)) == 0
    assert modules(session) == ["syscallModule"]
    speaker.presents("present", BACK)
    assert modules(session) == []
    assert "ENOSYS" in speaker.presents("present", BACK)  # the slide before, as it was left
    assert "ENOSYS" not in speaker.presents("present", BACK, BACK, BACK)
    assert session.journal.at == 1  # the boot


def test_again_runs_the_last_command_from_the_state_before_it(session: Session, speaker: Speaker) -> None:
    speaker.presents("present load.ksh", *[FORWARD] * 4, AGAIN, AGAIN)
    assert len(log(session)) == 1
    assert [step.text for step in session.journal.steps] == [
        *("boot", "syscall test_call 42", "modprobe syscallModule", "syscall test_call 42")
    ]
    assert "taken back" not in speaker.seen[-1]


def test_at_the_beginning_there_is_nothing_to_go_back_to_or_to_run_again(
    session: Session, speaker: Speaker, tmp_path: Path
) -> None:
    (tmp_path / "a.ksh").write_text("# One.\n## Two\n# Two.\nsyscall getpid\n", encoding="utf-8")
    last = speaker.presents("present a.ksh", BACK, AGAIN, FORWARD, AGAIN)
    assert "Two." in last
    assert "= 77" not in last
    assert [step.text for step in session.journal.steps] == ["boot"]


def test_the_live_shell_has_the_machine_and_present_brings_it_back(session: Session, speaker: Speaker) -> None:
    speaker.presents("present load.ksh", *[FORWARD] * 4)
    before = session.digest
    session.execute("rmmod syscallModule; syscall open /tmp/x O_CREAT 0o600")
    assert modules(session) == []
    speaker.presents("present")
    assert session.digest == before
    assert [line.text for line in session.history] == [
        "present load.ksh",
        "rmmod syscallModule; syscall open /tmp/x O_CREAT 0o600",
        "present",
    ]


def test_where_the_way_was_cut_off_the_steps_are_done_anew(session: Session, speaker: Speaker) -> None:
    speaker.presents("present load.ksh", *[FORWARD] * 4)
    before = session.digest
    session.execute("goto 1; modprobe hello")  # another way: what was presented is not ahead any more
    assert "= 42" in speaker.presents("present")
    assert modules(session) == ["syscallModule"]
    assert session.digest == before
    session.execute("goto 0; boot 6.19")
    assert "= 42" in speaker.presents("present")
    assert modules(session) == ["syscallModule"]


def test_it_begins_on_a_fresh_machine_of_the_same_kernel(tmp_path: Path, session: Session, speaker: Speaker) -> None:
    session.execute("boot 6.19; modprobe hello")
    speaker.presents("present load.ksh")
    assert (session.kernel.profile.name, modules(session)) == ("6.19", [])


def test_step_goes_on_with_the_machine_as_it_stands(session: Session, speaker: Speaker) -> None:
    session.execute("modprobe hello")
    speaker.presents("source load.ksh --step", FORWARD, FORWARD, FORWARD)
    assert modules(session) == ["hello", "syscallModule"]
    speaker.presents("present", BACK)
    assert modules(session) == ["hello"]
    speaker.presents("present", BACK, BACK, BACK)
    assert session.journal.at == 1


def test_a_lesson_that_is_open_waits_meanwhile(session: Session, speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "a.ksh").write_text("next\n", encoding="utf-8")  # a word of the lesson's, and the debugger's
    session.execute("lesson start 1")
    guide = session.guide
    last = speaker.presents("present a.ksh", FORWARD)
    assert "The program is not being run." in last
    assert session.guide is guide


def test_a_debuggers_commands_are_steps_of_their_own(session: Session, speaker: Speaker, tmp_path: Path) -> None:
    script = "modprobe syscallModule; break my_test_call\nsyscall test_call 42\nnext\ncontinue\nlsmod\n"
    (tmp_path / "gdb.ksh").write_text(script, encoding="utf-8")
    last = speaker.presents("present gdb.ksh", *[FORWARD] * 3)
    assert "(gdb) next\n23" in last
    assert "(gdb) continue" in last
    assert not session.stands_still  # nobody reads on here: the call went to its end
    last = speaker.presents("present", FORWARD)
    assert "test_call(42)                           = 42" in last
    assert "kshell> lsmod" in last
    back = speaker.presents("present", BACK, BACK)
    assert "(gdb) next\n" in back
    assert "Breakpoint 1, my_test_call" in back
    assert "Breakpoint 1, " in speaker.presents("present", BACK, BACK, FORWARD, FORWARD)


def test_in_a_call_that_stands_still_the_person_goes_on_at_the_prompt(
    session: Session, speaker: Speaker, tmp_path: Path
) -> None:
    (tmp_path / "gdb.ksh").write_text(
        "modprobe syscallModule; break my_test_call\nsyscall test_call 42\n", encoding="utf-8"
    )
    typed = iter(["print test", "continue"])
    seen: list[bool] = []

    def read() -> str:
        seen.append(session.stands_still)
        return next(typed)

    session.read_command = read
    speaker.presents("present gdb.ksh", FORWARD, FORWARD)
    assert seen == [True, True]
    assert not session.stands_still


def test_a_program_that_asm_reads_is_one_command(session: Session, speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "asm.ksh").write_text("asm\nmov eax, 60\nmov edi, 7\nsyscall\nend\nlsmod\n", encoding="utf-8")
    last = speaker.presents("present asm.ksh", FORWARD)
    assert "    mov eax, 60\n" in last
    assert "kshell-asm exited with status 7" in last


def test_a_failure_is_shown_and_the_speaker_goes_on(session: Session, speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "bad.ksh").write_text("rmmod nothing\nsyscall getpid\n", encoding="utf-8")
    last = speaker.presents("present bad.ksh", FORWARD, FORWARD)
    assert "Module nothing is not currently loaded" in last
    assert "getpid()" in last


def test_a_command_that_ctrl_c_ended_is_no_end_of_the_presentation(
    session: Session, speaker: Speaker, tmp_path: Path
) -> None:
    (tmp_path / "loop.ksh").write_text("run --hex ebfe\nsyscall getpid\n", encoding="utf-8")
    Presser(session, "run")
    last = speaker.presents("present loop.ksh", FORWARD, FORWARD)
    assert "run: interrupted" in last
    assert "getpid()" in last
    assert session.status != INTERRUPTED


class Presser:
    """Presses Ctrl-C in each command that begins with these words, from the `first` one on."""

    def __init__(self, session: Session, text: str, first: int = 1) -> None:
        self._session, self._text, self._left = session, text, first
        self._real = session.call
        session.call = self._call  # type: ignore[method-assign]

    def _call(self, words: list[Word]) -> View:
        if " ".join(word.text for word in words).startswith(self._text):
            self._left -= 1
            if self._left <= 0:
                raise KeyboardInterrupt
        return self._real(words)

    def rests(self) -> None:
        self._session.call = self._real  # type: ignore[method-assign]


@pytest.mark.made_up  # what is advised works at a terminal
def test_ctrl_c_on_the_way_back_leaves_at_the_nearest_place_with_its_machine(
    session: Session, speaker: Speaker
) -> None:
    speaker.presents("present load.ksh", *[FORWARD] * 5)
    assert modules(session) == []
    session.execute("goto 1; modprobe hello")
    presser = Presser(session, "syscall test_call", first=2)
    results = session.execute("present")
    error = results[-1].error
    assert error is not None
    assert (error["what"], results[-1].status) == ("present: interrupted", INTERRUPTED)
    assert "at `syscall test_call 42`" in error["because"]
    assert modules(session) == ["syscallModule"]
    assert log(session) == []
    presser.rests()
    assert "= 42" not in speaker.presents("present").partition("Somebody comes.")[2]
    assert "= 42" in speaker.presents("present", FORWARD)
    assert len(log(session)) == 1


@pytest.mark.made_up  # what is advised works at a terminal
def test_ctrl_c_on_the_way_to_a_call_that_stands_still_gives_that_up(
    session: Session, speaker: Speaker, tmp_path: Path
) -> None:
    script = "modprobe syscallModule; break my_test_call\nsyscall test_call 42\nnext\nbt\ncontinue\nlsmod\n"
    (tmp_path / "gdb.ksh").write_text(script, encoding="utf-8")
    speaker.presents("present gdb.ksh", *[FORWARD] * 5)
    session.execute("goto 1; modprobe hello")
    presser = Presser(session, "bt")
    results = session.execute("present")
    error = results[-1].error
    assert error is not None
    assert results[-1].status == INTERRUPTED
    assert not session.stands_still
    assert modules(session) == ["syscallModule"]
    assert log(session) == []
    presser.rests()
    assert "(gdb) next\n" in speaker.presents("present", FORWARD, FORWARD)


@pytest.mark.made_up  # what is advised works at a terminal
def test_ctrl_c_on_the_way_through_a_lesson_with_files_and_there_again(session: Session, speaker: Speaker) -> None:
    speaker.presents("present 8", *[FORWARD] * 14)
    place = session.giving.presentation.place  # type: ignore[union-attr]
    presser = Presser(session, "syscall 335")
    results = session.execute("present")
    assert results[-1].status == INTERRUPTED
    assert session.giving.presentation.place < place  # type: ignore[union-attr]
    presser.rests()
    speaker.presents("present", *[FORWARD] * 8)
    assert session.giving.presentation.place >= place  # type: ignore[union-attr]
    assert "lab8" in os.listdir()
    session.giving.close()  # type: ignore[union-attr]


def test_a_command_that_ctrl_c_ended_before_the_class_may_be_ended_on_the_way_back(
    session: Session, speaker: Speaker, tmp_path: Path
) -> None:
    (tmp_path / "loop.ksh").write_text("run --hex ebfe\nsyscall getpid\n", encoding="utf-8")
    Presser(session, "run")
    speaker.presents("present loop.ksh", FORWARD, FORWARD)
    session.execute("goto 0; modprobe hello")
    assert "getpid()" in speaker.presents("present")
    assert modules(session) == []


def test_hands_are_kept_and_compared(session: Session, tmp_path: Path) -> None:
    (tmp_path / "ask.ksh").write_text("#? What? | 1 | *77\nsyscall getpid\n", encoding="utf-8")
    speaker = Speaker(session, hands="12 40")
    last = speaker.presents("present ask.ksh", FORWARD, FORWARD, FORWARD)
    assert "40 of 52 said b, and so it is." in last
    assert "b) 77  <- right" in last
    assert "40 (77 %)" in speaker.seen[1]
    assert "%" not in speaker.presents("present", BACK, BACK, BACK)
    speaker.keys = [LEAVE]
    found = session.execute("present")[-1].json()["result"]
    assert found.pop("hands") == [{"slide": 1, "hands": [12, 40]}]
    assert found == {"name": "ask.ksh", "slide": 1, "slides": 1, "commands": 0, "ended": False}


def test_what_a_program_writes_stands_on_the_slide(session: Session, speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "w.ksh").write_text('syscall write 1 "one\\ntwo" 7\n', encoding="utf-8")
    last = speaker.presents("present w.ksh", FORWARD)
    assert "\none\ntwo\nwrite(1," in last


def test_the_theme_is_the_screens(session: Session, speaker: Speaker, tmp_path: Path) -> None:
    (tmp_path / "t.ksh").write_text("theme projector\n", encoding="utf-8")
    assert "contrast" not in speaker.presents("present t.ksh")
    speaker.presents("present", FORWARD)
    assert [plain(line) for line in session.giving.presentation.shown[0, 0]]  # type: ignore[union-attr]


@pytest.mark.made_up  # what is advised works at a terminal
def test_what_is_no_presentation_is_told(session: Session, tmp_path: Path) -> None:
    Speaker(session)
    (tmp_path / "empty.ksh").write_text("\n", encoding="utf-8")
    errors = {
        "present": "present: what?",
        "present a b": "present: one file or lesson at a time",
        "present no.ksh": "present: no.ksh: No such file or directory",
        "present nosuch": "there is no lesson 'nosuch'",
        "present empty.ksh": "present: empty.ksh: there is nothing in it",
        "present load.ksh --notes /nowhere/x": "present: --notes /nowhere/x: No such file or directory",
    }
    for line, what in errors.items():
        error = session.execute(line)[-1].error
        assert error is not None
        assert error["what"] == what


def test_the_demonstration_that_comes_with_kshell_goes_through(session: Session) -> None:
    speaker = Speaker(session, hands="12 40 3")
    slides = script_deck("present", "demo", str(lesson_folder() / "demo.ksh"), "").slides
    keys = sum(1 + len(slide.beats) for slide in slides) - 1
    assert "the end" in speaker.presents("present demo", *[FORWARD] * keys)
    ends = {text.splitlines()[1].strip(): text for text in speaker.seen}  # the last that was seen of each slide
    assert len(ends) == len(slides) == 8
    assert all(ends[slide.heading].count(" said ") >= 1 for slide in slides if slide.asked is not None)
    assert "= 77" in ends["One system call"]
    assert "my_test_call: Your int is 42" in ends["A module fills it"]
    assert "nothing lives there any more" in ends["Somebody follows the pointer"]
    assert all(slide.notes for slide in slides if slide.heading != "What if the module goes?")
    session.giving.close()  # type: ignore[union-attr]


def test_a_presentation_in_a_presentation_is_refused_and_exit_ends_all(
    session: Session, speaker: Speaker, tmp_path: Path
) -> None:
    (tmp_path / "in.ksh").write_text("present 1\nsource load.ksh --step\nexit 3\nsyscall getpid\n", encoding="utf-8")
    last = speaker.presents("present in.ksh", FORWARD, FORWARD)
    assert last.count("one presentation at a time") == 2
    speaker.presents("present", FORWARD, FORWARD)
    assert session.exit_status == 3


def test_lines_that_are_given_run_after_a_ctrl_c_too(session: Session, speaker: Speaker) -> None:
    session.execute("syscall getpid")
    session._finish("run", CommandError("run: interrupted", "", "help", status=INTERRUPTED))
    session.run_quietly(["modprobe hello"], Listener(lambda result: None))
    assert modules(session) == ["hello"]


def test_a_folder_without_a_lesson_is_no_lesson_and_is_not_read_through(session: Session) -> None:
    Path("big").mkdir()
    (Path("big") / "film.mp4").write_bytes(bytes(2 << 20))
    error = session.execute("present big")[0].error
    assert error == {
        "what": "big: no lesson there",
        "because": "a lesson is a folder with a lesson.toml",
        "try": "lesson new 20-my-lesson  (makes one)",
    }
