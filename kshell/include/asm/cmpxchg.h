/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmpxchg.h - memory that is read and written in one instruction */
#ifndef _ASM_CMPXCHG_H
#define _ASM_CMPXCHG_H

#define xchg(place, value) __atomic_exchange_n(place, value, __ATOMIC_SEQ_CST)
#define xadd(place, value) __sync_fetch_and_add(place, value)
#define cmpxchg(place, old, new) __sync_val_compare_and_swap(place, old, new)

#endif
