"""A file that includes nothing: told once, and not for each name that it lacks."""

from __future__ import annotations

import ast

from kshell.cc.front.headers_index import header_in
from kshell.cc.front.report import Report

IMPORT = "from kshell.linux import "


def say_once(report: Report, tree: ast.Module) -> None:
    """Make one finding of all those that an import would answer, where the file has no import."""
    imports = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    if any(isinstance(each, ast.Import) or header_in(each.module or "") is not None for each in imports):
        return
    lacking = [each for each in report.findings if each.try_.startswith(IMPORT)]
    names = list(dict.fromkeys(each.try_.removeprefix(IMPORT) for each in lacking))
    include = next((each.decode(errors="replace") for each in report.lines if each.startswith(b"#include")), "")
    if len(names) < 2 and not (names and include):
        return
    because = f"this file includes nothing, and headers declare {', '.join(names)}"
    if include:
        because += f"; {include.strip()} is a comment here: an import is C's #include"
    first = lacking[0]._replace(because=because, try_=f"{IMPORT}*")
    report.findings = [first if each is lacking[0] else each for each in report.findings if each not in lacking[1:]]
