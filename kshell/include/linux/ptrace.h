/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ptrace.h - struct pt_regs */
#include <asm/ptrace.h>
