"""What students get wrong, line by line: C where kshell's spelling stands, declarations taken for what they declare,
functions without `k`.  Each is told in gcc's words, at its place, with the line to write instead."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import kshell.modules
from kshell.cc.front.unit import compile_source
from kshell.cc.source_error import SourceError

HEAD = """from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
mine: Stub[[int]] = Stub("mine")
level = Param("level", 1)
def my_test_call(k: Kernel, test: int) -> Long:
    return test
"""
FUNCTION = "def helper(k: Kernel, x: int) -> int:\n"
STORES = "def set_it(k: Kernel) -> int:\n    k[STUB_test_call] = f\n    return 0\nmodule_init(set_it)\n"
SLIDES = """#include <linux/kernel.h>
#include <linux/module.h>

/* System call stub */
long (*STUB_test_call)(int) = NULL;
EXPORT_SYMBOL(STUB_test_call);

SYSCALL_DEFINE1(test_call, int, test_int) {
    if (STUB_test_call != NULL)
        return STUB_test_call(test_int);
    else
        return -ENOSYS;
}
"""
ASSIGNED, NO_MEMBER = "'{}' is assigned without 'global'", "'struct kernel' has no member named '{}'"
NO_PLUS = "invalid operands to binary + (have 'char *')"
MANY = "too many arguments to function 'printk'"
NOT_CONSTANT = "initializer element is not constant"
NO_DECLARATION = "expected '=', ',', ';', 'asm' or '__attribute__' before '{}' token"
NO_K = "the first parameter of '{}' is not k: Kernel"
DEFAULTS = "return type of '{}' defaults to 'int' [-Werror=implicit-int]"
NO_END = "control reaches end of non-void function [-Wreturn-type]"
IMPLICIT = "implicit declaration of function '{}' [-Werror=implicit-function-declaration]"
ALONE = "SYSCALL_DEFINE1 takes no arguments here: it stands alone, as @SYSCALL_DEFINE1"
RIGHT = "@SYSCALL_DEFINE1  and in the next line  def test_call(k: Kernel, test_int: Int) -> Long:"
NO_RESULT = "makes integer from pointer without a cast [-Wint-conversion]"
UNKNOWN = "unknown type name '{}'"
UNDECLARED = "'{}' undeclared (first use in this function)"
NO_EFFECT = "statement with no effect [-Wunused-value]"


class Said(Exception):
    """The first thing that the compiler says: an error, or where there is none a warning."""

    def __init__(self, text: str, line: int, column: int, because: str, try_: str) -> None:
        super().__init__(f"{line}:{column}: {text}; {because}; try: {try_}")
        self.text, self.line, self.column, self.because, self.try_ = text, line, column, because, try_


def said(text: str) -> Said:
    """What is said of a source; its line and column."""
    try:
        found = compile_source(text, "m.py", "4.19")[1][0]
    except SourceError as error:
        return Said(error.text, error.line, error.column, error.because, error.try_)
    return Said(*found[1:4], *found[5:])


def of_line(line: str) -> Said:
    """What is said of one line of a function."""
    found = said(f"{HEAD}{FUNCTION}    {line}\n    return 0\n")
    assert found.line == (HEAD + FUNCTION).count("\n") + 1, found
    assert found.because
    return found


IN_A_FUNCTION = [
    # A declaration is not the memory that it stands for.
    ("STUB_test_call = my_test_call", 1, ASSIGNED.format("STUB_test_call"), "k[STUB_test_call] = my_test_call"),
    ("STUB_test_call = None", 1, ASSIGNED.format("STUB_test_call"), "k[STUB_test_call] = None"),
    ("level = 5", 1, ASSIGNED.format("level"), "global level  (first line of the function)"),
    ("level += 2", 1, ASSIGNED.format("level"), "global level  (first line of the function)"),
    ("k.mine = my_test_call", 1, NO_MEMBER.format("mine"), "k[mine] = my_test_call"),
    ("f = k.mine", 5, NO_MEMBER.format("mine"), "f = k[mine]"),
    ("k.level += 1", 1, NO_MEMBER.format("level"), "level += 1  (and global level before it)"),
    ("x = k.level + 1", 5, NO_MEMBER.format("level"), "x = level + 1"),
    ("x = k[level]", 5, "called object is not a function or function pointer", "x = k.read(level)"),
    ("k[level] = 5", 1, "called object is not a function or function pointer", "k.write(level, 5)"),
    ("return mine(5)", 8, "too few arguments to function 'mine'", "return mine(k, 5)"),
    ("return k[mine](5)", 8, "too few arguments to function 'k[mine]'", "return k[mine](k, 5)"),
    ("stub = k[mine]; stub(5)", 17, "too few arguments to function 'stub'", "stub = k[mine]; stub(k, 5)"),
    ("k[mine] = my_test_call(k, 5)", 11, "assignment to 'long int (*)(int)'", "k[mine] = my_test_call"),
    # The kernel has three members, and they are its own.
    ("k.printk = 5", 1, "assignment of member 'printk' in read-only object", "take it out; a source writes memory"),
    ("k.memory.store(0, 1)", 1, NO_MEMBER.format("memory"), "Ptr[Long](address)[0]"),
    ("k.x = 5", 1, NO_MEMBER.format("x"), "x: Int = 0  (at the top)  and  global x"),
    ("return k.oopses", 8, NO_MEMBER.format("oopses"), "help c-to-kshell"),
    ("k.msleep(5)", 1, NO_MEMBER.format("msleep"), "msleep alone; a function is called as msleep(k, ...)"),
    ("k.STUB_x = my_test_call", 1, NO_MEMBER.format("STUB_x"), 'STUB_x: Stub[[int]] = extern("STUB_x")  (at the top)'),
    ("del k.level", 1, "expected expression before 'del'", "k[STUB] = None"),
    ("setattr(k, 'log', None)", 1, IMPLICIT.format("setattr"), "help c-to-kshell"),
    # printk takes a level and one text.
    ('k.printk(KERN_INFO, "x is %d\\n", x)', 1, MANY, 'k.printk(KERN_INFO, f"x is {x}")'),
    ('k.printk(KERN_INFO, "%s: %08x 9%%", __func__, x)', 1, MANY, 'k.printk(KERN_INFO, f"{__func__}: {x:08x} 9%")'),
    ('k.printk(KERN_INFO, "%5d|%-5d|%8s|%c", x, x, s, c)', 1, MANY, 'f"{x:5d}|{x:<5d}|{s:>8}|{c:c}"'),
    ('k.printk(KERN_INFO, "x is", x)', 1, MANY, 'k.printk(KERN_INFO, f"x is {x}")'),
    ('k.printk(KERN_INFO, f"{x}", x)', 1, MANY, 'k.printk(KERN_INFO, f"{x}")'),
    ('k.printk(KERN_INFO, "{%p}", x)', 1, MANY, 'k.printk(KERN_INFO, f"{{{x}}}")'),
    ('k.printk("x is %d", x)', 10, "expected a level of printk before the text", 'k.printk(KERN_INFO, f"x is {x}")'),
    ('k.printk(KERN_NOTICE "text %d\\n", x)', 22, "invalid syntax", 'k.printk(KERN_NOTICE, f"text {x}")'),
    ('k.printk(KERN_INFO + f"{x}")', 10, NO_PLUS, 'k.printk(KERN_INFO, f"{x}")'),
    ('k.printk(KERN_INFO + "text")', 10, NO_PLUS, 'k.printk(KERN_INFO, "text")'),
    # A text is bytes.
    ('"n {}".format(x)', 1, "request for member 'format'", 'k.printk(KERN_INFO, f"n {x}"), or snprintf(k, buf'),
    ('y = "text".upper()', 5, "request for member 'upper' in something not a struct", "or a loop over the bytes"),
    (
        "y = Array(Char, 9); y.strip()",
        21,
        "request for member 'strip' in something not a struct",
        "or a loop over the b",
    ),
    ("y = str(x)", 5, IMPLICIT.format("str"), 'k.printk(KERN_INFO, f"{x}"), or snprintf(k, buf'),
    ("y = str(Long(x))", 5, IMPLICIT.format("str"), 'snprintf(k, buf, sizeof(buf), f"{Long(x)}")'),
    ("return len(x)", 8, "ARRAY_SIZE of something not an array", "len(a) of a: Array[Int]"),
    ('return len("text")', 8, "ARRAY_SIZE of something not an array", 'strlen(k, "text")'),
    # Pointers that nothing declares.
    ("k[STUB_x] = my_test_call", 3, UNDECLARED.format("STUB_x"), 'STUB_x: Stub[[int]] = extern("STUB_x")  (in a mod'),
    ("return k[STUB_x](k, x)", 10, UNDECLARED.format("STUB_x"), 'STUB_x: Stub[[int]] = extern("STUB_x")  (in a mod'),
    ("if STUB_x: pass", 4, UNDECLARED.format("STUB_x"), 'STUB_x: Stub[[int]] = extern("STUB_x")  (in a mod'),
    ("k[my_stub] = my_test_call", 3, UNDECLARED.format("my_stub"), 'my_stub: Stub[[int]] = extern("my_stub")'),
    ("k[STUB_test_cal] = None", 3, UNDECLARED.format("STUB_test_cal"), "STUB_test_call  (did you mean that?)"),
    # What is compared for nothing.
    ("k[mine] == my_test_call", 1, NO_EFFECT, "k[mine] = my_test_call"),
    ("x == 5  # five", 1, NO_EFFECT, "x = 5"),
    ("x < 5", 1, NO_EFFECT, "if x < 5: ..."),
    ("nobody == 5", 1, UNDECLARED.format("nobody"), "declare it, or correct its name"),
    # Names of C's, and of Python's.
    ('printk(KERN_INFO, "x")', 1, IMPLICIT.format("printk"), 'k.printk(KERN_INFO, f"...")'),
    ("print(1)", 1, IMPLICIT.format("print"), 'k.printk(KERN_INFO, f"...")'),
    ("f = open('f')", 5, IMPLICIT.format("open"), "a kernel opens no file of its own accord"),
    ("__import__('os')", 1, IMPLICIT.format("__import__"), "help c-to-kshell"),
    ("return true", 8, UNDECLARED.format("true"), "True"),
    ('sprintf("%d", 5)', 1, IMPLICIT.format("sprintf"), 'snprintf(k, buf, sizeof(buf), f"...")'),
    ("return kmalloc(5, GFP_KERNEL)", 8, "too few arguments to function 'kmalloc'", "return kmalloc(k, 5, GFP_KERNEL)"),
    ("mutex_lock(k, 5)", 1, IMPLICIT.format("mutex_lock"), "take it out: one function at a time runs in this kernel"),
    ("mdelay(5)", 1, "too few arguments to function 'mdelay'", "mdelay(k, 5)"),
    ("return -ENOSY", 9, UNDECLARED.format("ENOSY"), "ENOSYS  (did you mean that?)"),
    ("return NUL", 8, UNDECLARED.format("NUL"), "NULL  (did you mean that?)"),
    ("return prink(5)", 8, IMPLICIT.format("prink"), "declare it, or correct its name"),
    ("y: unsigned = 5", 4, UNKNOWN.format("unsigned"), "UInt"),
    # A name before its first value.
    ("y = z + 1; z = 3", 5, UNDECLARED.format("z"), "z = 0  (above line 9)"),
    ("z += 1", 1, UNDECLARED.format("z"), "z = 0  (above line 9)"),
    # What a function answers with is a number.
    ("return NULL", 8, "returning 'void *' from a function with return type 'int' " + NO_RESULT, "0"),
    ('return "hi"', 8, "returning 'char *' from a function", 'k.printk(KERN_INFO, "hi")  and  return 0'),
    ('return f"{x}"', 8, "an f-string is a format, and no value", 'k.printk(KERN_INFO, f"{x}")'),
    ("return ENOSYS", 8, "'helper' returns ENOSYS, which is 38", "return -ENOSYS  (did you mean that?)"),
    # Signs of C.
    ("if (x && x):", 9, "invalid syntax", "if (x and x):"),
    ("if x || x:", 7, "invalid syntax", "if x or x:"),
    ("if !x:", 4, "invalid syntax", "if not x:"),
    ("x++;", 4, "invalid syntax", "x += 1"),
    ("if (x == 5) {", 13, "'{' was never closed", "if x == 5:"),
    ("} else {", 1, "unmatched '}'", "else:"),
    ("return &STUB_test_call", 8, "invalid syntax", "return addr(STUB_test_call)"),
    ("f(&p->list, 3);", 3, "invalid syntax", "f(addr(p.list), 3)"),
    ("*p = 5;", 1, "expected expression before '*' token", "p[0] = 5"),
    ("x = *p", 5, "expected expression before '*' token", "p[0]"),
    ("p->nr = 3;", 3, "invalid syntax", "p.nr = 3"),
    ("for (i = 0; i < n; i++) {", 8, "", "for i in range(n):"),
    ("x = a > b ? a : b;", 11, "invalid syntax", "x = a if a > b else b"),
    ("int x = 5;", 5, "invalid syntax", "x: int = 5"),
    ("unsigned long address;", 10, "invalid syntax", "address: ULong = 0"),
    ("struct entry *p = NULL;", 8, "invalid syntax", "p: Ptr[entry] = NULL"),
    ("char buf[64];", 6, "invalid syntax", "buf: Array[Char] = Array(Char, 64)"),
]


@pytest.mark.parametrize(("line", "column", "text", "try_"), IN_A_FUNCTION, ids=[each[0] for each in IN_A_FUNCTION])
def test_a_line_is_answered_with_the_line_to_write(line: str, column: int, text: str, try_: str) -> None:
    found = of_line(line)
    assert text in found.text
    assert try_ in found.try_
    if text not in ("", "invalid syntax"):  # where Python 3.11 finds a slip, later releases do not
        assert found.column == column + 4


@pytest.mark.parametrize(
    "line",
    [
        "k[STUB_test_call] = my_test_call",
        "k[mine] = k[STUB_test_call]",
        "level: int = 5; k.printk(KERN_INFO, f'{level}')",
        "k.write(level, k.read(level) + 1)",
        "return Int(k[mine](k, 5)) if k[mine] is not None else 0",
        "if mine != None: return 1",
        "return -ENOSYS",
        'k.printk("text")',
    ],
)
def test_what_means_the_memory_compiles(line: str) -> None:
    assert not compile_source(f"{HEAD}{FUNCTION}    {line}\n    return 0\n", "m.py", "4.19")[1]


@pytest.mark.parametrize(
    ("line", "wrong", "right"),
    [
        ("p: Ptr[Int] = {}; return p[0]", "x", "addr(x)"),
        ("p: Ptr[Long] = {}; return Int(p[0])", "x", "Ptr[Long](ULong(x))"),
        ("p: Ptr[Int] = {}; return p[0]", "5", "Ptr[Int](5)"),
        ("a: ULong = 5; p: Ptr[Int] = {}; return p[0]", "a", "Ptr[Int](a)"),
        ("return Int(copy_to_user(k, u, {}, sizeof(x)))", "x", "addr(x)"),
        ("v = list_head(); return Int(copy_to_user(k, u, {}, sizeof(v)))", "v", "addr(v)"),
        ("kfree(k, {})", "x", "Ptr[Const[Void]](ULong(x))"),
        ("return get_user(k, {}, u)", "x", "addr(x)"),
        ("p = addr(x); y: Int = {}; return y", "p", "p[0]"),
        ("y: Int = {}; return y", "addr(x)", "x"),
        ("y: Short = {}; return y", "addr(x)", "Short(ULong(addr(x)))"),
        ("y: Long = {}; return Int(y)", "u", "Long(u)"),
        ("y: Int = {}; return y", "u", "Int(ULong(u))"),
        ("return Int(k[mine](k, {}))", '"abc"', 'Int(ULong("abc"))'),
    ],
)
def test_a_number_for_a_pointer_is_answered_with_what_compiles_without_a_word(
    line: str, wrong: str, right: str
) -> None:
    text = f"{HEAD}def f(k: Kernel, x: int, u: User[Int]) -> int:\n    {line}\n    return 0\n"
    assert said(text.format(wrong)).try_.partition("  (")[0] == right
    assert not compile_source(text.format(right), "m.py", "4.19")[1]


def test_a_pointer_of_another_file_is_memory_however_it_is_written() -> None:
    for body in ("if STUB_test_call:", "if STUB_test_call is not None:", "if STUB_test_call != NULL:"):
        text = (
            f"{HEAD}def f(k: Kernel, n: int) -> Long:\n    {body}\n        return STUB_test_call(k, n)\n    return 0\n"
        )
        (function,) = (each for each in compile_source(text, "m.py", "4.19")[0].functions if each.name == "f")
        assert "Global(symbol='STUB_test_call'" in repr(function.body)
        assert "FunctionName" not in repr(function.body)


AT_THE_TOP = [
    # Statements, which C has in functions alone.
    *(
        (f"{text}\n", 1, f"expected identifier or '(' before {word}", "move it into a function")
        for text, word in (
            ("while True:\n    pass", "'while'"),
            ("for i in range(9):\n    pass", "'for'"),
            ("if 1:\n    pass", "'if'"),
            ("try:\n    pass\nfinally:\n    pass", "'try'"),
            ("try:\n    pass\nexcept* ValueError:\n    pass", "'try'"),
            ("with open:\n    pass", "'with'"),
            ("match 5:\n    case _:\n        pass", "'match'"),
            ("return 5", "'return'"),
            ("raise SystemExit", "'raise'"),
            ("del level", "'del'"),
            ("5", "numeric constant"),
            ("level", "'level'"),
        )
    ),
    ("printk('x')\n", 1, "expected declaration specifiers or '...' before string constant", "k.printk(KERN_INFO"),
    ("range(9)\n", 1, "expected declaration specifiers or '...' before numeric constant", "move it into a function"),
    ("my_test_call()\n", 1, "data definition has no type or storage class", "move it into a function"),
    ("level += 2\n", 1, NO_DECLARATION.format("+="), "one name a line"),
    ("level[0] = 5\n", 1, NO_DECLARATION.format("["), "one name a line"),
    ("x = my_test_call(1)\n", 5, NOT_CONSTANT, "give it its value in the init function"),
    ("x: int = my_test_call(1)\n", 10, NOT_CONSTANT, "give it its value in the init function"),
    ("x = (y := 5)\n", 6, NOT_CONSTANT, "give it 0 here"),
    ("x = 10 ** 9\n", 5, "expected expression before '**' token", "1 << n"),
    ("x = 1 // 0\n", 5, NOT_CONSTANT, "give it 0 here"),
    ("x = 1 << 64\n", 5, NOT_CONSTANT, "give it 0 here"),
    ("x = [0] * 1000000000\n", 5, "expected expression before '[' token", "Array(Int, 3"),
    ("x = 'ab' * 1000000000\n", 5, "invalid operands to binary * (have", ""),
    ("MODULE_LICENSE(my_test_call())\n", 16, "expected string literal before 'my_test_call()'", '"..."'),
    ("def f(k: Kernel, n: int = 5) -> None:\n    pass\n", 27, "expected ')' before '=' token", "say it at each call"),
    ("def f(k: g()) -> None:\n    pass\n", 1, NO_K.format("f"), "def f(k: Kernel) -> None:"),
    ("@wraps\ndef f(k: Kernel) -> None:\n    pass\n", 2, "stray '@' in program", "from inside the function"),
    ("my_test_call = 5\n", 1, "'my_test_call' redeclared as different kind of symbol", "rename one of the two"),
    ("class C:\n    pass\n", 1, "expected identifier or '(' before 'class'", "class C(Struct):"),
    # Declarations that are nearly right.
    ("mine = None\n", 1, "'mine' redeclared as different kind", "k[mine] = None  (in a function, such as the init)"),
    ("size = Param(1)\n", 14, "expected a name in quotes behind 'Param'", 'size = Param("size", 1)'),
    ("other = Stub(NULL)\n", 14, "expected a name in quotes behind 'Stub'", 'other: Stub[[int]] = Stub("other")'),
    ("other: Stub[[int]] = Stub()\n", 22, "expected a name in quotes", 'other: Stub[[int]] = Stub("other")'),
    ('other = Stub("other")\n', 1, "type defaults to 'int' in declaration", 'other: Stub[[int]] = Stub("other")'),
    ("other = extern(other)\n", 16, "expected a name in quotes", 'other: Stub[[int]] = extern("other")'),
    ("other = extern(other, int)\n", 16, "expected a name in quotes", 'other = extern("other", int)'),
    ('module_param("level", "int", 0o644)\n', 14, "expected identifier before string c", 'param(level, "int", 0o644)'),
    ('module_param(level, "int", 0644)\n', 28, "leading zeros in decimal", 'module_param(level, "int", 0o644)'),
    ("module_init(m_init)\n", 13, "'m_init' undeclared here (not in a function)", "declare it"),
    (
        "module_init(f)\ndef f(k: Kernel) -> int:\n    return 0\n",
        13,
        "'f' undeclared here (not in a function)",
        "module_init(f)  (at the end of the file)",
    ),
    (
        'module_param(times, "int", 0o644)\ntimes = Param("times", 1)\n',
        14,
        "'times' undeclared here (not in a function)",
        'module_param(times, "int", 0o644)  (at the end of the file)',
    ),
    (
        "EXPORT_SYMBOL(f)\ndef f(k: Kernel) -> int:\n    return 0\n",
        15,
        "'f' undeclared here (not in a function)",
        "EXPORT_SYMBOL(f)  (at the end of the file)",
    ),
    (
        'times = 3\nmodule_param(times, "int", 0o644)\nMODULE_PARM_DESC(times, "how often")\n',
        14,
        "lvalue required as unary '&' operand",
        'times = Param("times", 3)',
    ),
    (
        'name = "eth0"\nmodule_param(name, "charp", 0o644)\n',
        14,
        "lvalue required as unary '&' operand",
        'name = Param("name", "eth0")',
    ),
    ("module_exit(my_test_call(1))\n", 13, NOT_CONSTANT, "module_exit(my_test_call)"),
    ('module_exit("my_test_call")\n', 13, "expected identifier before string constant", "module_exit(my_test_call)"),
    # Functions: k is the first, and C knows what they take and what they answer.
    ("def f():\n    return 0\nmodule_init(f)\n", 1, NO_K.format("f"), "def f(k: Kernel) -> int:"),
    ("def f(void):\n    return 0\nmodule_init(f)\n", 1, NO_K.format("f"), "def f(k: Kernel) -> int:"),
    ("def f():\n    pass\nmodule_exit(f)\n", 1, NO_K.format("f"), "def f(k: Kernel) -> None:"),
    (f"def f(test):\n    return test\n{STORES}", 1, NO_K.format("f"), "def f(k: Kernel, test: int) -> Long:"),
    (f"def f(test: UInt):\n    return test\n{STORES}", 1, NO_K.format("f"), "def f(k: Kernel, test: UInt) -> Long:"),
    (f"def f(k, test):\n    return 0\n{STORES}", 1, DEFAULTS.format("f"), "def f(k: Kernel, test: int) -> Long:"),
    ("def f(k: Kernel):\n    pass\nmodule_init(f)\n", 1, DEFAULTS.format("f"), "def f(k: Kernel) -> int:"),
    ("def f(k: Kernel):\n    pass\nmodule_exit(f)\n", 1, DEFAULTS.format("f"), "def f(k: Kernel) -> None:"),
    ("def f(k: Kernel) -> int:\n    pass\nmodule_init(f)\n", 1, NO_END, "return 0  (as the last line of f)"),
    (f"def f(k: Kernel, n: int) -> Long:\n    pass\n{STORES}", 1, NO_END, "return 0  (as the last line of f)"),
    ("def f_init(k: Kernel) -> int:\n    return 0\n", 1, "'f_init' defined but not used", "module_init(f_init)"),
    (
        "def f_init(k: Kernel) -> int:\n    return 0\ndef f_exit(k: Kernel) -> None:\n    pass\nmodule_exit(f_exit)\n",
        1,
        "'f_init' defined but not used",
        "module_init(f_init)",
    ),
    # System calls.
    ("@SYSCALL_DEFINE0\ndef f():\n    return 0\n", 1, NO_K.format("f"), "def f(k: Kernel) -> Long:"),
    ("@SYSCALL_DEFINE1\ndef f(n: int):\n    return n\n", 1, NO_K.format("f"), "def f(k: Kernel, n: int) -> Long:"),
    ("@SYSCAL_DEFINE1\ndef f(k: Kernel, n: Int) -> Long:\n    return n\n", 2, "stray '@'", "@SYSCALL_DEFINE1  (did"),
    ("@SYSCALL_DEFINE1\ndef f(k: Kernel, n: Int) -> int:\n    return n\n", 29, "conflicting types", "-> Long"),
    (
        "@SYSCALL_DEFINE1\ndef f(k: Kernel, n: Itn) -> Long:\n    return n\n",
        21,
        "'Itn' undeclared here (not in a function)",
        "Int  (did",
    ),
    (
        "@SYSCALL_DEFINE1\ndef f(k: Kernel, n: integer) -> Long:\n    return n\n",
        21,
        "'integer' undeclared here (not in a function)",
        "Int",
    ),
    (
        "@SYSCALL_DEFINE1\ndef f(k: Kernel, n: 'const char __user *') -> Long:\n    return 0\n",
        21,
        UNKNOWN.format("const char __user *"),
        "User[Const[Char]]",
    ),
    *(
        (f"{text}\n    return 0\n", 0, ALONE if "@" in text else "", RIGHT)
        for text in (
            "@SYSCALL_DEFINE1(test_call, Int, test_int)\ndef test_call(k: Kernel, test_int: Int) -> Long:",
            "@SYSCALL_DEFINE1(test_call, int, test_int)\ndef test_call(test_int):",
            "@SYSCALL_DEFINE1(test_call)\ndef test_call(k: Kernel, test_int: Int) -> Long:",
            "SYSCALL_DEFINE1(test_call, int, test_int):",
            "SYSCALL_DEFINE1(test_call, int, test_int) {",
        )
    ),
    ("SYSCALL_DEFINE1(test_call, int, test_int)\n", 1, ALONE, RIGHT),
    (
        "@SYSCALL_DEFINE2\ndef f(k: Kernel, n: Int) -> Long:\n    return n\n",
        2,
        'macro "__MAP1" requires 4 arguments, but only 2 given',
        "@SYSCALL_DEFINE1",
    ),
    # Headers.
    ("import os\n", 1, "a kernel module cannot import os", "from kshell.linux import"),
    ("from . import x\n", 1, "a kernel module cannot import .", "from kshell.linux import"),
    ("from kshell.kernel import oops\n", 1, "a kernel module cannot import kshell.kernel", "from kshell.linux import"),
    ("from kshell.linux.uacess import x\n", 1, "linux/uacess.h: No such file or directory", "kshell.linux.uaccess imp"),
    ("from kshell.linux.uaccess import msleep\n", 34, "'msleep' undeclared here (not in", "import msleep"),
    ("from kshell.linux import Kernl\n", 26, "'Kernl' undeclared here (not in a function)", "Kernel  (did"),
    # C, line by line.
    ("/* System call stub */\n", 1, "invalid syntax", "# System call stub"),
    ("x = 5  // the answer\n", 15, "invalid syntax", "x = 5  # the answer"),
    ("long (*STUB_x)(int) = NULL;\n", 1, "", 'STUB_x: Stub[[int]] = Stub("STUB_x")'),
    ("extern long (*STUB_x)(int, long);\n", 8, "", 'STUB_x: Stub[[int, Long]] = extern("STUB_x")'),
    ("static int times = 5;\n", 8, "invalid syntax", "times: Int = 5"),
    ("extern int counter;\n", 8, "invalid syntax", 'counter = extern("counter", Int)'),
    ("static int hello_init(void)\n", 8, "invalid syntax", "def hello_init(k: Kernel) -> int:"),
    ("static void __exit hello_exit(void)\n", 8, "invalid syntax", "def hello_exit(k: Kernel) -> None:"),
    ("long my_call(int test) {\n", 6, "invalid syntax", "def my_call(k: Kernel, test: int) -> Long:"),
    (
        "long f(const char __user *p, size_t n)\n",
        6,
        "invalid syntax",
        "f(k: Kernel, p: User[Const[Char]], n: SizeT) ->",
    ),
    ('printk(KERN_INFO "hello\\n");\n', 18, "invalid syntax", 'k.printk(KERN_INFO, "hello")'),
]


@pytest.mark.parametrize(("text", "column", "words", "try_"), AT_THE_TOP, ids=[each[0] for each in AT_THE_TOP])
def test_what_stands_at_the_top_is_answered(text: str, column: int, words: str, try_: str) -> None:
    found = said(HEAD + text)
    assert words in found.text, found
    assert try_ in found.try_, found
    assert found.because
    if words not in ("", "invalid syntax") and column:
        assert found.column == column


def test_an_init_function_that_another_one_calls_is_used() -> None:
    text = f"{HEAD}def list_init(k: Kernel) -> int:\n    return 0\n{FUNCTION}    return list_init(k)\n"
    assert not compile_source(text, "m.py", "4.19")[1]


@pytest.mark.parametrize("path", sorted(Path(kshell.modules.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_the_packaged_modules_pass_without_a_word(path: Path) -> None:
    found = [each.text for each in compile_source(path.read_text(encoding="utf-8"), str(path), "4.19")[1]]
    assert found == ["division by zero [-Wdiv-by-zero]"] * (path.stem == "crash")


def test_a_wrong_digit_is_told_before_a_macro_that_is_not_imported() -> None:
    text = "from kshell.linux import SYSCALL_DEFINE1, Int, Kernel, Long\n@SYSCALL_DEFINE{}\n"
    text += "def f(k: Kernel, n: Int{}) -> Long:\n    return n\n"
    assert said(text.format(2, "")).text == 'macro "__MAP1" requires 4 arguments, but only 2 given'
    assert said(text.format(2, ", m: Int")).text == IMPLICIT.format("SYSCALL_DEFINE2")


def test_a_file_that_is_C_is_told_so_once() -> None:
    found = said(SLIDES)
    assert (found.text, found.line, found.column) == ("this is C, not Python", 1, 1)
    assert found.try_.startswith("help c-to-kshell")


def test_a_slip_in_a_source_makes_it_no_C() -> None:
    found = said(f"{HEAD}x = {{\n    1: (2),\n}}\ny = {{\n}}\ndef f(k:\n    return 0\n")
    assert "this is C" not in found.text
    assert "help c-to-kshell" not in said(f"{HEAD}def f(k: Kernel) -> int\n    return 0\n").because


@pytest.mark.parametrize(
    "text", ["x = " + "(" * 5000 + ")" * 5000, "x = " + "-" * 100_000 + "1", "x = " + "1+" * 50_000 + "1"]
)
def test_deep_nesting_is_refused_in_words_and_ends_nothing(text: str) -> None:
    assert said(text + "\n").text.strip()


def test_what_is_too_deep_is_told_at_its_own_line() -> None:
    assert said(f"{HEAD}x = {'1+' * 100_000}1\ny = 1\n").line == HEAD.count("\n") + 1


def test_a_name_whose_value_comes_later_is_told_with_that_line() -> None:
    found = said(f"{HEAD}{FUNCTION}    y = z + 1\n    if x:\n        z = 3\n    z = 4\n    return y + z\n")
    assert (found.text, found.line) == (UNDECLARED.format("z"), 9)
    assert found.because == "line 11 gives it its first value, and that is below"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc here to compare with")
@pytest.mark.parametrize(
    ("c", "ours"),
    [
        ("while (1) ;", "while True:\n    pass\n"),
        ("if (1) ;", "if 1:\n    pass\n"),
        ("return 3;", "return 3\n"),
        ("5;", "5\n"),
        ("int f(int);\nint x = f(1);", "x = my_test_call(1)\n"),
        ("int f(int);\nf(1);", "my_test_call(1)\n"),
        ("int f(int);\nf(x);", "my_test_call()\n"),
        ('int f(int);\nf("x");', "my_test_call('x')\n"),
        ("int f(void) { return 0; }\nint f = 5;", "f = 5\ndef f(k: Kernel) -> int:\n    return 0\n"),
        ("int x;\nx += 2;", "level += 2\n"),
    ],
)
def test_gcc_says_the_same(tmp_path: Path, c: str, ours: str) -> None:
    path = tmp_path / "x.c"
    path.write_text(c + "\n")
    command = ["gcc", "-c", str(path), "-o", os.devnull]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    assert said(HEAD + ours).text in done.stderr
