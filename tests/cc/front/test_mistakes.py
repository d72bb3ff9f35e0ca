"""What the compiler says about mistakes: gcc's words, the place, and what to try."""

from __future__ import annotations

import pytest

from kshell.cc.finding import Finding
from kshell.cc.front.unit import compile_source
from kshell.cc.source_error import SourceError

HEAD = """from kshell.linux import *
class e(Struct):
    a: Int
    next: Ptr["e"]
m: Int = 1
N = 3
S: Stub[[int]] = Stub("S")
def g(k: Kernel, x: Int) -> Int:
    return x
def f(k: Kernel, n: Int, p: Ptr[e], q: User[Int]) -> Int:
"""


def findings(text: str, release: str = "4.19") -> list[Finding]:
    try:
        return compile_source(text, "t.py", release)[1]
    except SourceError as error:
        return error.findings


def in_function(body: str, release: str = "4.19") -> list[Finding]:
    return findings(HEAD + "".join(f"    {line}\n" for line in body.split("\n")), release)


ERRORS = [
    (
        "return foo(k, 1)",
        8,
        "implicit declaration of function 'foo' [-Werror=implicit-function-declaration]",
        "declare it",
    ),
    ("return msleeep(k, 1)", 8, "implicit declaration of function 'msleeep'", "msleep  (did you mean that?)"),
    ("return undefined", 8, "'undefined' undeclared (first use in this function)", "declare it"),
    ("return g(1)", 8, "too few arguments to function 'g'", "return g(k, 1)"),
    ("return g(k)", 8, "too few arguments to function 'g'", "return g(k, 0)"),
    ("return g(k, 1, 2)", 8, "too many arguments to function 'g'", "g(k, 1)"),
    (
        "y: Ptr[Long] = p\nreturn y[0]",
        16,
        "initialization of 'long int *' from incompatible pointer type 'struct e *'",
        "Ptr[Long](p)",
    ),
    ("return [1]", 8, "expected expression before '[' token", "kmalloc and list_head"),
    ("x = {}\nreturn 0", 5, "expected expression before '{' token", "hash table"),
    ("x = lambda: 1\nreturn 0", 5, "expected expression before 'lambda'", "def f(k: Kernel"),
    ("x, y = 1, 2\nreturn 0", 1, "expected ';' before ',' token", "one assignment a line"),
    ("try:\n    pass\nexcept ValueError:\n    pass\nreturn 0", 1, "expected expression before 'try'", "return error"),
    ("with p:\n    pass\nreturn 0", 1, "expected expression before 'with'", "give it back before each return"),
    ("match n:\n    case 1:\n        pass\nreturn 0", 1, "expected expression before 'match'", "elif x == 2"),
    ("raise ValueError", 1, "expected expression before 'raise'", "return -EINVAL"),
    ("def h(): pass\nreturn 0", 1, "a function inside of a function", "move it to the top"),
    ("return 2 ** n", 8, "expected expression before '**' token", "1 << n"),
    ('return "a" + "b"', 8, "invalid operands to binary + (have 'char *')", "snprintf(k, buf, sizeof(buf)"),
    ("p.zz = 1\nreturn 0", 1, "'struct e' has no member named 'zz'", ""),
    ("return q[0]", 8, "dereference of noderef expression", "get_user(k, addr(v), q)"),
    (
        "x = 0\nx = Long(n)\nreturn x",
        1,
        "conversion from 'long int' to 'int' may change value",
        "declare it: x: Long = 0",
    ),
    ("for i in range(3):\n    i = 2\nreturn 0", 5, "assignment to the counter 'i' of its loop", "while"),
    ("m = 3\nreturn 0", 1, "'m' is assigned without 'global'", "global m"),
    ("global N\nN = 3\nreturn 0", 1, "lvalue required as left operand of assignment", "N: Int = 3"),
    (
        'k.printk(KERN_INFO, "n: %d", n)\nreturn 0',
        1,
        "too many arguments to function 'printk'",
        'k.printk(KERN_INFO, f"n: {n}")',
    ),
    ("x = k\nreturn 0", 5, "'k' is no value", "f(k, ...)"),
    (
        "k[S] = g\nreturn 0",
        8,
        "assignment to 'long int (*)(int)' from incompatible pointer type 'int (*)(int)'",
        "def g(k: Kernel, x: Int) -> Long:",
    ),
    ("return k.memory.load(0)", 8, "'struct kernel' has no member named 'memory'", "Ptr[Long](address)[0]"),
    ("return 1.5", 8, "SSE register return with SSE disabled", "smaller units"),
    ("return 0x1_0000_0000_0000_0000", 8, "integer constant is too large for its type", "0xFFFF"),
    ("buf = Array(Char, n)\nreturn 0", 19, "ISO C90 forbids variable length array [-Werror=vla]", "kmalloc"),
    ("return len(p)", 8, "ARRAY_SIZE of something not an array", "strlen"),
    ("x = msleep(k, 1)\nreturn 0", 5, "void value not ignored as it ought to be", "a line of its own"),
    ("break", 1, "break statement not within loop or switch", "return"),
    ("return n in (1, 2)", 8, "expected ')' before 'in'", "x == 1 or x == 2"),
    ("x = NULL\nreturn 0", 1, "pointer of unknown type", "x: Ptr[e] = NULL"),
]


@pytest.mark.parametrize(("body", "column", "text", "try_"), ERRORS, ids=[each[0] for each in ERRORS])
def test_an_error_is_told_with_its_place_and_the_way_out(body: str, column: int, text: str, try_: str) -> None:
    found = next(each for each in in_function(body) if each.kind == "error")
    assert (found.text.startswith(text), found.column - 4) == (True, column), found
    assert try_ in found.try_


WARNINGS = [
    ("pass", "control reaches end of non-void function [-Wreturn-type]"),
    ("if n:\n    return 1", "control reaches end of non-void function [-Wreturn-type]"),
    ("while True:\n    if n:\n        break", "control reaches end of non-void function [-Wreturn-type]"),
    ("x: Int\nreturn x", "'x' is used uninitialized [-Wuninitialized]"),
    ("if n:\n    x = 1\nreturn x", "'x' may be used uninitialized [-Wmaybe-uninitialized]"),
    ("x = 1\nreturn 0", "unused variable 'x' [-Wunused-variable]"),
    ("return 1 << 32", "left shift count >= width of type [-Wshift-count-overflow]"),
    ("return n & 1 == 0", "suggest parentheses around comparison in operand of '&' [-Wparentheses]"),
    ("return n or n and n", "suggest parentheses around '&&' within '||' [-Wparentheses]"),
    ("return n // 0", "division by zero [-Wdiv-by-zero]"),
    ("return EINVAL", "'f' returns EINVAL, which is 22: a result, not an error"),
    (
        'k.printk(KERN_INFO, f"{n:s}")\nreturn 0',
        "format '%s' expects argument of type 'char *', but argument has type 'int' [-Wformat]",
    ),
    ('k.printk(KERN_INFO, "n: %d")\nreturn 0', "format '%d' expects a matching argument [-Wformat]"),
    (
        "c: Char = 300\nreturn c",
        "overflow in conversion from 'int' to 'char' changes value from '300' to '44' [-Woverflow]",
    ),
    ("return p == 3", "comparison between pointer and integer"),
    ("return n is None", "comparison between pointer and integer"),
    ('return "a" == "a"', "comparison with string literal results in unspecified behavior [-Waddress]"),
    (
        'k.printk(KERN_INFO, f"{n:.2f}")\nreturn 0',
        "format '%f' expects argument of type 'double', but argument has type 'int' [-Wformat]",
    ),
    ("n == 3\nreturn 0", "statement with no effect [-Wunused-value]"),
    (
        "copy_from_user(k, p, q, 4)\nreturn 0",
        "ignoring return value of 'copy_from_user' declared with attribute 'warn_unused_result' [-Wunused-result]",
    ),
    (
        "u: UInt = 3\nreturn u < n",
        "comparison of integer expressions of different signedness: 'unsigned int' and 'int'",
    ),
]


@pytest.mark.parametrize(("body", "text"), WARNINGS, ids=[each[0] for each in WARNINGS])
def test_a_warning_is_gccs(body: str, text: str) -> None:
    assert [each.text for each in in_function(body)] == [text]


def test_what_is_a_warning_on_one_release_is_an_error_on_the_other() -> None:
    for body, option in (("return p", "int-conversion"), ("pass", "return-type")):
        old, new = in_function(body, "4.19")[0], in_function(body, "6.19")[0]
        assert (old.kind, new.kind) == ("warning", "error")
        assert old.text.endswith(f"[-W{option}]")
        assert new.text.endswith(f"[-Werror={option}]")


def test_the_address_of_what_ends_with_the_function_is_told() -> None:
    head = "from kshell.linux import *\n"
    for body in ("    x: Int = 3\n    return addr(x)\n", "    x = Array(Int, 4)\n    return x\n"):
        (found,) = findings(f"{head}def f(k: Kernel) -> Ptr[Int]:\n{body}")
        assert found.text == "function returns address of local variable [-Wreturn-local-addr]"


def test_a_slip_is_told_once() -> None:
    head = "from kshell.linux import *\n"
    use = "def f(k: Kernel, n: int) -> Long:\n    return k[S](k, n)\n"
    for text in (
        f'{head}S = extern("S")\n{use}',
        f"import os\n{use}",
        f"from linux import *\n{use}",
        f"{head}def f(k: Kernel, n: int) -> int:\n    try:\n        return n\n    except Exception:\n        return 0\n",
        f"{head}def f(k: Kernel, n: int) -> int:\n    def g():\n        return 1\n    return g()\n",
        f"{head}x: Kernel = None\ndef f(k: Kernel) -> None:\n    global x\n    x = 1\n",
    ):
        assert len(findings(text)) == 1, (text, findings(text))


def test_the_way_out_of_a_slip_is_a_line_that_works() -> None:
    for body, try_ in (
        ('k["S"] = f\nreturn 0', "k[S] = f"),
        ('c: Char = "a"\nreturn c', "ord('a')"),
        ("return n is None", "n == 0"),
        ('return "a" != "b"', 'strcmp(k, "a", "b") != 0'),
    ):
        assert in_function(body)[0].try_ == try_
    assert findings("def f(k: int) -> Long:\n    return 0\n")[-1].try_ == "from kshell.linux import Long"
    assert findings("import os\n")[0].try_ == "from kshell.linux import *"
    constant = "from kshell.linux import *\ncount = 0\ndef f(k: Kernel) -> None:\n    global count\n    count += 1\n"
    assert findings(constant)[0].try_ == "count: Int = 0  (at the top)"


def test_parentheses_and_ways_that_all_return_give_no_warning() -> None:
    for body in ("return (n & 1) == 0", "while True:\n    pass", "if n:\n    return 1\nelse:\n    return 2"):
        assert in_function(body) == []


TOP = [
    ("import os\n", "a kernel module cannot import os"),
    ("from kshell.linux.nope import x\n", "linux/nope.h: No such file or directory"),
    ("from kshell.linux import kmaloc\n", "'kmaloc' undeclared here (not in a function)"),
    ("while 1: pass\n", "expected identifier or '(' before 'while'"),
    ("class A:\n    pass\n", "expected identifier or '(' before 'class'"),
    ("x = [0]\n", "expected expression before '[' token"),
    ("x = y = 1\n", "expected '=', ',', ';', 'asm' or '__attribute__'"),
    ("def f(n: int) -> int:\n    return n\n", "the first parameter of 'f' is not k: Kernel"),
    ("def f(k, n) -> int:\n    return n\n", "type of 'n' defaults to 'int' [-Werror=implicit-int]"),
]


@pytest.mark.parametrize(("text", "said"), TOP, ids=[each[0] for each in TOP])
def test_what_may_not_stand_at_the_top_is_refused(text: str, said: str) -> None:
    assert findings(text)[0].text == said


ALL = "from kshell.linux import *\n"
PARAMETERS = [
    (
        'p = Param("p", 7)\nmodule_param(p, "int", 0o644, range=(0, 5))\n',
        'static assertion failed: "p=7 is not in 0 to 5"',
        'p = Param("p", 0), or another range',
    ),
    (
        'p: Short = -1\nmodule_param(p, "short", 0o644, range=(1, 5))\n',
        'static assertion failed: "p=-1 is not in 1 to 5"',
        'p = Param("p", 1), or another range',
    ),
    (
        'p = Param("p", "x")\nmodule_param(p, "charp", 0o644, range=(0, 5))\n',
        "a range is for numbers",
        "take the range",
    ),
    ('p = extern("p", str)\n', "unknown type name 'str'", 'extern("p", Ptr[Char])'),
    (
        "module_init(lambda k: 0)\n",
        "expected expression before 'lambda'",
        "def my_init(k: Kernel) -> int:  (at the top)",
    ),
    ("module_exit(3)\n", "expected identifier", "and  module_exit(my_exit)"),
    (
        'p = Param("p", "text")\nmodule_param(p, "int", 0o644)\n',
        "initialization of 'int' from 'char *' makes integer from pointer without a cast [-Werror=int-conversion]",
        'Param("p", 0), or "charp" in module_param',
    ),
    (
        'p = Param("p", 3)\nmodule_param(p, "charp", 0o644)\n',
        "initialization of 'char *' from 'int' makes pointer from integer without a cast [-Werror=int-conversion]",
        'Param("p", "3"), or "int" in module_param',
    ),
]


@pytest.mark.parametrize(("text", "said", "try_"), PARAMETERS, ids=[each[0] for each in PARAMETERS])
def test_what_a_macro_of_the_top_is_given_wrongly_is_told_with_the_way_out(text: str, said: str, try_: str) -> None:
    (found,) = findings(ALL + text)
    assert (found.kind, found.text) == ("error", said)
    assert try_ in found.try_


def test_what_is_in_the_range_or_has_no_text_yet_passes() -> None:
    for value, kind in (("5", '"int", 0o644, range=(-1, 5)'), ("0", '"charp", 0'), ("None", '"charp", 0')):
        assert findings(f'{ALL}p = Param("p", {value})\nmodule_param(p, {kind})\n') == []


def test_a_type_that_is_not_included_is_answered_with_its_import() -> None:
    (found,) = findings("from kshell.linux import Kernel, Long\ndef f(k: Kernel, n: Int) -> Long:\n    return n\n")
    assert (found.text, found.try_) == ("unknown type name 'Int'", "from kshell.linux import Int")


INCLUDES_NOTHING = """MODULE_LICENSE("GPL")
class e(Struct):
    a: Int
def my_init(k: Kernel) -> int:
    k.printk(KERN_INFO, "hi")
    msleep(k, 3)
    return -ENOMEM
module_init(my_init)
"""


def test_a_file_that_includes_nothing_is_told_so_once() -> None:
    (found,) = findings(INCLUDES_NOTHING)
    assert (found.line, found.column, found.try_) == (1, 1, "from kshell.linux import *")
    names = "MODULE_LICENSE, Struct, Kernel, KERN_INFO, msleep, ENOMEM, module_init"
    assert found.because == f"this file includes nothing, and headers declare {names}"
    assert not findings(f"{found.try_}\n{INCLUDES_NOTHING}")


def test_what_is_wrong_beside_a_missing_import_is_told_too() -> None:
    wrong = "def f(k: Kernel) -> int:\n    return [1]\n"
    texts = [each.text for each in findings(INCLUDES_NOTHING + wrong)]
    assert texts[1:] == ["expected expression before '[' token"]


def test_an_include_of_c_is_told_to_be_a_comment() -> None:
    for source in (INCLUDES_NOTHING, 'MODULE_LICENSE("GPL")\n'):
        (found,) = findings(f"#include <linux/module.h>\n{source}")
        assert (found.line, found.try_) == (2, "from kshell.linux import *")
        assert found.because.endswith("; #include <linux/module.h> is a comment here: an import is C's #include")


def test_a_system_call_with_the_wrong_digit_is_told_as_the_macro_would() -> None:
    text = "from kshell.linux import *\n@SYSCALL_DEFINE2\ndef t(k: Kernel, n: Int) -> Long:\n    return n\n"
    found = findings(text)[0]
    assert found.text == 'macro "__MAP1" requires 4 arguments, but only 2 given'
    assert found.try_.startswith("@SYSCALL_DEFINE1")


def test_an_init_function_that_nothing_names_is_told() -> None:
    text = "from kshell.linux import Kernel\ndef x_init(k: Kernel) -> int:\n    return 0\n"
    assert findings(text)[0].text == "'x_init' defined but not used [-Wunused-function]"


def test_a_source_in_c_is_told_so() -> None:
    with pytest.raises(SourceError, match="this is C, not Python"):
        compile_source("#include <linux/module.h>\nint f(void)\n{\n\treturn 0;\n}\n/* x */\n", "t.py")
