/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timekeeping.h - what time it is; ktime_t is a number of nanoseconds */
#ifndef _LINUX_TIMEKEEPING_H
#define _LINUX_TIMEKEEPING_H

#include <linux/types.h>

#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_SEC 1000000000L
#define TK_OFFS_REAL 0

typedef s64 ktime_t;
typedef s64 time64_t;

struct timespec64 {
	time64_t tv_sec;
	long tv_nsec;
};

ktime_t ktime_get(void);
ktime_t ktime_get_with_offset(int clock);
time64_t ktime_get_seconds(void);
time64_t ktime_get_real_seconds(void);
void ktime_get_ts64(struct timespec64 *ts);
void ktime_get_real_ts64(struct timespec64 *ts);

#define ktime_get_real() ktime_get_with_offset(TK_OFFS_REAL)
#define ktime_get_ns() ((u64)ktime_get())
#define ktime_get_real_ns() ((u64)ktime_get_real())
#define ktime_set(secs, nsecs) ((s64)(secs) * NSEC_PER_SEC + (s64)(nsecs))
#define ktime_add(one, other) ((one) + (other))
#define ktime_sub(later, earlier) ((later) - (earlier))
#define ktime_to_ns(time) ((s64)(time))
#define ktime_to_us(time) ((s64)(time) / NSEC_PER_USEC)
#define ktime_to_ms(time) ((s64)(time) / NSEC_PER_MSEC)
#define ktime_us_delta(later, earlier) ktime_to_us(ktime_sub(later, earlier))
#define ktime_ms_delta(later, earlier) ktime_to_ms(ktime_sub(later, earlier))

#endif
