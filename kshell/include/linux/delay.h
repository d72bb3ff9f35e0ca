/* SPDX-License-Identifier: GPL-2.0-or-later */
/* delay.h - waiting */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H

void msleep(unsigned int msecs);

static inline void ssleep(unsigned int seconds)
{
	msleep(seconds * 1000);
}

#endif
