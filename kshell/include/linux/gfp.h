/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gfp.h - how hard the kernel looks for memory */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/types.h>

#define GFP_ATOMIC ((gfp_t)0x480020)
#define GFP_KERNEL ((gfp_t)0x6000c0)
#define __GFP_ZERO ((gfp_t)0x8000)

#endif
