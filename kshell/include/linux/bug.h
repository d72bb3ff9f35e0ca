/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bug.h - stopping where nothing can go on
 *
 * BUG() is the instruction ud2, with an entry in __bug_table that says where
 * it stands; the handler of the exception looks there.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/compiler.h>

#define BUGFLAG_WARNING (1 << 0)

#define _BUG_FLAGS(flags) \
	__asm__ volatile("1:\tud2\n" \
		".pushsection __bug_table,\"aw\"\n" \
		"2:\t.long 1b - .\n" \
		"\t.long %c0 - .\n" \
		"\t.word %c1\n" \
		"\t.word %c2\n" \
		"\t.org 2b + 12\n" \
		".popsection" \
		: : "i"(__FILE__), "i"(__LINE__), "i"(flags))

#define BUG() do { _BUG_FLAGS(0); __builtin_unreachable(); } while (0)
#define BUG_ON(condition) do { if (unlikely(condition)) BUG(); } while (0)
#define __WARN() _BUG_FLAGS(BUGFLAG_WARNING)
#define WARN_ON(condition) ({ \
	int _warned = !!(condition); \
	if (unlikely(_warned)) \
		__WARN(); \
	unlikely(_warned); })
#define WARN(condition, fmt, ...) ({ \
	int _warned = !!(condition); \
	if (unlikely(_warned)) { \
		printk(fmt, ##__VA_ARGS__); \
		__WARN(); \
	} \
	unlikely(_warned); })
#define BUILD_BUG_ON(condition) ((void)sizeof(char[1 - 2 * !!(condition)]))

#endif
