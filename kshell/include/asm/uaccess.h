/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uaccess.h - one number from or to user memory
 *
 * get_user and put_user call code of the kernel's with a convention of its own:
 * __get_user_N has the pointer in rax, and answers in rax with the number in
 * rdx; __put_user_N has the number in rax and the pointer in rcx, uses rbx, and
 * answers in eax, since 5.10 in ecx.  __get_user and __put_user are the one
 * instruction itself, with an entry in the exception table.
 */
#ifndef _ASM_X86_UACCESS_H
#define _ASM_X86_UACCESS_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/version.h>

/* Nobody defines these: a struct is copied, and not got. */
void __get_user_bad(void);
void __put_user_bad(void);

#define __GET_USER_CALL(x, pointer, name) ({ \
	unsigned long __word; \
	long __bad; \
	__asm__ volatile("call " name "%c[size]" : "=a" (__bad), "=d" (__word) \
		: "0" (pointer), [size] "i" (sizeof(*(pointer))) : "memory", "cc"); \
	(x) = (__typeof__(*(pointer)))__word; \
	(int)__bad; })
#define __PUT_USER_CALL(x, pointer, name) ({ \
	__typeof__(*(pointer)) __value = (x); \
	unsigned long __word = (unsigned long)__value, __to = (unsigned long)(pointer); \
	__asm__ volatile("call " name "%c[size]" : "+a" (__word), "+c" (__to) \
		: [size] "i" (sizeof(*(pointer))) : "rbx", "memory", "cc"); \
	(int)__PUT_USER_ANSWER; })

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#define __PUT_USER_ANSWER __word
#else
#define __PUT_USER_ANSWER __to
#endif

/* Where instruction 1 faults, the code goes on at 2, with -EFAULT (-14) in ecx. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
#define __FAULT_IN_ECX \
	".pushsection .fixup, \"ax\"\n3:\tmovl $-14, %%ecx\n\tjmp 2b\n\t.popsection\n" \
	".pushsection __ex_table, \"a\"\n\t.balign 4\n" \
	"\t.long 1b - .\n\t.long 3b - .\n\t.long ex_handler_default - .\n\t.popsection\n"
#else
#define __FAULT_IN_ECX /* EX_TYPE_IMM_REG, register 1, -14 */ \
	".pushsection __ex_table, \"a\"\n\t.balign 4\n" \
	"\t.long 1b - .\n\t.long 2b - .\n\t.long 17 | 1 << 8 | -14 << 16\n\t.popsection\n"
#endif

#define __LOAD_USER(load, pointer) \
	__asm__ volatile("stac\n1:\t" load "\n2:\tclac\n" __FAULT_IN_ECX \
		: "+c" (__bad), [to] "+r" (__word) : [from] "r" (pointer) : "memory")
#define __STORE_USER(store, pointer) \
	__asm__ volatile("stac\n1:\t" store "\n2:\tclac\n" __FAULT_IN_ECX \
		: "+c" (__bad) : [from] "r" (__word), [to] "r" (pointer) : "memory")

#define __get_user(x, pointer) ({ \
	unsigned long __word = 0; \
	int __bad = 0; \
	switch (sizeof(*(pointer))) { \
	case 1: __LOAD_USER("movzbl (%[from]), %k[to]", pointer); break; \
	case 2: __LOAD_USER("movzwl (%[from]), %k[to]", pointer); break; \
	case 4: __LOAD_USER("movl (%[from]), %k[to]", pointer); break; \
	case 8: __LOAD_USER("movq (%[from]), %[to]", pointer); break; \
	default: __get_user_bad(); \
	} \
	(x) = (__typeof__(*(pointer)))__word; \
	__bad; })
#define __put_user(x, pointer) ({ \
	__typeof__(*(pointer)) __value = (x); \
	unsigned long __word = (unsigned long)__value; \
	int __bad = 0; \
	switch (sizeof(*(pointer))) { \
	case 1: __STORE_USER("movb %b[from], (%[to])", pointer); break; \
	case 2: __STORE_USER("movw %w[from], (%[to])", pointer); break; \
	case 4: __STORE_USER("movl %k[from], (%[to])", pointer); break; \
	case 8: __STORE_USER("movq %[from], (%[to])", pointer); break; \
	default: __put_user_bad(); \
	} \
	__bad; })
#define get_user(x, pointer) __GET_USER_CALL(x, pointer, "__get_user_")
#define put_user(x, pointer) __PUT_USER_CALL(x, pointer, "__put_user_")

/* Where the user memory of the current task ends. */
#define TASK_SIZE_MAX 0x7ffffffff000UL
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#define TASK_ADDR_LIMIT 0x10 /* in struct task_struct */

typedef struct {
	unsigned long seg;
} mm_segment_t;

#define KERNEL_DS ((mm_segment_t) { -1UL })
#define USER_DS ((mm_segment_t) { TASK_SIZE_MAX })
#define segment_eq(a, b) ((a).seg == (b).seg)

static inline mm_segment_t get_fs(void)
{
	mm_segment_t fs;

	__asm__ volatile("movq %%gs:current_task, %0\n\tmovq %c1(%0), %0" : "=r" (fs.seg) : "i" (TASK_ADDR_LIMIT));
	return fs;
}

static inline void set_fs(mm_segment_t fs)
{
	unsigned long task;

	__asm__ volatile("movq %%gs:current_task, %0\n\tmovq %1, %c2(%0)"
		: "=&r" (task) : "r" (fs.seg), "i" (TASK_ADDR_LIMIT) : "memory");
}

#define user_addr_max() (get_fs().seg)
#else
#define user_addr_max() TASK_SIZE_MAX
#endif

static inline int __access_ok(const void __user *pointer, unsigned long size)
{
	unsigned long end = (unsigned long)pointer + size;

	return end >= size && end <= user_addr_max();
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0)
#define VERIFY_READ 0
#define VERIFY_WRITE 1
#define access_ok(kind, pointer, size) __access_ok(pointer, size)
#else
#define access_ok(pointer, size) __access_ok(pointer, size)
#endif

#endif
