"""Every mistake that the slides invite: what the real tools say about it, and kshell's own because and try."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.abi.errno import ENOSYS
from kshell.kbuild.make import Running
from kshell.kbuild.messages import ERROR, WARNING, BuildMessage
from kshell.kbuild.steps.modpost import Export
from kshell.kernel.boot.start import boot
from kshell.kernel.core.profile import V4_19, V6_19
from kshell.kernel.entry.exec import StubRun, run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.syscalls import definitions, file_status
from kshell.shell.modules.insmod import insmod
from kshell.shell.modules.refusals import ModuleError
from tests.kbuild.tree_lab import CALL, HEADER, MODULE, TABLE, Outcome, TreeLab

SOURCE, LISTS, KO = "SystemCalls/test_call.py", "SystemCalls/Makefile", "SystemCalls/syscallModule.ko"
BOTH = pytest.mark.parametrize("version", ["4.19", "6.19"])
OLDER, NEWER = "__x64_sys_test_call", "sys_test_call"  # the entry of the row, as each release wants it


def call(k: Kernel, number: int, *args: int) -> int | None:
    """What a system call answers to user code."""
    run: StubRun = run_stub(k, number, list(args))
    return run.call.ret if run.call is not None else None


def dmesg(k: Kernel) -> str:
    return "\n".join(record.text for record in k.log.since(0))


def built(lab: TreeLab, *goals: str) -> Outcome:
    """make, which must go through."""
    outcome = lab.make(*goals)
    assert not outcome.errors, outcome.show()
    return outcome


def failed(lab: TreeLab, *goals: str) -> BuildMessage:
    """The first error of make, which must fail; it says what, because and try."""
    outcome = lab.make(*goals)
    assert outcome.errors, outcome.show()
    assert all(error.because and error.try_ for error in outcome.errors)
    return outcome.errors[0]


def note(outcome: Outcome, text: str) -> BuildMessage:
    """kshell's note with these words in it."""
    found = [message for message in outcome.notes if text in message.text]
    assert found, outcome.show()
    assert found[0].because
    assert found[0].try_
    return found[0]


def warning(outcome: Outcome, text: str) -> BuildMessage:
    """A tool's warning of these words."""
    found = [m for m in outcome.log.lines if isinstance(m, BuildMessage) and m.kind == WARNING and m.text == text]
    assert found, outcome.show()
    return found[0]


def refused(k: Kernel, lab: TreeLab, path: str = KO) -> ModuleError:
    """insmod must refuse the module."""
    with pytest.raises(ModuleError) as caught:
        insmod(k, str(lab.path(path)), {})
    return caught.value


# No mistake.


@BOTH
def test_without_a_mistake_the_module_serves_the_call_and_nothing_is_noted(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    outcome = built(lab)
    assert not outcome.notes, outcome.show()
    k = lab.boot()
    assert call(k, lab.number, 5) == -ENOSYS
    insmod(k, str(lab.path(KO)), {})
    assert call(k, lab.number, 5) == 5
    assert "my_test_call: Your int is 5" in dmesg(k)


# The table.


def outcome_trail(lab: TreeLab) -> list[str]:
    """What make itself says last, without its level."""
    return [line.partition(" *** ")[2] for line in lab.make().lines if re.match(r"make(\[\d\])?: \*\*\*", line)]


@BOTH
def test_a_row_without_a_definition_is_an_undefined_reference(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(SOURCE, "def test_call", "def other_call")
    error = failed(lab)
    at = 8 * lab.number
    text = f"ld: arch/x86/entry/syscall_64.o:(.rodata+{at:#x}): undefined reference to `{OLDER}'"
    assert error.text.split("\n")[-1] == text
    if version == "6.19":
        switch, place, _ = error.text.split("\n")
        assert switch == "ld: arch/x86/entry/syscall_64.o: in function `x64_sys_call':"
        header = "./arch/x86/include/generated/asm/syscalls_64.h"
        assert re.fullmatch(rf"{header}:(\d+):\(\.text\+0x[0-9a-f]+\): undefined reference to `{OLDER}'", place)
        number = int(place.split(":")[1])
        assert lab.read(header).split("\n")[number - 1] == f"__SYSCALL({lab.number}, sys_test_call)"
        assert outcome_trail(lab) == ["[vmlinux.unstripped] Error 1", "[vmlinux] Error 2", "[__sub-make] Error 2"]
    else:
        assert "\n" not in error.text
        assert outcome_trail(lab) == ["[vmlinux] Error 1"]
    assert error.file == TABLE
    assert error.line == 1 + lab.read(TABLE).split("\n").index(f"{lab.number}\tcommon\ttest_call\t\t{lab.entry}")
    assert "SYSCALL_DEFINE for test_call" in error.because
    assert error.try_.startswith("SYSCALL_DEFINEn(test_call, ...)")
    lab.replace(SOURCE, "def other_call", "def test_cal")
    assert failed(lab).try_ == "__x64_sys_test_cal  (did you mean that?)"


@BOTH
def test_a_definition_without_a_row_builds_and_the_number_answers_ENOSYS(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.row_is("")
    message = note(built(lab), "is built in and cannot be called")
    assert message.text == "'__x64_sys_test_call' is built in and cannot be called"
    assert (message.file, message.line) == (SOURCE, 10)
    assert "-ENOSYS" in message.because
    assert message.try_ == f"the row: {lab.number}\tcommon\ttest_call\t{lab.entry}"
    k = lab.boot()
    assert call(k, lab.number, 5) == -ENOSYS
    assert "Inside SYSCALL_DEFINE1" not in dmesg(k)


def test_the_entry_of_newer_kernels_on_4_19_is_an_undefined_reference(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "4.19")
    lab.row_is(f"335\tcommon\ttest_call\t{NEWER}")
    outcome = lab.make()
    assert outcome.errors[0].text.endswith(f"undefined reference to `{NEWER}'")
    assert outcome.errors[0].try_ == f"the entry {OLDER}"


def test_the_entry_of_older_kernels_on_6_19_is_an_undefined_reference(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "6.19")
    lab.row_is(f"471\tcommon\ttest_call\t{OLDER}")
    error = failed(lab)
    assert error.text.endswith(f"undefined reference to `__x64_{OLDER}'")
    assert error.try_ == f"the entry {NEWER}"


def test_a_number_that_is_taken_builds_on_4_19_and_the_later_row_wins(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "4.19")
    lab.row_is(f"39\tcommon\ttest_call\t{OLDER}")
    message = note(built(lab), "number 39 is taken")
    assert message.excerpt[1].rstrip().endswith("^~")
    assert "later wins" in message.because
    k = lab.boot()
    assert call(k, 39, 7) == -ENOSYS
    assert "Your int is 7" in dmesg(k)
    assert call(k, 335, 7) == -ENOSYS


@pytest.mark.parametrize(("number", "owner"), [(39, "getpid"), (335, "uretprobe")])
def test_a_number_that_is_taken_stops_6_19(tmp_path: Path, number: int, owner: str) -> None:
    lab = TreeLab(tmp_path, "6.19")
    lab.row_is(f"{number}\tcommon\ttest_call\t{NEWER}")
    error = failed(lab)
    expected = f"error: {TABLE}: syscall table is not sorted or duplicates the same syscall number"
    assert error.text == expected
    assert owner in error.because
    assert error.try_ == f"471\tcommon\ttest_call\t{NEWER}"


@BOTH
@pytest.mark.parametrize("number", [512, 520, 547])
def test_a_number_of_x32_builds_and_the_call_works(tmp_path: Path, version: str, number: int) -> None:
    lab = TreeLab(tmp_path, version)
    lab.row_is("")
    lines = lab.read(TABLE).rstrip("\n").split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{number}\t"))
    lab.write(TABLE, "\n".join([*lines[:at], f"{number}\tcommon\ttest_call\t{lab.entry}", *lines[at:], ""]))
    message = note(built(lab), f"number {number} is x32's")
    assert "CONFIG_X86_X32" in message.because
    k = lab.boot()
    assert call(k, number, 7) == -ENOSYS
    assert "Your int is 7" in dmesg(k)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"335\tcomon\ttest_call\t{OLDER}", "Unknown abi COMON"),
        (f"335<tab>common<tab>test_call<tab>{OLDER}", "Unknown abi "),
    ],
)
def test_a_misspelt_abi_or_a_typed_tab_stops_4_19(tmp_path: Path, row: str, words: str) -> None:
    lab = TreeLab(tmp_path, "4.19")
    lab.row_is(row)
    error = failed(lab)
    assert error.text == words
    assert f"335\tcommon\ttest_call\t{OLDER}" in error.try_


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"471\tcomon\ttest_call\t{NEWER}", "unknown ABI 'comon'"),
        (f"471<tab>common<tab>test_call<tab>{NEWER}", "<tab> was typed out"),
    ],
)
def test_a_misspelt_abi_or_a_typed_tab_drops_the_row_on_6_19_in_silence(tmp_path: Path, row: str, words: str) -> None:
    lab = TreeLab(tmp_path, "6.19")
    lab.row_is(row)
    outcome = built(lab)
    assert "Unknown abi" not in outcome.text
    message = note(outcome, words)
    assert "in silence" in message.because
    assert f"471\tcommon\ttest_call\t{NEWER}" in message.try_
    assert len([each for each in outcome.notes if "test_call" in str(each)]) == 1
    assert call(lab.boot(), 471, 5) == -ENOSYS


# The prototype.


@BOTH
def test_a_missing_prototype_builds_and_the_call_works(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(HEADER, "asmlinkage long sys_test_call(int);\n", "")
    message = note(built(lab), "no prototype of sys_test_call")
    assert "nothing on x86-64 checks it since 4.17" in message.because
    assert "asmlinkage long sys_test_call(int);" in message.try_
    k = lab.boot()
    assert call(k, lab.number, 5) == -ENOSYS
    assert "Your int is 5" in dmesg(k)


@BOTH
def test_another_prototype_builds_and_the_call_works(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(HEADER, "asmlinkage long sys_test_call(int);\n", "asmlinkage long sys_test_call(char *, int);\n")
    message = note(built(lab), "the prototype of sys_test_call differs from its definition")
    assert message.excerpt[0].endswith("asmlinkage long sys_test_call(char *, int);")
    assert message.excerpt[1].index("^") == message.excerpt[0].index("sys_test_call")
    k = lab.boot()
    assert call(k, lab.number, 5) == -ENOSYS
    assert "Your int is 5" in dmesg(k)


# The definition.


def define(lab: TreeLab, digit: int, parameters: str, body: str = "    return 0") -> None:
    """Another definition of test_call."""
    head = f"from kshell.linux import SYSCALL_DEFINE{digit}, EXPORT_SYMBOL, Int, Kernel, Long, Stub\n\n"
    head += 'STUB_test_call: Stub[[int]] = Stub("STUB_test_call")\nEXPORT_SYMBOL(STUB_test_call)\n\n\n'
    lab.write(SOURCE, f"{head}@SYSCALL_DEFINE{digit}\ndef test_call(k: Kernel{parameters}) -> Long:\n{body}\n")


@pytest.mark.parametrize(("digit", "parameters", "missing"), [(2, ", a: Int", 1), (1, "", 1), (3, ", a: Int", 2)])
def test_a_SYSCALL_DEFINE_with_too_few_arguments_has_gcc_s_words(
    tmp_path: Path, digit: int, parameters: str, missing: int
) -> None:
    lab = TreeLab(tmp_path)
    define(lab, digit, parameters)
    error = failed(lab)
    assert error.head() == f'{SOURCE}:7:2: error: macro "__MAP{missing}" requires 4 arguments, but only 2 given'
    assert error.excerpt == (f"    7 | @SYSCALL_DEFINE{digit}", "      |  ^~~~~~~~~~~~~~~")
    assert f"SYSCALL_DEFINE{digit - missing}" in error.try_


SEVEN = "".join(f", {name}: Int" for name in "abcdefg")


def test_SYSCALL_DEFINE7_is_no_macro(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    define(lab, 7, SEVEN)
    error = failed(lab)
    assert error.head() == f"{SOURCE}:7:2: error: expected ')' before 'int'"
    assert error.excerpt == ("    7 | @SYSCALL_DEFINE7", "      |  ^~~~~~~~~~~~~~~")
    assert "at most 6 arguments" in error.because


def test_SYSCALL_DEFINE6_drops_a_seventh_argument(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    define(lab, 6, SEVEN, "    return g")
    error = failed(lab)
    assert error.head() == f"{SOURCE}:9:12: error: 'g' undeclared (first use in this function)"
    assert error.excerpt == ("    9 |     return g", "      |            ^")
    assert "at most 6 arguments" in error.because


def test_an_unknown_C_type_has_gcc_s_words(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(SOURCE, "test_int: Int", "test_int: integer")
    outcome = lab.make()
    error = outcome.errors[0]
    assert error.head() == f"{SOURCE}:10:36: error: 'integer' undeclared here (not in a function)"
    shown = ("   10 | def test_call(k: Kernel, test_int: integer) -> Long:", "      |" + " " * 36 + "^~~~~~~")
    assert error.excerpt == shown
    assert outcome.lines[-2:] == [
        "make[1]: *** [SystemCalls/test_call.o] Error 1",
        "make: *** [SystemCalls] Error 2",
    ]


def test_a_name_that_was_not_imported_is_undeclared(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(SOURCE, " KERN_NOTICE, ", " ")
    error = failed(lab)
    assert error.head() == f"{SOURCE}:11:14: error: 'KERN_NOTICE' undeclared (first use in this function)"
    assert error.try_ == "from kshell.linux import KERN_NOTICE"


def test_one_name_for_two_variables_of_a_file_is_a_redefinition(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write(SOURCE, lab.read(SOURCE) + '\n\nSTUB_again: Stub[[int]] = Stub("STUB_test_call")\n')
    error = failed(lab)
    assert error.text == "redefinition of 'STUB_test_call'"
    assert (error.file, error.line) == (SOURCE, 18)
    assert error.because == "line 4 of this file has STUB_test_call already"
    lab.write(SOURCE, CALL + "\n\nEXPORT_SYMBOL(STUB_test_call)\n")
    error = failed(lab)
    assert (error.text, error.line) == ("redefinition of '__ksymtab_STUB_test_call'", 18)


# The header.


@BOTH
def test_a_header_that_is_not_C_stops_the_first_source_that_includes_it(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(HEADER, "sys_test_call(int);", "sys_test_call(int;")
    outcome = lab.make()
    assert outcome.errors[0].file == HEADER
    assert outcome.errors[0].because
    steps = [target for tool, target in outcome.log.steps if tool == "CC"]
    assert len(steps) == 1
    assert lab.path(steps[0].removesuffix(".o") + ".py").exists()
    folder = steps[0].rpartition("/")[0]
    assert outcome_trail(lab) == [f"[{steps[0]}] Error 1", f"[{folder}] Error 2"]


# The lists.


@BOTH
def test_a_row_that_is_named_otherwise_than_its_call_builds_with_a_note(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.row_is(f"{lab.number}\tcommon\ttestcall\t{lab.entry}")
    message = note(built(lab), "the row of test_call is named 'testcall'")
    assert "__NR_testcall" in message.because
    assert message.try_ == f"the row: {lab.number}\tcommon\ttest_call\t{lab.entry}"
    assert call(lab.boot(), lab.number, 5) == -ENOSYS


def test_a_row_of_the_kernel_s_own_may_be_named_otherwise(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    names = [each.name for each in definitions(file_status)]
    assert "newstat" in names  # whose row is named stat
    calls = "".join(f"\n\n@SYSCALL_DEFINE0\ndef {name}(k: Kernel) -> Long:\n    return 0\n" for name in names)
    lab.write("fs/mine.py", f"from kshell.linux import SYSCALL_DEFINE0, Kernel, Long\n{calls}")
    lab.replace("fs/Makefile", "stat.o", "mine.o")
    assert not [each for each in built(lab).notes if "is named" in each.text]


@pytest.mark.parametrize(("version", "needed"), [("4.19", "__build"), ("6.19", "SystemCalls/")])
def test_a_module_without_a_source_is_needed_by_the_directory(tmp_path: Path, version: str, needed: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.path("SystemCalls/syscallModule.py").unlink()
    words = f"No rule to make target 'SystemCalls/syscallModule.o', needed by '{needed}'.  Stop."
    assert failed(lab).text == f"make[1]: *** {words}"


@BOTH
def test_a_directory_that_core_y_does_not_name_is_not_linked_in(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace("Makefile", " SystemCalls/", "")
    outcome = lab.make()
    assert "SystemCalls" not in "".join(target for tool, target in outcome.log.steps if tool == "CC")
    error = outcome.errors[0]
    assert error.text.endswith(f"undefined reference to `{OLDER}'")
    assert error.because.startswith(f"{SOURCE}:10 defines test_call, but core-y")
    assert error.try_.startswith("core-y += SystemCalls/")


FIRST = ("core-y    := usr/", "core-y    := usr/ SystemCalls/")


@BOTH
def test_the_first_place_of_core_y_is_enough(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace("Makefile", " SystemCalls/", "")
    lab.replace("Makefile", *FIRST)
    assert not built(lab).notes
    k = lab.boot()
    insmod(k, str(lab.path(KO)), {})
    assert call(k, lab.number, 5) == 5


@BOTH
def test_a_directory_in_both_places_of_core_y_is_linked_in_twice(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace("Makefile", *FIRST)
    outcome = lab.make()
    o = "SystemCalls/test_call.o"
    assert [error.text for error in outcome.errors] == [
        f"ld: {o}: in function `{OLDER}':\ntest_call.py:(.text+0x70): multiple definition of `{OLDER}'; "
        f"{o}:test_call.py:(.text+0x70): first defined here",
        f"ld: {o}:(.bss+0x0): multiple definition of `STUB_test_call'; {o}:(.bss+0x0): first defined here",
    ]
    lines = [i for i, line in enumerate(lab.read("Makefile").split("\n"), 1) if "SystemCalls/" in line]
    assert f"(Makefile:{lines[0]} and Makefile:{lines[1]})" in outcome.errors[0].because
    assert "either is enough" in outcome.errors[0].try_
    assert sum(target == o for _, target in outcome.log.steps) == 1


def test_a_directory_without_its_slash_is_none_to_the_linker(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace("Makefile", " SystemCalls/", " SystemCalls")
    error = failed(lab)
    assert error.text == "ld: cannot find SystemCalls: file format not recognized"
    assert error.try_ == "SystemCalls/"


def test_a_misspelt_directory_has_no_Makefile(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace("Makefile", " SystemCalls/", " SystemCall/")
    outcome = lab.make()
    assert "scripts/Makefile.build: SystemCall/Makefile: No such file or directory" in outcome.lines
    assert outcome.errors[0].text == "make[1]: *** No rule to make target 'SystemCall/Makefile'.  Stop."
    assert outcome.errors[0].try_ == "SystemCalls/  (did you mean that?)"


@BOTH
def test_without_obj_y_the_definition_is_not_linked_in(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(LISTS, "obj-y := test_call.o\n", "")
    error = failed(lab)
    if version == "4.19":
        assert error.text.endswith(f"undefined reference to `{OLDER}'")
    else:  # modpost comes first, and misses what the same file exports
        assert error.text == 'ERROR: modpost: "STUB_test_call" [SystemCalls/syscallModule.ko] undefined!'
        assert error.because.startswith(f"{SOURCE}:5 exports STUB_test_call, but ")
    assert f"{LISTS} has nothing on obj-y" in error.because
    assert error.try_ == "obj-y := test_call.o"


@BOTH
def test_the_definition_on_obj_m_is_not_linked_in(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(LISTS, "obj-y := test_call.o\n", "obj-m := test_call.o\n")
    lab.replace(LISTS, "obj-m := syscallModule.o", "obj-m += syscallModule.o")
    if version == "6.19":
        assert failed(lab).text == "ERROR: modpost: missing MODULE_LICENSE() in SystemCalls/test_call.o"
        lab.write(SOURCE, "from kshell.linux import MODULE_LICENSE\n\nMODULE_LICENSE('GPL')\n" + CALL)
    error = failed(lab)
    assert error.text.endswith(f"undefined reference to `{OLDER}'")
    assert "test_call.o on obj-m: it becomes a module" in error.because
    assert error.try_ == "obj-y := test_call.o"


@BOTH
def test_a_module_on_obj_y_is_built_in_and_its_init_runs_at_boot(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(LISTS, "obj-m := syscallModule.o", "obj-y += syscallModule.o")
    message = note(built(lab), "syscallModule is built into the kernel, and is no module")
    assert "rmmod cannot unload it" in message.because
    assert message.try_.startswith("obj-m := syscallModule.o")
    assert not lab.path(KO).exists()
    k = lab.boot()
    assert call(k, lab.number, 5) == 5
    assert "syscallModule" not in k.modules


# Exports.

NOT_EXPORTED = ("EXPORT_SYMBOL(STUB_test_call)\n", "")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("4.19", 'ERROR: "STUB_test_call" [SystemCalls/syscallModule.ko] undefined!'),
        ("6.19", 'ERROR: modpost: "STUB_test_call" [SystemCalls/syscallModule.ko] undefined!'),
    ],
)
def test_a_stub_that_is_not_exported_stops_a_module_of_the_tree(tmp_path: Path, version: str, words: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.replace(SOURCE, *NOT_EXPORTED)
    error = failed(lab)
    assert error.text == words
    assert "EXPORT_SYMBOL(STUB_test_call)" in error.try_
    assert not lab.path(KO).exists()
    assert lab.path("vmlinux").exists() is (version == "4.19")  # modpost comes before the link since 6.1
    trail = ["[Module.symvers] Error 1", "[modpost] Error 2", "[__sub-make] Error 2"]
    assert outcome_trail(lab) == (trail if version == "6.19" else ["[__modpost] Error 1", "[modules] Error 2"])


def outside(lab: TreeLab, module: str = MODULE) -> Path:
    """A module in a folder outside the tree."""
    folder = lab.root.parent / "outside"
    folder.mkdir()
    (folder / "Makefile").write_text("obj-m := syscallModule.o\n")
    (folder / "syscallModule.py").write_text(module)
    return folder


def test_a_stub_that_is_not_exported_only_warns_outside_a_4_19_tree_and_insmod_refuses(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "4.19")
    lab.replace(SOURCE, *NOT_EXPORTED)
    lab.replace(LISTS, "obj-m := syscallModule.o\n", "")
    built(lab)
    folder = outside(lab)
    outcome = lab.make("modules", M=str(folder))
    assert not outcome.errors
    told = warning(outcome, f'WARNING: "STUB_test_call" [{folder}/syscallModule.ko] undefined!')
    assert "insmod will refuse it" in told.because
    k = lab.boot()
    error = refused(k, lab, str(folder / "syscallModule.ko"))
    assert "Unknown symbol in module" in error.what
    assert "syscallModule: Unknown symbol STUB_test_call (err -2)" in dmesg(k)


def test_a_stub_that_is_not_exported_stops_a_module_outside_a_6_19_tree(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "6.19")
    lab.replace(SOURCE, *NOT_EXPORTED)
    lab.replace(LISTS, "obj-m := syscallModule.o\n", "")
    built(lab)
    folder = outside(lab)
    outcome = lab.make("modules", M=str(folder))
    words = 'ERROR: modpost: "STUB_test_call" [syscallModule.ko] undefined!'
    assert [error.text for error in outcome.errors] == [words]
    assert not (folder / "syscallModule.ko").exists()


EXPORTER = MODULE.replace('extern("STUB_test_call")', 'Stub("STUB_test_call")\nEXPORT_SYMBOL(STUB_test_call)').replace(
    "import ", "import EXPORT_SYMBOL, "
)


def test_a_module_of_a_4_19_tree_that_exports_what_vmlinux_exports_is_built_and_refused_at_load(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "4.19")
    lab.write("SystemCalls/syscallModule.py", EXPORTER)
    outcome = built(lab)
    words = "SystemCalls/syscallModule: 'STUB_test_call' exported twice. Previous export was in vmlinux"
    warning(outcome, f"WARNING: {words}")
    k = lab.boot()
    assert "Invalid module format" in refused(k, lab).what
    assert "syscallModule: exports duplicate symbol STUB_test_call (owned by kernel)" in dmesg(k)


def test_a_module_of_a_6_19_tree_that_exports_what_vmlinux_exports_is_not_built(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "6.19")
    lab.write("SystemCalls/syscallModule.py", EXPORTER)
    words = "SystemCalls/syscallModule: 'STUB_test_call' exported twice. Previous export was in vmlinux"
    assert failed(lab).text == f"ERROR: modpost: {words}"


@pytest.mark.parametrize(("version", "word"), [("4.19", "WARNING:"), ("6.19", "ERROR: modpost:")])
def test_two_modules_that_export_one_name_are_told_by_modpost(tmp_path: Path, version: str, word: str) -> None:
    lab = TreeLab(tmp_path, version)
    for name in ("one", "two"):
        lab.write(f"SystemCalls/{name}.py", EXPORTER.replace("STUB_test_call", "STUB_x"))
    lab.replace(LISTS, "obj-m := syscallModule.o", "obj-m := syscallModule.o one.o two.o")
    outcome = lab.make()
    words = f"{word} SystemCalls/two: 'STUB_x' exported twice. Previous export was in SystemCalls/one.ko"
    assert words in [*outcome.lines, *(error.text for error in outcome.errors)]
    assert bool(outcome.errors) == (version == "6.19")
    if version == "4.19":
        k = lab.boot()
        insmod(k, str(lab.path("SystemCalls/one.ko")), {})
        assert "Invalid module format" in refused(k, lab, "SystemCalls/two.ko").what
        assert "two: exports duplicate symbol STUB_x (owned by one)" in dmesg(k)


@BOTH
def test_two_files_of_the_kernel_that_define_one_stub_do_not_link(tmp_path: Path, version: str) -> None:
    lab = TreeLab(tmp_path, version)
    lab.write("SystemCalls/again.py", CALL.replace("def test_call", "def again_call"))
    lab.replace(LISTS, "test_call.o", "test_call.o again.o")
    error = failed(lab)
    again, first = "SystemCalls/again.o", "SystemCalls/test_call.o"
    words = f"ld: {again}:(.bss+0x0): multiple definition of `STUB_test_call'; {first}:(.bss+0x0): first defined here"
    assert error.text == words


NO_LICENSE = ('MODULE_LICENSE("GPL")\n', "")


def test_without_a_licence_4_19_builds_with_a_warning_and_is_tainted_at_load(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "4.19")
    lab.replace("SystemCalls/syscallModule.py", *NO_LICENSE)
    told = warning(built(lab), "WARNING: modpost: missing MODULE_LICENSE() in SystemCalls/syscallModule.o")
    assert told.excerpt == ("see include/linux/module.h for more information",)
    k = lab.boot()
    insmod(k, str(lab.path(KO)), {})
    assert "syscallModule: module license 'unspecified' taints kernel." in dmesg(k)
    assert call(k, 335, 5) == 5


def test_without_a_licence_6_19_does_not_build(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "6.19")
    lab.replace("SystemCalls/syscallModule.py", *NO_LICENSE)
    error = failed(lab)
    assert error.text == "ERROR: modpost: missing MODULE_LICENSE() in SystemCalls/syscallModule.o"
    assert not lab.path("vmlinux").exists()
    assert 'MODULE_LICENSE("GPL")' in error.try_


# Install, boot, insert.


def test_a_module_of_another_version_has_the_wrong_version_magic(tmp_path: Path) -> None:
    older, newer = TreeLab(tmp_path / "a", "4.19"), TreeLab(tmp_path / "b", "6.19")
    built(older)
    built(newer)
    k = older.boot()
    assert "Invalid module format" in refused(k, newer).what
    ours, theirs = "4.19.1-test SMP mod_unload ", "6.19.0-test SMP preempt mod_unload "
    assert f"syscallModule: version magic '{theirs}' should be '{ours}'" in dmesg(k)


def test_a_module_of_another_EXTRAVERSION_has_the_wrong_version_magic(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    built(lab)
    k = lab.boot()
    lab.replace("Makefile", "EXTRAVERSION = -test", "EXTRAVERSION = -mine")
    assert built(lab).made.release == "4.19.1-mine"
    assert "Invalid module format" in refused(k, lab).what
    assert "version magic '4.19.1-mine SMP mod_unload ' should be '4.19.1-test SMP mod_unload '" in dmesg(k)


def test_without_make_install_boot_starts_the_old_kernel(tmp_path: Path) -> None:
    from kshell.kbuild.steps.install import installed, is_stale
    from kshell.kbuild.tree.sources import Sources

    lab = TreeLab(tmp_path)
    built(lab)
    assert lab.boot().image.build == 1
    lab.replace(SOURCE, "return -ENOSYS", "return 42")
    assert built(lab).made.build == 2
    sources = Sources(str(lab.root))
    assert is_stale(sources)
    k = boot(installed(sources, "t"))
    assert (k.image.build, call(k, 335, 5)) == (1, -ENOSYS)
    built(lab, "install")
    assert not is_stale(sources)
    k = boot(installed(sources, "t"))
    assert (k.image.build, call(k, 335, 5)) == (2, 42)


def test_without_a_reboot_the_old_kernel_answers(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    built(lab)
    k = lab.boot()
    lab.replace(SOURCE, "return -ENOSYS", "return 42")
    built(lab)
    built(lab, "install")
    assert call(k, 335, 5) == -ENOSYS
    assert call(lab.boot(), 335, 5) == 42


def test_make_install_before_make_has_nothing_to_install(tmp_path: Path) -> None:
    outcome = TreeLab(tmp_path).make("install")
    assert outcome.errors[0].text == " *** Missing file: arch/x86/boot/bzImage"
    assert ' *** You need to run "make" before "make install".' in outcome.lines


# The slides' own Makefile.


def exports(lab: TreeLab) -> list[Export]:
    """What the kernel of the tree exports."""
    from kshell.kbuild.steps.modpost import parse_symvers

    return parse_symvers(lab.read("Module.symvers"))


def test_the_slides_Makefile_builds_for_the_kernel_that_runs(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    built(lab)
    k = lab.boot()
    lab.running = Running(k.release, V4_19, exports(lab), str(lab.root))
    outcome = lab.make(folder="SystemCalls")
    folder = str(lab.path("SystemCalls"))
    assert not outcome.errors, outcome.show()
    assert outcome.lines[0] == f"make -C /lib/modules/`uname -r`/build SUBDIRS={folder} modules"
    assert ("LD [M]", f"{folder}/syscallModule.ko") in outcome.log.steps
    insmod(k, str(lab.path(KO)), {})
    assert call(k, 335, 5) == 5
    assert "syscallModule: loading out-of-tree module taints kernel." in dmesg(k)


def test_the_slides_Makefile_builds_for_the_kernel_that_kshell_brought(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.running = Running("4.19.1-course", V4_19, [Export("STUB_test_call", "vmlinux", False)], "")
    outcome = lab.make(folder="SystemCalls")
    assert not outcome.errors, outcome.show()
    k = boot("course")
    insmod(k, str(lab.path(KO)), {})
    assert call(k, 335, 5) == 5


def test_SUBDIRS_means_nothing_to_6_19(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, "6.19")
    lab.running = Running("6.19.0", V6_19, [Export("STUB_test_call", "vmlinux", False)], "")
    error = lab.make(folder="SystemCalls").errors[0]
    assert error.kind == ERROR
    assert "SUBDIRS= means nothing to make since Linux 5.4" in error.because
    assert error.try_ == "M=$(PWD) in its place"
    lab.running = Running("6.19.0-test", V6_19, [], str(lab.root))
    built(lab)
    message = note(lab.make(folder="SystemCalls"), "the modules of the whole tree were built")
    assert message.try_ == "M=$(PWD) in its place"


def test_the_blank_behind_SUBDIRS_leaves_it_empty(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(LISTS, "SUBDIRS=$(PWD)", "SUBDIRS= $(PWD)")
    error = lab.make(folder="SystemCalls").errors[0]
    assert "there is a blank behind SUBDIRS=" in error.because
    assert error.try_.startswith("SUBDIRS=$(PWD)")
