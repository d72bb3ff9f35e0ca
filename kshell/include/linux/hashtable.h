/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hashtable.h - an array of lists, a power of two of them */
#ifndef _LINUX_HASHTABLE_H
#define _LINUX_HASHTABLE_H

#include <linux/hash.h>
#include <linux/list.h>
#include <linux/log2.h>

#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)] = { }
#define HASH_SIZE(name) ARRAY_SIZE(name)
#define HASH_BITS(name) ilog2(HASH_SIZE(name))
#define hash_min(val, bits) (sizeof(val) <= 4 ? hash_32(val, bits) : hash_long(val, bits))

static inline void __hash_init(struct hlist_head *table, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		INIT_HLIST_HEAD(&table[i]);
}

static inline bool __hash_empty(struct hlist_head *table, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		if (!hlist_empty(&table[i]))
			return false;
	return true;
}

static inline void hash_del(struct hlist_node *node)
{
	hlist_del_init(node);
}

static inline bool hash_hashed(struct hlist_node *node)
{
	return !hlist_unhashed(node);
}

#define hash_init(table) __hash_init(table, HASH_SIZE(table))
#define hash_empty(table) __hash_empty(table, HASH_SIZE(table))
#define hash_add(table, node, key) hlist_add_head(node, &(table)[hash_min(key, HASH_BITS(table))])

#define hash_for_each(table, slot, pos, member) \
	for ((slot) = 0, pos = NULL; !pos && (slot) < HASH_SIZE(table); (slot)++) \
		hlist_for_each_entry(pos, &(table)[slot], member)
#define hash_for_each_safe(table, slot, n, pos, member) \
	for ((slot) = 0, pos = NULL; !pos && (slot) < HASH_SIZE(table); (slot)++) \
		hlist_for_each_entry_safe(pos, n, &(table)[slot], member)
#define hash_for_each_possible(table, pos, member, key) \
	hlist_for_each_entry(pos, &(table)[hash_min(key, HASH_BITS(table))], member)
#define hash_for_each_possible_safe(table, pos, n, member, key) \
	hlist_for_each_entry_safe(pos, n, &(table)[hash_min(key, HASH_BITS(table))], member)

#endif
