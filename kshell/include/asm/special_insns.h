/* SPDX-License-Identifier: GPL-2.0-or-later */
/* special_insns.h - the control register CR0 */
#ifndef _ASM_X86_SPECIAL_INSNS_H
#define _ASM_X86_SPECIAL_INSNS_H

#define X86_CR0_WP (1UL << 16)

unsigned long native_read_cr0(void);
void native_write_cr0(unsigned long value);

#define read_cr0() native_read_cr0()
#define write_cr0(value) native_write_cr0(value)

#endif
