"""insmod and rmmod: outcomes and wording."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sized
from pathlib import Path

import pytest

from kshell.abi import errno
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load import load_module
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.report.taint import tainted
from kshell.modules import __file__ as modules_file
from kshell.shell.modules.insmod import insmod, rmmod
from kshell.shell.modules.module_file import open_module
from kshell.shell.modules.refusals import ModuleError
from tests.kernel.module_lab import HEAD, Lab

SAMPLES = os.path.dirname(modules_file)
INIT = "def m_init(k: Kernel) -> int:\n    return {}\nmodule_init(m_init)\n"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def refusal(k: Kernel, path: str) -> ModuleError:
    with pytest.raises(ModuleError) as caught:
        insmod(k, path)
    assert caught.value.because
    assert caught.value.try_
    return caught.value


def test_a_missing_file_cannot_be_loaded(lab: Lab) -> None:
    error = refusal(lab.k, "nope.py")
    assert error.what == "insmod: ERROR: could not load module nope.py: No such file or directory"
    assert error.errno == errno.ENOENT


def test_a_directory_cannot_be_inserted(lab: Lab) -> None:
    error = refusal(lab.k, str(lab.folder))
    assert error.what == f"insmod: ERROR: could not insert module {lab.folder}: Is a directory"


@pytest.mark.parametrize("name", ["notes.txt", "m.ko", "m", "m.py.bak", "a b.py"])
def test_a_file_that_is_no_module_has_an_invalid_format(lab: Lab, name: str) -> None:
    path = lab.folder / name
    path.write_bytes(b"\x7fELF\x02\x01\x01\x00")
    error = refusal(lab.k, str(path))
    assert error.what == f"insmod: ERROR: could not insert module {path}: Invalid module format"
    assert error.errno == errno.ENOEXEC


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_permission_denied(lab: Lab) -> None:
    path = Path(lab.write(""))
    path.chmod(0)
    assert refusal(lab.k, str(path)).what.endswith(": Permission denied")


def test_a_path_with_a_nul_is_refused_without_a_traceback(lab: Lab) -> None:
    assert refusal(lab.k, "a\0b.py").errno == errno.EINVAL


def test_a_syntax_error_is_shown_with_the_students_line_and_a_caret(lab: Lab) -> None:
    error = lab.refused("def f(k)\n    return 0\n")
    assert error.what.endswith("Invalid module format")
    assert error.details[0].endswith("m.py:4:9: error: expected ':'")
    assert error.details[1:] == ["    4 | def f(k)", "      |         ^"]


def test_an_error_at_the_top_level_names_its_line(lab: Lab) -> None:
    error = lab.refused("x = 1\ny = nobody\n")
    words = "error: 'nobody' undeclared here (not in a function)"
    assert error.details == [f"{lab.folder}/m.py:5:5: {words}", "    5 | y = nobody", "      |     ^~~~~~"]


@pytest.mark.parametrize("statement", ["raise SystemExit(3)", "raise KeyboardInterrupt", "while True:\n    pass"])
def test_a_top_level_that_does_something_never_runs(lab: Lab, statement: str) -> None:
    error = lab.refused(statement + "\n")
    assert error.errno == errno.ENOEXEC
    assert f"error: expected identifier or '(' before '{statement.split()[0]}'" in error.details[0]
    assert error.details[2] == "      | ^"


def test_a_wrong_import_is_told_what_was_meant(lab: Lab) -> None:
    error = lab.refused("from kshell.linux import module_initt\n")
    assert error.try_ == "module_init  (did you mean that?)"
    assert error.details[0].startswith(f"{lab.folder}/m.py:4:26: error: 'module_initt' undeclared here")


def test_a_module_that_defines_a_system_call_loads_and_nothing_calls_it(lab: Lab) -> None:
    lab.load("@SYSCALL_DEFINE1\ndef mine(k: Kernel, number: Int) -> Long:\n    return number\n")
    assert lab.k.modules["m"].state == "Live"
    assert lab.result(336, 5) == -errno.ENOSYS
    note = lab.k.take_notes()[0]
    assert note.startswith("m defines the system call mine, and nothing calls it")
    assert "STUB_" in note


def test_an_unknown_symbol_refuses_and_says_so_in_dmesg(lab: Lab) -> None:
    calls = "def f(k: Kernel) -> Long:\n    return k[STUB_x](k, 1)\n"
    error = lab.refused('STUB_x: Stub[[int]] = extern("STUB_test_cal")\n' + calls)
    assert error.what == f"insmod: ERROR: could not insert module {lab.folder}/m.py: Unknown symbol in module"
    assert error.errno == errno.ENOENT
    assert lab.dmesg()[-1] == "m: Unknown symbol STUB_test_cal (err -2)"
    assert error.try_ == "did you mean STUB_test_call?"


@pytest.mark.parametrize("profile", ["4.19", "6.19"])
def test_the_slides_module_loads_on_no_other_kernel(profile: str) -> None:
    k = boot(profile)
    with pytest.raises(ModuleError) as caught:
        insmod(k, SAMPLES + "/syscallModule.py", command="modprobe")
    words = "Unknown symbol in module, or unknown parameter (see dmesg)"
    assert caught.value.what == f"modprobe: ERROR: could not insert 'syscallModule': {words}"
    assert [r.text for r in k.log.since(0)][-1] == "syscallModule: Unknown symbol STUB_test_call (err -2)"
    assert "course" in caught.value.because
    assert not k.modules


def test_a_module_that_is_there_exists_also_from_another_path(lab: Lab) -> None:
    lab.load("")
    assert lab.refused("").what.endswith(": File exists")
    other = Lab(lab.folder / "other")
    path = other.write("")
    assert refusal(lab.k, path).errno == errno.EEXIST


def test_a_dash_in_the_file_name_is_an_underscore_in_the_modules(lab: Lab) -> None:
    assert lab.load("", "my-first").name == "my_first"
    rmmod(lab.k, "my-first")
    assert not lab.k.modules


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("-ENODEV", "No such device"),
        ("-EINVAL", "Invalid parameters"),
        ("-ENOENT", "Unknown symbol in module"),
        ("-ENOEXEC", "Invalid module format"),
        ("0xfffffff4", "Cannot allocate memory"),
        ("-5000", "Unknown error 5000"),
    ],
)
def test_an_init_that_answers_an_error_unloads_the_module_again(lab: Lab, value: str, words: str) -> None:
    frames = _after_first_load(lab)
    error = lab.refused(INIT.format(value))
    assert error.what == f"insmod: ERROR: could not insert module {lab.folder}/m.py: {words}"
    assert not lab.k.modules
    assert lab.k.symbols.lookup("m_init") is None
    assert lab.k.ram.frames_used == frames


def _after_first_load(lab: Lab) -> int:
    lab.load("", "first")
    rmmod(lab.k, "first")
    return lab.k.ram.frames_used


def test_an_init_that_answers_a_positive_number_is_loaded_with_a_warning(lab: Lab) -> None:
    lab.load(INIT.format("7"))
    assert lab.k.modules["m"].state == "Live"
    warning = "do_init_module: 'm'->init suspiciously returned 7, it should follow 0/-E convention"
    assert warning in lab.dmesg()


def test_an_out_of_tree_module_taints_once(lab: Lab) -> None:
    lab.load("", "one")
    lab.load("", "two")
    assert [line for line in lab.dmesg() if "taints" in line] == ["one: loading out-of-tree module taints kernel."]
    assert tainted(lab.k.taint) == "Tainted: G           O     "


@pytest.mark.parametrize(("line", "licence"), [("", "unspecified"), ('MODULE_LICENSE("Proprietary")', "Proprietary")])
def test_a_licence_that_is_not_gpl_taints(tmp_path: Path, line: str, licence: str) -> None:
    lab = Lab(tmp_path)
    path = tmp_path / "m.py"
    path.write_text(HEAD.replace('MODULE_LICENSE("GPL")', line))
    assert insmod(lab.k, str(path)).taints == "PO"
    assert f"m: module license '{licence}' taints kernel." in lab.dmesg()
    assert lab.k.taint.letters == {"P", "O"}


def test_a_symbol_cannot_be_exported_by_two_modules(lab: Lab) -> None:
    lab.load('p: Stub[[int]] = Stub("STUB_p")\nEXPORT_SYMBOL(p)\n', "one")
    error = lab.refused('p: Stub[[int]] = Stub("STUB_p")\nEXPORT_SYMBOL(p)\n', "two")
    assert error.what.endswith("Invalid module format")
    assert lab.dmesg()[-1] == "two: exports duplicate symbol STUB_p (owned by one)"
    error = lab.refused('p: Stub[[int]] = Stub("STUB_test_call")\nEXPORT_SYMBOL(p)\n', "three")
    assert lab.dmesg()[-1] == "three: exports duplicate symbol STUB_test_call (owned by kernel)"


def test_a_module_cannot_export_twice_or_what_it_only_borrows(lab: Lab) -> None:
    twice = 'p: Stub[[int]] = Stub("p")\nEXPORT_SYMBOL(p)\nEXPORT_SYMBOL(p)\n'
    assert lab.refused(twice).because == "it is exported already"
    assert "'STUB_test_call' is extern" in lab.refused("EXPORT_SYMBOL(STUB_test_call)\n").details[0]


def test_a_private_namesake_does_not_hide_an_exported_symbol(lab: Lab) -> None:
    lab.load('p: Stub[[int]] = Stub("p")\n', "private")
    lab.load('p: Stub[[int]] = Stub("p")\nEXPORT_SYMBOL(p)\n', "public")
    assert [m.name for m in lab.load(USES_P).uses] == ["public"]


USES_P = """
p: Stub[[int]] = extern("p")
def m_init(k: Kernel) -> int:
    return k[p] is not None
def m_exit(k: Kernel) -> None:
    pass
module_init(m_init)
module_exit(m_exit)
"""
PARAMETERS = """
level = Param("level", 3)
module_param(level, "{type}", 0o644)
def m_init(k: Kernel) -> int:
    k.printk(KERN_INFO, f"level is {{k.read(level)}}")
    return 0
module_init(m_init)
"""


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("int", "-5", -5),
        ("int", "0x10", 16),
        ("bool", "y", 1),
        ("bool", "off", 0),
        ("ulong", str(2**64 - 1), 2**64 - 1),
    ],
)
def test_a_parameter_is_parsed_by_its_type(lab: Lab, type_: str, text: str, value: int) -> None:
    lab.load(PARAMETERS.format(type=type_), level=text)
    assert lab.dmesg()[-1] == f"level is {value}"


@pytest.mark.parametrize(
    ("type_", "text", "words"),
    [
        ("int", "many", "Invalid parameters"),
        ("int", str(2**31), "Numerical result out of range"),
        ("uint", "-1", "Invalid parameters"),
        ("bool", "perhaps", "Invalid parameters"),
    ],
)
def test_a_bad_parameter_refuses_and_leaves_nothing(lab: Lab, type_: str, text: str, words: str) -> None:
    error = lab.refused(PARAMETERS.format(type=type_), level=text)
    assert error.what.endswith(": " + words)
    assert lab.dmesg()[-1] == f"m: `{text}' invalid for parameter `level'"
    assert not lab.k.modules
    lab.load(PARAMETERS.format(type=type_))


def test_an_unknown_parameter_is_ignored_with_a_line_and_a_note(lab: Lab) -> None:
    lab.load(PARAMETERS.format(type="int"), lvel="1")
    assert "m: unknown parameter 'lvel' ignored" in lab.dmesg()
    assert "has no parameter lvel" in lab.k.take_notes()[0]


def test_what_is_not_loaded_cannot_be_removed(lab: Lab) -> None:
    assert lab.not_removed("nope").what == "rmmod: ERROR: Module nope is not currently loaded"


def test_a_module_that_holds_itself_is_in_use_until_it_lets_go(lab: Lab) -> None:
    module = insmod(lab.k, SAMPLES + "/refcount.py")
    assert module.refcount == 1
    assert lab.not_removed("refcount").what == "rmmod: ERROR: Module refcount is in use"
    assert lab.result(335, 1) == -errno.EBUSY
    assert lab.result(335, 0) == 0
    rmmod(lab.k, "refcount")
    assert not lab.k.modules


def test_force_removes_what_is_held_and_taints(lab: Lab) -> None:
    insmod(lab.k, SAMPLES + "/refcount.py")
    rmmod(lab.k, "refcount", force=True)
    assert "R" in lab.k.taint.letters


def test_a_module_whose_symbol_is_used_names_its_user(lab: Lab) -> None:
    lab.load('p: Stub[[int]] = Stub("p")\nEXPORT_SYMBOL(p)\n', "owner")
    lab.load(USES_P, "user")
    assert lab.k.modules["owner"].used_by == ["user"]
    assert lab.k.modules["owner"].refcount == 1
    assert lab.not_removed("owner").what == "rmmod: ERROR: Module owner is in use by: user"
    forced = "rmmod: ERROR: could not remove module owner: Resource temporarily unavailable"
    assert lab.not_removed("owner", force=True).what == forced
    rmmod(lab.k, "user")
    rmmod(lab.k, "owner")


def test_an_exported_function_is_called_through_its_address(lab: Lab) -> None:
    lab.load("def twice(k: Kernel, n: int) -> Long:\n    return 2 * n\nEXPORT_SYMBOL(twice)\n", "maths")
    lab.load('twice: Stub[[int]] = extern("twice")\n' + INIT.format("Int(twice(k, 21))"))
    assert any("suspiciously returned 42" in line for line in lab.dmesg())


def test_a_module_without_exit_is_permanent(lab: Lab) -> None:
    lab.load(INIT.format(0))
    assert lab.not_removed().what == "rmmod: ERROR: could not remove module m: Device or resource busy"
    rmmod(lab.k, "m", force=True)
    assert "R" in lab.k.taint.letters


def test_a_module_that_dies_in_init_stays_loading(lab: Lab) -> None:
    error = lab.refused(INIT.format("1 // 0"))
    assert error.what == f"Segmentation fault: insmod {lab.folder}/m.py"
    assert lab.k.modules["m"].state == "Loading"
    assert lab.k.modules["m"].refcount == 1
    assert lab.not_removed().what == "rmmod: ERROR: Module m is in use"
    again = lab.refused("")
    assert again.errno == errno.EINTR
    assert "Linux would wait" in again.because
    assert "divide error: 0000 [#1] SMP PTI" in lab.dmesg()
    assert any(line.endswith(" [m] (m.py:5)") for line in lab.dmesg() if line.startswith("RIP: 0010:m_init+0x"))
    assert "Modules linked in: m(O+)" in lab.dmesg()
    lab.assert_well()


def test_a_module_that_dies_in_exit_stays_unloading_for_ever(lab: Lab) -> None:
    lab.load(INIT.format(0) + "def m_exit(k: Kernel) -> None:\n    BUG()\nmodule_exit(m_exit)\n")
    assert lab.not_removed().what == "Segmentation fault: rmmod m"
    assert lab.k.modules["m"].state == "Unloading"
    for force in (False, True):
        busy = "rmmod: ERROR: could not remove module m: Device or resource busy"
        assert lab.not_removed(force=force).what == busy
    lab.assert_well()


@pytest.mark.parametrize(
    "text",
    [
        "module_init(lambda k: 0)\n",
        "module_init(5)\n",
        "module_init(nobody)\n",
        INIT.format(0).replace("(m_init)", "(m_init(None))"),
        INIT.format(0).replace("Kernel", "Kernel, n: int"),
        INIT.format(0).replace("int", "None").replace("return 0", "pass"),
        INIT.format(0).replace("init", "exit"),
        "class C:\n    def m_init(self):\n        return 0\nmodule_init(C().m_init)\n",
        "def outer(k: Kernel) -> int:\n    def inner(k: Kernel) -> int:\n        return 0\n    return 1\n",
        "async " + INIT.format(0),
        INIT.format(0) + "module_init(m_init)\n",
        INIT.format(0) + "del m_init\n",
        INIT.format(0) + "m_init = 5\n",
        "@d\n" + INIT.format(0),
        INIT.format(0) + INIT.format(0).replace("module_init(m_init)", ""),
        'a: Stub[[int]] = Stub("a")\nb: Stub[[int]] = Stub("a")\n',
        "Stub(5)\n",
        'p = Param("p", 1.5)\n',
        'p = Param("p", "text")\nmodule_param(p, "int", 0)\n',
        'module_param(STUB_test_call, "int", 0)\n',
        'x: Stub[[int]] = extern("no name")\n',
        'x = extern("untyped")\n',
        "EXPORT_SYMBOL(7)\n",
    ],
)
def test_a_declaration_that_makes_no_sense_is_an_invalid_format(lab: Lab, text: str) -> None:
    error = lab.refused(text)
    assert error.what.endswith("Invalid module format")
    assert error.because
    assert error.try_
    assert not lab.k.modules


def test_functions_have_their_addresses_in_source_order(lab: Lab) -> None:
    function = "def {}(k: Kernel) -> int:\n    return 0\n"
    module = lab.load("".join(function.format(name) for name in "abc"))
    found = {s.name: s.address - module.address for s in lab.k.symbols if s.module == "m" and s.is_function}
    assert found == {"a": 0, "b": 0x10, "c": 0x20}


def test_a_freed_address_is_not_soon_used_again_unless_asked_for(tmp_path: Path) -> None:
    for cmdline, same in (("", False), ("module_reuse", True)):
        lab = Lab(tmp_path, cmdline=cmdline)
        first = lab.load("").address
        rmmod(lab.k, "m")
        assert (lab.load("").address == first) is same


def test_a_full_module_area_refuses(lab: Lab) -> None:
    path = lab.write("")

    def fill() -> None:
        for number in range(1000):
            insmod(lab.k, path)
            lab.k.modules[f"m{number}"] = lab.k.modules.pop("m")

    with pytest.raises(ModuleError, match="Cannot allocate memory"):
        fill()
    lab.assert_well()


def test_two_hundred_rounds_leave_nothing_behind(lab: Lab) -> None:
    k = lab.k
    module = open_module(k, SAMPLES + "/syscallModule.py")
    assert isinstance(module, LoadInfo)

    def measure() -> tuple[int, ...]:
        counted: tuple[Sized, ...] = (k.symbols, k.bodies, k.modules, k.tasks, k.runners, k.switch, k.notes)
        return (k.ram.frames_used, threading.active_count(), *[len(kept) for kept in counted])

    load_module(k, module)
    lab.call(335, 1)
    rmmod(k, "syscallModule")
    before = measure()
    for number in range(200):
        load_module(k, module)
        assert number % 50 or lab.result(335, number) == number
        rmmod(k, "syscallModule")
    assert measure() == before
    assert lab.result(335, 1) == -errno.ENOSYS


def press_ctrl_c(seconds: float = 0.2) -> threading.Timer:
    """Ctrl-C, a moment from now."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


on_the_main_thread = pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")


@on_the_main_thread
def test_ctrl_c_ends_a_handler_that_loops(lab: Lab) -> None:
    lab.handler("def handler(k: Kernel, n: int) -> Long:\n    while True:\n        pass\n    return 0\n")
    timer = press_ctrl_c()
    begin = time.perf_counter()
    outcome = run_stub(lab.k, 335, [1], 1 << 34).outcome  # a budget so that a failure is no hang
    taken = time.perf_counter() - begin
    timer.join()
    assert outcome.signal is not None
    assert outcome.signal.name == "SIGKILL"
    assert "Ctrl-C" in outcome.signal.why
    assert taken < 5
    lab.assert_well()


@on_the_main_thread
def test_ctrl_c_ends_an_init_that_loops(lab: Lab) -> None:
    lab.k.init_budget = 1 << 34
    path = lab.write("def m_init(k: Kernel) -> int:\n    while True:\n        pass\nmodule_init(m_init)\n")
    timer = press_ctrl_c()
    with pytest.raises(ModuleError) as caught:
        insmod(lab.k, path)
    timer.join()
    assert caught.value.what.startswith("Killed: insmod")
    assert lab.k.taint.letters == {"O", "L"}
    lab.assert_well()


@on_the_main_thread
def test_ctrl_c_while_an_init_comes_to_its_end_is_for_whoever_waits_for_that(lab: Lab) -> None:
    text = "def m_init(k: Kernel) -> int:\n    k.printk(KERN_INFO, 'now')\n    n = 0\n"
    path = lab.write(text + "    while n < 2000:\n        n += 1\n    return 0\nmodule_init(m_init)\n")
    written = lab.k.log.write

    def write_and_press(level: int, text: str) -> None:
        written(level, text)
        if text.startswith("now"):
            signal.raise_signal(signal.SIGINT)

    lab.k.log.write = write_and_press  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt), lab.k.cpu.ctrl_c:
        insmod(lab.k, path)
    assert len(lab.k.modules) == 1
    lab.assert_well()


def test_a_second_licence_that_is_not_gpl_adds_no_line(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    for name in ("one", "two"):
        path = tmp_path / f"{name}.py"
        path.write_text('from kshell.linux import *\nMODULE_LICENSE("Proprietary")\n')
        assert insmod(lab.k, str(path)).taints == "PO"
    lines = [line for line in lab.dmesg() if "license" in line]
    assert lines == ["one: module license 'Proprietary' taints kernel."]
    assert lab.dmesg().count("Disabling lock debugging due to kernel taint") == 1


def test_an_unknown_symbol_has_tainted_before_it_was_looked_for(lab: Lab) -> None:
    lab.refused('x: Stub[[int]] = extern("nobody_has_it")\n' + INIT.format("k[x] is not None"))
    assert lab.dmesg()[-2:] == [
        "m: loading out-of-tree module taints kernel.",
        "m: Unknown symbol nobody_has_it (err -2)",
    ]
    assert lab.k.taint.letters == {"O"}


def test_a_module_without_a_licence_is_not_even_built_on_6_19(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "6.19")
    path = tmp_path / "m.py"
    path.write_text("from kshell.linux import *\n")
    error = refusal(lab.k, str(path))
    assert error.what.endswith(": Invalid module format")
    assert error.details == ["ERROR: modpost: missing MODULE_LICENSE() in m.o"]
    assert not lab.k.taint.letters


def test_kallsyms_lookup_name_is_exported_up_to_5_6_only(tmp_path: Path) -> None:
    use = "from kshell.linux import *\n" + INIT.format('kallsyms_lookup_name(k, "nothing") != 0')
    path = tmp_path / "m.py"
    path.write_text(use + '\nMODULE_LICENSE("GPL")\n')
    insmod(boot("4.19"), str(path))
    error = refusal(new := boot("6.19"), str(path))
    assert error.what == f"insmod: ERROR: could not insert module {path}: Unknown symbol in module"
    assert [r.text for r in new.log.since(0)][-1] == "m: Unknown symbol kallsyms_lookup_name (err -2)"
    assert "boot course" in error.try_


def test_a_star_import_alone_does_not_ask_for_what_is_not_exported(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text('from kshell.linux import *\nMODULE_LICENSE("GPL")\n')
    assert insmod(boot("6.19"), str(path)).state == "Live"


def test_a_positive_answer_of_init_dumps_the_stack(lab: Lab) -> None:
    lab.load(INIT.format("7"))
    lines = lab.dmesg()
    at = lines.index("do_init_module: loading module anyway...")
    assert lines[at + 1].startswith("CPU: 0 PID: 77 Comm: insmod Tainted: G           O ")
    assert lines[at + 3] == "Call Trace:"
    assert lines[at + 4].startswith(" do_init_module (load.py:")
