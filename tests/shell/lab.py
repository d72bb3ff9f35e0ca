"""A session without a terminal, and what it answers, for the tests of the shell."""

from __future__ import annotations

import io
from typing import Any

from kshell.shell.session import Session
from kshell.shell.views.output import Output, PlainOutput, Result
from tests.shell.json_page import object_problems


class Silence(Output):
    """Collects everything and shows nothing."""

    collects = True


class Lab:
    """One session on a kernel of its own; `text` and `json` answer for one line."""

    def __init__(self, profile: str = "course", **options: Any) -> None:
        self.session = Session(profile, output=Silence(), keep_going=True, **options)

    def results(self, line: str) -> list[Result]:
        """Every result of a line; what --json has for each is as docs/json.md says."""
        results = self.session.execute(line)
        for result in results:
            told = object_problems(result.json())
            assert not told, told[:5]
        return results

    def result(self, line: str) -> Result:
        """The last result of a line."""
        return self.results(line)[-1]

    def json(self, line: str) -> dict[str, Any]:
        """The result object of a line that must not fail."""
        result = self.result(line)
        assert result.error is None, result.error
        found: dict[str, Any] = result.json()["result"]
        return found

    def text(self, line: str) -> str:
        """The plain text of a line's last command, failed or not."""
        return self.result(line).view.text()

    def error(self, line: str) -> dict[str, str]:
        """The error of a line that must fail."""
        result = self.result(line)
        assert result.error is not None, f"{line!r} did not fail: {result.view.text()}"
        return result.error

    def call(self, line: str) -> dict[str, Any]:
        """The one call of a `syscall` line."""
        found: dict[str, Any] = self.json("syscall " + line)["calls"][0]
        return found

    def ret(self, line: str) -> int:
        """What the call answered."""
        value: int = self.call(line)["ret"]
        return value


def screen(*lines: str, profile: str = "course", keep_going: bool = True) -> tuple[str, str, int]:
    """What a script shows on its two streams, and its exit status."""
    out, err = io.StringIO(), io.StringIO()
    session = Session(profile, output=PlainOutput(out, err), keep_going=keep_going)
    status = session.run_lines(lines)
    return out.getvalue(), err.getvalue(), status
