"""What a unit holds: formats, calls, data, and what the macros of a module leave behind."""

from __future__ import annotations

import pytest

from kshell.cc.front.unit import compile_source
from kshell.cc.tree import Assign, Call, Global, Text, Value
from kshell.cc.tree_unit import Datum, Evaluate, Function, Pointed, Statement, Unit
from kshell.cc.types import INT, LONG, c_declaration

HEAD = """from kshell.linux import *
class e(Struct):
    nr: ULong
    name: Array[Char] = Array(Char, 16)
"""
FUNCTION = "def f(k: Kernel, n: Int, l: Long, u: UInt, p: Ptr[e], s: str, b: Bool, c: Char) -> None:\n"


def unit(text: str, release: str = "4.19") -> Unit:
    return compile_source(HEAD + text, "my-module.py", release)[0]


def body(line: str, release: str = "4.19") -> Statement:
    return unit(FUNCTION + f"    {line}\n", release).functions[0].body[-1]


def called(line: str, release: str = "4.19") -> Call:
    statement = body(line, release)
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.value, Call)
    return statement.value


def text_of(value: Value) -> bytes:
    assert isinstance(value, Text)
    return value.data


def datum(found: Unit, name: str) -> Datum:
    return next(each for each in found.data if each.name == name)


FORMATS = [
    ("{n} {l} {u} {p.nr} {b} {c}", "%d %ld %u %lu %d %c"),
    ("{s} {p.name} {p} {p:px}", "%s %s %p %px"),
    ("{n:#x} {l:08x} {n:5d} {u:<5} {s:20} {s:>20} {n:+}", "%#x %08lx %5d %-5u %-20s %20s %+d"),
    ("100% {{}} {n=}", "100%% {} n=%d"),
]


@pytest.mark.parametrize(("text", "wanted"), FORMATS)
def test_an_f_string_is_a_format_with_its_conversions_by_type(text: str, wanted: str) -> None:
    call = called(f'k.printk(KERN_NOTICE, f"{text}")')
    assert text_of(call.arguments[0]).decode() == f"\x015{wanted}\n"
    assert len(call.arguments) - 1 == wanted.replace("%%", "").count("%")
    assert call.kind.variadic


def test_printk_has_its_symbol_of_each_release_and_its_level() -> None:
    assert called('k.printk(KERN_INFO, "x")').function == "printk"
    assert called('k.printk(KERN_INFO, "x")', "6.19").function == "_printk"
    assert text_of(called('pr_err(k, f"{n}")').arguments[0]) == b"\x013%d\n"
    assert text_of(called('k.printk("x")').arguments[0]) == b"x\n"


def test_snprintf_adds_no_newline() -> None:
    call = called('snprintf(k, p.name, sizeof(p.name), f"{n}-{s}")')
    assert (call.function, text_of(call.arguments[2]), len(call.arguments)) == ("snprintf", b"%d-%s", 5)


def test_the_kernel_is_erased() -> None:
    found = unit("def g(k: Kernel, n: Int) -> Int:\n    return n\n" + FUNCTION + "    g(k, n)\n").functions
    assert [each.name for each in found[0].variables] == ["n"]
    assert found[0].type.parameters == (INT,)
    call = found[1].body[0]
    assert isinstance(call, Evaluate)
    assert isinstance(call.value, Call)
    assert (call.value.function, len(call.value.arguments)) == ("g", 1)


def test_a_stub_is_stored_loaded_and_called() -> None:
    text = 'S: Stub[[int]] = Stub("S")\nEXPORT_SYMBOL(S)\ndef h(k: Kernel, n: int) -> Long:\n    return n\n'
    text += "def g(k: Kernel) -> None:\n    k[S] = h\n    k[S] = None\n    stub = k[S]\n    stub(k, 3)\n"
    found = unit(text)
    store, null, _, call = found.functions[1].body
    for each in (store, null):
        assert isinstance(each, Evaluate)
        assert isinstance(each.value, Assign)
        assert each.value.place == Global("S", each.value.place.type)
    assert c_declaration(found.functions[1].variables[0].type, "stub") == "long (*stub)(int)"
    assert isinstance(call, Evaluate)
    assert isinstance(call.value, Call)
    assert call.value.kind.result == LONG
    assert datum(found, "S") == Datum("S", datum(found, "S").type, b"", [], False, ".bss", 5)
    assert found.exports == [("S", False)]


def test_an_extern_that_is_only_called_is_the_function_of_that_name() -> None:
    text = 'g: Stub[[int]] = extern("greet")\n' + FUNCTION + "    g(k, 7)\n"
    statement = unit(text).functions[0].body[0]
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.value, Call)
    assert statement.value.function == "greet"


def test_a_variable_begins_with_its_bytes_and_addresses() -> None:
    text = 'N = 39\nt: Array[Short] = Array(Short, 3, [1, -2, N])\nz: Long = 0\ns: str = "ab"\n'
    text += "def h(k: Kernel, n: int) -> Long:\n    return n\nfp: Fn[[int], Long] = h\n"
    text += 'v = e(nr=N, name=Array(Char, 16, "hi"))\npv: Ptr[Char] = addr(v.name[1])\n'
    found = unit(text)
    assert datum(found, "t").data == bytes.fromhex("0100feff2700")
    assert (datum(found, "z").data, datum(found, "z").section) == (b"", ".bss")
    assert datum(found, "v").data == b"\x27" + bytes(7) + b"hi" + bytes(14)
    assert datum(found, "fp").pointers == [Pointed(0, "h")]
    assert datum(found, "pv").pointers == [Pointed(0, "v", 9)]
    text_at = datum(found, datum(found, "s").pointers[0].symbol)
    assert (text_at.data, text_at.section) == (b"ab\0", ".rodata")


MODULE = """MODULE_LICENSE("GPL")
times = Param("times", 1)
module_param(times, "int", 0o444, range=(1, 5))
MODULE_PARM_DESC(times, "How often")
name = Param("name", "world")
module_param(name, "charp", 0)
def m_init(k: Kernel) -> int:
    return k.read(times)
def m_exit(k: Kernel) -> None:
    pass
module_init(m_init)
module_exit(m_exit)
"""


def test_the_macros_of_a_module_fill_its_sections() -> None:
    found = unit(MODULE)
    assert found.name == "my_module"
    assert found.aliases == [("init_module", "m_init"), ("cleanup_module", "m_exit")]
    assert found.modinfo[0] == ("license", "GPL")
    assert ("parmtype", "times:int") in found.modinfo
    assert ("parm", "times:How often") in found.modinfo
    assert ("kshell_range", "times:1:5") in found.modinfo
    entry = datum(found, "__param_times")
    assert (entry.section, len(entry.data), entry.data[24:28]) == ("__param", 40, bytes.fromhex("2401ff00"))
    symbols = {each.offset: each.symbol for each in entry.pointers}
    assert symbols == {0: "__param_str_times", 8: "__this_module", 16: "param_ops_int", 32: "times"}
    assert c_declaration(datum(found, "name").type, "name") == "char *name"


def test_a_system_call_is_three_functions_and_an_entry_for_traces() -> None:
    found = unit("@SYSCALL_DEFINE2\ndef t(k: Kernel, fd: Fd, path: Path) -> Long:\n    return fd\n")
    functions: list[Function] = found.functions
    assert [(each.name, each.is_static) for each in functions] == [
        ("__do_sys_t", True),
        ("__se_sys_t", True),
        ("__x64_sys_t", False),
    ]
    assert c_declaration(functions[0].type, "f") == "long f(unsigned int, const char __user *)"
    assert c_declaration(functions[1].type, "f") == "long f(long, long)"
    assert c_declaration(functions[2].type, "f") == "long f(const struct pt_regs *)"
    meta = datum(found, "__syscall_meta__t")
    assert (meta.section, meta.data[8:16]) == ("__syscalls_metadata", bytes.fromhex("ffffffff02000000"))
    texts = {each.name: each.data for each in found.data}
    kinds = [texts[each.symbol] for each in datum(found, "types__t").pointers]
    assert kinds == [b"unsigned int\0", b"const char __user *\0"]
    assert [texts[each.symbol] for each in datum(found, "args__t").pointers] == [b"fd\0", b"path\0"]


def test_a_header_alone_gives_its_names_and_no_others() -> None:
    text = "from kshell.linux.kernel import Kernel\nfrom kshell.linux.slab import GFP_KERNEL, kmalloc\n"
    text += "def f(k: Kernel) -> int:\n    return 0 if kmalloc(k, 8, GFP_KERNEL) is None else 1\n"
    assert compile_source(text, "t.py")[1] == []
