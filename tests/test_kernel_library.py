"""The page of the kernel's library, docs/kernel-library.md: each function of each header, as its docstring says it.

After a change of a header, `python -m tests.test_kernel_library` writes the page anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kshell.cc.front.headers_index import texts
from kshell.shell.commands.language import Declared, declared

PAGE = Path(__file__).parent.parent / "docs" / "kernel-library.md"
HEAD = """# The kernel's library

What a module may include, header by header: `from kshell.linux.list import list_add` is `#include <linux/list.h>`, and
`from kshell.linux import *` has all of it. `help list_add` shows the same at the prompt. A function takes `k`, a macro
that only calculates does not. What is there in one release alone says so.

This page is made from the headers, `kshell/linux/`: `python -m tests.test_kernel_library` writes it.
"""


def page() -> str:
    """The whole page."""
    found = [HEAD]
    for header, text in texts().items():
        entries = [line for name, it in declared().items() if it.header == header for line in entry(name, it)]
        if entries:
            sentence = text.removeprefix('"""').partition('"""')[0].partition("\n\n")[0].replace("\n", " ")
            found += [f"\n## {header}\n\n{sentence.removesuffix('.')}.\n\n", *entries]
    return "".join(found)


def entry(name: str, it: Declared) -> Iterator[str]:
    """What is said of a function; of other names, help says it."""
    if it.page is None:
        return
    yield "".join(f"- `{each}`\n" for each in it.page.signatures)
    yield f"  {it.sentence}\n"
    yield from (f"  `{result}`: {because}.\n" for result, because in it.page.errors)
    yield from (f"  `{each}`\n" for each in it.page.example[:1])


def test_the_page_says_what_the_headers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_every_function() -> None:
    functions = [name for name, it in declared().items() if it.kind == "function"]
    assert len(functions) > 100
    assert [name for name in functions if f"`{name}(" not in page()] == []


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
