/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ktime.h - a number of nanoseconds */
#ifndef _LINUX_KTIME_H
#define _LINUX_KTIME_H

#include <linux/timekeeping.h>

#endif
