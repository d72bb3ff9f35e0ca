"""print, ptype, whatis and walk: C's expressions over the kernel's memory."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from kshell.cc.c_compiler import find_compiler
from kshell.kernel.debug.expressions import evaluate
from kshell.kernel.debug.operators import number_of
from kshell.shell.prompt.candidates import complete
from tests.abi.compiled import compiled_by_gcc
from tests.shell.lab import Lab

MODULE = """
from kshell.linux import *
MODULE_LICENSE("GPL")
class entry(Struct):
    nr: Int
    list: list_head
    name: Array[Char] = Array(Char, 8)
people = LIST_HEAD()
count: Int = 3
first: Ptr[entry] = NULL
def start(k: Kernel) -> int:
    global first
    for i in range(3):
        p = kmalloc(k, entry, GFP_KERNEL)
        p.nr = i
        snprintf(k, p.name, sizeof(p.name), f"n{i}")
        list_add_tail(k, addr(p.list), addr(people))
        first = p if i == 0 else first
    return 0
module_init(start)
"""


@pytest.fixture
def people(tmp_path: Path) -> Lab:
    """A machine with a module that has a list of three entries."""
    lab = Lab()
    (tmp_path / "people.py").write_text(MODULE, encoding="utf-8")
    lab.text(f"insmod {tmp_path}/people.py")
    return lab


SHOWN = {
    "current->pid": "77",
    "current->comm": '"kshell"',
    "current.comm": '"kshell"',
    "current->cred->uid": "{val = 0}",
    "current->cred->uid.val": "0",
    "init_task.pid": "0",
    "&init_task == init_task.group_leader": "1",
    "*&current->pid": "77",
    "((struct task_struct *)init_task.children.next)->pid != 1": "1",
    "&((struct task_struct *)0)->pid": "(pid_t *) 0x6c",
    "(long)&((struct task_struct *)0)->state": "24",
    "sizeof(struct list_head)": "16",
    "sizeof(int) + sizeof current->comm": "20",
    "sizeof(struct cred)": "36",
    "1 + 2 * 3 - 4 / 3 % 2": "6",
    "(1 + 2) * 3 << 2 | 1": "37",
    "-7 / 2": "-3",
    "-7 % 2": "-1",
    "~0": "-1",
    "!5 || 0 && 1": "0",
    "0xffffffff + 1": "0",
    "4294967295 + 1": "4294967296",
    "-1 < 0u": "0",
    "(unsigned char)300": "44 ','",
    "(char)200": "-56",
    "'a' + 1": "98",
    "010": "8",
    "current->comm[0]": "107 'k'",
    "*current->comm": "107 'k'",
    "(unsigned long)current == (unsigned long)&*current": "1",
    "(kuid_t *)0": "(kuid_t *) 0x0",
}


@pytest.mark.parametrize(("expression", "shown"), SHOWN.items())
def test_print_shows_what_c_makes_of_an_expression(shared: Lab, expression: str, shown: str) -> None:
    assert shared.text(f"p {expression}") == shown


def test_print_follows_the_table_and_names_what_is_there(shared: Lab) -> None:
    k = shared.session.kernel
    slot = k.memory.load(k.sys_call_table + 8 * 335)
    assert shared.text("p sys_call_table[335]") == f"(sys_call_ptr_t) {slot:#x} <__x64_sys_test_call>"
    assert shared.text("p/x sys_call_table[335]") == f"{slot:#x}"
    assert shared.text("print/d current->pid") == "77"
    assert shared.text("p/t current->pid") == f"{77:032b}"
    assert shared.text("p/x current->cred->uid") == "{val = 0x0}"
    assert shared.text("p &gdt_page").startswith("(<data variable, no debug info> *) 0xffffffff824")
    assert shared.text("p do_syscall_64").startswith(
        "{<text variable, no debug info>} 0xffffffff81000010 <do_syscall_64>"
    )
    assert shared.json("p current->pid") == {"name": "current->pid", "type": "pid_t", "value": 77, "text": "77"}


WRONG = {
    "nosuch": 'No symbol "nosuch" in current context.',
    "current->pit": "There is no member named pit.",
    "*(int *)0": "Cannot access memory at address 0x0",
    "init_task + 1": "A number is needed, and this is a struct task_struct.",
    "1 / 0": "Division by zero",
    "1 +": "A syntax error in expression, near `1 +'.",
    "1 2": "A syntax error in expression, near `2'.",
    "(struct cred)1": "Invalid cast.",
    "(struct nosuch *)0": "No struct type named nosuch.",
    "sys_call_table * 2": "Argument to arithmetic operation not a number or boolean: sys_call_ptr_t [336].",
    "*5": "Attempt to take contents of a non-pointer value: int is not a pointer.",
    "*(void *)0": "Attempt to take contents of a non-pointer value: nothing says what is there.",
    "5 = 6": "A syntax error in expression, near `= 6'.",
    "gdt_page": "'gdt_page' has unknown type; cast it to its declared type",
    "&1": "Attempt to take address of value not located in memory.",
    "$rax": "No registers.",
    "99999999999999999999": "Numeric constant too large.",
    "unsigned": 'No symbol "unsigned" in current context.',
    "current->comm | grep k": 'No symbol "grep" in current context.',
}


@pytest.mark.parametrize(("expression", "what"), WRONG.items())
def test_print_says_what_has_no_value(shared: Lab, expression: str, what: str) -> None:
    assert shared.error(f"p {expression}")["what"] == what


def test_a_name_that_is_nearly_right_is_found(shared: Lab) -> None:
    assert shared.error("p curent->pid")["try"] == "print current->pid"
    assert shared.error("p current->pidd")["try"] == "print current->pid"
    assert shared.error("ptype struct task_strcut")["try"] == "ptype struct task_struct"
    assert shared.error("print")["because"] == "its usage is: print[/FORMAT] EXPRESSION"
    assert shared.error("p/z 1")["because"] == "the formats are x, d, u, o, t, c, a"


def test_a_large_struct_has_a_line_for_each_field(shared: Lab) -> None:
    lines = shared.text("p *current").split("\n")
    assert (lines[0], lines[-1]) == ("{", "}")
    assert "  pid = 77," in lines
    assert '  comm = "kshell",' in lines
    assert all(len(line) < 80 for line in lines)


def test_ptype_and_whatis_say_what_a_type_is(shared: Lab) -> None:
    assert shared.text("ptype struct list_head").split("\n") == [
        "type = struct list_head {",
        "/*    0 */    struct list_head *next;",
        "/*    8 */    struct list_head *prev;",
        "}",
    ]
    assert "/*  248 */    char comm[16];" in shared.text("ptype current")
    assert shared.text("ptype current").endswith("\n} *")
    assert shared.text("whatis current->cred") == "type = struct cred *"
    assert shared.text("whatis 1 + 1ul") == "type = unsigned long"
    assert shared.text("ptype int") == "type = int"
    assert shared.text("whatis unsigned long long") == "type = unsigned long long"
    assert shared.json("ptype struct list_head")["fields"][1] == {
        "name": "prev",
        "type": "struct list_head *",
        "offset": 8,
        "size": 8,
    }


def test_the_state_has_the_name_of_the_release() -> None:
    assert "unsigned int __state;" in Lab("6.19").text("ptype struct task_struct")
    assert Lab("6.19").text("p current->__state") == "0"
    assert "unsigned int state;" in Lab("4.19").text("ptype struct task_struct")


def test_structs_and_static_variables_of_a_module_are_known(people: Lab) -> None:
    assert people.text("p count * 2") == "6"
    assert people.text("p *first") == people.text("p *(struct entry *)first")
    assert people.text("p first->name") == '"n0"'
    assert people.text("p first->list.prev == &people") == "1"
    assert people.text("p sizeof(struct entry)") == "32"
    assert people.text("p (long)&((struct entry *)0)->name") == "24"
    assert people.text("whatis first") == "type = struct entry *"


def walked(lab: Lab) -> tuple[list[str], str]:
    *rows, end = lab.text("walk people entry.list nr name").split("\n")
    return [row.partition("  nr = ")[2] for row in rows], end


def test_walk_follows_a_list_to_its_head(people: Lab) -> None:
    assert walked(people) == (
        ['0, name = "n0"', '1, name = "n1"', '2, name = "n2"'],
        "3 entries of struct entry; it leads back to its head",
    )
    assert people.text("walk -n 2 people entry.list").endswith(
        "2 entries of struct entry; and so on: walk -n N shows more"
    )
    assert people.text("walk &people struct entry.list") == people.text("walk people entry.list")
    found = people.json("walk init_task.tasks task_struct.tasks pid")
    assert [row["fields"] for row in found["entries"]] == [{"pid": "1"}, {"pid": "2"}, {"pid": "77"}]
    assert found["end"] == "head"
    assert people.text("walk current->children task_struct.sibling").startswith("0 entries of struct task_struct; it")


BROKEN = {
    "null": (0, "BROKEN: the next pointer is NULL"),
    "poison": (
        0xDEAD_0000_0000_0100,
        "BROKEN: the next pointer is 0xdead000000000100, which list_del leaves",
    ),
    "unreadable": (0xFFFF_8880_7000_0000, "BROKEN: the next pointer is 0xffff888070000000, and there is no memory"),
    "user": (0x1000, "BROKEN: the next pointer is 0x1000, and there is no memory"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_walk_says_where_a_list_is_broken(people: Lab, kind: str) -> None:
    value, said = BROKEN[kind]
    second = int(people.json("walk people entry.list")["entries"][1]["address"], 16)
    people.session.kernel.memory.store(second + 8, value)
    rows, end = walked(people)
    assert len(rows) == 2
    assert end.startswith(f"2 entries of struct entry; {said}")
    assert people.results("walk people entry.list")[0].status == 1


def test_walk_finds_a_circle_and_a_wrong_link_back(people: Lab) -> None:
    memory = people.session.kernel.memory
    first, second, third = (int(row["address"], 16) + 8 for row in people.json("walk people entry.list")["entries"])
    memory.store(third, second)
    memory.store(second + 8, third)
    assert people.json("walk people entry.list")["end"] == "prev"
    memory.store(second + 8, first)
    memory.store(third, first)
    found = people.json("walk people entry.list")
    assert (found["end"], found["at"], len(found["entries"])) == ("circle", f"{first:#x}", 3)


def test_walk_wants_a_list_and_a_member(people: Lab) -> None:
    assert people.error("walk count entry.list")["what"] == "walk: count is no list_head"
    assert people.error("walk people entry")["because"] == "of struct entry these link entries: list"
    assert people.error("walk people nosuch.list")["what"] == "No struct type named nosuch."
    assert people.error("walk people entry.nr")["what"] == "walk: nr of struct entry is no list_head"
    assert people.error("walk people entrx.list")["try"] == "ptype struct entry"
    assert people.error("walk people entry.list nrr")["what"] == "There is no member named nrr."
    assert people.error("walk people")["what"] == "walk: which list, and by which member is it linked?"


def completions(lab: Lab, text: str) -> list[str]:
    return [match.candidate.text for match in complete(lab.session, text)[1]]


def test_names_fields_and_types_are_completed(people: Lab) -> None:
    assert "current" in completions(people, "p cur")
    assert completions(people, "p current->real_p") == ["real_parent"]
    assert completions(people, "p 1 + first->na") == ["name"]
    assert completions(people, "p current->cred->eu") == ["euid"]
    assert "task_struct" in completions(people, "ptype struct task")
    assert completions(people, "walk people entry.") == ["list"]
    assert "entry." in completions(people, "walk people ent")
    assert completions(people, "p nosuch->x") == []


def constant(draw: random.Random, depth: int) -> str:
    """An expression of C without undefined behaviour but for overflow, which wraps in the kernel."""
    if not depth:
        return draw.choice(("0", "1", "7", "-3", "0x80000000", "4294967295", "0xffffffffffffffff", "5u", "9l", "'a'"))
    form = draw.randrange(4)
    one = constant(draw, depth - 1)
    if form == 0:
        return f"({draw.choice(('-', '~', '!'))} {one})"
    if form == 1:
        kind = draw.choice(("char", "unsigned char", "short", "unsigned", "long", "unsigned long"))
        return f"(({kind}){one})"
    if form == 2:
        return f"({one} {draw.choice(('<<', '>>'))} {draw.randrange(31)})"
    operator = draw.choice(("+", "-", "*", "&", "|", "^", "<", "<=", "==", "!=", ">", "&&", "||"))
    return f"({one} {operator} {constant(draw, depth - 1)})"


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")
def test_random_expressions_are_what_gcc_makes_of_them(tmp_path: Path, shared: Lab) -> None:
    draw = random.Random(7)
    texts = [text for text in (constant(draw, 3) for _ in range(400)) if len(text) <= 200 and "- -" not in text]
    texts += ["-7 / 2 + 7 % -3", "100 - 10 - 1", "1 << 2 + 1", "1 | 2 ^ 3 & 4", "2 > 1 == 1"]
    source = f"const long found[] = {{ {', '.join(f'(long)({text})' for text in texts)} }};\n"
    data = next(each for each in compiled_by_gcc(tmp_path, source, "-w").sections if each.name == ".rodata").data
    wanted = struct.unpack(f"<{len(texts)}q", data)
    k = shared.session.kernel
    found = [number_of(evaluate(k, None, f"(long)({text})"[:200])) for text in texts if len(text) < 190]
    assert found == [value for text, value in zip(texts, wanted, strict=True) if len(text) < 190]


def test_no_text_brings_it_down(shared: Lab) -> None:
    draw = random.Random(3)
    pieces = [
        "current",
        "->",
        "pid",
        "(",
        ")",
        "*",
        "&",
        "struct",
        "task_struct",
        "1",
        "[",
        "]",
        "sizeof",
        "+",
        "-",
        ".",
        "unsigned",
    ]
    for _ in range(400):
        line = "p " + " ".join(draw.choices(pieces, k=draw.randrange(1, 9)))
        for result in shared.results(line):
            assert result.error is None or "internal error" not in result.error["what"], line
