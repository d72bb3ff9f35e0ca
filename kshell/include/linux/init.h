/* SPDX-License-Identifier: GPL-2.0-or-later */
/* init.h - what runs when the kernel boots, or a module is loaded */
#ifndef _LINUX_INIT_H
#define _LINUX_INIT_H

#include <linux/compiler.h>

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#endif
