/* SPDX-License-Identifier: GPL-2.0-or-later */
/* string.h - strings and memory */
#ifndef _LINUX_STRING_H
#define _LINUX_STRING_H

#include <linux/types.h>
#include <linux/version.h>

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t count);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t count);
ssize_t strscpy(char *dest, const char *src, size_t count);
void *memcpy(void *dest, const void *src, size_t count);
void *memmove(void *dest, const void *src, size_t count);
void *memset(void *s, int c, size_t count);
int memcmp(const void *a, const void *b, size_t count);
char *strcpy(char *dest, const char *src);
char *strncpy(char *dest, const char *src, size_t count);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
size_t strlcpy(char *dest, const char *src, size_t size);
#endif
char *strcat(char *dest, const char *src);
char *strncat(char *dest, const char *src, size_t count);
size_t strlcat(char *dest, const char *src, size_t count);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s1, const char *s2);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *cs, const char *ct);
char *strsep(char **s, const char *ct);
char *skip_spaces(const char *str);
char *strim(char *s);
int strcasecmp(const char *s1, const char *s2);
int strncasecmp(const char *s1, const char *s2, size_t len);
void *memchr(const void *s, int c, size_t n);

#define strstrip(s) strim(s)
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t most, gfp_t gfp);
void *kmemdup(const void *src, size_t size, gfp_t gfp);

#endif
