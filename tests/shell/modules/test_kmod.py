"""insmod, modprobe, rmmod, lsmod, modinfo, module: Linux's words, then why and what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.elf_writer import write_elf
from kshell.cc.compiler import compile_file
from kshell.cc.module_object import make_module
from kshell.shell.modules import depmod
from tests.shell.lab import Lab, screen

HEAD = 'from kshell.linux import MODULE_LICENSE, Kernel, module_init, module_exit\nMODULE_LICENSE("GPL")\n'
INIT = "def start_it(k: Kernel) -> int:\n    return {0}\nmodule_init(start_it)\n"
EXIT = "def stop(k: Kernel) -> None:\n    pass\nmodule_exit(stop)\n"


def write(text: str, name: str = "m.py") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_the_lesson_of_the_slides(lab: Lab) -> None:
    assert lab.call("test_call 42")["errno"] == "ENOSYS"
    assert lab.result("modprobe syscallModule").view.text() == ""
    assert lab.ret("test_call 42") == 42
    assert "my_test_call: Your int is 42" in lab.text("dmesg")
    assert lab.result("rmmod syscallModule").view.text() == ""
    assert lab.call("test_call 42")["errno"] == "ENOSYS"


@pytest.mark.parametrize(
    ("lines", "wanted", "loaded"),
    [
        ("modprobe -nv guest", ["insmod", "greeter", "insmod", "guest"], []),
        ("modprobe -v params level=3", ["insmod", "params.py level=3"], ["params"]),
        ("modprobe -a hello refcount", [], ["hello", "refcount"]),
        ("modprobe guest; modprobe -rnv guest", ["rmmod guest", "rmmod greeter"], ["greeter", "guest"]),
        ("modprobe guest; modprobe -rv guest", ["rmmod guest", "rmmod greeter"], []),
        ("modprobe -a hello sleepy; modprobe -r hello sleepy", [], []),
        ("modprobe hello; rmmod -v hello", [], []),
    ],
)
def test_modprobe_shows_and_does_what_it_is_told(lab: Lab, lines: str, wanted: list[str], loaded: list[str]) -> None:
    text = lab.text(lines)
    assert [word for word in wanted if word not in text] == []
    assert bool(text) == bool(wanted)
    assert sorted(module["name"] for module in lab.json("lsmod")["modules"]) == loaded


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("rmmod nope hello nothing", ""),
        ("modprobe -a nope refcount nothing", "refcount hello"),
        ("modinfo nope hello nothing", "hello"),
    ],
)
def test_what_fails_does_not_keep_the_others_from_being_done(line: str, shown: str) -> None:
    out, err, status = screen("modprobe hello", line, "lsmod")
    assert [word for word in ("Module nope ", "Module nothing ") if word not in err] == []
    assert [row.split()[0] for row in out.splitlines()[1:] if row[0] != " "] == shown.split()
    assert ("Says hello" in err) == line.startswith("modinfo")
    assert status == 1


def test_modprobe_is_quiet_where_it_shall_be(lab: Lab) -> None:
    done = lab.result("modprobe -q nope")
    assert done.view.text() == ""
    assert done.status == 1


def test_modinfo_shows_one_module_behind_the_other(lab: Lab) -> None:
    assert lab.text("modinfo -F license hello guest") == "GPL\nGPL"
    assert lab.text("modinfo -d guest") == "Uses what greeter exports"


def test_lsmod_has_linuxs_columns(lab: Lab) -> None:
    assert lab.text("lsmod") == "Module                  Size  Used by"
    lab.result("modprobe syscallModule")
    assert lab.text("lsmod").split("\n")[1] == "syscallModule          12288  0"
    module = lab.json("lsmod")["modules"][0]
    assert module == {"name": "syscallModule", "size": 12288, "refcount": 0, "used_by": [], "taints": "O"}


def test_the_module_loaded_last_is_listed_first(lab: Lab) -> None:
    lab.results("modprobe hello; modprobe syscallModule")
    assert [m["name"] for m in lab.json("lsmod")["modules"]] == ["syscallModule", "hello"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("insmod nope.py", "insmod: ERROR: could not load module nope.py: No such file or directory"),
        ("insmod syscallModule", "insmod: ERROR: could not load module syscallModule: No such file or directory"),
        ("rmmod nope", "rmmod: ERROR: Module nope is not currently loaded"),
        ("modinfo nope", "modinfo: ERROR: Module nope not found."),
        ("modprobe nope", "modprobe: FATAL: Module nope not found in directory /lib/modules/4.19.1-course"),
        ("insmod", "insmod: ERROR: missing filename."),
        ("insmod -", "insmod: ERROR: this tool does not support loading from stdin!"),
        ("insmod -x a.ko", "insmod: invalid option -- 'x'"),
        ("insmod --nope", "insmod: unrecognized option '--nope'"),
        ("rmmod", "rmmod: ERROR: missing module name."),
        ("modprobe", "modprobe: ERROR: missing parameters."),
        ("modprobe -r", "modprobe: ERROR: missing parameters."),
        ("modprobe -a nope", "modprobe: WARNING: Module nope not found in directory /lib/modules/4.19.1-course"),
        ("modprobe -r nope", "modprobe: FATAL: Module nope not found."),
        ("modinfo", "modinfo: ERROR: missing module or filename."),
        ("modinfo -F", "modinfo: option requires an argument -- 'F'"),
        ("lsmod a", "Usage: lsmod"),
    ],
)
def test_a_missing_module_is_answered_in_kmods_words(shared: Lab, line: str, what: str) -> None:
    error = shared.error(line)
    assert error["what"] == what
    assert error["because"]
    assert error["try"]


def test_a_misspelt_option_is_put_right_in_the_line_that_was_typed(shared: Lab) -> None:
    assert shared.error("insmod --forse m.py")["try"] == "insmod --force m.py"
    assert shared.error("insmod --forse")["try"] == "help insmod"


def test_a_sample_given_to_insmod_is_sent_to_modprobe(shared: Lab) -> None:
    assert shared.error("insmod syscallModule")["try"] == "modprobe syscallModule"


def test_a_file_given_to_modprobe_is_sent_to_insmod(shared: Lab) -> None:
    write(HEAD + INIT.format(0) + EXIT)
    assert shared.error("modprobe m.py")["try"] == "insmod m.py"


def test_a_misspelt_file_or_module_is_answered_with_the_nearest(lab: Lab) -> None:
    write(HEAD + INIT.format(0) + EXIT, "mymodule.py")
    assert lab.error("insmod mymodul.py")["try"] == "insmod mymodule.py"
    assert lab.error("modprobe syscalModule")["try"] == "modprobe syscallModule"
    lab.result("modprobe hello")
    assert lab.error("rmmod helo")["try"].startswith("rmmod hello")


def test_a_module_loads_once(lab: Lab) -> None:
    write(HEAD + INIT.format(0) + EXIT)
    assert lab.result("insmod m.py").error is None
    assert lab.error("insmod m.py")["what"] == "insmod: ERROR: could not insert module m.py: File exists"


def test_modprobe_of_a_loaded_module_does_nothing(lab: Lab) -> None:
    lab.result("modprobe hello")
    assert lab.result("modprobe hello").error is None
    assert len(lab.json("lsmod")["modules"]) == 1


@pytest.mark.parametrize(
    ("result", "words"),
    [("-22", "Invalid parameters"), ("-12", "Cannot allocate memory"), ("-2", "Unknown symbol in module")],
)
def test_an_init_that_refuses_leaves_nothing_behind(lab: Lab, result: str, words: str) -> None:
    write(HEAD + INIT.format(result) + EXIT)
    assert lab.error("insmod m.py")["what"] == f"insmod: ERROR: could not insert module m.py: {words}"
    assert lab.json("lsmod")["modules"] == []
    assert "no symbol" in lab.error("kallsyms start_it")["what"]


def test_a_syntax_error_shows_the_students_line_with_a_caret(lab: Lab) -> None:
    write(HEAD + "def start(k: Kernel) -> int\n    return 0\n")
    result = lab.result("insmod m.py")
    text = result.view.text()
    assert text.startswith("insmod: ERROR: could not insert module m.py: Invalid module format")
    assert "m.py:3" in text
    assert "^" in text
    assert "Traceback" not in text


def test_an_unknown_symbol_on_another_kernel_says_which_has_it() -> None:
    error = Lab("4.19").error("modprobe syscallModule")
    reason = "Unknown symbol in module, or unknown parameter (see dmesg)"
    assert error["what"] == f"modprobe: ERROR: could not insert 'syscallModule': {reason}"
    assert "boot course" in error["try"]


def test_an_init_that_faults_is_an_oops_and_the_module_stays(lab: Lab) -> None:
    write(HEAD + "def start(k: Kernel) -> int:\n    return 1 // 0\nmodule_init(start)\n")
    assert lab.result("insmod m.py").status == 1
    assert "divide error: 0000 [#1] SMP" in lab.text("dmesg")
    assert lab.error("rmmod m")["what"] == "rmmod: ERROR: Module m is in use"
    assert lab.ret("getpid") > 0


def test_parameters_are_given_as_pairs(lab: Lab) -> None:
    lab.result("modprobe hello times=3")
    assert lab.text("dmesg").count("Hello, kernel!") == 3
    assert "is not a parameter" in lab.error("insmod m.py =3")["what"]


def test_a_parameter_without_a_value_is_for_a_bool_only(lab: Lab) -> None:
    assert lab.error("modprobe hello times")["try"] == "modprobe hello times=1"
    assert "hello: `' invalid for parameter `times'" in lab.text("dmesg")
    assert lab.result("modprobe params debug").error is None
    assert "debug 1" in lab.text("dmesg")


def test_a_parameter_that_no_module_has_is_noted(lab: Lab) -> None:
    result = lab.result("modprobe hello tims=3")
    assert "tims" in " ".join(result.notes)
    assert result.json()["notes"]


def test_modprobe_r_unloads(lab: Lab) -> None:
    lab.results("modprobe hello; modprobe -r hello")
    assert lab.json("lsmod")["modules"] == []


def test_rmmod_takes_the_name_in_many_spellings(lab: Lab) -> None:
    write(HEAD + INIT.format(0) + EXIT, "my-module.py")
    for spelling in ("my_module", "my-module", "my-module.py", "./my-module.py"):
        lab.result("insmod my-module.py")
        assert lab.result(f"rmmod {spelling}").error is None, spelling


def test_modinfo_shows_file_and_licence_in_kmods_columns(shared: Lab) -> None:
    lines = shared.text("modinfo hello").split("\n")
    assert lines[0].startswith("filename:       /")
    assert "license:        GPL" in lines
    assert "parm:           times:int" in lines
    assert ["license", "GPL"] in shared.json("modinfo hello")["info"]


def test_modinfo_of_a_broken_file_shows_the_mistake(lab: Lab) -> None:
    write("def\n")
    assert "Invalid module format" in lab.error("modinfo m.py")["what"]


def test_module_copy_hands_out_a_sample_that_loads(lab: Lab) -> None:
    text = lab.text("module copy syscallModule mine")
    assert "syscallModule.py" in text
    assert lab.result("insmod mine/syscallModule.py").error is None
    assert lab.ret("test_call 5") == 5


def test_module_copy_never_overwrites(lab: Lab) -> None:
    lab.result("module copy hello")
    Path("hello.py").write_text("mine")
    assert "File exists" in lab.error("module copy hello")["what"]
    assert Path("hello.py").read_text() == "mine"


def test_module_copy_of_a_missing_sample_is_answered_with_the_nearest(shared: Lab) -> None:
    assert shared.error("module copy helo")["try"] == "module copy hello"
    assert "unknown verb" in shared.error("module cpy hello")["what"]


def test_an_init_that_loops_in_a_script_ends_as_a_soft_lockup(lab: Lab) -> None:
    write(HEAD + "def start(k: Kernel) -> int:\n    while True:\n        pass\nmodule_init(start)\n")
    out, err, _ = screen("insmod m.py", "dmesg", "syscall getpid")
    assert "kernel code looped for longer than a script may" in err
    assert "soft lockup" in out
    assert out.split("\n")[-2].startswith("getpid()")


def test_module_copy_takes_a_file_that_ends_in_py(lab: Lab) -> None:
    assert lab.json("module copy hello hello2.py")["path"] == "hello2.py"
    assert Path("hello2.py").is_file()
    try_ = lab.error("module copy hello hello2.py")["try"]
    assert lab.result(try_).error is None
    assert lab.result("insmod hello2.py").error is None


def test_modprobe_r_of_what_is_not_loaded_is_no_error_and_of_what_is_not_there_is_one(lab: Lab) -> None:
    assert lab.text("modprobe -r hello") == ""
    assert lab.result("modprobe -r hello").status == 0
    error = lab.error("modprobe -r nothing")
    assert error["what"] == "modprobe: FATAL: Module nothing not found."
    assert error["because"]
    lab.result("modprobe hello")
    assert lab.error("modprobe -r helo")["try"] == "modprobe -r hello"


def test_json_says_what_was_loaded(lab: Lab) -> None:
    found = lab.json("modprobe hello")
    assert (found["name"], found["taints"], found["vermagic"]) == ("hello", "O", "4.19.1-course SMP mod_unload ")
    assert found["path"].endswith("modules/hello.py")
    assert lab.json("modprobe hello") == found


def test_a_missing_file_is_explained_by_its_folder(lab: Lab, tmp_path: Path) -> None:
    assert "your own folder" in lab.error("insmod zz.py")["because"]
    assert lab.error("insmod zz.py")["try"] == "help insmod  (with examples that work)"
    assert lab.error("insmod /no/folder/m.py")["because"] == "there is no folder /no/folder"
    assert lab.error(f"insmod {tmp_path}/zz.py")["because"] == f"the folder {tmp_path} holds no such file"
    lab.result("module copy hello")
    assert lab.error("insmod zz.py")["try"] == "insmod hello.py"


def test_modprobe_loads_what_a_module_needs_first(lab: Lab) -> None:
    lab.result("modprobe guest")
    rows = {m["name"]: m for m in lab.json("lsmod")["modules"]}
    assert rows["greeter"]["used_by"] == ["guest"]
    assert rows["guest"]["used_by"] == []
    assert lab.text("lsmod").split("\n")[2] == "greeter                12288  1 guest"
    assert lab.error("rmmod greeter")["what"] == "rmmod: ERROR: Module greeter is in use by: guest"


def test_modprobe_r_removes_what_nobody_needs_any_more(lab: Lab) -> None:
    lab.result("modprobe guest")
    error = lab.error("modprobe -r greeter")
    assert error["what"] == "modprobe: FATAL: Module greeter is in use."
    assert error["try"] == "modprobe -r guest  (then this one)"
    assert lab.result("modprobe -r guest").error is None
    assert lab.json("lsmod")["modules"] == []


def test_modprobe_r_leaves_a_dependency_that_somebody_else_uses(lab: Lab) -> None:
    lab.result("modprobe guest")
    text = HEAD + "from kshell.linux import Fn, extern\ngreet: Fn[[int], int] = extern('greet')\n"
    text += "def start(k: Kernel) -> int:\n    return greet(k, 2)\nmodule_init(start)\n"
    lab.result(f"insmod {write(text, 'second.py')}")
    lab.result("modprobe -r guest")
    assert [m["name"] for m in lab.json("lsmod")["modules"]] == ["second", "greeter"]


def test_modprobe_r_words_the_kernels_refusal_as_its_own(lab: Lab) -> None:
    lab.result(f"insmod {write(HEAD + INIT.format(0))}")
    what = "modprobe: ERROR: could not remove 'm': Device or resource busy"
    assert lab.error("modprobe -r m")["what"] == what


def test_a_sample_that_fails_leaves_its_dependency_loaded_as_kmod_does(lab: Lab) -> None:
    assert lab.error("modprobe proprietary")["what"].startswith("modprobe: ERROR: could not insert 'proprietary'")
    assert [m["name"] for m in lab.json("lsmod")["modules"]] == ["greeter"]


def test_a_pointer_that_dangles_after_rmmod_is_noted(lab: Lab) -> None:
    lab.result("modprobe dangling")
    result = lab.result("rmmod dangling")
    assert result.error is None
    assert "STUB_test_call" in result.notes[0]
    assert "where doubled was" in result.notes[0]
    lab.result("modprobe syscallModule")
    assert not lab.result("rmmod syscallModule").notes


def test_rmmod_f_says_what_it_leaves(lab: Lab) -> None:
    lab.result("modprobe refcount")
    result = lab.result("rmmod -f refcount")
    assert result.error is None
    assert "1 reference is still held on refcount" in result.notes[0]
    assert lab.json("taint")["tainted"].rstrip() == "Tainted: G  R        O"


def test_modinfo_has_kmods_fields_in_kmods_order(shared: Lab) -> None:
    assert shared.text("modinfo params").split("\n")[1:11] == [
        "version:        1.0",
        "description:    Parameters of every type",
        "author:         kshell",
        "license:        GPL",
        "depends:        ",
        "retpoline:      Y",
        "name:           params",
        f"vermagic:       {shared.session.kernel.vermagic}",
        "parm:           level:How much it says, 0 to 5 (int)",
        "parm:           name:Whom to greet (charp)",
    ]
    assert ["depends", "greeter"] in shared.json("modinfo guest")["info"]


def test_modinfo_prints_one_field_or_the_parameters(shared: Lab) -> None:
    assert shared.text("modinfo -F license hello") == "GPL"
    assert shared.text("modinfo -F nothing hello") == ""
    assert shared.json("modinfo -F depends guest") == {"info": [["depends", "greeter"]]}
    assert shared.text("modinfo -p params").split("\n")[1:3] == ["name:Whom to greet (charp)", "debug: (bool)"]


def test_a_copy_that_needs_another_module_is_told_which(lab: Lab) -> None:
    lab.result("module copy guest")
    error = lab.error("insmod guest.py")
    assert error["because"] == "it uses what greeter exports, and greeter is not loaded"
    assert error["try"].startswith("modprobe greeter")
    assert lab.results("modprobe greeter; insmod guest.py")[-1].error is None


def built(name: str, vermagic: str, intree: bool = False) -> str:
    obj = compile_file("my/m.py", HEAD + INIT.format(0) + EXIT, "4.19.1-course", (4, 19)).object
    Path(name).write_bytes(write_elf(make_module(obj, "m", vermagic, ["one", "two"], intree)))
    return name


def test_a_ko_is_loaded_described_and_unloaded_by_its_path(lab: Lab) -> None:
    built("m.ko", lab.session.kernel.vermagic, intree=True)
    assert lab.text("modinfo ./m.ko").split("\n")[1:7] == [
        "license:        GPL",
        "depends:        one,two",
        "retpoline:      Y",
        "intree:         Y",
        "name:           m",
        f"vermagic:       {lab.session.kernel.vermagic}",
    ]
    assert lab.result("insmod ./m.ko").error is None
    assert lab.json("lsmod")["modules"][0] == {"name": "m", "size": 8192, "refcount": 0, "used_by": [], "taints": ""}
    assert lab.result("rmmod ./m.ko").error is None


def test_a_ko_of_another_kernel_is_refused_and_shows_what_it_was_built_for(lab: Lab) -> None:
    built("m.ko", "6.19.0-test SMP preempt mod_unload ")
    assert lab.error("insmod m.ko")["what"] == "insmod: ERROR: could not insert module m.ko: Invalid module format"
    assert "version magic '6.19.0-test SMP preempt mod_unload ' should be" in lab.text("dmesg")
    assert lab.text("modinfo m.ko").split("\n")[3:6] == [
        "name:           m",
        "retpoline:      Y",
        "vermagic:       6.19.0-test SMP preempt mod_unload ",
    ]
    assert lab.result("insmod -f m.ko").error is None
    assert [flag["letter"] for flag in lab.json("taint")["flags"]] == ["F", "O"]
    assert lab.json("taint")["flags"][0]["by"] == "module m"


def test_a_damaged_elf_file_is_refused_with_a_way_out(lab: Lab) -> None:
    Path("real.ko").write_bytes(b"\x7fELF" + bytes(60))
    error = lab.error("insmod real.ko")
    assert error["what"].endswith(": Invalid module format")
    assert "ELF" in error["because"]
    assert "Invalid module format" in lab.error("modinfo real.ko")["what"]


def test_what_a_sample_needs_and_exports_is_in_its_object() -> None:
    assert depmod.exports("greeter") == ["greet", "greetings"]
    assert depmod.exports("hello") == []
    assert {"greet", "greetings", "printk"} <= set(depmod.needs("guest"))
    assert depmod.owners(["greet", "printk", "nothing"]) == ["greeter"]
