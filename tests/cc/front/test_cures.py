"""Whatever the compiler advises to type into a source takes away what it complains of."""

from __future__ import annotations

import pytest

from tests.cc.front import test_mistakes, test_students_mistakes
from tests.cc.front.cures import findings, is_code, is_cured

SOURCES = [test_mistakes.HEAD + "".join(f"    {line}\n" for line in row[0].split("\n")) for row in test_mistakes.ERRORS]
SOURCES += [test_mistakes.ALL + row[0] for row in test_mistakes.PARAMETERS]
_IN_A_FUNCTION = test_students_mistakes.HEAD + test_students_mistakes.FUNCTION
SOURCES += [f"{_IN_A_FUNCTION}    {row[0]}\n    return 0\n" for row in test_students_mistakes.IN_A_FUNCTION]
SOURCES += [test_students_mistakes.HEAD + row[0] for row in test_students_mistakes.AT_THE_TOP]
# Advice that shows the form of what is to be written: its names are not those of the source, which has none for them.
FORMS = (
    "if error < 0: return error",
    "Ptr[Long](address)[0]  (its value is read, or assigned)",
    "strlen(k, p)  (of a string)",
    'snprintf(k, buf, sizeof(buf), f"...")',
    'k.printk(KERN_INFO, f"...")',
    'k.printk(KERN_INFO, "hello")',  # of a line in C at the top, where no spelling of it may stand
    "ULong(1) << n",
    "module_exit(my_test_call)",  # which is no exit function in these sources
)
MORE = [  # a line of a function, what is said of it, and what is advised
    ("STUB_test_call = NULL", "'STUB_test_call' is assigned without 'global'", "k[STUB_test_call] = NULL"),
    ("k[level] = x + 1", "called object is not a function or function pointer", "k.write(level, x + 1)"),
    ("ssleep(x)", "too few arguments to function 'ssleep'", "ssleep(k, x)"),
    ("return my_test_call(k)", "too few arguments to function 'my_test_call'", "return my_test_call(k, 0)"),
    ('"a {} and {}".format(x, x + 1)', "request for member 'format'", 'k.printk(KERN_INFO, f"a {x} and {x + 1}")'),
]


def test_what_is_advised_to_be_typed_takes_the_mistake_away() -> None:
    typed = 0
    for source in SOURCES:
        for found in findings(source)[:1]:
            if is_code(found.try_) and found.try_ not in FORMS:
                typed += 1
                assert is_cured(source, found), f"{found.text}: {found.try_}\n{source}"
    assert typed > 90


@pytest.mark.parametrize(("line", "said", "try_"), MORE, ids=[row[0] for row in MORE])
def test_the_advice_has_the_names_and_values_of_the_line(line: str, said: str, try_: str) -> None:
    source = f"{_IN_A_FUNCTION}    {line}\n    return 0\n"
    found = findings(source)[0]
    assert found.text.startswith(said)
    assert found.try_.startswith(try_)
    assert not is_code(found.try_) or try_ == "help c-to-kshell" or is_cured(source, found)


def test_a_function_as_a_parameter_of_the_module_is_told_what_a_parameter_is() -> None:
    source = test_students_mistakes.HEAD + 'def g(k: Kernel) -> int:\n    return 0\nmodule_param(g, "int", 0o644)\n'
    found = findings(source)[0]
    assert found.text.startswith("returning 'int (*)(void)' from a function with incompatible return type")
    assert found.because == "g is a function, and a parameter is a variable of the file"
    assert is_cured(source, found)
