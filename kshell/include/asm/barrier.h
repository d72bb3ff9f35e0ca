/* SPDX-License-Identifier: GPL-2.0-or-later */
/* barrier.h - what is done before what, as other CPUs see it */
#ifndef _ASM_BARRIER_H
#define _ASM_BARRIER_H

#include <linux/compiler.h>

#define mb() __asm__ volatile("mfence" : : : "memory")
#define rmb() __asm__ volatile("lfence" : : : "memory")
#define wmb() __asm__ volatile("sfence" : : : "memory")
#define smp_mb() mb()
#define smp_rmb() barrier()
#define smp_wmb() barrier()

#endif
