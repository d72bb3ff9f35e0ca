/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab.h - memory of the kernel's own, by the byte */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/types.h>

void *__kmalloc(size_t size, gfp_t flags);
void kfree(const void *object);

#define kmalloc(size, flags) __kmalloc(size, flags)
#define kzalloc(size, flags) __kmalloc(size, (flags) | __GFP_ZERO)

#endif
