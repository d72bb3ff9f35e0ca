/* SPDX-License-Identifier: GPL-2.0-or-later */
/* atomic.h - numbers that several CPUs change */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <asm/cmpxchg.h>
#include <linux/types.h>

#define __LOCKED(instruction, i, v) \
	__asm__ volatile("lock " instruction " %1, %0" : "+m"((v)->counter) \
		: "er"((__typeof__((v)->counter))(i)) : "memory", "cc")

#define ATOMIC_INIT(i) { (i) }
#define atomic_read(v) READ_ONCE((v)->counter)
#define atomic_set(v, i) WRITE_ONCE((v)->counter, i)
#define atomic_add(i, v) __LOCKED("addl", i, v)
#define atomic_sub(i, v) __LOCKED("subl", i, v)
#define atomic_and(i, v) __LOCKED("andl", i, v)
#define atomic_or(i, v) __LOCKED("orl", i, v)
#define atomic_xor(i, v) __LOCKED("xorl", i, v)
#define atomic_inc(v) atomic_add(1, v)
#define atomic_dec(v) atomic_sub(1, v)
#define atomic_fetch_add(i, v) __sync_fetch_and_add(&(v)->counter, i)
#define atomic_fetch_sub(i, v) __sync_fetch_and_sub(&(v)->counter, i)
#define atomic_fetch_inc(v) atomic_fetch_add(1, v)
#define atomic_fetch_dec(v) atomic_fetch_sub(1, v)
#define atomic_add_return(i, v) __sync_add_and_fetch(&(v)->counter, i)
#define atomic_sub_return(i, v) __sync_sub_and_fetch(&(v)->counter, i)
#define atomic_inc_return(v) atomic_add_return(1, v)
#define atomic_dec_return(v) atomic_sub_return(1, v)
#define atomic_sub_and_test(i, v) (atomic_sub_return(i, v) == 0)
#define atomic_inc_and_test(v) (atomic_inc_return(v) == 0)
#define atomic_dec_and_test(v) (atomic_dec_return(v) == 0)
#define atomic_add_negative(i, v) (atomic_add_return(i, v) < 0)
#define atomic_xchg(v, new) xchg(&(v)->counter, new)
#define atomic_cmpxchg(v, old, new) cmpxchg(&(v)->counter, old, new)

static inline int atomic_fetch_add_unless(atomic_t *v, int i, int unless)
{
	int was = atomic_read(v), now;

	while (was != unless && (now = atomic_cmpxchg(v, was, was + i)) != was)
		was = now;
	return was;
}

#define atomic_add_unless(v, i, unless) (atomic_fetch_add_unless(v, i, unless) != (unless))
#define atomic_inc_not_zero(v) atomic_add_unless(v, 1, 0)

#define ATOMIC64_INIT(i) { (i) }
#define atomic64_read(v) READ_ONCE((v)->counter)
#define atomic64_set(v, i) WRITE_ONCE((v)->counter, i)
#define atomic64_add(i, v) __LOCKED("addq", i, v)
#define atomic64_sub(i, v) __LOCKED("subq", i, v)
#define atomic64_and(i, v) __LOCKED("andq", i, v)
#define atomic64_or(i, v) __LOCKED("orq", i, v)
#define atomic64_xor(i, v) __LOCKED("xorq", i, v)
#define atomic64_inc(v) atomic64_add(1, v)
#define atomic64_dec(v) atomic64_sub(1, v)
#define atomic64_fetch_add(i, v) __sync_fetch_and_add(&(v)->counter, i)
#define atomic64_fetch_sub(i, v) __sync_fetch_and_sub(&(v)->counter, i)
#define atomic64_fetch_inc(v) atomic64_fetch_add(1, v)
#define atomic64_fetch_dec(v) atomic64_fetch_sub(1, v)
#define atomic64_add_return(i, v) __sync_add_and_fetch(&(v)->counter, i)
#define atomic64_sub_return(i, v) __sync_sub_and_fetch(&(v)->counter, i)
#define atomic64_inc_return(v) atomic64_add_return(1, v)
#define atomic64_dec_return(v) atomic64_sub_return(1, v)
#define atomic64_sub_and_test(i, v) (atomic64_sub_return(i, v) == 0)
#define atomic64_inc_and_test(v) (atomic64_inc_return(v) == 0)
#define atomic64_dec_and_test(v) (atomic64_dec_return(v) == 0)
#define atomic64_add_negative(i, v) (atomic64_add_return(i, v) < 0)
#define atomic64_xchg(v, new) xchg(&(v)->counter, new)
#define atomic64_cmpxchg(v, old, new) cmpxchg(&(v)->counter, old, new)

static inline s64 atomic64_fetch_add_unless(atomic64_t *v, s64 i, s64 unless)
{
	s64 was = atomic64_read(v), now;

	while (was != unless && (now = atomic64_cmpxchg(v, was, was + i)) != was)
		was = now;
	return was;
}

#define atomic64_add_unless(v, i, unless) (atomic64_fetch_add_unless(v, i, unless) != (unless))
#define atomic64_inc_not_zero(v) atomic64_add_unless(v, 1, 0)

#endif
