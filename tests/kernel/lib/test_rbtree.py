"""Sorted trees: random insertions and removals against a sorted list, and the rules of red and black."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kernel.lib.script_lab import LANGUAGES, Op, ScriptLab

ENTRIES, SIZE = 64, 32
PY = """
class entry(Struct):
    n: Int
    rb: rb_node
entries: Array[entry] = Array(entry, 64)
tree = RB_ROOT
def insert(k: Kernel, q: Ptr[entry]) -> Long:
    link = addr(tree.rb_node)
    parent: Ptr[rb_node] = None
    while link[0]:
        parent = link[0]
        link = addr(parent.rb_left) if q.n < rb_entry(parent, entry, "rb").n else addr(parent.rb_right)
    rb_link_node(k, addr(q.rb), parent, link)
    rb_insert_color(k, addr(q.rb), addr(tree))
    return 0
def op(k: Kernel, what: Int, a: Long, b: Long) -> Long:
    found: Ptr[rb_node] = None
    if what == 0:
        for i in range(64):
            entries[i].n = i
            RB_CLEAR_NODE(addr(entries[i].rb))
        tree.rb_node = None
    elif what == 1:
        return insert(k, addr(entries[a]))
    elif what == 2:
        rb_erase(k, addr(entries[a].rb), addr(tree))
        RB_CLEAR_NODE(addr(entries[a].rb))
    elif what == 3:
        found = rb_next(k, addr(entries[a].rb))
        return rb_entry(found, entry, "rb").n if found else -1
    elif what == 4:
        found = rb_prev(k, addr(entries[a].rb))
        return rb_entry(found, entry, "rb").n if found else -1
    elif what == 5:
        if RB_EMPTY_ROOT(addr(tree)):
            return -1
        return rb_entry(rb_first(k, addr(tree)), entry, "rb").n * 64 + rb_entry(rb_last(k, addr(tree)), entry, "rb").n
    elif what == 6:
        return RB_EMPTY_NODE(addr(entries[a].rb))
    return 0
"""
C = """
#include <linux/rbtree.h>
struct entry { int n; struct rb_node rb; } entries[64];
struct rb_root tree = RB_ROOT;
#define number(node) (rb_entry(node, struct entry, rb)->n)
static long insert(struct entry *q)
{
	struct rb_node **link = &tree.rb_node, *parent = NULL;
	while (*link) {
		parent = *link;
		link = q->n < number(parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&q->rb, parent, link);
	rb_insert_color(&q->rb, &tree);
	return 0;
}
static long op(int what, long a, long b)
{
	struct rb_node *found;
	switch (what) {
	case 0:
		for (int i = 0; i < 64; i++) { entries[i].n = i; RB_CLEAR_NODE(&entries[i].rb); }
		tree = RB_ROOT;
		break;
	case 1: return insert(&entries[a]);
	case 2: rb_erase(&entries[a].rb, &tree); RB_CLEAR_NODE(&entries[a].rb); break;
	case 3: found = rb_next(&entries[a].rb); return found ? number(found) : -1;
	case 4: found = rb_prev(&entries[a].rb); return found ? number(found) : -1;
	case 5: return RB_EMPTY_ROOT(&tree) ? -1 : number(rb_first(&tree)) * 64 + number(rb_last(&tree));
	case 6: return RB_EMPTY_NODE(&entries[a].rb);
	}
	return 0;
}
"""
TEXTS = {"py": PY, "c": C}


def steps(d: random.Random, count: int) -> list[tuple[Op, int]]:
    """Operations, each with what it answers."""
    inside: set[int] = set()
    made: list[tuple[Op, int]] = []
    for at in range(count):
        what, a, answer = d.randrange(1, 7), d.randrange(ENTRIES), 0
        if what in (1, 2) or (at % 300 < 100 and a not in inside):
            what = 2 if a in inside else 1
        if what in (3, 4) and a not in inside:
            what = 6
        if what == 1:
            inside.add(a)
        elif what == 2:
            inside.remove(a)
        elif what == 3:
            answer = min((n for n in inside if n > a), default=-1)
        elif what == 4:
            answer = max((n for n in inside if n < a), default=-1)
        elif what == 5:
            answer = min(inside) * 64 + max(inside) if inside else -1
        elif what == 6:
            answer = a not in inside
        made.append(((what, a, 0), answer))
    return made


def height(lab: ScriptLab, node: int, parent: int, low: int, high: int) -> int:
    """How many black nodes each way down from a node has; every rule of such a tree is asked for."""
    if not node:
        return 1
    memory, number = lab.k.memory, (node - 8 - lab.address("entries")) // SIZE
    mark = memory.load(node)
    is_black = mark & 1
    assert low < number < high
    assert mark & ~3 == parent
    assert is_black or (parent and memory.load(parent) & 1), "red below red"
    right = height(lab, memory.load(node + 8), node, number, high)
    left = height(lab, memory.load(node + 16), node, low, number)
    assert left == right
    return left + is_black


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tree_stays_sorted_and_balanced(tmp_path: Path, language: str) -> None:
    lab = ScriptLab(tmp_path, language, TEXTS[language])
    made = [((0, 0, 0), 0), *steps(random.Random(5), 3000)]
    for start in range(0, len(made), 20):
        part = made[start : start + 20]
        found = lab.run([op for op, _ in part])
        assert [(*one, got) for one, got in zip(part, found, strict=True) if one[1] != got] == []
        height(lab, lab.k.memory.load(lab.address("tree")), 0, -1, ENTRIES)
