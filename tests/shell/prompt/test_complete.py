"""What completion offers, and how quickly."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.shell.prompt.candidates import complete
from kshell.shell.prompt.match import Candidate, match, rank
from kshell.shell.session import Session
from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab


def offered(session: Session, before: str) -> list[str]:
    return [found.candidate.text for found in complete(session, before)[1]]


def meaning(session: Session, before: str, text: str) -> str:
    return next(found.candidate.meaning for found in complete(session, before)[1] if found.candidate.text == text)


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("sysc", "syscall"),
        ("lsmod; rmm", "rmmod"),
        ("syscall gtpid", "getpid"),
        ("syscall read", "read"),
        ("trace wri", "write"),
        ("trace sysc", "syscall"),
        ("trace syscall wri", "write"),
        ("trace --dia", "--diagram"),
        ("trace --diagram wri", "write"),
        ("trace --compare --kernel 6", "6.19"),
        ("trace --compare --kernel 6.19 syscall getpi", "getpid"),
        ("man ope", "open"),
        ("help tra", "trace"),
        ('syscall open "/etc/hostname" O_RD', "O_RDONLY"),
        ('syscall open "/etc/hostname" O_RDWR|O_CR', "O_CREAT"),
        ("syscall openat ", "AT_FDCWD"),
        ("syscall uname ", "buf:390"),
        ('syscall delete_module "m" ', "O_NONBLOCK"),
        ('syscall finit_module 3 "" ', "MODULE_INIT_IGNORE_MODVERSIONS"),
        ("syscall lseek 0 0 ", "SEEK_SET"),
        ("syscall write 1 &sys_call", "sys_call_table"),
        ('syscall open "/etc/host', "hostname"),
        ("cat /etc/host", "hostname"),
        ("ls /e", "etc/"),
        ("disas entry_SYS", "entry_SYSCALL_64"),
        ("x/4gx sys_call", "sys_call_table"),
        ("modprobe sysc", "syscallModule"),
        ("module co", "copy"),
        ("boot 6", "6.19"),
        ("boot 6.19 nosma", "nosmap"),
        ("dmesg --lev", "--level"),
        ("dmesg -l war", "warn"),
        ("getpi", "syscall getpid"),
        ("syscall write 1 NU", "NULL"),
        ("present dem", "demo"),
        ("present wrap", "wrapper-and-stub"),
        ("present 6 --not", "--notes"),
        ("source a.ksh --e", "--echo"),
        ("lesson start read", "reading-an-oops"),
    ],
)
def test_the_likeliest_comes_first(shared: Lab, before: str, first: str) -> None:
    assert offered(shared.session, before)[0] == first


@pytest.mark.parametrize(
    ("before", "all_of_them"),
    [
        ("sys", ["syscall"]),
        ("ins", ["inspect", "insmod"]),
        ("tr", ["trace", "tree", "transcript"]),
        ("export ", ["html", "svg", "cast", "txt"]),
        ("transcript o", ["on", "off"]),
        ("trace on", ["on"]),
        ("trace off", ["off"]),
        ("syscall read", ["read", "readv", "readlink", "readlinkat", "readahead"]),
        ("syscall op", ["open", "openat", "open_by_handle_at"]),
        ("table op", ["open", "openat", "open_by_handle_at"]),
        ("help conf", ["config"]),
        ("help c-", ["c-to-kshell"]),
    ],
)
def test_what_is_offered_is_what_can_be_meant(shared: Lab, before: str, all_of_them: list[str]) -> None:
    assert offered(shared.session, before) == all_of_them


def test_calls_that_are_not_built_here_come_last(shared: Lab) -> None:
    found = [each.candidate for each in complete(shared.session, "syscall o")[1]]
    unbuilt = ["not built here" in each.meaning for each in found]
    assert unbuilt == sorted(unbuilt)
    assert all(each.text.startswith("o") for each in found if "not built here" in each.meaning)


@pytest.mark.parametrize("before", ["# sys", "echo 'sysc", 'syscall write 1 "O_RD', "exit ", "nonsense wri"])
def test_where_nothing_can_be_known_nothing_is_offered(shared: Lab, before: str) -> None:
    assert offered(shared.session, before) == []


def test_a_flag_is_not_offered_twice(shared: Lab) -> None:
    assert "O_RDWR" not in offered(shared.session, 'syscall open "x" O_RDWR|')


def test_only_the_flag_under_the_cursor_is_replaced(shared: Lab) -> None:
    before = 'syscall open "x" O_RDWR|O_CR'
    assert complete(shared.session, before)[0] == before.index("O_CR")


def test_calls_are_described_by_their_signature_under_their_own_name(shared: Lab) -> None:
    assert meaning(shared.session, "syscall sta", "stat") == "stat(const char *filename, struct stat *statbuf)"
    assert "not built here" in meaning(shared.session, "syscall ptra", "ptrace")


def test_commands_are_described_by_their_sentence(shared: Lab) -> None:
    assert meaning(shared.session, "rmm", "rmmod").startswith("Unload modules")


def test_before_anything_is_typed_only_calls_that_work_are_offered(shared: Lab) -> None:
    names = offered(shared.session, "syscall ")
    assert "write" in names
    assert "ptrace" not in names


def test_rmmod_offers_the_modules_that_are_loaded(lab: Lab) -> None:
    assert offered(lab.session, "rmmod ") == []
    lab.json("modprobe syscallModule")
    assert offered(lab.session, "rmmod ") == offered(lab.session, "modprobe -r ") == ["syscallModule"]
    assert offered(lab.session, "rmmod syscallModule ") == []


def test_parameters_of_a_module_are_offered_and_nothing_in_it_runs(lab: Lab) -> None:
    Path("mine.py").write_text(
        "from kshell.linux import *\n\nMODULE_LICENSE('GPL')\nlevel = Param('level', 1)\n"
        "module_param(level, 'int', 0o644)\ndef start(k: Kernel) -> int:\n    BUG()\nmodule_init(start)\n"
    )
    assert offered(lab.session, "insmod mine.py ") == ["level="]
    assert offered(lab.session, "insmod mine.py level=2 ") == []
    lab.result("cc mine.py -o mine.ko")
    assert offered(lab.session, "insmod mine.ko ") == ["level="]
    assert lab.session.kernel.modules == {}
    assert "BUG" not in lab.text("dmesg")


def test_a_source_that_does_not_compile_offers_no_parameters(lab: Lab) -> None:
    Path("mine.py").write_text("from kshell.linux import *\nlevel = Param('level', 1)\nnever = nobody\n")
    assert offered(lab.session, "insmod mine.py ") == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs Unix's special files")
@pytest.mark.parametrize(
    ("before", "found"), [("run pi", ["pipe"]), ("insmod m.py ", []), ("insmod m.ko ", []), ("make ", ["M="])]
)
def test_what_would_never_open_is_not_opened(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, before: str, found: list[str]
) -> None:
    for name in ("pipe", "m.py", "m.ko", "Makefile"):
        os.mkfifo(name)

    def open_regular(path: Any, *args: Any, **how: Any) -> Any:
        assert os.path.isfile(path), f"{path} is a pipe, and nobody writes to it"
        return open(path, *args, **how)

    monkeypatch.setattr("builtins.open", open_regular)
    assert offered(lab.session, before) == found


def test_files_of_the_right_kind_come_first_and_hidden_ones_only_when_asked(shared: Lab) -> None:
    for name in ("a.txt", "b.py", "c.c", ".hidden.py", "two words.py"):
        Path(name).touch()
    Path("folder").mkdir()
    assert offered(shared.session, "insmod ") == ["b.py", "c.c", "folder/", "two\\ words.py"]
    assert offered(shared.session, "insmod .h") == [".hidden.py"]
    assert offered(shared.session, 'insmod "tw') == ["two words.py"]
    assert offered(shared.session, "module copy hello ") == ["folder/"]


def test_scripts_come_first_where_something_is_presented(shared: Lab) -> None:
    Path("deck.ksh").touch()
    Path("deck.txt").touch()
    found = offered(shared.session, "present deck")
    assert [each for each in found if each.startswith("deck.")] == ["deck.ksh", "deck.txt"]
    assert meaning(shared.session, "present wrapp", "wrapper-and-stub") == "lesson 6"


def test_a_file_of_a_folder_is_completed_behind_the_folder(shared: Lab) -> None:
    Path("lab").mkdir()
    Path("lab/one.s").touch()
    assert complete(shared.session, "run lab/o")[0] == len("run lab/")
    assert offered(shared.session, "run lab/o") == ["one.s"]
    assert offered(shared.session, "run nowhere/o") == []


def test_trees_come_before_other_folders(shared: Lab) -> None:
    TreeLab(Path(), bare=True)
    Path("a folder").mkdir()
    Path("file").touch()
    trees = ["test_kernel/", "a\\ folder/"]
    assert offered(shared.session, "diff ") == trees
    assert offered(shared.session, "tree ") == ["new", *trees]
    assert offered(shared.session, "boot ") == ["4.19", "course", "6.19", *trees]
    assert offered(shared.session, "make -C ") == [*trees, "/lib/modules/4.19.1-course/build"]
    assert meaning(shared.session, "boot te", "test_kernel/") == "kernel tree"
    assert offered(shared.session, "tree new ") == ["a\\ folder/", "test_kernel/"]
    assert offered(shared.session, "tree new x ") == ["4.19", "6.19"]
    assert offered(shared.session, "tree new x --f") == ["--force"]
    assert offered(shared.session, "boot test_kernel nosma") == ["nosmap"]
    assert complete(shared.session, "diff test_kernel/")[0] == len("diff test_kernel/")


def test_make_offers_the_goals_of_what_it_builds(shared: Lab) -> None:
    TreeLab(Path())
    assert offered(shared.session, "make -C test_kernel ")[:2] == ["all", "vmlinux"]
    assert offered(shared.session, "make -C test_kernel inst") == ["install", "modules_install"]
    assert "install" not in offered(shared.session, "make -C test_kernel install ")
    assert meaning(shared.session, "make -C test_kernel cl", "clean") == "remove what was built"
    assert offered(shared.session, "make -C test_kernel/SystemCalls ") == ["default", "clean", "M="]
    assert offered(shared.session, "make -C /lib") == ["/lib/modules/4.19.1-course/build"]
    assert offered(shared.session, "make -C test_kernel/Sys")[0] == "SystemCalls/"


def test_a_module_s_folder_is_offered_whole_behind_m(shared: Lab) -> None:
    Path("mine").mkdir()
    Path("mine/Makefile").touch()
    here = str(Path.cwd())
    assert "M=" in offered(shared.session, "make -C /lib/modules/4.19.1-course/build M")
    assert offered(shared.session, "make M=") == [here, f"{here}/mine"]
    assert offered(shared.session, f"make M={here}/m") == ["mine/"]
    assert "M=" not in offered(shared.session, "make M=/x ")


def test_what_make_has_built_is_offered_where_it_is_taken(lab: Lab) -> None:
    tree = TreeLab(Path())
    text = tree.read("SystemCalls/syscallModule.py")
    more = (
        "from kshell.linux import Param, module_param\nlevel = Param('level', 1)\nmodule_param(level, 'int', 0o644)\n"
    )
    tree.write("SystemCalls/syscallModule.py", text + more)
    lab.json("make -C test_kernel")
    names = offered(lab.session, "insmod test_kernel/SystemCalls/")
    assert names[:3] == ["syscallModule.ko", "syscallModule.py", "test_call.py"]
    assert offered(lab.session, "insmod test_kernel/SystemCalls/syscallModule.ko ") == ["level="]
    programs = offered(lab.session, "run test_kernel/user/")
    assert programs.index("test_call_user") < programs.index("Makefile")
    assert meaning(lab.session, "run test_kernel/user/t", "test_call_user") == "a program that make assembled"
    assert offered(lab.session, "edit test_kernel/SystemCalls/test") == ["test_call.py", "test_call.o"]


def test_every_completion_makes_the_typed_line_readable_again(shared: Lab) -> None:
    Path("it's #1; really.py").touch()
    start, found = complete(shared.session, "insmod it")
    line = "insmod it"[:start] + found[0].candidate.text
    assert "No such file" not in shared.text(f"modinfo {line.partition(' ')[2]}")


@given(st.text(alphabet="sytrace callwriteopen \"'/|&-$#;0O_", max_size=30))
def test_whatever_is_typed_completion_answers(text: str) -> None:
    start, found = complete(_SESSION, text)
    assert 0 <= start <= len(text)
    for each in found:
        assert all(place < len(each.candidate.shown) for place in each.places)


_SESSION = Session("course")


def test_completion_leaves_the_kernel_as_it_was(lab: Lab) -> None:
    k = lab.session.kernel
    before = (k.log.written, k.clock.ns, len(k.tasks), bytes(k.ram.bytes[:]))
    for line in ("sys", "syscall ", 'syscall open "/etc/', "cat /", "x/4gx ", "rmmod ", "modprobe ", "man w"):
        complete(lab.session, line)
    after = (k.log.written, k.clock.ns, len(k.tasks), bytes(k.ram.bytes[:]))
    assert after == before


def test_fuzzy_letters_must_begin_at_the_beginning_of_a_part() -> None:
    assert match("gpd", "getpid") is not None
    assert match("syst", "kallsyms") is None
    assert match("sct", "sys_call_table") is not None
    assert match("etd", "getpid") is None


def test_of_a_whole_name_only_the_continuations_are_offered_beside_it() -> None:
    found = rank("read", [Candidate("readv"), Candidate("pread64"), Candidate("read")])
    assert [each.candidate.text for each in found] == ["read", "readv"]


def test_a_file_of_the_host_is_found_behind_file(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.ko").touch()
    assert offered(lab.session, "syscall init_module file:he") == ["hello.ko"]
