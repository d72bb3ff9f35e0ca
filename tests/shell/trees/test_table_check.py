"""table check says what a release's own script, compiler and linker make of each line, as make does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from kshell.abi.syscall_tbl import table_path
from tests.kbuild.tree_lab import TABLE, TreeLab
from tests.shell.lab import Lab

SHIPPED = {version: Path(table_path(version)).read_text(encoding="utf-8") for version in ("4.19", "6.19")}
ENTRY = {"4.19": "__x64_sys_", "6.19": "sys_"}


@pytest.fixture(scope="module")
def shells() -> dict[str, Lab]:
    """A shell on each release."""
    return {version: Lab(version) for version in SHIPPED}


def told(lab: Lab, text: str) -> tuple[list[str], list[str], list[str]]:
    """What is said of a table: the errors, the notes, and what to try for either."""
    Path("t.tbl").write_bytes(text.encode())
    result = lab.result("table check t.tbl")
    found = result.json()["result"]
    errors, notes = found.get("errors", []), found.get("warnings", [])
    assert result.status == bool(errors)
    return [e["what"] for e in errors], [n["what"] for n in notes], [m["try"] for m in [*errors, *notes]]


# The rows that are put behind a release's own table, and what is said: parts of the errors, and of the notes.
ROWS: list[tuple[str, str, Sequence[str], Sequence[str]]] = [
    ("4.19", "335 common x __x64_sys_x", (), ("nothing defines __x64_sys_x yet",)),
    ("4.19", "335 common x sys_x", ("undefined reference to `sys_x'",), ()),
    ("4.19", "546 common x __x64_sys_getpid", (), ("number 546 is x32's, but the row says common",)),
    ("4.19", "548 common getpid __x64_sys_getpid", (), ("a second getpid for the same ABI",)),
    ("4.19", "39 common x __x64_sys_getpid", (), ("number 39 is taken",)),
    ("4.19", "335 comon x __x64_sys_getpid", ("Unknown abi COMON",), ()),
    ("4.19", "335<tab>common<tab>x<tab>__x64_sys_x", ("Unknown abi ",), ()),
    ("4.19", " 335 common x __x64_sys_x", (), ("the row is indented",)),
    ("4.19", "335 common x", (), ("x has no entry",)),
    ("6.19", "471 common x sys_x", (), ("nothing defines __x64_sys_x yet",)),
    ("6.19", "471 common x __x64_sys_x", ("undefined reference to `__x64___x64_sys_x'",), ()),
    ("6.19", "546 common x sys_getpid", (), ("number 546 is x32's, but the row says common",)),
    ("6.19", "548 common getpid sys_getpid", (), ("a second getpid for the same ABI",)),
    ("6.19", "39 common x sys_getpid", ("not sorted or duplicates",), ()),
    ("6.19", "471 comon x sys_getpid", (), ("unknown ABI 'comon'",)),
    ("6.19", "471 common x sys_x/ptregs", ("before '/' token",), ()),
    ("6.19", "471 common x sys_x - noreturn\r", ("invalid string",), ()),
]


@pytest.mark.parametrize(("version", "row", "errors", "notes"), ROWS)
def test_a_row_is_answered_as_the_tools_of_its_release_answer_it(
    shells: dict[str, Lab], version: str, row: str, errors: Sequence[str], notes: Sequence[str]
) -> None:
    said = told(shells[version], SHIPPED[version] + row + "\n")
    for found, wanted in zip(said, (errors, notes), strict=False):
        assert len(found) >= len(wanted)
        for part in wanted:
            assert any(part in each for each in found), found
    assert bool(said[0]) is bool(errors)
    assert all(said[2])


@pytest.mark.parametrize("version", SHIPPED)
def test_an_old_entry_of_a_call_that_the_release_has_is_refused_by_the_link(
    shells: dict[str, Lab], version: str
) -> None:
    lines = [
        "56\tcommon\tclone\tstub_clone" if line.startswith("56\t") else line for line in SHIPPED[version].split("\n")
    ]
    errors, _, ways = told(shells[version], "\n".join(lines))
    prefix = "__x64_" if version == "6.19" else ""
    assert errors == [f"undefined reference to `{prefix}stub_clone'"]
    assert ways[0].split()[-1].startswith(f"{ENTRY[version]}clone")


@pytest.mark.parametrize("version", SHIPPED)
def test_a_table_of_the_other_release_is_one_note_and_not_a_mistake_a_row(shells: dict[str, Lab], version: str) -> None:
    other = next(each for each in SHIPPED if each != version)
    errors, notes, _ = told(shells[version], SHIPPED[other])
    assert errors == []
    assert [note for note in notes if "are of another release" in note] == notes
    old = SHIPPED["4.19"].replace("/ptregs", "").replace("__x64_sys_", "sys_")  # as of 4.16
    errors, notes, _ = told(shells["4.19"], old)
    assert (errors, len(notes)) == ([], 1)


@pytest.mark.parametrize("version", SHIPPED)
def test_crlf_is_told_on_both_releases(shells: dict[str, Lab], version: str) -> None:
    errors, notes, ways = told(shells[version], SHIPPED[version].replace("\n", "\r\n"))
    assert any("CR LF" in each or "noreturn\\r" in each for each in [*errors, *notes])
    assert r"outside kshell: sed -i 's/\r$//' t.tbl" in ways


def test_a_table_of_32_bit_programs_is_one_sentence(shells: dict[str, Lab]) -> None:
    Path("t.tbl").write_text("".join(f"{n}\ti386\tcall{n}\tsys_call{n}\n" for n in range(440)))
    error = shells["4.19"].error("table check t.tbl")
    assert error["what"] == "table check: t.tbl is a syscall_32.tbl"


def test_a_table_of_another_architecture_is_read_and_named(shells: dict[str, Lab]) -> None:
    Path("t.tbl").write_text("".join(f"{n}\tnospu\tcall{n}\tsys_call{n}\n" for n in range(9)))
    result = shells["6.19"].result("table check t.tbl")
    assert (result.status, len(result.json()["result"]["entries"])) == (0, 9)
    assert "9 rows of another architecture's table: its ABIs are nospu" in result.view.text()


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_the_table_of_a_tree_is_read_as_the_tree_s_release_does(shells: dict[str, Lab], version: str) -> None:
    tree = TreeLab(Path(), version)
    lab = shells["6.19" if version == "4.19" else "4.19"]
    result = lab.result(f"table check test_kernel/{TABLE}")
    assert result.status == 0
    assert result.view.text().endswith(f"no mistakes; test_call not in {version} itself")
    tree.write("SystemCalls/test_call.py", "")
    errors = lab.json(f"table check test_kernel/{TABLE}")["errors"]
    assert [each["what"] for each in errors] == ["undefined reference to `__x64_sys_test_call'"]


@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_a_syscall_32_tbl_in_a_tree_is_one_note_or_one_error(version: str) -> None:
    tree = TreeLab(Path(), version, bare=True)
    tree.write(TABLE, "".join(f"{n}\ti386\tcall{n}\tsys_call{n}\n" for n in range(440)))
    outcome = tree.make()
    assert len(outcome.errors) + len(outcome.notes) == 1
    assert "this is a syscall_32.tbl" in outcome.said[0]


def _three(text: str) -> str:
    """A table of 4.19 as Linux 3.x had it."""
    return re.sub(r"sys_(\w+)/ptregs", r"stub_\1", text.replace("__x64_sys_", "sys_").replace("__x32_", ""))


def _variants(version: str) -> dict[str, str]:
    own, prefix = SHIPPED[version], "__x64_" * (version == "4.19")
    rows = {row: f"{own}{row}\n" for each, row, *_ in ROWS if each == version}
    for row in (
        *("475 common x sys_read", "475 common x getpid", "475 common x SyS_getpid", "475 common x __ia32_sys_getpid"),
        *("0x14f common x {}sys_getpid", "-1 common x {}sys_getpid", "99999999999 common x {}sys_getpid"),
        *("600 common x {}sys_getpid", "475 common x {}sys_getpid compat_sys_getpid", "475 64 x {}sys_getpid"),
        *("475 x32 x {}sys_getpid", "520 x32 hello {}sys_hello", "548 x32 hello {}sys_hello", "475 i386 x {}sys_x"),
        *("475 common my-call {}sys_getpid", "475 common 9lives {}sys_getpid", "475 common X {}sys_getpid"),
        *("475 common x {}sys_getpid # mine", "475 common x {}sys_getpid /* mine */", "common 335 x {}sys_x"),
    ):
        rows[row] = f"{own}{row.format(prefix)}\n"
    return rows | {
        "the other release's": SHIPPED["6.19" if version == "4.19" else "4.19"],
        "of 3.x": _three(SHIPPED["4.19"]),
        "of 4.16": SHIPPED["4.19"].replace("__x64_sys_", "sys_"),
        "half of 4.16": SHIPPED["4.19"].replace("__x64_sys_", "sys_", 150),
        "cr lf": own.replace("\n", "\r\n"),
        "one cr lf": f"{own}475\tcommon\tx\t{prefix}sys_getpid\r\n",
        "blanks": own.replace("\t", "  ").replace("\n", "  \n"),
        "no last newline": own.rstrip("\n"),
        "a byte order mark": "\ufeff" + own,
        "out of order": own.replace("\n1\tcommon", "\n@").replace("\n2\t", "\n1\t").replace("\n@", "\n2\tcommon"),
        "no row 0": re.sub(r"\n0\t.*\n", "\n", own),
        "arm's": "".join(f"{n}\tcommon\t{name}\tsys_{name}\n" for n, name in enumerate(("io_setup", "read", "write"))),
        "empty": "",
        "comments": "# nothing\n",
    }


@pytest.mark.parametrize("version", SHIPPED)
def test_check_and_make_find_the_same_in_a_tree_s_table(shells: dict[str, Lab], version: str) -> None:
    tree, differences = TreeLab(Path(), version, built=True), []
    for name, text in _variants(version).items():
        tree.write(TABLE, text)
        result = shells[version].result(f"table check test_kernel/{TABLE}")
        found = [what(each) for each in result.json().get("result", {}).get("errors", [])]
        outcome = tree.make()
        made = [what({"what": message.text}) for message in outcome.errors]
        # A table of another release is one sentence where the linker has hundreds; an empty one is a note of make's.
        one = len(found) == 1 and " of another release: " in found[0]
        empty = result.error is not None and ": no rows" in result.error["what"]
        if not (set(made) <= set(found) or (one and made) or (empty and outcome.notes)) or bool(found) > bool(made):
            differences.append(f"{name}: check {found[:3]}, make {made[:3]}")
    assert not differences, "\n".join(differences)


def what(error: dict[str, str]) -> str:
    """The undefined symbol of an error, or the whole of it, without the folder."""
    match = re.search(r"undefined reference to `([^']*)'", error["what"])
    return match[1] if match else error["what"].replace("test_kernel/", "")
