"""Circular lists: each function of list.h against a plain list, in both languages, and what a corrupt one is told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kernel.lib.script_lab import LANGUAGES, Op, ScriptLab

ENTRIES = 12  # of which two are heads
PY = """
class entry(Struct):
    n: Int
    list: list_head
entries: Array[entry] = Array(entry, 12)
def at(k: Kernel, n: Long) -> Ptr[list_head]:
    return addr(entries[n].list)
def numbers(k: Kernel, head: Ptr[list_head]) -> Long:
    sum: Long = 0
    for each in list_for_each_entry(entry, head, "list"):
        sum = sum * 16 + each.n
    back: Long = 0
    for each in list_for_each_entry_safe_reverse(entry, head, "list"):
        back = back * 16 + each.n
    links: Long = 0
    for link in list_for_each_safe(head):
        links = links * 16 + list_entry(link, entry, "list").n
    reverse: Long = 0
    for link in list_for_each_prev(head):
        reverse = reverse * 16 + list_entry(link, entry, "list").n
    safe: Long = 0
    for each in list_for_each_entry_safe(entry, head, "list"):
        safe = safe * 16 + each.n
    again: Long = 0
    for each in list_for_each_entry_reverse(entry, head, "list"):
        again = again * 16 + each.n
    plain: Long = 0
    for link in list_for_each(head):
        plain = plain * 16 + list_entry(link, entry, "list").n
    if links != sum or safe != sum or plain != sum or back != reverse or again != reverse:
        return -1
    return sum
def op(k: Kernel, what: Int, a: Long, b: Long) -> Long:
    if what == 0:
        for i in range(12):
            entries[i].n = i
            INIT_LIST_HEAD(k, at(k, i))
    elif what == 1:
        list_add(k, at(k, a), at(k, b))
    elif what == 2:
        list_add_tail(k, at(k, a), at(k, b))
    elif what == 3:
        list_del_init(k, at(k, a))
    elif what == 4:
        list_move(k, at(k, a), at(k, b))
    elif what == 5:
        list_move_tail(k, at(k, a), at(k, b))
    elif what == 6:
        list_splice_init(k, at(k, a), at(k, b))
    elif what == 7:
        list_splice_tail_init(k, at(k, a), at(k, b))
    elif what == 8:
        list_rotate_left(k, at(k, a))
    elif what == 9:
        return list_empty(k, at(k, a)) + 2 * list_is_singular(k, at(k, a))
    elif what == 10:
        return list_is_first(k, at(k, a), at(k, b)) + 2 * list_is_last(k, at(k, a), at(k, b))
    elif what == 11:
        first = list_first_entry_or_null(at(k, a), entry, "list")
        if first is None:
            return -1
        last = list_last_entry(at(k, a), entry, "list")
        return first.n * 4096 + list_next_entry(first, "list").n * 256 + last.n * 16 + list_prev_entry(last, "list").n
    elif what == 12:
        return numbers(k, at(k, a))
    elif what == 13:
        list_del(k, at(k, a))
    elif what == 14:
        list_replace(k, at(k, a), at(k, b))
        INIT_LIST_HEAD(k, at(k, a))
    return 0
"""
C = """
#include <linux/list.h>
struct entry { int n; struct list_head list; } entries[12];
#define at(n) (&entries[n].list)
static long numbers(struct list_head *head)
{
	struct entry *each, *n;
	struct list_head *link, *next;
	long sum = 0, back = 0, links = 0, reverse = 0, safe = 0, again = 0, plain = 0;
	list_for_each_entry(each, head, list) sum = sum * 16 + each->n;
	list_for_each_entry_safe_reverse(each, n, head, list) back = back * 16 + each->n;
	list_for_each_safe(link, next, head) links = links * 16 + list_entry(link, struct entry, list)->n;
	list_for_each_prev(link, head) reverse = reverse * 16 + list_entry(link, struct entry, list)->n;
	list_for_each_entry_safe(each, n, head, list) safe = safe * 16 + each->n;
	list_for_each_entry_reverse(each, head, list) again = again * 16 + each->n;
	list_for_each(link, head) plain = plain * 16 + list_entry(link, struct entry, list)->n;
	if (links != sum || safe != sum || plain != sum || back != reverse || again != reverse)
		return -1;
	return sum;
}
static long op(int what, long a, long b)
{
	struct entry *first, *last;
	switch (what) {
	case 0: for (int i = 0; i < 12; i++) { entries[i].n = i; INIT_LIST_HEAD(at(i)); } break;
	case 1: list_add(at(a), at(b)); break;
	case 2: list_add_tail(at(a), at(b)); break;
	case 3: list_del_init(at(a)); break;
	case 4: list_move(at(a), at(b)); break;
	case 5: list_move_tail(at(a), at(b)); break;
	case 6: list_splice_init(at(a), at(b)); break;
	case 7: list_splice_tail_init(at(a), at(b)); break;
	case 8: list_rotate_left(at(a)); break;
	case 9: return list_empty(at(a)) + 2 * list_is_singular(at(a));
	case 10: return list_is_first(at(a), at(b)) + 2 * list_is_last(at(a), at(b));
	case 11:
		first = list_first_entry_or_null(at(a), struct entry, list);
		if (!first)
			return -1;
		last = list_last_entry(at(a), struct entry, list);
		return first->n * 4096 + list_next_entry(first, list)->n * 256 + last->n * 16 + list_prev_entry(last, list)->n;
	case 12: return numbers(at(a));
	case 13: list_del(at(a)); break;
	case 14: list_replace(at(a), at(b)); INIT_LIST_HEAD(at(a)); break;
	}
	return 0;
}
"""
TEXTS = {"py": PY, "c": C}


class Model:
    """What two lists, of the heads 0 and 1, should hold: a plain list for each."""

    def __init__(self) -> None:
        self.lists: list[list[int]] = [[], []]

    def of(self, entry: int) -> list[int]:
        """The list that an entry is in; an empty one for one that is in none."""
        return next((each for each in self.lists if entry in each), [])

    def free(self) -> list[int]:
        """The entries that are in no list."""
        return [n for n in range(2, ENTRIES) if not self.of(n)]

    def step(self, d: random.Random) -> tuple[Op, int]:
        """An operation that is allowed now, and what it answers."""
        used, free, head = [n for each in self.lists for n in each], self.free(), d.randrange(2)
        here, other = self.lists[head], self.lists[1 - head]
        what = d.choice([each for each in range(1, 15) if each != 13 and (used or each not in (3, 4, 5, 10, 14))])
        if what in (1, 2) and not free:
            what = 12
        answer, a, b = 0, head, 1 - head
        if what in (1, 2):
            a, b = d.choice(free), head
            here.insert(0 if what == 1 else len(here), a)
        elif what == 3:
            a = d.choice(used)
            self.of(a).remove(a)
        elif what in (4, 5):
            a, b = d.choice(used), head
            self.of(a).remove(a)
            here.insert(0 if what == 4 else len(here), a)
        elif what in (6, 7):
            other[:] = here + other if what == 6 else other + here
            here.clear()
        elif what == 8 and here:
            here.append(here.pop(0))
        elif what == 9:
            answer = (not here) + 2 * (len(here) == 1)
        elif what == 10:
            a, b = d.choice(used), head
            answer = (here[:1] == [a]) + 2 * (here[-1:] == [a])
        elif what == 11:
            line = [head, *here, head]
            answer = line[1] * 4096 + line[2] * 256 + line[-2] * 16 + line[-3] if here else -1
        elif what == 12:
            answer = sum(n * 16**at for at, n in enumerate(reversed(here)))
        elif what == 14:
            a, b = d.choice(used), d.choice(free or [0])
            if not b:
                return (12, 0, 0), sum(n * 16**at for at, n in enumerate(reversed(self.lists[0])))
            its = self.of(a)
            its[its.index(a)] = b
        return (what, a, b), answer


def differences(lab: ScriptLab, seed: int, steps: int) -> list[tuple[int, Op, int, int]]:
    """The first of so many random operations that answers something else than the model."""
    d, model = random.Random(seed), Model()
    made = [((0, 0, 0), 0), *(model.step(d) for _ in range(steps))]
    found = lab.run([op for op, _ in made])
    return [
        (at, op, right, got) for at, ((op, right), got) in enumerate(zip(made, found, strict=True)) if right != got
    ][:1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("release", ["4.19", "course"])
def test_random_operations_on_two_lists_do_what_they_do_to_plain_ones(
    tmp_path: Path, language: str, release: str
) -> None:
    lab = ScriptLab(tmp_path, language, TEXTS[language], release)
    assert differences(lab, 7, 2000) == []
    assert "W" not in lab.k.taint.letters


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("release", "poison"), [("4.19", 0x200), ("6.19", 0x122)])
def test_the_links_of_an_entry_that_is_gone_are_poisoned(
    tmp_path: Path, language: str, release: str, poison: int
) -> None:
    lab = ScriptLab(tmp_path, language, TEXTS[language], release)
    lab.run([(0, 0, 0), (1, 2, 0), (13, 2, 0)])
    at = lab.address("entries") + 2 * 24 + 8
    assert [lab.k.memory.load(at), lab.k.memory.load(at + 8)] == [0xDEAD000000000100, 0xDEAD000000000000 + poison]


CORRUPT = [
    ([(1, 2, 0), (1, 2, 0)], "list_add double add: new={2}, prev={0}, next={2}."),
    ([(1, 2, 0), (13, 2, 0), (13, 2, 0)], "list_del corruption, {2}->next is LIST_POISON1 (dead000000000100)"),
    (
        [(1, 2, 0), (1, 3, 0), (1, 2, 1), (3, 3, 0)],
        "list_del corruption. next->prev should be {3}, but was {1}",
    ),
    (
        [(1, 2, 0), (1, 2, 1), (2, 3, 0)],
        "list_add corruption. prev->next should be next ({0}), but was {1}. (prev={2}).",
    ),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("script", "text"), CORRUPT)
def test_the_kernel_of_the_course_says_what_is_wrong_with_a_list(
    tmp_path: Path, language: str, script: list[Op], text: str
) -> None:
    lab = ScriptLab(tmp_path, language, TEXTS[language])
    lab.run([(0, 0, 0), *script])
    links = [f"{lab.address('entries') + 24 * at + 8:016x}" for at in range(ENTRIES)]
    lines = lab.dmesg()
    assert lines[lines.index("------------[ cut here ]------------") + 1] == text.format(*links)
    assert "W" in lab.k.taint.letters
    assert lines.count("------------[ cut here ]------------") == 1


def test_a_kernel_of_a_distribution_is_silent_and_the_list_is_as_wrong(tmp_path: Path) -> None:
    lab = ScriptLab(tmp_path, "py", PY, "4.19")
    lab.run([(0, 0, 0), (1, 2, 0), (1, 2, 0)])
    assert lab.k.memory.load(lab.address("entries") + 2 * 24 + 8) == lab.address("entries") + 2 * 24 + 8
    assert "W" not in lab.k.taint.letters
