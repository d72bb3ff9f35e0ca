/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bitops.h - single bits, of a number and of a map in memory */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/compiler.h>
#include <linux/types.h>

#define BITS_PER_BYTE 8
#define BITS_PER_LONG 64
#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
#define BIT_MASK(nr) (1UL << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)
#define BITS_TO_LONGS(nr) (((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define GENMASK(high, low) ((~0UL << (low)) & (~0UL >> (BITS_PER_LONG - 1 - (high))))
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

#define __LOCKED_BIT(word, instruction) \
static inline void word##_bit(long nr, volatile unsigned long *map) \
{ \
	__asm__ volatile("lock " instruction "q %1, %0" : "+m"(*map) : "r"(nr) : "memory", "cc"); \
} \
static inline int test_and_##word##_bit(long nr, volatile unsigned long *map) \
{ \
	unsigned char was; \
\
	__asm__ volatile("lock " instruction "q %2, %0; setc %1" : "+m"(*map), "=q"(was) : "r"(nr) : "memory", "cc"); \
	return was; \
}

__LOCKED_BIT(set, "bts")
__LOCKED_BIT(clear, "btr")
__LOCKED_BIT(change, "btc")

static inline int test_bit(long nr, const volatile unsigned long *map)
{
	return map[BIT_WORD(nr)] >> (nr % BITS_PER_LONG) & 1;
}

static inline void __set_bit(long nr, volatile unsigned long *map)
{
	map[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(long nr, volatile unsigned long *map)
{
	map[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned long __fls(unsigned long word)
{
	return 63 - __builtin_clzl(word);
}

static inline int ffs(int word)
{
	return __builtin_ffs(word);
}

static inline int fls(unsigned int word)
{
	return word ? __fls(word) + 1 : 0;
}

static inline int fls64(u64 word)
{
	return word ? __fls(word) + 1 : 0;
}

static inline unsigned int hweight64(u64 word)
{
	unsigned long count;

	__asm__("popcntq %1, %0" : "=r"(count) : "rm"(word) : "cc");
	return count;
}

#define hweight8(word) hweight64((u8)(word))
#define hweight16(word) hweight64((u16)(word))
#define hweight32(word) hweight64((u32)(word))
#define hweight_long(word) hweight64(word)

static inline unsigned long __find_next(const unsigned long *map, unsigned long size, unsigned long at, unsigned long turn)
{
	while (at < size) {
		unsigned long word = (map[BIT_WORD(at)] ^ turn) >> (at % BITS_PER_LONG);

		if (word) {
			at += __ffs(word);
			return at < size ? at : size;
		}
		at = (BIT_WORD(at) + 1) * BITS_PER_LONG;
	}
	return size;
}

#define find_next_bit(map, size, start) __find_next(map, size, start, 0)
#define find_next_zero_bit(map, size, start) __find_next(map, size, start, ~0UL)
#define find_first_bit(map, size) find_next_bit(map, size, 0)
#define find_first_zero_bit(map, size) find_next_zero_bit(map, size, 0)
#define for_each_set_bit(bit, map, size) \
	for ((bit) = find_first_bit(map, size); (bit) < (size); (bit) = find_next_bit(map, size, (bit) + 1))

#endif
