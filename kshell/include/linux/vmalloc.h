/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmalloc.h - memory in whole pages, one behind the other for the kernel alone */
#ifndef _LINUX_VMALLOC_H
#define _LINUX_VMALLOC_H

#include <linux/types.h>

void *vmalloc(unsigned long size);
void *vzalloc(unsigned long size);
void vfree(const void *addr);

#endif
