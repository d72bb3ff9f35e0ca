"""What can be seen of a call that stands still, and what is refused meanwhile."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from kshell.shell.commands.registry import find, names
from kshell.shell.debugger.allowed import ALLOWED
from kshell.shell.debugger.talk import A_STOP
from tests.shell.debugger.debug_lab import STEPS, debug, debug_json, line_of
from tests.shell.lab import Lab, screen

AT_WHILE = ("insmod steps.py", f"break steps.py:{line_of('while n')}", "syscall test_call 3")


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("steps.py").write_text(STEPS, encoding="utf-8")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("n", "3"),
        ("result", "6"),
        ("p->nr", "20"),
        ("p.nr", "20"),
        ("p->next->next->nr", "20"),
        ("*p", '{nr = 20, name = "", next = 0xffff888000000000}'),
        ("(*p).nr", "20"),
        ("p", "(struct entry *) 0xffff888000000000"),
        ("&p->nr", "(int *) 0xffff888000000000"),
        ("*&n", "3"),
        ("numbers", "{10, 20, 30}"),
        ("numbers[1]", "20"),
        ("numbers[01]", "20"),
        ("numbers[p->nr]", None),
        ("*numbers", "10"),
        ("calls", "1"),
        ("n + 1", "4"),
        ("current->pid", "77"),
        ("numbers[n - 1] == 30", "1"),
        ("STUB_test_call", "(long (*)(int)) 0xffffffffc000004c <handler>"),
        ("$rax", None),
    ],
)
def test_print_shows_names_fields_and_indexes_by_their_types(expression: str, value: str | None) -> None:
    shown = debug(*AT_WHILE, f"print {expression}")
    found = next(line for line in shown if line.startswith("$1 = ")).removeprefix("$1 = ")
    if value is not None and "<handler>" not in value:
        assert found == value
    elif value is not None:
        assert found.startswith("(long (*)(int)) 0xffffffffc0")
        assert found.endswith(" <handler>")


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("nosuch", 'No symbol "nosuch" in current context.'),
        ("resul", 'No symbol "resul" in current context.'),
        ("p->nummer", "There is no member named nummer."),
        ("n = 1", "A syntax error in expression, near `= 1'."),
        ("numbers[", "A syntax error in expression, near `numbers['."),
        ("*n", "Attempt to take contents of a non-pointer value: int is not a pointer."),
        ("n.x", "Attempt to extract a component of a value that is not a structure: int."),
        ("numbers[08]", 'Invalid number "08".'),
        ("(" * 300, "An expression has at most 200 characters here."),
        ("$xyz", "Invalid register `xyz'"),
        ("*(p->next->name)", None),
        ("n(3)", "A syntax error in expression, near `(3)'."),
    ],
)
def test_print_says_what_it_cannot_show(expression: str, what: str | None) -> None:
    shown = debug(*AT_WHILE, f"print {expression}")
    assert what is None or what in shown
    assert "  try: print result" in shown or expression != "resul"


def test_info_shows_arguments_locals_and_registers() -> None:
    shown = debug(*AT_WHILE, "info args", "info locals", "info registers", "x/2gx $rsp", "x/i $pc")
    assert "n = 3" in shown
    assert [line for line in shown if line.split(" = ")[0] in ("numbers", "p", "result")] == [
        *("numbers = {10, 20, 30}", "p = 0xffff888000000000", "result = 6"),
    ]
    rip = next(line for line in shown if line.startswith("rip"))
    assert rip.split()[1].startswith("0xffffffffc0")
    assert any("<handler+" in line for line in shown)
    text = "\n".join(debug(*AT_WHILE, "print $rip", "print $rsp"))
    assert re.search(r"^\$1 = \(void \(\*\)\(void\)\) 0xffffffffc0[0-9a-f]{6} <handler\+\d+>$", text, re.MULTILINE)
    assert re.search(r"^\$2 = \(void \*\) 0xffffc900[0-9a-f]{8}$", text, re.MULTILINE)


def test_registers_are_the_programs_again_when_the_call_is_over() -> None:
    lab = Lab()
    lab.results("insmod steps.py; break handler; syscall test_call 3; continue")
    assert all(not row["value"].startswith("0xffff") for row in lab.json("regs")["rows"] if row["register"] == "rip")


def test_up_down_and_frame_look_at_callers() -> None:
    shown = debug("insmod steps.py", "break fact", "syscall test_call 3", "c", "up", "info args", "frame 2", "p p->nr")
    assert any(line.endswith(f"in fact (n=3) at steps.py:{line_of('rest = ')}") for line in shown)
    assert "n = 3" in shown
    assert "$1 = 20" in shown
    assert "Bottom (innermost) frame selected; you can't go down." in debug(*AT_WHILE, "down")
    assert "Initial frame selected; you can't go up." in debug(*AT_WHILE, "up 50")


def test_list_shows_ten_lines_around_the_present_one() -> None:
    here = line_of("while n")
    source = STEPS.splitlines()
    listed = [f"{at}\t{source[at - 1]}".rstrip("\t") for at in range(here - 5, here + 5)]
    shown = [line.rstrip("\t") for line in debug(*AT_WHILE, "list")]
    assert "\n".join(listed) in "\n".join(shown)
    assert f"{line_of('def fact')}\tdef fact(k: Kernel, n: Int) -> Long:" in debug(*AT_WHILE, "list fact")
    assert "19\t    k.printk(KERN_NOTICE" in "\n".join(debug("break test_call.py:19", "syscall test_call 1", "list"))


def test_what_may_change_the_machine_is_refused_in_one_sentence() -> None:
    for line in ("syscall getpid", "rmmod steps", "insmod x.py", "boot", "run x.s", "trace syscall getpid", "make"):
        shown = debug(*AT_WHILE, line, "p n")
        assert f"{line.split()[0]}: not while a call stands still" in shown
        assert "$1 = 3" in shown


def test_what_only_looks_works_and_does_not_touch_the_clock() -> None:
    lab = Lab()
    looks = (
        "dmesg -n 1; lsmod; disas handler; kallsyms handler; cat /proc/modules; ls /; man getpid; taint; table getpid; "
        "extable __get_user_4; explain get_user; pt 0x401000; vmmap"
    )
    lab.results("; ".join([*AT_WHILE, looks, "p n", "c"]))
    watched = lab.session.kernel.clock.ns
    lab = Lab()
    lab.results("insmod steps.py; syscall test_call 3")
    assert lab.session.kernel.clock.ns == watched
    errors = screen(*AT_WHILE, *looks.split("; "))[1]
    assert errors == ""


def test_all_that_is_allowed_is_a_command() -> None:
    assert set(names()) >= ALLOWED
    assert find("p") is find("print")


def test_quit_and_the_end_of_the_script_let_the_call_run_to_its_end() -> None:
    for last in ("quit", "q", "kill", "detach"):
        shown = debug("insmod steps.py", "break fact", "syscall test_call 3", last, "echo over")
        assert shown[-2:] == ["test_call(3)                            = 1", "over"]
        assert sum("Breakpoint 1, fact" in line for line in shown) == 1
    assert debug("insmod steps.py", "break fact", "syscall test_call 3")[-1].endswith("= 1")
    again = debug("insmod steps.py", "break fact", "syscall test_call 3", "quit", "syscall test_call 3", "quit")
    assert sum("Breakpoint 1, fact" in line for line in again) == 2


def test_a_script_that_stops_at_a_failure_ends_the_call_too(tmp_path: Path) -> None:
    shown, errors, status = screen(*AT_WHILE, "print nosuch", "print n", keep_going=False)
    assert status == 1
    assert "nosuch" in errors
    assert shown.endswith("test_call(3)                            = 1\n")


def test_json_has_an_object_for_each_command_and_the_calls_own_at_its_end() -> None:
    found = debug_json(*AT_WHILE, "p p", "next", "continue")[2:]
    assert [each["command"] for each in found] == [
        *("syscall test_call 3", "p p", "next", "continue", "syscall test_call 3"),
    ]
    stop = found[0]["result"]["stopped"]
    assert (stop["reason"], stop["breakpoints"], stop["function"]) == ("breakpoint-hit", [1], "handler")
    assert stop["args"] == [{"name": "n", "type": "int", "value": 3, "text": "3"}]
    assert (stop["file"], stop["line"]) == ("steps.py", line_of("while n"))
    assert found[1]["result"]["value"] == "0xffff888000000000"
    assert found[2]["result"]["stopped"]["reason"] == "end-stepping-range"
    assert found[3]["result"] == {"stopped": None}
    assert found[4]["result"]["calls"][0]["ret"] == 1


def test_where_nobody_can_type_nothing_stops() -> None:
    lab = Lab()
    lab.results("insmod steps.py; break handler")
    assert lab.call("test_call 3")["ret"] == 1


@pytest.mark.made_up
def test_no_expression_ends_in_a_bug() -> None:
    pieces = [
        "p",
        "numbers",
        "n",
        "->",
        ".",
        "nr",
        "next",
        "name",
        "[",
        "]",
        "*",
        "&",
        "(",
        ")",
        "1",
        "-",
        "$rsp",
        "calls",
    ]
    random = Random(7)
    lines = ["print " + "".join(random.choices(pieces, k=random.randint(1, 9))) for _ in range(400)]
    shown, errors, status = screen(*AT_WHILE, *lines)
    assert "internal error" not in errors
    assert status == 1
    assert shown.count("\n$") > 10


def test_what_to_type_for_a_call_to_look_at_works_on_the_kernel_that_runs() -> None:
    for profile, try_ in (("course", A_STOP), ("6.19", "break entry_SYSCALL_64; syscall getpid")):
        error = Lab(profile).error("boot; next")
        assert error["try"] == try_
        assert any(
            line.startswith("Breakpoint 1, ")
            for line in screen(*try_.split("; "), "bt", profile=profile)[0].split("\n")
        )
