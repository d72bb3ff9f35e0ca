"""What the compiler has to say about a source, in gcc's words: collected while it is read."""

from __future__ import annotations

import ast
import re
from typing import NoReturn

from kshell.cc.finding import ERROR, WARNING, Finding
from kshell.cc.types import Type, c_declaration

NOTE = "note"  # kshell's own, where gcc says nothing
MOST_FINDINGS = 50
# Which warnings are errors: what the Makefile of each release says, and what its gcc has made one by itself.
ERRORS = ("implicit-function-declaration", "implicit-int", "incompatible-pointer-types", "strict-prototypes")
ERRORS_SINCE = (((6, 0), ("return-type", "int-conversion")),)
GCC_NAMES = {
    "unsigned long long": "long long unsigned int",
    "unsigned long": "long unsigned int",
    "unsigned short": "short unsigned int",
    "long long": "long long int",
    "long": "long int",
    "short": "short int",
    "bool": "_Bool",
}
GCC_NAME = re.compile(
    r"\b(unsigned long long|unsigned long|unsigned short|long long|long|short|bool)\b(?! int| unsigned)"
)
Node = ast.stmt | ast.expr | ast.arg | ast.alias | ast.keyword


class WrongError(Exception):
    """What stands here has no meaning; the report has the words.  The statement around it is given up."""


def version_of(release: str) -> tuple[int, int]:
    """The first two numbers of a release: (4, 19); that of the course is 4.19."""
    numbers = re.match(r"(\d+)\.(\d+)", release)
    return (int(numbers[1]), int(numbers[2])) if numbers else (4, 19)


def spelled(kind: Type) -> str:
    """A type as gcc's messages spell it: ``long int (*)(int)``."""
    return GCC_NAME.sub(lambda found: GCC_NAMES[found[1]], c_declaration(kind, ""))


class Report:
    """The findings of one source."""

    def __init__(self, path: str, text: str, release: str) -> None:
        self.path, self.text = path, text
        self.release, self.version = release, version_of(release)
        self.lines = text.encode().split(b"\n")
        self.findings: list[Finding] = []
        self.errors = set(ERRORS)
        for since, options in ERRORS_SINCE:
            if self.version >= since:
                self.errors |= set(options)

    @property
    def is_wrong(self) -> bool:
        """Whether there is an error among the findings."""
        return any(each.kind == ERROR for each in self.findings)

    def column(self, node: Node) -> int:
        """The column of a node in characters, from 1 (a syntax tree counts bytes)."""
        line = self.lines[node.lineno - 1] if node.lineno <= len(self.lines) else b""
        return len(line[: node.col_offset].decode(errors="replace")) + 1

    def add(self, kind: str, node: Node, text: str, because: str, try_: str, width: int = 1) -> None:
        """Note one finding; the same at the same place is said once, and so many are enough."""
        found = Finding(kind, text, node.lineno, self.column(node), width, because, try_)
        if found not in self.findings and len(self.findings) < MOST_FINDINGS:
            self.findings.append(found)

    def error(self, node: Node, text: str, because: str, try_: str, width: int = 1) -> None:
        """An error; the reading goes on."""
        self.add(ERROR, node, text, because, try_, width)

    def fail(self, node: Node, text: str, because: str, try_: str, width: int = 1) -> NoReturn:
        """An error, after which the statement around has no meaning."""
        self.error(node, text, because, try_, width)
        raise WrongError

    def warn(self, option: str, node: Node, text: str, because: str, try_: str, width: int = 1) -> None:
        """A warning of gcc's: an error where the release's Makefile says so."""
        kind, mark = (ERROR, "error=") if option in self.errors else (WARNING, "")
        self.add(kind, node, f"{text} [-W{mark}{option}]", because, try_, width)

    def note(self, node: Node, text: str, because: str, try_: str) -> None:
        """What gcc lets pass, and a student should look at."""
        self.add(NOTE, node, text, because, try_)

    def source_of(self, node: ast.expr) -> str:
        """What stands in the source for a node of one line."""
        if node.end_lineno != node.lineno or node.lineno > len(self.lines):
            return ""
        return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode(errors="replace")

    def line_with(self, node: ast.expr, new: str) -> str:
        """The line of a node with `new` in its place; `new` alone where it goes over several lines."""
        if node.end_lineno != node.lineno or node.lineno > len(self.lines):
            return new
        line = self.lines[node.lineno - 1]
        changed = line[: node.col_offset] + new.encode() + line[node.end_col_offset :]
        return changed.decode(errors="replace").partition("  #")[0].strip()

    def in_parentheses(self, node: ast.expr) -> bool:
        """Whether an expression stands in parentheses of its own."""
        if node.end_lineno is None or node.end_lineno > len(self.lines):
            return False
        before = self.lines[node.lineno - 1][: node.col_offset].rstrip()
        after = self.lines[node.end_lineno - 1][node.end_col_offset :].lstrip()
        return before.endswith(b"(") and after.startswith(b")")
