/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linkage.h - how functions are called from assembly: on x86-64 as from anywhere */
#ifndef _LINUX_LINKAGE_H
#define _LINUX_LINKAGE_H

#include <linux/export.h>

#define asmlinkage
#define __visible __attribute__((__externally_visible__))

#endif
