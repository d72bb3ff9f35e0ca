"""Modules of machine code at work: init and exit, test_call through its STUB, what they call, and how they die."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.errno import EFAULT, EINTR, ENOSYS
from kshell.kernel.entry.exec import STUB_DATA, Buffer, run_stub
from kshell.kernel.mm import extable
from kshell.kernel.module.struct_module import LIVE, LOADING, UNLOADING
from kshell.shell.machine_files import contents
from kshell.shell.modules.insmod import insmod
from tests.kernel.module.elf_lab import ElfLab, lab_of, needs_compiler

SLIDE = """
extern long (*STUB_test_call)(int);
long my_test_call(int test) {
    printk(KERN_NOTICE "%s: Your int is %d\\n", __FUNCTION__, test);
    return test;
}
static int hello_init(void) { STUB_test_call = my_test_call; return 0; }
module_init(hello_init);
static void hello_exit(void) { STUB_test_call = NULL; }
module_exit(hello_exit);
"""
IN_PYTHON = """
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
level: Int = 1
module_param(level, "int", 0o644, range=(0, 9))

def my_test_call(k: Kernel, test: int) -> Long:
    k.printk(KERN_NOTICE, f"my_test_call: Your int is {test}")
    return test * level

def hello_init(k: Kernel) -> int:
    k[STUB_test_call] = my_test_call
    return 0

def hello_exit(k: Kernel) -> None:
    k[STUB_test_call] = None

module_init(hello_init)
module_exit(hello_exit)
"""
HANDLER = """
extern long (*STUB_test_call)(int);
{before}
long handler(int n) {{ {body} }}
static int start(void) {{ STUB_test_call = handler; return 0; }}
module_init(start);
static void stop(void) {{ STUB_test_call = NULL; }}
module_exit(stop);
"""


@pytest.fixture
def lab(tmp_path: Path) -> ElfLab:
    return lab_of(tmp_path)


def handler(lab: ElfLab, body: str, before: str = "") -> None:
    lab.insert(HANDLER.format(body=body, before=before))


@needs_compiler
def test_the_slides_own_module_answers_as_on_the_slides(lab: ElfLab) -> None:
    assert lab.result(335, 42) == -ENOSYS
    module = lab.insert(SLIDE)
    assert module.state == LIVE
    assert lab.result(335, 42) == 42
    assert lab.result(335, -7) == -7
    assert [line for line in lab.dmesg() if "Your int" in line][1:3] == [
        "Inside SYSCALL_DEFINE1 block. __do_sys_test_call: Your int is 42",
        "my_test_call: Your int is 42",
    ]
    lab.remove()
    assert lab.result(335, 42) == -ENOSYS
    lab.assert_well()


@needs_compiler
def test_init_that_answers_an_error_refuses_the_load(lab: ElfLab) -> None:
    error = lab.refuses(lab.compile("static int start(void) { return -EINVAL; } module_init(start);"))
    assert error.what.endswith(": Invalid parameters")
    assert "m" not in lab.k.modules


@needs_compiler
def test_init_that_answers_more_than_0_is_suspicious(lab: ElfLab) -> None:
    assert lab.insert("static int start(void) { return 3; } module_init(start);").state == LIVE
    assert any("'m'->init suspiciously returned 3" in line for line in lab.dmesg())


@needs_compiler
def test_init_that_dies_leaves_the_module_loading(lab: ElfLab) -> None:
    error = lab.refuses(lab.compile("static int start(void) { return *(volatile int *)8; } module_init(start);"))
    assert error.errno == EINTR
    assert lab.k.modules["m"].state == LOADING
    assert any("NULL pointer dereference" in line for line in lab.dmesg())
    lab.assert_well()


@needs_compiler
def test_exit_that_dies_leaves_the_module_unloading(lab: ElfLab) -> None:
    lab.insert("static int a(void) { return 0; } module_init(a); static void b(void) { BUG(); } module_exit(b);")
    assert lab.not_removed().errno == EINTR
    assert lab.k.modules["m"].state == UNLOADING
    assert lab.result(39) == lab.k.shell_task.pid


@needs_compiler
def test_a_module_may_go_while_its_handler_sleeps(lab: ElfLab) -> None:
    handler(lab, "msleep(5); return n;")
    before = lab.k.clock.ns
    assert lab.result(335, 3) == 3
    assert 5_000_000 <= lab.k.clock.ns - before < 6_000_000
    lab.k.on_sleep = lab.remove
    assert lab.result(335, 3) is None
    assert any("unable to handle kernel paging request" in line for line in lab.dmesg())
    lab.assert_well()


@needs_compiler
def test_memory_of_the_kernel_is_had_used_and_given_back(lab: ElfLab) -> None:
    handler(
        lab,
        """char *p = kmalloc(40, GFP_KERNEL), *q = kzalloc(8, GFP_KERNEL); long size;
        size = snprintf(p, 40, "%s-%ld-%c", "abc", 12345678901L, 'x') + q[0];
        printk(KERN_INFO "%s %d %d %d %d %d\\n", p, n, 2, 3, 4, 5); kfree(p); kfree(q); return size;""",
    )
    assert lab.result(335, 1) == 17
    assert "abc-12345678901-x 1 2 3 4 5" in lab.dmesg()


@needs_compiler
def test_user_memory_is_reached_by_copies(lab: ElfLab) -> None:
    handler(
        lab,
        """int value; int __user *p = (int __user *)(unsigned long)(unsigned int)n;
        if (get_user(value, p)) return -EFAULT; return put_user(value * 2, p);""",
    )
    run = run_stub(lab.k, 335, [Buffer(4)])
    assert run.call is not None
    assert run.call.ret == 0
    assert lab.result(335, 8) == -14


@needs_compiler
@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return n / (n - 1);", "divide error: 0000 [#1] SMP PTI"),
        ("return ((volatile int *)0)[n];", "BUG: unable to handle kernel NULL pointer dereference at 0000000000000004"),
        ("BUG_ON(n == 1); return 0;", "kernel BUG at"),
    ],
)
def test_each_death_is_reported_and_survived(lab: ElfLab, body: str, line: str) -> None:
    handler(lab, body)
    assert lab.result(335, 1) is None
    assert any(said.startswith(line) for said in lab.dmesg()), lab.dmesg()
    assert lab.result(39) == lab.k.shell_task.pid


@needs_compiler
def test_a_warning_goes_on(lab: ElfLab) -> None:
    handler(lab, "WARN_ON(n == 1); return 5;")
    assert lab.result(335, 1) == 5
    assert any(line.startswith("WARNING: CPU: 0 PID:") for line in lab.dmesg())


@needs_compiler
def test_a_reference_is_taken_and_put_back(lab: ElfLab) -> None:
    handler(lab, "if (n == 1) return try_module_get(THIS_MODULE); module_put(THIS_MODULE); return 0;")
    module = lab.k.modules["m"]
    assert lab.result(335, 1) == 1
    assert module.refcount == 1
    assert lab.not_removed().what == "rmmod: ERROR: Module m is in use"
    assert lab.result(335, 2) == 0
    lab.remove()


@needs_compiler
def test_a_handler_calls_what_another_module_exports(lab: ElfLab) -> None:
    lab.insert("long twice(int n) { return 2 * n; } EXPORT_SYMBOL(twice);", "other")
    handler(lab, "return twice(n);", "extern long twice(int);")
    assert lab.result(335, 21) == 42


@pytest.mark.parametrize("profile", ["course", "6.19"])
def test_kshell_s_own_compiler_makes_modules_that_load(tmp_path: Path, profile: str) -> None:
    text = IN_PYTHON
    lab = lab_of(tmp_path, profile)
    if profile != "course":  # test_call is in the course kernel only
        text = text.replace('extern("STUB_test_call")', 'Stub("STUB_test_call")')
    module = insmod(lab.k, lab.build(text, "hello"), {"level": "3"})
    assert module.state == LIVE
    assert contents(lab.k, "/sys/module/hello/parameters/level") == b"3\n"
    assert lab.k.call_out(lab.address("my_test_call"), 7) == 21
    assert lab.dmesg()[-1] == "my_test_call: Your int is 7"
    if profile == "course":
        assert lab.result(335, -2) == -6
    lab.remove("hello")
    assert lab.refuses(lab.build(text, "hello"), level="10").what.endswith(": Invalid parameters")


LOAD = """
    int value = 7; long bad = 0;
    asm volatile("stac\\n1: mov (%2), %0\\n2: clac\\n"
        ".pushsection .fixup, \\"ax\\"\\n3: mov $-14, %1\\n jmp 2b\\n.popsection\\n"
        ".pushsection __ex_table, \\"a\\"\\n.balign 4\\n"
        ".long 1b - .\\n.long 3b - .\\n.long ex_handler_default - .\\n.popsection\\n"
        : "=&r" (value), "+r" (bad) : "r" ((long) n));
    return bad ? bad : value;
"""


@needs_compiler
def test_a_module_of_c_has_an_exception_table_of_its_own(lab: ElfLab) -> None:
    handler(lab, LOAD)
    table = lab.k.modules["m"].extable
    assert (table.size, table.module) == (1, "m")
    (entry,) = extable.entries(lab.k, table)
    assert extable.search_exception_tables(lab.k, entry.insn) == entry
    assert lab.result(335, 5) == -EFAULT
    assert lab.result(335, STUB_DATA) == 0
    assert lab.k.oopses == 0
