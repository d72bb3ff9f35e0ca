"""What a build makes is machine code, in either language: objects that other tools read, made again when they must."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

from kshell.abi.errno import ENOSYS
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.shell.modules.insmod import insmod
from tests.kbuild.tree_lab import TABLE, TreeLab
from tests.kernel.module.elf_lab import needs_compiler

CALL_C = """#include <linux/kernel.h>
#include <linux/syscalls.h>
#include <linux/export.h>
#include "answer.h"

long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call);

SYSCALL_DEFINE1(test_call, int, test_int)
{
	printk(KERN_NOTICE "Inside SYSCALL_DEFINE1 block. Your int is %d\\n", test_int);
	if (STUB_test_call != NULL)
		return STUB_test_call(test_int);
	return ANSWER;
}
"""
MODULE_C = """#include <linux/module.h>
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("the handler");
extern long (*STUB_test_call)(int);

static long my_test_call(int test)
{
	printk(KERN_NOTICE "my_test_call: Your int is %d\\n", test);
	return 2 * test;
}

static int hello_init(void)
{
	STUB_test_call = my_test_call;
	return 0;
}

static void hello_exit(void)
{
	STUB_test_call = NULL;
}

module_init(hello_init);
module_exit(hello_exit);
"""
CALL, KO, OBJECT = "SystemCalls/test_call", "SystemCalls/syscallModule.ko", "SystemCalls/test_call.o"


def in_c(folder: Path, version: str = "4.19") -> TreeLab:
    """The slides' tree with both of its sources in C."""
    lab = TreeLab(folder, version)
    for name, text in ((CALL, CALL_C), ("SystemCalls/syscallModule", MODULE_C)):
        lab.path(f"{name}.py").unlink()
        lab.write(f"{name}.c", text)
    lab.write("SystemCalls/answer.h", "#define ANSWER -ENOSYS\n")
    return lab


def call(k: Kernel, lab: TreeLab, number: int) -> int:
    run = run_stub(k, lab.number, [number])
    assert run.call is not None
    assert run.call.ret is not None
    return run.call.ret


def compiled(lab: TreeLab) -> list[str]:
    outcome = lab.make()
    assert not outcome.errors, outcome.show()
    return [target for tool, target in outcome.log.steps if tool in ("CC", "CC [M]") and ".mod" not in target]


@needs_compiler
@pytest.mark.parametrize("version", ["4.19", "6.19"])
def test_a_call_and_a_module_in_C_are_linked_booted_and_answer(tmp_path: Path, version: str) -> None:
    lab = in_c(tmp_path, version)
    outcome = lab.make()
    assert not outcome.errors, outcome.show()
    assert not [line for line in outcome.log.lines if not isinstance(line, str)]  # gcc has nothing to say
    assert not outcome.notes
    k = lab.boot()
    assert call(k, lab, 21) == -ENOSYS
    insmod(k, str(lab.path(KO)), {})
    assert call(k, lab, 21) == 42
    said = [record.text for record in k.log.since(0)]
    assert said[-2:] == ["Inside SYSCALL_DEFINE1 block. Your int is 21", "my_test_call: Your int is 21"]


@needs_compiler
def test_a_source_in_C_and_one_in_python_work_together(tmp_path: Path) -> None:
    lab = in_c(tmp_path / "c")
    other = TreeLab(tmp_path / "py")
    lab.path("SystemCalls/syscallModule.c").unlink()
    lab.write("SystemCalls/syscallModule.py", other.read("SystemCalls/syscallModule.py"))
    compiled(lab)
    k = lab.boot()
    insmod(k, str(lab.path(KO)), {})
    assert call(k, lab, 7) == 7


def test_a_source_in_python_wins_over_one_in_C(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write(f"{CALL}.c", "this is no C\n")
    compiled(lab)
    assert call(lab.boot(), lab, 5) == -ENOSYS


@needs_compiler
def test_what_a_compiler_of_the_host_says_has_its_place(tmp_path: Path) -> None:
    lab = in_c(tmp_path)
    lab.replace(f"{CALL}.c", "STUB_test_call(test_int)", "STUB_test_call(test_in)")
    outcome = lab.make()
    error = outcome.errors[0]
    assert (error.file, error.line) == (f"{CALL}.c", 13)
    assert error.column > 1
    assert "test_in" in error.text
    assert any("return STUB_test_call(test_in);" in line for line in error.excerpt)
    assert error.because
    assert error.try_ == "test_int  (did you mean that?)"
    assert outcome.lines[-2:] == [f"make[1]: *** [{OBJECT}] Error 1", "make: *** [SystemCalls] Error 2"]
    assert not lab.path(OBJECT).exists()


@needs_compiler
def test_what_a_compiler_of_the_host_warns_of_does_not_stop_the_build(tmp_path: Path) -> None:
    lab = in_c(tmp_path)
    lab.replace(f"{CALL}.c", "{\n\tprintk", "{\n\tint unused;\n\tprintk")
    outcome = lab.make()
    assert not outcome.errors
    (warning,) = [line for line in outcome.log.lines if not isinstance(line, str)]
    assert warning.head().startswith(f"{CALL}.c:11:13: warning: unused variable")


def test_a_host_without_a_compiler_says_so_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kshell.cc.c_compiler.find_compiler", lambda: None)
    (error,) = in_c(tmp_path).make().errors
    assert error.text == "cc: no C compiler for test_call.c"
    assert error.because
    assert "kshell-os[c]" in error.try_


@needs_compiler
def test_an_object_is_made_again_when_a_header_beside_its_source_changes(tmp_path: Path) -> None:
    lab = in_c(tmp_path)
    compiled(lab)
    assert compiled(lab) == []
    lab.write("SystemCalls/answer.h", "#define ANSWER 77\n")
    assert OBJECT in compiled(lab)
    assert call(lab.boot(), lab, 5) == 77


# Objects.


@pytest.mark.parametrize("path", [OBJECT, "SystemCalls/syscallModule.o", KO, "kernel/sys.o", "kernel/sys_ni.o"])
def test_other_tools_read_what_a_build_makes(tmp_path: Path, path: str) -> None:
    lab = TreeLab(tmp_path)
    compiled(lab)
    file: Any = ELFFile(BytesIO(lab.path(path).read_bytes()))
    assert (file.header.e_type, file.header.e_machine) == ("ET_REL", "EM_X86_64")
    names = {each.name: each["st_info"]["bind"] for each in file.get_section_by_name(".symtab").iter_symbols()}
    wanted = {
        OBJECT: ("__x64_sys_test_call", "STB_GLOBAL"),
        "kernel/sys.o": ("__x64_sys_getpid", "STB_GLOBAL"),
        "kernel/sys_ni.o": ("__x64_sys_poll", "STB_WEAK"),
        KO: ("__this_module", "STB_GLOBAL"),
    }.get(path, ("init_module", "STB_GLOBAL"))
    assert names[wanted[0]] == wanted[1]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:100],
        lambda data: data[:-1] + b"\xff",
        lambda data: data[:64] + bytes(len(data) - 64),
    ],
)
def test_a_damaged_object_is_made_again(tmp_path: Path, damage: Any) -> None:
    lab = TreeLab(tmp_path)
    compiled(lab)
    whole = lab.path(OBJECT).read_bytes()
    lab.path(OBJECT).write_bytes(damage(whole))
    assert compiled(lab) == [OBJECT]
    assert lab.path(OBJECT).read_bytes() == whole


@pytest.mark.parametrize("data", [None, b"", b"kshell-object 1 record\n{}", b"kshell-object 1 record\n{", b"\0" * 99])
def test_an_object_without_its_record_is_made_again(tmp_path: Path, data: bytes | None) -> None:
    lab = TreeLab(tmp_path)
    compiled(lab)
    record = lab.path("SystemCalls/.test_call.o.cmd")
    whole = record.read_bytes()
    if data is None:
        record.unlink()
    else:
        record.write_bytes(data)
    assert compiled(lab) == [OBJECT]
    assert record.read_bytes() == whole


def test_what_stands_in_the_place_of_a_record_is_kept_under_another_name(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write("SystemCalls/.test_call.o.cmd", "my own notes")
    assert OBJECT in compiled(lab)
    assert compiled(lab) == []
    assert lab.read("SystemCalls/.test_call.o.cmd.mine") == "my own notes"


def test_a_build_with_nothing_to_do_reads_no_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = TreeLab(tmp_path)
    compiled(lab)

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    for name in ("compile_list.compile_source", "compile_list.read_facts", "module_build.read_elf"):
        monkeypatch.setattr(f"kshell.kbuild.steps.{name}", never)
    monkeypatch.setattr("kshell.kbuild.kernel_build.read_elf", never)
    assert compiled(lab) == []


def test_an_object_of_another_tool_gives_way_to_the_build_s(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    compiled(lab)
    lab.write("SystemCalls/test_call.o", lab.path("SystemCalls/syscallModule.o").read_bytes())
    assert compiled(lab) == [OBJECT]


# The kernel's own files.


@pytest.mark.parametrize("path", ["kernel/sys.py", "fs/read_write.py", "mm/mmap.py"])
def test_a_file_of_the_kernel_s_own_that_was_changed_is_refused(tmp_path: Path, path: str) -> None:
    lab = TreeLab(tmp_path)
    text = lab.read(path)
    lab.write(path, text.replace("from __future__ import annotations", "from __future__ import annotations  # mine"))
    outcome = lab.make()
    (error,) = outcome.errors
    line = text.split("\n").index("from __future__ import annotations") + 1
    assert error.head() == f"{path}:{line}: error: the kernel's own code was changed"
    assert "kshell ships" in error.because
    assert "SYSCALL_DEFINEn in a file of your own" in error.try_
    assert TABLE in error.try_
    assert not lab.path("vmlinux").exists()
    lab.write(path, text)
    assert compiled(lab)


def test_nothing_of_a_tree_is_run_by_the_host(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    mark = tmp_path / "run"
    write = f"\nopen({str(mark)!r}, 'w').close()\n"
    for path in ("SystemCalls/test_call.py", "SystemCalls/syscallModule.py", "kernel/sys_ni.py", "kernel/sys.py"):
        text = lab.read(path)
        lab.write(path, text + write)
        assert lab.make().errors
        lab.write(path, text)
    assert compiled(lab)
    lab.boot()
    assert not mark.exists()


def test_a_call_of_the_kernel_s_own_is_overridden_by_a_file_and_a_row(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    mine = "@SYSCALL_DEFINE0\ndef my_getpid(k: Kernel) -> Long:\n    return 4711\n"
    lab.write("SystemCalls/mine.py", f"from kshell.linux import SYSCALL_DEFINE0, Kernel, Long\n\n\n{mine}")
    lab.replace("SystemCalls/Makefile", "obj-y := test_call.o", "obj-y := test_call.o mine.o")
    lab.replace(TABLE, "__x64_sys_getpid", "__x64_sys_my_getpid")
    compiled(lab)
    run = run_stub(lab.boot(), 39, [])
    assert run.call is not None
    assert run.call.ret == 4711


def test_an_image_names_only_files_that_kshell_has(tmp_path: Path) -> None:
    from kshell.kbuild.steps.build_output import read_sealed, write_sealed
    from kshell.kbuild.steps.install import InstallError, installed

    lab = TreeLab(tmp_path)
    compiled(lab)
    lab.boot()
    sources, path = Sources(str(lab.root)), "boot/vmlinuz-4.19.1-test"
    payload = read_sealed(sources, path, "vmlinux")
    assert payload is not None
    for name in ("os", "__init__", "sys_ni", "../x", ""):
        objects = [each | {"shipped": name} if "shipped" in each else each for each in payload["objects"]]
        write_sealed(sources, path, "vmlinux", payload | {"objects": objects})
        with pytest.raises(InstallError):
            installed(sources, "DIR")
