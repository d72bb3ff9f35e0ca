/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compiler.h - what the compiler is told beyond C */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#define __user
#define __force
#define __iomem
#define __init
#define __exit
#define __initdata
#define __exitdata
#define __must_check __attribute__((__warn_unused_result__))
#define __compiletime_error(text) __attribute__((__error__(text)))
#define __maybe_unused __attribute__((__unused__))
#define __weak __attribute__((__weak__))
#define __used __attribute__((__used__))
#define __section(name) __attribute__((__section__(name)))
#define __aligned(bytes) __attribute__((__aligned__(bytes)))
#define __packed __attribute__((__packed__))
#define __printf(text, first) __attribute__((__format__(printf, text, first)))
#define noinline __attribute__((__noinline__))
#define inline inline __attribute__((__unused__))
#define __always_inline inline __attribute__((__always_inline__))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ volatile("" : : : "memory")
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

#define ___PASTE(a, b) a##b
#define __PASTE(a, b) ___PASTE(a, b)
#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define __UNIQUE_ID(prefix) __PASTE(__UNIQUE_ID_, __PASTE(prefix, __COUNTER__))

#endif
