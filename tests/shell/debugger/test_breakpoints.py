"""Where breakpoints go, that they outlive a module, and what is said of places that there are not."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from tests.shell.debugger.debug_lab import STEPS, debug, debug_json, line_of
from tests.shell.lab import Lab, screen
from tests.test_add_a_system_call import PAGE, edit_by_the_page, needs_compiler


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("steps.py").write_text(STEPS, encoding="utf-8")


def test_a_place_is_a_function_or_a_line_or_the_next_line_that_has_code() -> None:
    lab = Lab()
    lab.results("insmod steps.py")
    places = [
        "fact",
        "steps.py:fact",
        f"steps.py:{line_of('if n')}",
        f"steps.py:{line_of('def fact')}",
        "steps.py:7",
        "./steps.py:7",
    ]
    places.append(f"{Path('steps.py').absolute()}:7")
    found = [lab.json(f"break {place}")["locations"] for place in places]
    assert [[(each["function"], each["line"]) for each in each_found] for each_found in found] == [
        [("fact", line_of("if n"))]
    ] * 7
    assert len({each[0]["address"] for each in found}) == 1


def test_a_line_alone_is_of_the_file_at_which_the_call_stands() -> None:
    shown = debug("insmod steps.py", "b handler", "syscall test_call 3", f"b {line_of('while n')}", "c", "p result")
    assert "$1 = 6" in shown
    assert "break: 12: of which file?" in debug("break 12")


ANOTHER = "break __do_sys_test_call  (of a module to be loaded: break FILE.py:FUNCTION)"


@pytest.mark.parametrize(
    ("place", "what", "try_"),
    [
        ("facd", 'Function "facd" not defined.', "break fact  (did you mean that?)"),
        ("test_call", 'Function "test_call" not defined.', "break __do_sys_test_call  (did you mean that?)"),
        ("steps.py:facd", 'Function "facd" not defined.', "break fact  (did you mean that?)"),
        ("step.py:3", "No source file named step.py.", "break steps.py:3  (did you mean that?)"),
        ("steps.py:999", 'No line 999 in file "steps.py".', "break steps.py:1"),
        (
            "zzz",
            'Function "zzz" not defined.',
            ANOTHER,
        ),
        (
            "printk",
            "break: printk has no machine code",
            ANOTHER,
        ),
        ("__x64_sys_getpid", "break: __x64_sys_getpid has no machine code", None),
    ],
)
def test_a_place_that_there_is_not_is_told_with_what_may_be_meant(place: str, what: str, try_: str | None) -> None:
    lab = Lab()
    lab.results("insmod steps.py")
    error = lab.error(f"break {place}")
    assert error["what"] == what
    assert try_ is None or error["try"] == try_
    assert lab.json("info breakpoints") == {"breakpoints": []}


def test_conditions_and_nothing_are_misuse() -> None:
    lab = Lab()
    assert lab.error("break")["what"] == "break: where?"
    assert lab.error("break fact if n == 3")["what"] == "break: one place at a time, and no conditions"


def test_breakpoints_are_deleted_by_number_or_all_at_once() -> None:
    lab = Lab()
    lab.results("insmod steps.py; break fact; break handler; break start; delete 2")
    assert [each["number"] for each in lab.json("info b")["breakpoints"]] == [1, 3]
    assert lab.error("delete 2")["what"] == "No breakpoint number 2."
    lab.results("delete")
    assert lab.text("info breakpoints") == "No breakpoints."
    assert lab.json("break fact")["number"] == 4


def test_a_breakpoint_waits_while_its_module_is_unloaded() -> None:
    shown = debug(
        "insmod steps.py",
        *("break fact", "syscall test_call 2", "detach", "rmmod steps", "info breakpoints"),
        *("insmod steps.py", "info breakpoints", "syscall test_call 2", "bt"),
    )
    assert "1       breakpoint     keep y   <PENDING>          fact" in shown
    assert sum("Breakpoint 1, fact (n=2)" in line for line in shown) == 2


def test_a_call_after_one_that_nobody_was_there_to_look_at_stops() -> None:
    lab = Lab()
    lab.results("insmod steps.py; break handler")
    lab.results("syscall test_call 2")  # its last command: nobody types what comes next
    lab.results("syscall test_call 3")
    assert lab.results("info breakpoints")[0].json()["result"]["breakpoints"][0]["hits"] == 2


def test_breakpoints_stay_when_the_machine_is_booted_anew() -> None:
    shown = debug("insmod steps.py", "break fact", "boot", "insmod steps.py", "syscall test_call 2", "p n", "quit")
    assert "$1 = 2" in shown


def test_a_function_of_two_modules_has_two_locations() -> None:
    Path("more.py").write_text(STEPS, encoding="utf-8")
    found = debug_json("insmod steps.py", "insmod more.py", "break fact", "syscall test_call 2", "quit")
    assert [each["file"] for each in found[2]["result"]["locations"]] == ["steps.py", "more.py"]
    assert found[3]["result"]["stopped"]["file"] == "more.py"


def test_nothing_is_hooked_once_no_breakpoint_is_left() -> None:
    lab = Lab()
    lab.results("insmod steps.py; break fact; syscall test_call 3; delete; c; syscall test_call 3")
    probes = lab.session.kernel.cpu.probes
    assert not any(list(watcher.wanted()) for watcher in probes.watchers)
    assert not probes.install()


def test_a_traced_call_stops_too_and_its_trace_is_as_ever() -> None:
    lab = Lab()
    lab.results("insmod steps.py")
    plain = lab.text("trace test_call 3")
    assert lab.text("break fact; trace test_call 3; next; bt; quit") == plain


@pytest.mark.parametrize("suffix", [".py", pytest.param(".c", marks=needs_compiler)])
def test_a_call_that_a_tree_adds_to_the_kernel_stops_with_its_source(suffix: str) -> None:
    assert screen("tree new test_kernel")[2] == 0
    edit_by_the_page(PAGE.read_text(encoding="utf-8"), suffix)
    text = Path(f"test_kernel/SystemCalls/test_call{suffix}").read_text(encoding="utf-8").splitlines()
    printk = next(at for at, line in enumerate(text, 1) if "printk(" in line)
    shown = debug(
        *("make -C test_kernel", "make -C test_kernel install", "boot test_kernel"),
        *(f"break test_call{suffix}:{printk}", "syscall test_call 4", "bt", "print test_int", "continue"),
    )
    stop = next(at for at, line in enumerate(shown) if line.startswith("Breakpoint 1, "))
    assert shown[stop].endswith(f"__do_sys_test_call (test_int=4) at SystemCalls/test_call{suffix}:{printk}")
    assert shown[stop + 1] == f"{printk}\t{text[printk - 1]}"
    assert any(line.endswith("in entry_SYSCALL_64 ()") for line in shown)
    assert "$1 = 4" in shown


def test_the_debugger_lets_go_of_a_machine_that_is_booted_anew() -> None:
    lab = Lab()
    lab.results("insmod steps.py; break fact; syscall test_call 3; next 2; quit")
    before = weakref.ref(lab.session.kernel)
    lab.results("boot; insmod steps.py")
    gc.collect()
    assert before() is None
    assert [each["locations"] != [] for each in lab.json("info b")["breakpoints"]] == [True]
