"""The page that goes through the lecture: it has each heading, and what it shows appears.

After a change of what kshell prints, `python -m tests.test_lecture` writes what appears now into the page; read the
diff.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path

import pytest

from kshell.shell.session import Session
from kshell.shell.views.render import RichOutput, make_console

PAGE = Path(__file__).parent.parent / "docs" / "lecture-system-calls.md"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^(?:kshell> |\(gdb\) )(.+)$", re.MULTILINE)
# Addresses of the kernel's text and of page tables move with each function that the kernel gets, and its calls grow.
MOVES = re.compile(
    r"(0x)?ffffffff8[0-9a-f]{7}|\b0x[0-9a-f]{5}\b|\b[0-9a-f]{16}\b|\be8( [0-9a-f]{2}){4}|0xfef[0-9a-f]{5}"
    r"|\d+(?= system calls)"
)
COUNTED = re.compile(r"(?<=Breakpoint )\d+|(?<=\$)\d+")  # the session counts on
COLUMNS = 80
HEADINGS = """
System Calls
System Calls as Kernel services
System Call Setup
Linux system call setup
Example of Linux system call setup and handling
Linux System Call Dispatcher
Inspecting dup2 system call
System Call Flow Summary
System Call Table
System Calls Pointer Parameters
Pointers to Kernel Space
Invalid pointers handling approaches
Page fault handling
Marking kernel code that accesses user space
Cost analysis for pointer checks vs fault handling
Virtual Dynamic Shared Object (VDSO)
Inspecting VDSO
Virtual System Calls (vsyscalls)
Accessing user space from system calls
get_user implementation
get_user pseudo code
get_user_1 implementation
Exception table entry
Exception table building
Exception table handling
""".strip().split("\n")


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def section(title: str) -> str:
    return page().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


class Screen:
    """A session on a screen of 80 columns without colour."""

    def __init__(self) -> None:
        self.file = io.StringIO()
        output = RichOutput(console=make_console(self.file, COLUMNS, color_system=None))
        self.session = Session("course", keep_going=True, output=output)

    def shows(self, block: str) -> str:
        """The block with what appears for each of its lines."""
        begin, lines = self.file.tell(), TYPED.findall(block)
        self.session.run_lines([each for number, line in enumerate(lines) for each in (f'echo "== {number}"', line)])
        parts = re.split(r"^== \d+\n", self.file.getvalue()[begin:], flags=re.MULTILINE)[1:]
        prompts = TYPED.finditer(block)
        return "".join(f"{prompt[0]}\n{_trimmed(part)}" for prompt, part in zip(prompts, parts, strict=True))


def _trimmed(part: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in part.rstrip("\n").split("\n") if part.strip("\n"))


def test_the_page_has_each_heading_of_the_lecture_in_its_order() -> None:
    assert re.findall(r"^## (.+)$", page(), re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("title", HEADINGS)
def test_a_section_shows_what_appears(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = BLOCK.findall(section(title))
    assert blocks
    for number, block in enumerate(blocks):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert block.startswith("kshell> boot ")
        assert max(map(len, block.split("\n"))) <= COLUMNS
        assert MOVES.sub("?", Screen().shows(block)).split("\n") == MOVES.sub("?", block).split("\n")


def test_the_blocks_can_be_shown_one_after_the_other_in_one_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    screen = Screen()
    for block in BLOCK.findall(page()):
        there, here = (COUNTED.sub("?", MOVES.sub("?", text)) for text in (block, screen.shows(block)))
        assert here.split("\n") == there.split("\n")
        assert not screen.session.stands_still


def remake() -> None:
    """Write what appears now into the page."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)

        def anew(match: re.Match[str]) -> str:
            for path in Path().iterdir():
                path.unlink()
            return f"```\n{Screen().shows(match[1])}```"

        PAGE.write_text(BLOCK.sub(anew, page()), encoding="utf-8")


if __name__ == "__main__":
    remake()
