/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log2.h - powers of two */
#ifndef _LINUX_LOG2_H
#define _LINUX_LOG2_H

#include <linux/bitops.h>

#define ilog2(n) (__builtin_constant_p(n) ? ((n) ? 63 - __builtin_clzll((n) ? (n) : 1) : -1) : fls64(n) - 1)
#define roundup_pow_of_two(n) ({ unsigned long _n = (n); _n <= 1 ? 1UL : 1UL << fls64(_n - 1); })
#define rounddown_pow_of_two(n) (1UL << ilog2(n))
#define order_base_2(n) ({ unsigned long _n = (n); _n <= 1 ? 0 : fls64(_n - 1); })

static inline bool is_power_of_2(unsigned long n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

#endif
