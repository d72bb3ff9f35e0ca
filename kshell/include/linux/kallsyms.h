/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kallsyms.h - the kernel's symbols by their names; not for modules since 5.7 */
#ifndef _LINUX_KALLSYMS_H
#define _LINUX_KALLSYMS_H

unsigned long kallsyms_lookup_name(const char *name);

#endif
