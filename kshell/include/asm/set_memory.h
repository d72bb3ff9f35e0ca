/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_memory.h - what the architecture's header is called */
#include <linux/set_memory.h>
