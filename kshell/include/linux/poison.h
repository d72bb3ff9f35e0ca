/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poison.h - addresses that no page has: what follows them has used a link that is gone */
#ifndef _LINUX_POISON_H
#define _LINUX_POISON_H

#include <linux/version.h>

#define POISON_POINTER_DELTA 0xdead000000000000UL
#define LIST_POISON1 ((void *)(0x100 + POISON_POINTER_DELTA))
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 9, 0)
#define LIST_POISON2 ((void *)(0x122 + POISON_POINTER_DELTA))
#else
#define LIST_POISON2 ((void *)(0x200 + POISON_POINTER_DELTA))
#endif

#endif
