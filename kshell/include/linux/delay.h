/* SPDX-License-Identifier: GPL-2.0-or-later */
/* delay.h - waiting */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H

void msleep(unsigned int msecs);

void __udelay(unsigned long usecs);
void __ndelay(unsigned long nsecs);

#define udelay(usecs) __udelay(usecs)
#define ndelay(nsecs) __ndelay(nsecs)
#define mdelay(msecs) __udelay((msecs) * 1000UL)

static inline void ssleep(unsigned int seconds)
{
	msleep(seconds * 1000);
}

#endif
