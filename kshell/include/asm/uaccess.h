/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uaccess.h - what older sources include for linux/uaccess.h */
#include <linux/uaccess.h>
