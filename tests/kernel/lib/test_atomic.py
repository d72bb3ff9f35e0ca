"""Atomic numbers, counts of references and bits: random operations against plain numbers, in both languages."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.lib.script_lab import LANGUAGES, Op, ScriptLab

# What is done to a number, each as (value, a, b) -> (answer, value).
OPERATIONS: dict[str, Callable[[int, int, int], tuple[int, int]]] = {
    "{p}_add(a, v)": lambda v, a, b: (0, v + a),
    "{p}_sub(a, v)": lambda v, a, b: (0, v - a),
    "{p}_inc(v)": lambda v, a, b: (0, v + 1),
    "{p}_dec(v)": lambda v, a, b: (0, v - 1),
    "{p}_and(a, v)": lambda v, a, b: (0, v & a),
    "{p}_or(a, v)": lambda v, a, b: (0, v | a),
    "{p}_xor(a, v)": lambda v, a, b: (0, v ^ a),
    "{p}_set(v, a)": lambda v, a, b: (0, a),
    "={p}_read(v)": lambda v, a, b: (v, v),
    "={p}_add_return(a, v)": lambda v, a, b: (v + a, v + a),
    "={p}_sub_return(a, v)": lambda v, a, b: (v - a, v - a),
    "={p}_inc_return(v)": lambda v, a, b: (v + 1, v + 1),
    "={p}_dec_return(v)": lambda v, a, b: (v - 1, v - 1),
    "={p}_fetch_add(a, v)": lambda v, a, b: (v, v + a),
    "={p}_fetch_sub(a, v)": lambda v, a, b: (v, v - a),
    "={p}_fetch_inc(v)": lambda v, a, b: (v, v + 1),
    "={p}_fetch_dec(v)": lambda v, a, b: (v, v - 1),
    "={p}_inc_and_test(v)": lambda v, a, b: (v + 1 == 0, v + 1),
    "={p}_dec_and_test(v)": lambda v, a, b: (v - 1 == 0, v - 1),
    "={p}_sub_and_test(a, v)": lambda v, a, b: (v - a == 0, v - a),
    "={p}_xchg(v, a)": lambda v, a, b: (v, a),
    "={p}_cmpxchg(v, a, b)": lambda v, a, b: (v, b if v == a else v),
    "={p}_fetch_add_unless(v, a, b)": lambda v, a, b: (v, v if v == b else v + a),
    "={p}_add_unless(v, a, b)": lambda v, a, b: (v != b, v if v == b else v + a),
    "={p}_inc_not_zero(v)": lambda v, a, b: (v != 0, v + 1 if v else 0),
}
KINDS = [("atomic", "atomic_t", 32), ("atomic64", "atomic64_t", 64)]


def source(language: str, prefix: str, kind: str) -> str:
    """An op that does the one of that number."""
    calls = [each.format(p=prefix) for each in OPERATIONS]
    if language == "py":
        bodies = [each.replace("(", "(k, ", 1) for each in calls]
        number = "Int" if prefix == "atomic" else "S64"
        lines = [
            f"    {'el' * (at > 0)}if what == {at}:\n        {body.replace('=', 'return ', 1)}"
            for at, body in enumerate(bodies)
        ]
        head = f"number = {prefix.upper()}_INIT(0)\ndef op(k: Kernel, what: Int, first: Long, second: Long) -> Long:\n"
        head += f"    a = {number}(first)\n    b = {number}(second)\n    v = addr(number)\n"
        return head + "\n".join(lines) + "\n    return 0"
    lines = [f"\tcase {at}: {each.replace('=', 'return ', 1)}; break;" for at, each in enumerate(calls)]
    head = f"#include <linux/atomic.h>\nstatic {kind} number = {prefix.upper()}_INIT(0);\n"
    head += f"static long op(int what, long a, long b)\n{{\n\t{kind} *v = &number;\n\tswitch (what) {{\n"
    return head + "\n".join(lines) + "\n\t}\n\treturn 0;\n}"


def wrap(value: int, bits: int) -> int:
    """As a signed number of so many bits."""
    return (value & (1 << bits) - 1 ^ 1 << bits - 1) - (1 << bits - 1)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("prefix", "kind", "bits"), KINDS)
def test_random_operations_on_an_atomic_number(
    tmp_path: Path, language: str, prefix: str, kind: str, bits: int
) -> None:
    lab = ScriptLab(tmp_path, language, source(language, prefix, kind))
    d, value, operations = random.Random(bits), 0, list(OPERATIONS.values())
    made: list[tuple[Op, int]] = []
    for _ in range(3000):
        what = d.randrange(len(operations))
        a, b = (d.choice((0, 1, -1, 2, value, -(1 << bits - 1), d.getrandbits(bits - 2))) for _ in "ab")
        answer, value = (wrap(int(each), bits) for each in operations[what](value, a, b))
        made.append(((what, a, b), answer))
    found = lab.run([op for op, _ in made])
    assert [(at, *one, got) for at, (one, got) in enumerate(zip(made, found, strict=True)) if one[1] != got][:1] == []


REFCOUNT_PY = """
users = REFCOUNT_INIT(1)
def op(k: Kernel, what: Int, a: Long, b: Long) -> Long:
    r = addr(users)
    if what == 0:
        refcount_set(k, r, Int(a))
    elif what == 1:
        refcount_inc(k, r)
    elif what == 2:
        refcount_dec(k, r)
    elif what == 3:
        return refcount_dec_and_test(k, r)
    elif what == 4:
        return refcount_inc_not_zero(k, r)
    elif what == 5:
        refcount_add(k, Int(a), r)
    return refcount_read(k, r)
"""
REFCOUNT_C = """
#include <linux/refcount.h>
static refcount_t users = REFCOUNT_INIT(1);
static long op(int what, long a, long b)
{
	refcount_t *r = &users;
	switch (what) {
	case 0: refcount_set(r, a); break;
	case 1: refcount_inc(r); break;
	case 2: refcount_dec(r); break;
	case 3: return refcount_dec_and_test(r);
	case 4: return refcount_inc_not_zero(r);
	case 5: refcount_add(a, r); break;
	}
	return refcount_read(r);
}
"""
SATURATED = 0xC000_0000
WRONG = [
    ([(0, 0, 0), (1, 0, 0)], "refcount_t: increment on 0; use-after-free."),
    ([(0, 1, 0), (2, 0, 0)], "refcount_t: decrement hit 0; leaking memory."),
    ([(0, 0, 0), (3, 0, 0)], "refcount_t: underflow; use-after-free."),
    ([(0, 0x7FFF_FFFF, 0), (5, 7, 0)], "refcount_t: saturated; leaking memory."),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_count_of_references_that_goes_wrong_stays_and_is_told_once(tmp_path: Path, language: str) -> None:
    lab = ScriptLab(tmp_path, language, {"py": REFCOUNT_PY, "c": REFCOUNT_C}[language])
    assert lab.run([(1, 0, 0), (4, 0, 0), (3, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0)]) == [2, 1, 0, 1, 1, 0]
    assert "W" not in lab.k.taint.letters
    for script, text in WRONG:
        lab.run([*script, *script])
        assert lab.run([(6, 0, 0)]) == [SATURATED]
        assert lab.dmesg().count(text) == 1
    assert lab.run([(1, 0, 0), (6, 0, 0)])[-1] == SATURATED


def test_a_later_release_says_addition_for_increment(tmp_path: Path) -> None:
    lab = ScriptLab(tmp_path, "py", REFCOUNT_PY, "6.19")
    lab.run([(0, 0, 0), (1, 0, 0)])
    assert "refcount_t: addition on 0; use-after-free." in lab.dmesg()


BITS_PY = """
map = DECLARE_BITMAP(200)
def op(k: Kernel, what: Int, a: Long, b: Long) -> Long:
    if what == 0:
        set_bit(k, a, map)
    elif what == 1:
        clear_bit(k, a, map)
    elif what == 2:
        change_bit(k, a, map)
    elif what == 3:
        return test_and_set_bit(k, a, map)
    elif what == 4:
        return test_and_clear_bit(k, a, map)
    elif what == 5:
        return test_and_change_bit(k, a, map)
    elif what == 6:
        return test_bit(k, a, map)
    elif what == 7:
        return Long(find_next_bit(k, map, ULong(b), ULong(a)))
    elif what == 8:
        return Long(find_next_zero_bit(k, map, ULong(b), ULong(a)))
    elif what == 9:
        return Long(find_first_bit(k, map, ULong(b)) * 1000 + find_first_zero_bit(k, map, ULong(b)))
    elif what == 10:
        return ffs(k, Int(a)) * 1000000 + fls(k, UInt(a)) * 1000 + fls64(k, U64(a))
    elif what == 11:
        return hweight64(k, ULong(a)) * 1000000 + hweight32(k, UInt(a)) * 1000 + hweight8(k, U8(a))
    elif what == 12:
        __set_bit(k, a, map)
    elif what == 13:
        __clear_bit(k, a, map)
    return 0
"""
BITS_C = """
#include <linux/bitops.h>
static DECLARE_BITMAP(map, 200);
static long op(int what, long a, long b)
{
	switch (what) {
	case 0: set_bit(a, map); break;
	case 1: clear_bit(a, map); break;
	case 2: change_bit(a, map); break;
	case 3: return test_and_set_bit(a, map);
	case 4: return test_and_clear_bit(a, map);
	case 5: return test_and_change_bit(a, map);
	case 6: return test_bit(a, map);
	case 7: return find_next_bit(map, b, a);
	case 8: return find_next_zero_bit(map, b, a);
	case 9: return find_first_bit(map, b) * 1000 + find_first_zero_bit(map, b);
	case 10: return ffs(a) * 1000000L + fls(a) * 1000 + fls64(a);
	case 11: return hweight64(a) * 1000000L + hweight32(a) * 1000 + hweight8(a);
	case 12: __set_bit(a, map); break;
	case 13: __clear_bit(a, map); break;
	}
	return 0;
}
"""


def lowest(number: int) -> int:
    """The number of the lowest bit that is set, from 1."""
    return (number & -number).bit_length()


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_operations_on_bits(tmp_path: Path, language: str) -> None:
    lab = ScriptLab(tmp_path, language, {"py": BITS_PY, "c": BITS_C}[language])
    d, bits, made = random.Random(3), set[int](), list[tuple[Op, int]]()
    for _ in range(3000):
        what, a, b, answer = d.randrange(14), d.randrange(200), d.randrange(201), 0
        if what in (0, 3, 12):
            answer = (a in bits) * (what == 3)
            bits.add(a)
        elif what in (1, 4, 13):
            answer = (a in bits) * (what == 4)
            bits.discard(a)
        elif what in (2, 5):
            answer = (a in bits) * (what == 5)
            bits ^= {a}
        elif what == 6:
            answer = a in bits
        elif what in (7, 8):
            answer = min((n for n in range(a, b) if (n in bits) == (what == 7)), default=b)
        elif what == 9:
            first = [min((n for n in range(b) if (n in bits) == wanted), default=b) for wanted in (True, False)]
            answer = first[0] * 1000 + first[1]
        elif what in (10, 11):
            a = d.getrandbits(d.choice((0, 1, 8, 31, 32, 63)))
            low = a & 0xFFFF_FFFF
            answer = lowest(low) * 1000000 + low.bit_length() * 1000 + a.bit_length()
            if what == 11:
                answer = a.bit_count() * 1000000 + low.bit_count() * 1000 + (a & 0xFF).bit_count()
        made.append(((what, a, b), int(answer)))
    found = lab.run([op for op, _ in made])
    assert [(at, *one, got) for at, (one, got) in enumerate(zip(made, found, strict=True)) if one[1] != got][:1] == []


def test_a_locked_instruction_is_one(tmp_path: Path) -> None:
    from kshell.cc.compiler import compile_file
    from kshell.cc.listing import list_code

    text = "from kshell.linux import *\nv = ATOMIC_INIT(0)\nmap: ULong = 0\ndef f(k: Kernel) -> int:\n    mb()\n"
    text += "    atomic_inc(k, addr(v))\n    set_bit(k, 3, addr(map))\n    return atomic_dec_and_test(k, addr(v))\n"
    code = [each.text for each in list_code(compile_file("m.py", text, "4.19.1", (4, 19)).object)]
    for wanted in (
        "mfence",
        "lock add dword ptr [rax], ecx",
        "lock bts qword ptr [rax], rcx",
        "lock xadd dword ptr [rax], ecx",
    ):
        assert wanted in code
