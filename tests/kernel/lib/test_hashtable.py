"""Hash tables and their lists: random operations against plain dictionaries and lists, in both languages."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kernel.lib.script_lab import LANGUAGES, Op, ScriptLab

ENTRIES, BITS = 24, 3
PY = """
class entry(Struct):
    key: Int
    n: Int
    node: hlist_node
entries: Array[entry] = Array(entry, 24)
table = DEFINE_HASHTABLE(3)
chain = HLIST_HEAD()
def possible(k: Kernel, key: Int) -> Long:
    found: Long = 0
    for each in hash_for_each_possible(table, entry, "node", key):
        if each.key == key:
            found |= Long(1) << each.n
    return found
def all(k: Kernel) -> Long:
    found: Long = 0
    for each in hash_for_each(table, entry, "node"):
        if found & (Long(1) << each.n):
            return -1
        found |= Long(1) << each.n
    return found
def first(k: Kernel, n: Long) -> Long:
    seen: Long = 0
    for each in hash_for_each(table, entry, "node"):
        seen += 1
        if seen == n:
            break
    return seen
def numbers(k: Kernel) -> Long:
    sum: Long = 0
    for each in hlist_for_each_entry(entry, addr(chain), "node"):
        sum = sum * 32 + each.n
    return sum
def op(k: Kernel, what: Int, a: Long, b: Long) -> Long:
    if what == 0:
        hash_init(k, table)
        for i in range(24):
            entries[i].n = i
            INIT_HLIST_NODE(k, addr(entries[i].node))
    elif what == 1:
        entries[a].key = Int(b)
        hash_add(k, table, addr(entries[a].node), entries[a].key)
    elif what == 2:
        hash_del(k, addr(entries[a].node))
    elif what == 3:
        return possible(k, Int(b))
    elif what == 4:
        return all(k)
    elif what == 5:
        return hash_empty(k, table) + 2 * hash_hashed(k, addr(entries[a].node))
    elif what == 6:
        return first(k, a)
    elif what == 7:
        for each in hash_for_each_safe(table, entry, "node"):
            if each.n & 1:
                hash_del(k, addr(each.node))
    elif what == 8:
        for each in hash_for_each_possible_safe(table, entry, "node", Int(b)):
            hash_del(k, addr(each.node))
    elif what == 9:
        hlist_add_head(k, addr(entries[a].node), addr(chain))
    elif what == 10:
        hlist_add_before(k, addr(entries[a].node), addr(entries[b].node))
    elif what == 11:
        hlist_add_behind(k, addr(entries[a].node), addr(entries[b].node))
    elif what == 12:
        return numbers(k)
    elif what == 13:
        for each in hlist_for_each_entry_safe(entry, addr(chain), "node"):
            hlist_del_init(k, addr(each.node))
        return hlist_empty(k, addr(chain))
    elif what == 14:
        return Long(hash_32(k, UInt(a), 7)) << 32 | hash_64(k, U64(b), 9)
    return 0
"""
C = """
#include <linux/hashtable.h>
struct entry { int key, n; struct hlist_node node; } entries[24];
static DEFINE_HASHTABLE(table, 3);
static HLIST_HEAD(chain);
static long op(int what, long a, long b)
{
	struct entry *each;
	struct hlist_node *n;
	unsigned slot;
	long found = 0;
	switch (what) {
	case 0:
		hash_init(table);
		for (int i = 0; i < 24; i++) { entries[i].n = i; INIT_HLIST_NODE(&entries[i].node); }
		break;
	case 1: entries[a].key = b; hash_add(table, &entries[a].node, entries[a].key); break;
	case 2: hash_del(&entries[a].node); break;
	case 3:
		hash_for_each_possible(table, each, node, (int)b)
			if (each->key == b)
				found |= 1L << each->n;
		return found;
	case 4:
		hash_for_each(table, slot, each, node) {
			if (found & 1L << each->n)
				return -1;
			found |= 1L << each->n;
		}
		return found;
	case 5: return hash_empty(table) + 2 * hash_hashed(&entries[a].node);
	case 6:
		hash_for_each(table, slot, each, node)
			if (++found == a)
				break;
		return found;
	case 7:
		hash_for_each_safe(table, slot, n, each, node)
			if (each->n & 1)
				hash_del(&each->node);
		break;
	case 8: hash_for_each_possible_safe(table, each, n, node, (int)b) hash_del(&each->node); break;
	case 9: hlist_add_head(&entries[a].node, &chain); break;
	case 10: hlist_add_before(&entries[a].node, &entries[b].node); break;
	case 11: hlist_add_behind(&entries[a].node, &entries[b].node); break;
	case 12: hlist_for_each_entry(each, &chain, node) found = found * 32 + each->n; return found;
	case 13: hlist_for_each_entry_safe(each, n, &chain, node) hlist_del_init(&each->node); return hlist_empty(&chain);
	case 14: return (long)hash_32(a, 7) << 32 | hash_64(b, 9);
	}
	return 0;
}
"""
TEXTS = {"py": PY, "c": C}


def slot(key: int) -> int:
    """The list of a key: the upper bits of its product with the golden ratio."""
    return (key * 0x61C88647 & 0xFFFF_FFFF) >> (32 - BITS)


def table_steps(d: random.Random, count: int) -> list[tuple[Op, int]]:
    """Operations on the table, each with what it answers."""
    keys: dict[int, int] = {}
    made: list[tuple[Op, int]] = []
    for _ in range(count):
        what, a, key, answer = d.randrange(1, 9), d.randrange(ENTRIES), d.randrange(-6, 6), 0
        if what == 1:
            what = 2 if a in keys else 1
        if what == 1:
            keys[a] = key
        elif what == 2:
            keys.pop(a, None)
        elif what == 3:
            answer = sum(1 << n for n, its in keys.items() if its == key)
        elif what == 4:
            answer = sum(1 << n for n in keys)
        elif what == 5:
            answer = (not keys) + 2 * (a in keys)
        elif what == 6:
            a = d.randrange(1, 8)
            answer = min(a, len(keys))
        elif what == 7 and d.randrange(8) == 0:
            keys = {n: its for n, its in keys.items() if not n & 1}
        elif what == 8 and d.randrange(4) == 0:
            keys = {n: its for n, its in keys.items() if slot(its) != slot(key)}
        elif what in (7, 8):
            what, answer = 4, sum(1 << n for n in keys)
        made.append(((what, a, key), answer))
    return made


def chain_steps(d: random.Random, count: int) -> list[tuple[Op, int]]:
    """Operations on one list, of eight entries at most."""
    chain: list[int] = []
    made: list[tuple[Op, int]] = []
    for _ in range(count):
        what, answer = d.choice((2, 9, 9, 10, 11, 12, 12, 13)), 0
        free = [n for n in range(ENTRIES) if n not in chain]
        a, b = d.choice(free), d.choice(chain or [0])
        if (what in (10, 11) and not chain) or (what in (9, 10, 11) and len(chain) == 8):
            what = 12
        if what == 9:
            chain.insert(0, a)
        elif what in (10, 11):
            chain.insert(chain.index(b) + (what == 11), a)
        elif what == 2:
            a = b
            chain = [n for n in chain if n != b]
        elif what == 12:
            answer = sum(n * 32**at for at, n in enumerate(reversed(chain)))
        elif what == 13:
            chain, answer = [], 1
        made.append(((what, a, b), answer))
    return made


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("steps", [table_steps, chain_steps])
def test_random_operations_answer_what_plain_ones_do(tmp_path: Path, language: str, steps: object) -> None:
    assert callable(steps)
    lab = ScriptLab(tmp_path, language, TEXTS[language])
    made = [((0, 0, 0), 0), *steps(random.Random(11), 2500)]
    found = lab.run([op for op, _ in made])
    assert [(at, *one, got) for at, (one, got) in enumerate(zip(made, found, strict=True)) if one[1] != got][:1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hash_is_the_upper_bits_of_a_product(tmp_path: Path, language: str) -> None:
    lab = ScriptLab(tmp_path, language, TEXTS[language])
    for a, b in ((0, 0), (1, 1), (0xFFFF_FFFF, (1 << 63) - 1), (77, 1 << 40)):
        small = (a * 0x61C88647 & 0xFFFF_FFFF) >> 25
        large = (b * 0x61C8864680B583EB & (1 << 64) - 1) >> 55
        assert lab.run([(14, a, b)]) == [small << 32 | large]
