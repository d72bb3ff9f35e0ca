/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ptrace.h - struct pt_regs: the registers of user mode, on the kernel stack */
#ifndef _ASM_X86_PTRACE_H
#define _ASM_X86_PTRACE_H

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

#endif
