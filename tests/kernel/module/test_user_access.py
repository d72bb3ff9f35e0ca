"""get_user, put_user and their relatives of modules, in both spellings and for both releases: what they answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.abi.errno import EFAULT
from kshell.cc.back.values import ADDR_LIMIT
from kshell.cc.c_compiler import find_compiler
from kshell.cc.compiler import compile_file
from kshell.cc.exception_table import EFAULT_REG
from kshell.kernel.core.layout import TASK_ADDR_LIMIT, TASK_SIZE_MAX
from kshell.kernel.entry.exec import STUB_DATA, STUB_END
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.shell.modules.insmod import insmod
from tests.kernel.module_lab import HEAD, Lab

TYPES = {
    "Char": ("char", 1, True),
    "UChar": ("unsigned char", 1, False),
    "Short": ("short", 2, True),
    "UShort": ("unsigned short", 2, False),
    "Int": ("int", 4, True),
    "UInt": ("unsigned int", 4, False),
    "Long": ("long", 8, True),
    "ULong": ("unsigned long", 8, False),
}
PYTHON = """
def {mark}get_{name}(k: Kernel, p: User[{name}]) -> Long:
    x: Long = -1
    bad = {mark}get_user(k, addr(x), p)
    return bad - 100 if bad else x
EXPORT_SYMBOL({mark}get_{name})
def {mark}put_{name}(k: Kernel, p: User[{name}], value: Long) -> Long:
    return {mark}put_user(k, {name}(value), p)
EXPORT_SYMBOL({mark}put_{name})
"""
C = """
long {mark}get_{name}({c} __user *p)
{{
	long x = -1;
	int bad = {mark}get_user(x, p);

	return bad ? bad - 100 : x;
}}
EXPORT_SYMBOL({mark}get_{name});
long {mark}put_{name}({c} __user *p, long value)
{{
	return {mark}put_user(value, p);
}}
EXPORT_SYMBOL({mark}put_{name});
"""
C_HEAD = '#include <linux/module.h>\n#include <linux/uaccess.h>\nMODULE_LICENSE("GPL");\n'
PYTHON_HEAD = "from kshell.linux.uaccess import __get_user, __put_user\n"
WORD = bytes.fromhex("f1f2f3f4f5f6f7f8")
FORMS = [
    (profile, cmdline, suffix) for profile in ("4.19", "6.19") for cmdline in ("", "nosmap") for suffix in (".py", ".c")
]


def text(suffix: str) -> str:
    """The module."""
    names = [
        {"mark": mark, "name": name, "c": c, "size": size}
        for mark in ("", "__")
        for name, (c, size, _) in TYPES.items()
    ]
    if suffix == ".c":
        return C_HEAD + "".join(C.format(**each) for each in names)
    return HEAD + PYTHON_HEAD + "".join(PYTHON.format(**each) for each in names)


@pytest.fixture(scope="module", params=FORMS, ids=["-".join(form) for form in FORMS])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A machine with the module."""
    profile, cmdline, suffix = request.param
    if suffix == ".c" and find_compiler() is None:
        pytest.skip("no compiler for C")
    made = Lab(tmp_path_factory.mktemp("module"), profile, cmdline)
    path = made.folder / f"user{suffix}"
    path.write_text(text(suffix), encoding="utf-8")
    insmod(made.k, str(path), {})
    return made


@pytest.mark.parametrize("mark", ["", "__"])
@pytest.mark.parametrize("name", TYPES)
def test_a_number_comes_with_its_size_and_its_sign(lab: Lab, mark: str, name: str) -> None:
    _, size, signed = TYPES[name]
    get = lab.address(f"{mark}get_{name}")
    for at in (STUB_DATA, STUB_DATA + 3, STUB_DATA + 4096 - size):
        assert copy_to_user(lab.k, at, WORD) == 0
        value = int.from_bytes(WORD[:size], "little", signed=signed)
        assert lab.k.call_out(get, at) & (1 << 64) - 1 == value & (1 << 64) - 1
    for at in (8, STUB_END, STUB_END - size + 1, TASK_SIZE_MAX - 1, TASK_SIZE_MAX, (1 << 47) + 8, (1 << 64) - 1):
        if size > 1 or at not in (STUB_END - size + 1, TASK_SIZE_MAX - 1):  # one byte is there, the stack's last
            assert lab.k.call_out(get, at) == -EFAULT - 100, hex(at)


@pytest.mark.parametrize("mark", ["", "__"])
@pytest.mark.parametrize("name", TYPES)
def test_a_number_goes_with_its_size_and_touches_nothing_beside_it(lab: Lab, mark: str, name: str) -> None:
    size = TYPES[name][1]
    put = lab.address(f"{mark}put_{name}")
    for at in (STUB_DATA + 8, STUB_DATA + 4096 - size):
        assert copy_to_user(lab.k, at - 8, b"\xee" * 24) == 0
        assert lab.k.call_out(put, at, 0x1122_3344_5566_7788) == 0
        stored = b"\x88\x77\x66\x55\x44\x33\x22\x11"[:size]
        assert copy_from_user(lab.k, at - 8, 24) == (b"\xee" * 8 + stored).ljust(24, b"\xee")
    for at in (8, STUB_END, TASK_SIZE_MAX, (1 << 64) - 1):
        assert lab.k.call_out(put, at, 5) == -EFAULT, hex(at)


@pytest.mark.parametrize("lab", [FORMS[0], FORMS[4]], indirect=True, ids=["4.19", "6.19"])
def test_a_pointer_into_the_kernel_is_refused_where_it_is_asked_about(lab: Lab) -> None:
    kernels = lab.k.sys_call_table
    assert lab.k.call_out(lab.address("get_Long"), kernels) == -EFAULT - 100
    assert lab.k.call_out(lab.address("put_Long"), lab.k.current.struct.address, 5) == -EFAULT


def test_the_unchecked_form_reads_whatever_is_there(lab: Lab) -> None:
    at = lab.k.sys_call_table  # nobody asked access_ok, and the page can be read
    expected = lab.k.memory.load(at)
    assert lab.k.call_out(lab.address("__get_ULong"), at) & (1 << 64) - 1 == expected


@pytest.mark.parametrize(("version", "kind"), [((4, 19), 0), ((6, 19), EFAULT_REG)])
def test_an_object_has_a_table_with_relocations(version: tuple[int, int], kind: int) -> None:
    source = HEAD + PYTHON_HEAD + PYTHON.format(mark="__", name="Int")
    obj = compile_file("m.py", source, f"{version[0]}.{version[1]}.0", version).object
    table = obj.section("__ex_table")
    assert table is not None
    assert (table.size, table.align) == (24, 4)
    targets = {each.offset: obj.symbols[each.symbol] for each in table.relocations}
    sections = {at: obj.sections[each.section].name for at, each in targets.items() if each.section is not None}
    if kind:
        registers = [int.from_bytes(table.data[at : at + 4], "little", signed=True) - kind for at in (8, 20)]
        assert registers == [1 << 8, 2 << 8]
        assert sections == dict.fromkeys((0, 4, 12, 16), ".text")
    else:
        assert sections == {0: ".text", 4: ".fixup", 12: ".text", 16: ".fixup"}
        assert [targets[at].name for at in (8, 20)] == ["ex_handler_default"] * 2


def test_where_the_limit_of_a_task_is_the_compiler_knows() -> None:
    assert ADDR_LIMIT == TASK_ADDR_LIMIT


@pytest.mark.parametrize("profile", ["4.19", "6.19"])
def test_access_ok_says_whether_a_range_can_be_the_users(tmp_path: Path, profile: str) -> None:
    lab = Lab(tmp_path, profile)
    kind = "VERIFY_READ, " if profile == "4.19" else ""
    lab.load(
        f"""
        def f(k: Kernel, p: User[Void], n: ULong) -> Long:
            return access_ok(k, {kind}p, n)
        EXPORT_SYMBOL(f)
        def four(k: Kernel, p: User[Void]) -> Long:
            return access_ok(k, {kind}p, 4)
        EXPORT_SYMBOL(four)
        """
    )
    f, four, top = lab.address("f"), lab.address("four"), TASK_SIZE_MAX
    cases = [(0, 0), (8, 1 << 40), (top - 1, 1), (top, 0), (top, 1), (top + 1, 0), (1 << 63, 1), (8, (1 << 64) - 1)]
    assert [lab.k.call_out(f, *each) for each in cases] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert [lab.k.call_out(four, at) for at in (0, top - 4, top + 1, (1 << 64) - 1)] == [1, 1, 0, 0]
    assert lab.k.call_out(four, top - 3) == (profile == "6.19")  # of few bytes the first alone is looked at


def test_set_fs_moves_what_access_ok_and_get_user_ask_about(tmp_path: Path) -> None:
    lab = Lab(tmp_path, "4.19")
    lab.load(
        """
        def ok(k: Kernel, p: User[Long]) -> Long:
            return access_ok(k, VERIFY_READ, p, 8)
        EXPORT_SYMBOL(ok)
        def get(k: Kernel, p: User[ULong]) -> ULong:
            x: ULong = 0
            return 1 if get_user(k, addr(x), p) else x
        EXPORT_SYMBOL(get)
        """
    )
    ok, get, at = lab.address("ok"), lab.address("get"), lab.k.sys_call_table
    assert (lab.k.call_out(ok, at), lab.k.call_out(get, at)) == (0, 1)
    lab.k.memory.store(lab.k.current.struct.address + TASK_ADDR_LIMIT, (1 << 64) - 1)
    assert lab.k.call_out(ok, at) == 1
    assert lab.k.call_out(get, at) & (1 << 64) - 1 == lab.k.memory.load(at)
