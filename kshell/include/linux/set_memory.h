/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_memory.h - whether pages of kernel memory can be written to */
#ifndef _LINUX_SET_MEMORY_H
#define _LINUX_SET_MEMORY_H

int set_memory_rw(unsigned long addr, int numpages);
int set_memory_ro(unsigned long addr, int numpages);

#endif
